"""Long texts cut into passages, and the passages that answer a question. Pure.

The rule: what is chosen is shown in the order of the page, and never exceeds the budget. Source: Okapi BM25 as in Robertson
and Zaragoza (2009), "The Probabilistic Relevance Framework", with its usual k1 = 1.2 and b = 0.75.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from unsloth_studio.patterns import pattern

PASSAGE: Final = 220
"""Tokens that a passage may have, about; a paragraph or two."""
_K1, _B = 1.2, 0.75
_WORDS = pattern(r"\w+")
_WIDE = pattern(r"[\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Letters of Chinese, Japanese and Korean; words are not parted by blanks there."""
_HEADING = pattern(r"#{1,6} (.+)")
_FENCE = pattern(r"\s*(```+|~~~+)")
_SENTENCE = pattern(r"(?<=[.!?。！？])\s+|\n")  # noqa: RUF001


class Passage(Struct, frozen=True):
    """Piece `number` of page `page`; `heading` is the last one above it, where the piece does not hold it itself."""

    page: int
    number: int
    text: str
    heading: str = ""

    @property
    def tokens(self) -> int:
        return count_tokens(self.text) + count_tokens(self.heading) + 2


def count_tokens(text: str) -> int:
    """About how many tokens `text` is: four ASCII characters each, one for each wide letter, two others. Within a fifth of
    what the tokenizers of Qwen and Llama count for English and code, more than they count for Chinese."""
    plain = len(text.encode("ascii", "ignore"))
    wide = len(_WIDE.findall(text)) if plain < len(text) else 0
    return math.ceil(plain / 4 + wide + (len(text) - plain - wide) / 2)


def split(text: str, *, page: int = 0, size: int = PASSAGE) -> list[Passage]:
    """`text` (Markdown or plain) in passages of about `size` tokens, cut between blocks where that is possible."""
    found: list[Passage] = []
    blocks: list[str] = []
    heading, above, held = "", "", 0

    def close() -> None:
        nonlocal blocks, held
        if blocks:
            found.append(Passage(page, len(found), "\n\n".join(blocks), above))
            blocks, held = [], 0

    for block in _blocks(text):
        title = _HEADING.fullmatch(block)
        if title is not None and held > size / 2:
            close()
        for piece in _cut(block, size):
            tokens = count_tokens(piece)
            if held + tokens > size:
                close()
            if not blocks:
                above = "" if title is not None else heading
            blocks.append(piece)
            held += tokens
        if title is not None:
            heading = title[1]
    close()
    return found


def rank(passages: Sequence[Passage], query: str) -> list[tuple[float, Passage]]:
    """Every passage with its score for `query`, the best first; a score of 0 shares no word with it."""
    asked = set(terms(query))
    counts = [Counter(terms(f"{passage.heading} {passage.text}")) for passage in passages]
    lengths = [count.total() for count in counts]
    usual = sum(lengths) / max(len(lengths), 1) or 1.0
    weights = {term: _weight(sum(1 for count in counts if term in count), len(counts)) for term in asked}
    scored: list[tuple[float, Passage]] = []
    for passage, count, length in zip(passages, counts, lengths, strict=True):
        norm = _K1 * (1 - _B + _B * length / usual)
        score = sum(weights[term] * count[term] * (_K1 + 1) / (count[term] + norm) for term in asked if term in count)
        scored.append((score, passage))
    return sorted(scored, key=lambda one: (-one[0], one[1].page, one[1].number))


def choose(passages: Sequence[Passage], query: str, *, budget: int) -> list[Passage]:
    """The passages that answer `query` within `budget` tokens, in the order of their pages: first the best of every page,
    then the best of all. Without a match, how the pages begin."""
    ranked = rank(passages, query)
    matching = [passage for score, passage in ranked if score > 0] or sorted(
        passages, key=lambda one: (one.number, one.page)
    )
    first: dict[int, Passage] = {}
    for passage in matching:
        first.setdefault(passage.page, passage)
    chosen: list[Passage] = []
    for passage in dict.fromkeys((*first.values(), *matching)):
        if passage.tokens <= budget:
            budget -= passage.tokens
            chosen.append(passage)
    return sorted(chosen, key=lambda one: (one.page, one.number))


def parts(passages: Sequence[Passage], *, budget: int) -> list[list[Passage]]:
    """All passages, in order, in parts of at most `budget` tokens (one passage at least)."""
    found: list[list[Passage]] = []
    left = 0
    for passage in passages:
        if not found or passage.tokens > left:
            found.append([])
            left = budget
        found[-1].append(passage)
        left -= passage.tokens
    return found


def terms(text: str) -> Iterator[str]:
    """The words of `text` in one form: small letters, no plural's `s`; pairs of letters where words are not parted."""
    for word in _WORDS.findall(unicodedata.normalize("NFKC", text).casefold()):
        wide = "".join(_WIDE.findall(word))
        if wide:
            yield from (wide[i : i + 2] for i in range(max(len(wide) - 1, 1)))
            word = _WIDE.sub("", word)
        if word:
            yield word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _weight(holding: int, of: int) -> float:
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs; what stands between two fences is one, blank lines included."""
    held: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark is not None and not fence:
            fence = mark[1]
        elif fence and line.strip() == fence:
            fence = ""
        if line.strip() or fence:
            held.append(line)
        elif held:
            yield "\n".join(held)
            held = []
    if held:
        yield "\n".join(held)


def _cut(block: str, size: int) -> Iterator[str]:
    """`block` in pieces of at most `size` tokens: at line ends, else behind sentences, else anywhere."""
    if count_tokens(block) <= size:
        yield block
        return
    held = ""
    for piece in _pieces(block, size):
        if held and count_tokens(held + piece) > size:
            yield held.rstrip()
            held = ""
        held += piece
    if held.strip():
        yield held.rstrip()


def _pieces(block: str, size: int) -> Iterator[str]:
    start = 0
    for end in [*(found.end() for found in _SENTENCE.finditer(block)), len(block)]:
        piece = block[start:end]
        if count_tokens(piece) <= size:
            yield piece
        else:
            yield from (piece[i : i + size] for i in range(0, len(piece), size))
        start = end
