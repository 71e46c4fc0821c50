"""Patterns are written as the engine takes them, match nothing that the original does not, and are never run for long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsloth_studio.schemas.patterns import checked_length, engine_pattern

WRITTEN = {
    "as it is": ("^[A-Z]{2,4}$", "^[A-Z]{2,4}$"),
    "digits": (r"^\d+$", "^[0-9]+$"),
    "word characters in a class": (r"^[\w.]$", r"^[\x2E0-9A-Z_a-z]$"),
    "a quote cannot stand in a string": ('^[a"]$', "^a$"),
    "open at the end": ("^ab", r"^ab[^\x00-\x1F\x22\x5C\x7F\U0000D800-\U0000DFFF]*$"),
    "lazy": ("^a+?b$", "^a+b$"),
    "a named group": ("^(?<x>a|b)$", "^(a|b)$"),
    "anchors in each branch": ("^a$|^b$", "^(a|b)$"),
    "nothing": ("^$", "^$"),
    "an optional group": ("^(a|)$", "^((a)?)$"),
}
DROPPED = [
    *("^(?=a)a$", "(?i)a", r"^\bfoo$", r"(a)\1", r"^\p{L}$", "(((", "[z-a]", "a{5,2}", "^[]$", "a++", '^"$', r"^\\$"),
    *("^(a{100}){100}$", "^a{1000}$", "a" * 5000, "(" * 100 + ")" * 100, "^a^$", r"^\n$", "*a"),
]


@pytest.mark.parametrize("name", WRITTEN)
def test_pattern_is_written_for_the_engine(name: str) -> None:
    pattern, written = WRITTEN[name]
    assert engine_pattern(pattern) == written
    assert engine_pattern(written) == written


@pytest.mark.parametrize("pattern", DROPPED)
def test_pattern_beyond_the_common_part_is_dropped(pattern: str) -> None:
    assert engine_pattern(pattern) is None


def test_bounds_on_the_length_that_leave_nothing_drop_the_pattern() -> None:
    assert engine_pattern("^[a-z]{2,5}$", 3, 9) == "^[a-z]{3,5}$"
    assert engine_pattern("^[a-z]{2,5}$", 6, 9) is None


PIECES = ["a", "b", "[a-c]", "[^b]", r"\d", ".", "(a|bc)", "(?:ab)", "-", r"\.", "é"]
MARKS = ["", "*", "+", "?", "{2}", "{1,3}", "{0,}", "*?"]
PATTERNS = st.tuples(
    st.sampled_from(["^", ""]),
    st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(MARKS)), max_size=5),
    st.sampled_from(["$", ""]),
).map(lambda parts: parts[0] + "".join(piece + mark for piece, mark in parts[1]) + parts[2])


@given(PATTERNS, st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_written_matches_only_what_the_original_matches(pattern: str, data: st.DataObject) -> None:
    written = engine_pattern(pattern)
    assert written is not None
    assert engine_pattern(written) == written
    text = data.draw(st.text(alphabet='abc-.19é"\\ ', max_size=8) | st.from_regex(written, fullmatch=True))
    if re.fullmatch(written, text):
        assert re.search(pattern, text)
        assert not set(text) & set('"\\\n')
    elif re.search(pattern, text) and not set(text) & set('"\\'):
        pytest.fail(f"{written} misses {text!r}, which {pattern} matches")


@pytest.mark.parametrize(
    "pattern",
    ["^(a+)+$", "^(a|a|a)*$", "^((a*)*)*$", "^a?a?a?a?a?a?a?a?a?a?aaaaaaaaaa$", "a*a*a*a*b", "^(a|aa)+$", ".*.*=.*"],
)
def test_no_pattern_is_matched_against_what_would_take_long(pattern: str) -> None:
    length = min(checked_length(pattern), 20_000)
    began = time.perf_counter()
    re.search(pattern, "a" * (length - 1) + "!")
    assert time.perf_counter() - began < 1.5
