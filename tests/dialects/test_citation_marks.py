"""Marks that cite sources in an answer, however the text arrives."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsloth_studio.dialects.citation_marks import CitationFinder, Cited, marks
from unsloth_studio.turn.sources import Source

SOURCES = {number: Source(f"Page {number}", f"https://example.org/{number}", number=number) for number in (1, 2, 12)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It hums [1].", [("[1]", 8, (1,))]),
        ("Both[1][2]", [("[1]", 4, (1,)), ("[2]", 7, (2,))]),
        ("Lists [1, 12] and [2,9]", [("[1, 12]", 6, (1, 12)), ("[2,9]", 18, (2,))]),
        ("gpt-oss 【2†L1-L9】", [("【2†L1-L9】", 8, (2,))]),
        ("unknown [3], no number [x], [] and [1", []),
        ("code `a[1]` and\n```\nb[2]\n```\nthen [2]", [("[2]", 34, (2,))]),
        ("a lone ` is no code\n[1]", [("[1]", 20, (1,))]),
        ("🦥 counts as one [1]", [("[1]", 16, (1,))]),
    ],
)
def test_marks(text: str, expected: list[tuple[str, int, tuple[int, ...]]]) -> None:
    found = marks(text, SOURCES)
    assert [(one.text, one.start, tuple(s.number for s in one.sources)) for one in found] == expected
    assert all(text[one.start : one.end] == one.text for one in found)


@given(st.text("[]1,2 `\n【】†a", max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_nothing_depends_on_how_the_text_is_cut(text: str, cuts: list[int]) -> None:
    finder = CitationFinder(SOURCES)
    pieces: list[str | Cited] = []
    edges = sorted({0, *(min(cut, len(text)) for cut in cuts), len(text)})
    for start, end in itertools.pairwise(edges):
        pieces += finder.feed(text[start:end])
    pieces += finder.finish()
    assert "".join(piece if isinstance(piece, str) else piece.text for piece in pieces) == text
    assert [piece for piece in pieces if isinstance(piece, Cited)] == marks(text, SOURCES)
