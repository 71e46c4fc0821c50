"""Tools that the Messages API runs itself, as tools of ours.

The rule: their dated types are told apart by their beginning (`web_search_20250305`), so that a later date of the same tool
works. What names a tool that this server does not have is left out: clients send some of them unasked.
Shapes: Python SDK 2.12, `types/{web_search,web_fetch,code_execution}_tool_*_param.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec

from unsloth_studio.dialects.anthropic.wire import Container, Tool
from unsloth_studio.dialects.body import shaped
from unsloth_studio.dialects.native_tools import Domains, NativeTools, UserLocation
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import ToolRules

_FIRST_CODE_EXECUTION: Final = "code_execution_20250522"
"""Python alone; the later ones also run Bash."""
_OURS: Final[dict[str, str]] = {
    "web_search": "web_search",
    "web_fetch": "web_fetch",
    "code_execution": "python",
    "bash_code_execution": "terminal",
}


class _Citations(msgspec.Struct):
    enabled: bool | None = None


class _WebTool(msgspec.Struct):
    max_uses: Annotated[int, msgspec.Meta(ge=0, le=9999)] | None = None
    allowed_domains: Domains | None = None
    blocked_domains: Domains | None = None
    user_location: UserLocation | None = None
    max_content_tokens: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    citations: _Citations | None = None


def our_name(name: str) -> str:
    """Our name of a tool that the API knows by `name`; the same where it is none of ours."""
    return _OURS.get(name, name)


def is_native(tool: Tool) -> bool:
    """Whether `tool` names one that this server runs."""
    kind = tool.type or ""
    return tool.input_schema is None and kind.startswith(("web_search_2", "web_fetch_2", "code_execution_2"))


def read_native(tools: Sequence[Tool], container: str | Container | None) -> NativeTools | None:
    """What `tools` ask for by types of the API's; None when they do not. Raises `TurnFailure` with the path at fault."""
    rules: dict[str, ToolRules] = {}
    asking = [(at, tool) for at, tool in enumerate(tools) if is_native(tool)]
    if not asking:
        return None
    alone = not any((tool.type or "").startswith("web_fetch_") for _, tool in asking)
    for at, tool in asking:
        rules |= _rules(tool, f"tools[{at}]", alone=alone)
    session = container.id if isinstance(container, Container) else container
    return NativeTools(rules, f"tools[{asking[0][0]}].type", session_id=session or None)


def _rules(tool: Tool, path: str, *, alone: bool) -> dict[str, ToolRules]:
    kind = tool.type or ""
    if kind.startswith("code_execution_"):
        names = ("python",) if kind == _FIRST_CODE_EXECUTION else ("python", "terminal")
        return {name: ToolRules() for name in names}
    wire = shaped(tool.options, _WebTool, at=path)
    if wire.allowed_domains and wire.blocked_domains:
        wrong = f"{path}.blocked_domains"
        raise invalid(f"{wrong}: this cannot stand beside allowed_domains; leave one of them out.", param=wrong)
    limits: dict[str, Any] = {
        "max_uses": wire.max_uses,
        "allowed_domains": tuple(wire.allowed_domains or ()),
        "blocked_domains": tuple(wire.blocked_domains or ()),
    }
    if kind.startswith("web_search_"):
        location = wire.user_location.words() if wire.user_location else ""
        preset = {"depth": "advanced"} if alone else {}  # the API's own search brings what the pages say
        return {"web_search": ToolRules(**limits, location=location, preset=preset, cited=True)}
    cited = bool(wire.citations and wire.citations.enabled)
    return {"web_fetch": ToolRules(**limits, max_tokens=wire.max_content_tokens, one_page=True, cited=cited)}
