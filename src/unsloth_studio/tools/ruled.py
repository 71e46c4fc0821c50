"""A tool of ours under what the client said about it: how often, which sites, how much, where the user is.

The rule: one object is for one turn, because it counts. What the rules forbid is told to the model, as any failure is.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from unsloth_studio.tools.contract import ServerTool, ToolContext, ToolOutput
from unsloth_studio.tools.sites import Sites
from unsloth_studio.turn.messages import ToolRules

_ONE_PAGE: Final[dict[str, Any]] = {"type": "string", "description": "The page to read (http or https)."}


def ruled(tool: ServerTool, rules: ToolRules | None) -> ServerTool:
    """`tool` itself where there are no rules."""
    return tool if rules is None else RuledTool(tool, rules)


class RuledTool:
    """Runs `tool` within `rules`."""

    def __init__(self, tool: ServerTool, rules: ToolRules) -> None:
        self._tool, self._rules = tool, rules
        self._sites = Sites(rules.allowed_domains, rules.blocked_domains)
        self._uses = 0
        self.name = tool.name
        self.description = f"{tool.description}{_location(rules.location)}"
        self.parameters = _one_page(tool.parameters) if rules.one_page else tool.parameters

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        """Does not raise."""
        most = self._rules.max_uses
        if most is not None and self._uses >= most:
            said = f"`{self.name}` may be called {most} times in this turn, and was. Answer with what is known."
            return ToolOutput(said, is_error=True, failure="max_uses")
        self._uses += 1
        return await self._tool.run(self._within(arguments), replace(context, sites=self._sites))

    def _within(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """What the client preset, where the model says nothing, and not more text than the client wants."""
        given = {**self._rules.preset, **arguments}
        if (most := self._rules.max_tokens) is not None:
            asked: Any = given.get("max_tokens")
            given["max_tokens"] = min(asked, most) if isinstance(asked, int) else most
        return given


def _location(words: str) -> str:
    return f" The user is in {words}." if words else ""


def _one_page(parameters: dict[str, Any]) -> dict[str, Any]:
    """The schema with one `url` instead of several."""
    properties: dict[str, Any] = {name: schema for name, schema in parameters["properties"].items() if name != "urls"}
    return {**parameters, "properties": {"url": _ONE_PAGE, **properties}, "required": ["url"]}
