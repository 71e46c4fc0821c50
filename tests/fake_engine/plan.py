"""The engine's part in a job that an agent does: what it says depends on how far the conversation has come.

Agents ask beside their job (titles, summaries, probes), some of it at the same time, so turns in a row would go astray.
"""

from __future__ import annotations

from typing import Any

import msgspec
from tests.fake_engine.script import Script


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request that offers the tool called `tool` gets the turn whose number is how many tool results it brings, or the
    last; every other one gets `aside`.

    `overflow_at`: the first such request with so many results does not fit, and from then on no prompt of its size does.
    """

    tool: str
    turns: tuple[Script, ...]
    aside: Script
    overflow_at: int | None = None


class Job:
    """A plan on its way. `limit` is the size in tokens that no prompt may have, once one overflowed."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.limit: int | None = None

    def reply(self, body: dict[str, Any], prompt_tokens: int) -> Script | None:
        """What `body` gets; None for a prompt that does not fit."""
        at_work = self._plan.tool in offered_tools(body)
        results = sum(message.get("role") == "tool" for message in body.get("messages", ()))
        overflow_at = self._plan.overflow_at
        if at_work and self.limit is None and overflow_at is not None and results >= overflow_at:
            self.limit = prompt_tokens
        if self.limit is not None and prompt_tokens >= self.limit:
            return None
        if not at_work or _asks_to_summarise(body, results, overflowed=self.limit is not None):
            return self._plan.aside
        return self._plan.turns[min(results, len(self._plan.turns) - 1)]


def offered_tools(body: dict[str, Any]) -> set[str]:
    """Names of the functions that a Chat request offers."""
    return {tool["function"]["name"] for tool in body.get("tools") or ()}


def _asks_to_summarise(body: dict[str, Any], results: int, *, overflowed: bool) -> bool:
    """Some clients ask for the summary with all tools on offer, as one more message of the user behind the results."""
    return overflowed and results > 0 and body["messages"][-1].get("role") == "user"
