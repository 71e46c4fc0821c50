"""The tokenizer: nothing is lost, and a word's pieces do not depend on what stands next to it."""

from __future__ import annotations

from collections import Counter

import pytest
from demo.text.chinese import CHARACTERS
from demo.text.conversation import segments
from demo.text.dialogue import conversation
from demo.text.draw import Draw
from demo.tokenizer import SPECIAL, Tokenizer, build
from demo.vocabulary import rarely_used


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.load()


def test_text_survives(tokenizer: Tokenizer) -> None:
    draw = Draw(11)
    for _ in range(300):
        text = "".join(segment.text for segment in segments(conversation(draw)))
        assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        "a  b",
        "naïve Größe",
        "你好世界",
        "🚀",
        "don't",
        "x_1+y",
        "\t",
        "½²",
        "<|im_end|>",
        "<tool_call",
    ],
)
def test_odd_text_survives(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("before", ["", " ", '"', "(", "\n", "/", "_"])
def test_a_words_pieces_are_the_same_behind_anything(tokenizer: Tokenizer, before: str) -> None:
    bases, _ = tokenizer.bases()
    word = [bases[token] for token in tokenizer.encode("Kathmandu")]
    assert [bases[token] for token in tokenizer.encode(before + "Kathmandu")][-len(word) :] == word


def test_digits_stand_alone_and_special_tokens_are_whole(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.encode("56088")) == 5
    assert all(len(tokenizer.encode(piece)) == 1 for piece in SPECIAL)
    assert all(len(tokenizer.encode(character)) == 1 for character in CHARACTERS)


def test_vocabulary_has_no_piece_twice_and_every_merge_makes_one(tokenizer: Tokenizer) -> None:
    assert len(set(tokenizer.vocabulary)) == len(tokenizer.vocabulary)
    assert {left + right for left, right in tokenizer.merges} <= set(tokenizer.vocabulary)


def test_frequent_words_become_pieces() -> None:
    made = build(Counter({"hello": 1000, "help": 800, "x": 1}), 4)
    assert "hell" in made.vocabulary or "hello" in made.vocabulary


def test_training_writes_nearly_every_piece_even_in_a_small_sample(tokenizer: Tokenizer) -> None:
    """The whole count takes minutes: `python -m demo tokenizer` makes it, and demands 50 uses of every piece."""
    assert len(rarely_used(tokenizer, conversations=3000, least=1)) < 60
