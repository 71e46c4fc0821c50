"""Tools of ours that a request asks for in its API's own words (`web_search_20250305`, `code_interpreter`, ...).

The rule: they are offered and run under the same policy and the same key as `enable_tools` has; `enable_tools: false` beside
them turns them off. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.dialects.server_tools import ServerToolFields, asks
from unsloth_studio.turn.messages import ServerTools, ToolRules

Domain = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Domains = Annotated[list[Domain], msgspec.Meta(max_length=1000)]
ContextSize = Literal["low", "medium", "high"]

_PRESETS: Final[dict[str, dict[str, Any]]] = {"low": {"max_results": 3}, "high": {"depth": "advanced"}}
"""What OpenAI calls the size of a search, in arguments of ours."""


class NativeTools(Struct, frozen=True):
    """What is asked for, by our names, in the order in which the model gets them. `asked_by` is the field that asks first;
    `optional` says that the client sends it unasked and goes on without; `session_id` says where files are kept."""

    rules: Mapping[str, ToolRules]
    asked_by: str
    optional: bool = False
    session_id: str | None = None


class UserLocation(msgspec.Struct):
    """Where the user is, in all three APIs."""

    city: str | None = None
    region: str | None = None
    country: str | None = None
    timezone: str | None = None

    def words(self) -> str:
        """For the description of a tool; empty when nothing is known."""
        place = ", ".join(one.strip()[:80] for one in (self.city, self.region, self.country) if one and one.strip())
        zone = (self.timezone or "").strip()[:80]
        return f"{place} (time zone {zone})" if place and zone else place or (f"the time zone {zone}" if zone else "")


def search_rules(
    size: ContextSize | None,
    location: UserLocation | None,
    *,
    allowed: tuple[str, ...] = (),
    blocked: tuple[str, ...] = (),
) -> dict[str, ToolRules]:
    """A search of OpenAI's, which also opens pages."""
    words = location.words() if location else ""
    preset = _PRESETS.get(size or "medium", {})
    return {
        "web_search": ToolRules(
            allowed_domains=allowed, blocked_domains=blocked, location=words, preset=preset, cited=True
        ),
        "web_fetch": ToolRules(allowed_domains=allowed, blocked_domains=blocked, one_page=True, cited=True),
    }


def with_native(asked: ServerTools | None, native: NativeTools | None, fields: ServerToolFields) -> ServerTools | None:
    """What `enable_tools` asked for and what the API's own words asked for, as one wish; None when there is none."""
    if native is None or not native.rules or fields.enable_tools is False:
        return asked
    rules = dict(native.rules)
    if asked is not None:
        names = tuple(dict.fromkeys((*asked.names, *rules)))
        return replace(asked, names=names, rules=rules, session_id=asked.session_id or native.session_id)
    waits = asks(fields)
    return ServerTools(
        tuple(rules),
        fields.session_id or native.session_id,
        fields.max_tool_calls_per_message,
        fields.tool_call_timeout or None,
        asks=waits,
        tells_live=waits,
        rules=rules,
        asked_by=native.asked_by,
        optional=native.optional,
    )
