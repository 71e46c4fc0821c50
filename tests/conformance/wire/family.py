"""A family: how models of one kind write calls (healing.md, section 2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.conformance.case import Call

WriteArguments = Callable[[dict[str, Any]], str]


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Family:
    """`write` gives the text of some calls; `reason` the text of a thought in front of them.

    `closer` is text that ends a call and may well stand inside a value. `tokens`: the form holds control tokens, so what is
    left of it as text is not laid down.
    """

    name: str
    write: Callable[[Sequence[Call]], str]
    closer: str
    reason: Callable[[str], str] | None = None
    say: Callable[[str], str] = lambda prose: prose + "\n"
    prose_before: bool = True
    prose_after: bool = True
    tokens: bool = False
    prompt_opens_reasoning: bool = False
    fence: str = "```"


def thinks(opener: str = "<think>", closer: str = "</think>") -> Callable[[str], str]:
    return lambda thought: f"{opener}\n{thought}\n{closer}\n"
