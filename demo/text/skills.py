"""Tools with people who use them: a skill is a tool and a way to make requests for it.

The one rule: two skills of one topic are never offered together, since a request would fit both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo.text.conversation import Tool
from demo.text.draw import Draw


@dataclass(frozen=True, slots=True)
class Request:
    question: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Skill:
    tool: Tool
    topic: str
    ask: Callable[[], Request]


def styled(draw: Draw, words: list[str]) -> str:
    """A tool's name: get_time, getTime, get-time, mcp__home__get_time or home.get_time."""
    at = draw.random.random()
    if at < 0.68:
        return "_".join(words)
    if at < 0.80:
        return words[0] + "".join(word.capitalize() for word in words[1:])
    if at < 0.86:
        return "-".join(words)
    if at < 0.93:
        return f"{draw.pick(('mcp__', '', 'srv_'))}{draw.invented()}__{'_'.join(words)}"
    return f"{draw.invented()}.{'_'.join(words)}"
