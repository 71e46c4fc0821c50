"""Hosted tools of the Responses API that this server runs itself, as tools of ours.

The rule: what is not run here is refused by name. A client that sends `web_search` with every request, as Codex does, is
told by its `external_web_access` and goes on without where it may not have it.
Shapes: `WebSearchTool`, `WebSearchPreviewTool` and `CodeInterpreter` of the official Python SDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from unsloth_studio.dialects.body import shaped
from unsloth_studio.dialects.native_tools import ContextSize, Domains, NativeTools, UserLocation, search_rules
from unsloth_studio.dialects.openai_responses.hosted import objects
from unsloth_studio.dialects.openai_responses.wire import RawObject
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import ServerTools, ToolRules

SEARCH: Final = frozenset(
    {"web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"}
)
CODE: Final = "code_interpreter"
NATIVE: Final = SEARCH | {CODE}
PASSED_OVER: Final = frozenset({"tool_search"})
"""Sent unasked, and nothing is lost without it: the tools it would find are all offered."""


class _Filters(msgspec.Struct):
    allowed_domains: Domains | None = None
    blocked_domains: Domains | None = None


class _WebSearch(msgspec.Struct):
    filters: _Filters | None = None
    search_context_size: ContextSize | None = None
    user_location: UserLocation | None = None
    external_web_access: bool | None = None


class _Container(msgspec.Struct):
    file_ids: list[str] | None = None


class _CodeInterpreter(msgspec.Struct):
    container: str | _Container | None = None


def our_names(kind: str | None) -> tuple[str, ...]:
    """Our tools behind a hosted type; none where it is not run here."""
    return ("web_search", "web_fetch") if kind in SEARCH else ("python",) if kind == CODE else ()


def read_native(groups: Iterable[tuple[str, list[RawObject]]], items: Sequence[RawObject]) -> NativeTools | None:
    """What lists of tools ask for by hosted types; None when they do not. `items` are those of `input`, where an earlier
    call says in which container its files are. Raises `TurnFailure` with the path at fault."""
    found: dict[str, ToolRules] = {}
    paths: list[str] = []
    session: str | None = None
    optional = True
    for at, tools in groups:
        for index, raw in enumerate(tools):
            kind, path = raw.get("type"), f"{at}[{index}]"
            if kind == CODE:
                rules, session = {"python": ToolRules()}, _container(raw, path) or _last_container(items)
            elif isinstance(kind, str) and kind in SEARCH:
                rules = _search(raw, path)
            else:
                continue
            if rules:
                paths.append(f"{path}.type")
                optional = optional and "external_web_access" in raw
                found = {**rules, **found}
    return NativeTools(found, paths[0], optional=optional, session_id=session) if found else None


def allowed_only(wanted: ServerTools | None, choice: str | RawObject | None) -> ServerTools | None:
    """What of it an `allowed_tools` choice leaves."""
    if wanted is None or not isinstance(choice, dict) or choice.get("type") != "allowed_tools":
        return wanted
    left = {name for one in objects(choice.get("tools")) for name in our_names(one.get("type"))}
    names = tuple(name for name in wanted.names if name in left or name not in wanted.rules)
    return replace(wanted, names=names) if names else None


def _search(raw: RawObject, path: str) -> dict[str, ToolRules]:
    wire = shaped(raw, _WebSearch, at=path)
    if wire.external_web_access is False:  # it may only use what OpenAI has stored of the web
        return {}
    filters = wire.filters or _Filters()
    return search_rules(
        wire.search_context_size,
        wire.user_location,
        allowed=tuple(filters.allowed_domains or ()),
        blocked=tuple(filters.blocked_domains or ()),
    )


def _container(raw: RawObject, path: str) -> str | None:
    container = shaped(raw, _CodeInterpreter, at=path).container
    if isinstance(container, _Container):
        if container.file_ids:
            wrong = f"{path}.container.file_ids"
            raise invalid(f"{wrong}: No files are stored on this server. Send their text in the input.", param=wrong)
        return None
    return container or None


def _last_container(items: Sequence[RawObject]) -> str | None:
    for item in reversed(items):
        container: object = item.get("container_id")
        if item.get("type") == "code_interpreter_call" and isinstance(container, str) and 0 < len(container) <= 1024:
            return container
    return None
