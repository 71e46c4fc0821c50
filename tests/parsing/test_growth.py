"""A text four times as long takes no more than about four times as long to read, of whatever shape it is."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.conformance.tools import CODING

from unsloth_studio.parsing import parse_output

WRITE = "<tool_call>\n<function=write_file>\n"
SMALL = 500
TIMES = 4
AT_MOST = 3 * TIMES
"""Quadratic time would be sixteen times as much."""

SHAPES: dict[str, Callable[[int], str]] = {
    "closing tags that words follow": lambda n: WRITE + "<parameter=path>a" + "x</parameter> y<parameter=k>" * n,
    "the same, closed": lambda n: WRITE + "<parameter=path>" + "x</parameter> y<parameter=k>" * n + "</function>",
    "arguments that open another": lambda n: (
        WRITE + "".join(f"<parameter=k{i}> <parameter=z>\n</parameter>\n" for i in range(n))
    ),
    "nested tags of MiniMax-M3": lambda n: (
        "]<]minimax[>[<invoke name=\"search_code\">]<]minimax[>[<options>"
        + "]<]minimax[>[<a>1]<]minimax[>[</a>" * n
        + "]<]minimax[>[</options>]<]minimax[>[</invoke>"
    ),
    "many keys of GLM": lambda n: (
        "<tool_call>write_file\n" + "".join(f"<arg_key>k{i}</arg_key><arg_value>x</arg_value>" for i in range(n))
    ),
    "closing tags of GLM": lambda n: "<tool_call>write_file\n<arg_key>path</arg_key><arg_value>" + "</arg_value>x " * n,
    "closers in GLM's value": lambda n: "<tool_call>write_file\n<arg_key>path</arg_key><arg_value>" + "</tool_call>x" * n,
    "a bare list of Gemma": lambda n: "<|tool_call>call:search_code{query:a,globs:[" + "a," * n + "]}<tool_call|>",
    "tags that nothing closes": lambda n: "<code><tool_call>" * n,
    "blanks in a head": lambda n: "<function=" + " " * n + "x</function>",
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_time_grows_with_the_length(shape: Callable[[int], str]) -> None:
    small, large = (min(_seconds(shape(size)) for _ in range(2)) for size in (SMALL, SMALL * TIMES))
    assert large < AT_MOST * max(small, 0.01)


def _seconds(text: str) -> float:
    began = time.process_time()
    parse_output(text, CODING)
    return time.process_time() - began
