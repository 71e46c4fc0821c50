"""Passages: how texts are cut, which ones answer, and that budgets hold."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsloth_studio.tools.passages import PASSAGE, Passage, choose, count_tokens, parts, rank, split, terms

GUIDE = "\n\n".join(
    f"## {title}\n\n"
    + " ".join(f"{word} {filler}" for word in words.split() for filler in ("is", "one", "more", "of", "many"))
    for title, words in {
        "Installing": "download package wheel compiler install " * 8,
        "Timeouts": "timeout seconds retry backoff connection " * 8,
        "Licence": "apache copyright notice warranty licence " * 8,
    }.items()
)


def test_a_passage_begins_with_its_heading_or_knows_it() -> None:
    pieces = split(GUIDE, page=3)
    assert len(pieces) > 3
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert {piece.page for piece in pieces} == {3}
    for piece in pieces:
        assert piece.text.startswith("## ") or piece.heading in ("Installing", "Timeouts", "Licence")


def test_code_is_not_cut_where_it_fits() -> None:
    code = "```python\nfirst\n\nsecond\n\n\nthird\n```"
    pieces = split("\n\n".join(["word " * 150, code, "word " * 150]))
    assert any(code in piece.text for piece in pieces)


@given(st.text(alphabet="abc .\n#`中é", max_size=3000), st.integers(5, 60))
def test_nothing_is_lost_and_nothing_is_too_large(text: str, size: int) -> None:
    pieces = split(text, size=size)
    assert "".join("".join(piece.text for piece in pieces).split()) == "".join(text.split())
    assert all(count_tokens(piece.text) <= size + 2 for piece in pieces)


def test_the_passage_that_answers_comes_first() -> None:
    (score, best), *_ = rank(split(GUIDE), "how long until the connection timeouts?")
    assert score > 0
    assert "timeout" in best.text
    first = choose(split(GUIDE), "warranty", budget=60 + best.tokens)[0]
    assert "Licence" in (first.heading, first.text[3:10])


def test_words_in_other_forms_and_scripts_match() -> None:
    assert list(terms("The Passes of FILES: x86_64, glass")) == ["the", "passe", "of", "file", "x86_64", "glass"]
    assert list(terms("中文分词 ok")) == ["中文", "文分", "分词", "ok"]
    assert rank([Passage(0, 0, "これは猫です"), Passage(0, 1, "東京の天気は晴れ")], "東京 天気")[0][1].number == 1


def test_every_page_that_matches_is_heard_before_one_is_heard_twice() -> None:
    loud = [Passage(0, number, "timeout timeout timeout " * 20) for number in range(10)]
    quiet = [Passage(1, 0, "a timeout, among many other words " * 5), Passage(2, 0, "nothing of it here " * 5)]
    chosen = choose([*loud, *quiet], "timeout", budget=300)
    assert {piece.page for piece in chosen} == {0, 1}


@pytest.mark.parametrize("query", ["timeout", "no such words at all", ""])
@pytest.mark.parametrize("budget", [0, 50, 300, 1000, 100_000])
def test_the_budget_holds(query: str, budget: int) -> None:
    chosen = choose(split(GUIDE), query, budget=budget)
    assert sum(piece.tokens for piece in chosen) <= budget
    assert chosen == sorted(chosen, key=lambda piece: piece.number)


def test_without_a_match_a_page_is_shown_from_its_start() -> None:
    assert choose(split(GUIDE), "zebra", budget=2 * PASSAGE)[0].number == 0


def test_parts_hold_everything_in_order() -> None:
    pieces = split(GUIDE)
    found = parts(pieces, budget=300)
    assert [piece for part in found for piece in part] == pieces
    assert len(found) > 1
    assert all(sum(piece.tokens for piece in part) <= 300 for part in found)
    assert parts([], budget=10) == []
    assert [len(part) for part in parts(pieces, budget=1)] == [1] * len(pieces)


def test_the_count_of_tokens_is_near() -> None:
    """Known counts: 100 common English words are about 130 tokens; Chinese is at most a token a letter."""
    common = ("the", "of", "and", "to", "in", "is", "you", "that", "it", "he", "was", "for", "on", "are", "as", "with")
    words = " ".join(random.Random(1).choices(common, k=100))
    assert 80 <= count_tokens(words) <= 140
    assert count_tokens("中文" * 50) == 100
    assert count_tokens("") == 0
