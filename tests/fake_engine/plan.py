"""The engine's part in a job that an agent does: what it says depends on how far the conversation has come.

Agents ask beside their job (titles, summaries, probes), some of it at the same time, so turns in a row would go astray.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from tests.fake_engine.script import Script


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request that offers the tool called `tool` gets the turn whose number is how many tool results it brings, or the
    last; every other one gets `aside`.

    With `too_long`, that comes instead of the first turn until the first request that brings a result: it does not fit,
    and from then on no prompt of its size does.
    """

    tool: str
    turns: tuple[Script, ...]
    aside: Script
    too_long: Script | None = None


class Job:
    """A plan on its way. `context_length` in tokens; endless until the plan lets a prompt overflow."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.context_length = sys.maxsize
        self._overflowed: dict[str, Any] | None = None

    def reply(self, body: dict[str, Any], prompt_tokens: int) -> Script | None:
        """What `body` gets; None for a prompt that does not fit."""
        plan, at_work = self._plan, self._plan.tool in offered_tools(body)
        results = sum(message.get("role") == "tool" for message in body.get("messages", ()))
        if at_work and plan.too_long is not None and self._overflowed is None:
            if not results:
                return plan.too_long
            self.context_length, self._overflowed = prompt_tokens - 1, body
        if prompt_tokens > self.context_length:
            return None
        if not at_work or (results and self._asks_to_summarise(body)):
            return plan.aside
        return plan.turns[min(results, len(plan.turns) - 1)]

    def _asks_to_summarise(self, body: dict[str, Any]) -> bool:
        """Some clients want the summary with all tools on offer, and ask for it in one more message of the user's."""
        return self._overflowed is not None and not _ends_with_user(self._overflowed) and _ends_with_user(body)


def offered_tools(body: dict[str, Any]) -> set[str]:
    """Names of the functions that a Chat request offers."""
    return {tool["function"]["name"] for tool in body.get("tools") or ()}


def _ends_with_user(body: dict[str, Any]) -> bool:
    return body["messages"][-1].get("role") == "user"
