"""What a case of the conformance corpus is. The expected result is part of the definition; no parser ever computes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["well-formed", "malformed", "negative"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is expected: `arguments` is the object, not its text."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One text of a model and what has to come of it. `tools` names a set of `tools.py`.

    `content` or `reasoning` None: not laid down, because healing.md leaves it open. White space at the edges of both is
    ignored; where a call was cut out, every run of white space counts as one blank.
    """

    id: str
    family: str
    kind: Kind
    text: str
    calls: tuple[Call, ...] = ()
    content: str | None = None
    reasoning: str | None = None
    tools: str = "coding"


def well_formed(
    family: str, title: str, text: str, calls: Sequence[Call], *, content: str = "", reasoning: str = ""
) -> Case:
    return Case(f"{family}: {title}", family, "well-formed", text, tuple(calls), content, reasoning)


def malformed(
    family: str, title: str, text: str, calls: Sequence[Call], *, content: str | None = "", reasoning: str | None = None
) -> Case:
    return Case(f"{family}: heals {title}", family, "malformed", text, tuple(calls), content, reasoning)


def negative(
    family: str,
    title: str,
    text: str,
    *,
    content: str | None = None,
    reasoning: str | None = None,
    tools: str = "coding",
) -> Case:
    return Case(f"{family}: no call in {title}", family, "negative", text, (), content, reasoning, tools)
