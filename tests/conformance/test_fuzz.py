"""No text makes the parser raise, and no way to cut it changes the result. `python -m tests.conformance.fuzz` does more."""

from __future__ import annotations

import pytest
from tests.conformance.fuzz import run
from tests.conformance.judge import whole
from tests.conformance.tools import CODING

INPUTS = 12_000


@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", [INPUTS, pytest.param(100_000, marks=pytest.mark.soak)])
def test_mutated_texts_never_raise_and_cuts_never_matter(count: int) -> None:
    assert run(count) == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        '<tool_call>\n{"name": "read_file", "arguments": ' + '{"a":' * 50_000,
        "<tool_call>" * 20_000,
        "<function=read_file><parameter=path>" * 5_000,
        "]<]minimax[>[<tool_call>]<]minimax[>[" + '<invoke name="search_code">' + "]<]minimax[>[<options>" * 10_000,
        "<|tool_call>call:search_code{options:" + "{a:" * 50_000,
        "<|tool_call_start|>[search_code(globs=" + "[" * 50_000,
        "`" * 50_000,
        "> " * 50_000,
        "<think>" * 20_000,
    ],
    ids=[
        "brackets", "objects", "arguments within arguments", "openers", "tagged openers", "tags within tags",
        "Gemma's braces", "Python lists", "backticks", "quotes", "thoughts",
    ],
)  # fmt: skip
@pytest.mark.timeout(60)
def test_depth_and_floods_are_survived(text: str) -> None:
    assert whole(text, CODING).calls == ()
