"""Holds what the parser made of a case against what the case says."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tests.conformance.case import Case
from tests.conformance.tools import TOOL_SETS

from unsloth_studio.parsing import OutputParser, parse_output

Verdict = Literal["right", "no call", "wrong call", "call from nothing"]


@dataclass(frozen=True, slots=True)
class Found:
    """The plain facts of a result, so that two of them compare."""

    calls: tuple[tuple[str, str], ...]
    content: str
    reasoning: str
    repairs: tuple[tuple[str, ...], ...]


def found(output: Any) -> Found:
    calls = tuple((call.name, call.arguments) for call in output.tool_calls)
    repairs = tuple(tuple(str(repair) for repair in call.repairs) for call in output.tool_calls)
    return Found(calls, output.content or "", output.reasoning or "", repairs)


def whole(text: str, tools: list[dict[str, Any]]) -> Found:
    return found(parse_output(text, tools))


def in_chunks(chunks: Iterable[str], tools: list[dict[str, Any]]) -> Found:
    parser = OutputParser(tools)
    for chunk in chunks:
        parser.feed(chunk)
    parser.finish()
    return found(parser.output)


def cuts_that_matter(
    text: str, tools: list[dict[str, Any]], *, sizes: Sequence[int] = (1, 3, 8), step: int = 5
) -> list[list[str]]:
    """Chunks that give another result than the whole text: pieces of each size, and two halves at every `step`-th place."""
    expected = whole(text, tools)
    cuts = [[text[at : at + size] for at in range(0, len(text), size)] for size in sizes]
    cuts += [[text[:at], text[at:]] for at in range(1, len(text), step)]
    return [chunks for chunks in cuts if in_chunks(chunks, tools) != expected]


def parsed(case: Case) -> Found:
    return whole(case.text, TOOL_SETS[case.tools])


def verdict(case: Case, result: Found) -> Verdict:
    """About the calls alone. A call that is not among the expected ones is wrong, however many others are right."""
    expected = [(call.name, _canonical(call.arguments)) for call in case.calls]
    calls = [(name, _canonical(_loaded(arguments))) for name, arguments in result.calls]
    if calls == expected:
        return "right"
    if not expected:
        return "call from nothing"
    left = list(expected)
    for call in calls:
        if call not in left:
            return "wrong call"
        left.remove(call)
    return "no call" if left else "wrong call"


def content_is_right(case: Case, result: Found) -> bool:
    return _same(case, case.content, result.content) and _same(case, case.reasoning, result.reasoning)


def random_chunks(text: str, dice: random.Random) -> Iterator[str]:
    """Cut anywhere; half of the time into single characters and half of the time into longer pieces."""
    longest = dice.choice((1, 3, 8, 40))
    at = 0
    while at < len(text):
        length = dice.randint(1, longest)
        yield text[at : at + length]
        at += length


def _same(case: Case, expected: str | None, got: str) -> bool:
    if expected is None:
        return True
    if case.calls:
        return " ".join(expected.split()) == " ".join(got.split())
    return expected.strip() == got.strip()


def _canonical(value: object) -> str:
    """JSON text in which key order does not count, but 7, 7.0, "7" and true all differ."""
    return json.dumps(value, sort_keys=True)


def _loaded(arguments: str) -> object:
    try:
        return json.loads(arguments)
    except ValueError:
        return f"not JSON: {arguments}"
