"""A byte-level BPE whose pieces do not depend on what stands next to a word.

The one rule: merges stay inside runs of letters, and "space + piece" comes last of all. So `Paris`, ` Paris` and `"Paris`
are the same pieces, and copying a word is one lookup. Split like llama.cpp's `qwen2` pre-tokenizer: digits one by one.
Vocabulary: 256 bytes, merges of letters, Chinese characters, some punctuation, all of these after a space, special tokens.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from demo.text.chinese import CHARACTERS

SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>",
    "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<tools>", "</tools>",
)  # fmt: skip
CONTROL = 3
"""The first special tokens are control tokens, which the engine never shows; the others are plain text to it."""
FILE = Path(__file__).with_name("tokenizer.json")
_LETTER = r"[^\W\d_]"
_WORDS = re.compile(
    rf"(?i:'s|'t|'re|'ve|'m|'ll|'d)|(?:[^\r\n\w]|_)?{_LETTER}+|\d| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPECIAL = re.compile("(" + "|".join(map(re.escape, SPECIAL)) + ")")


def _byte_letters() -> dict[int, str]:
    """GPT-2's printable letter for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + at) for at, byte in enumerate(others)}


BYTE_LETTERS = _byte_letters()
_BYTES = {letter: byte for byte, letter in BYTE_LETTERS.items()}
SPACE = BYTE_LETTERS[32]
_PUNCTUATION = (
    ("{", '"'), ('"', ":"), ('"', ","), ('"', "}"), ("}", "}"), ('"}', "}"),
    ("=", "="), ("/", "/"), (":", "//"), ("*", "*"), ("-", "-"),
)  # fmt: skip
_AFTER_SPACE = (
    '"', '{"', "{", "[", "(", "-", "--", "+", "*", "**", "/", "=", "==", "'", "`", "|", "<", "&", "%", ".", "\\", "$", "#",
    '"}', "~", "@", ">", ":",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tokenizer:
    vocabulary: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]
    ids: dict[str, int] = field(init=False)
    _ranks: dict[tuple[str, str], int] = field(init=False)
    _cache: dict[str, tuple[int, ...]] = field(init=False, default_factory=dict[str, tuple[int, ...]])

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", {piece: at for at, piece in enumerate(self.vocabulary)})
        object.__setattr__(self, "_ranks", {pair: at for at, pair in enumerate(self.merges)})

    @classmethod
    def load(cls, path: Path = FILE) -> Tokenizer:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return cls(tuple(stored["vocabulary"]), tuple((left, right) for left, right in stored["merges"]))

    def save(self, path: Path = FILE) -> None:
        stored = {"vocabulary": self.vocabulary, "merges": self.merges}
        path.write_text(json.dumps(stored, ensure_ascii=False) + "\n", encoding="utf-8")

    def encode(self, text: str) -> list[int]:
        ids: list[int] = []
        for part in _SPECIAL.split(text):
            if part in SPECIAL:
                ids.append(self.ids[part])
            else:
                for word in _WORDS.findall(part):
                    ids.extend(self._word(word))
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        pieces = [self.vocabulary[at] for at in ids]
        encoded = b"".join(
            piece.encode() if piece in SPECIAL else bytes(_BYTES[letter] for letter in piece) for piece in pieces
        )
        return encoded.decode("utf-8", "replace")

    def bases(self) -> tuple[list[int], list[bool]]:
        """For each token: the token without its leading space, and whether it has one. They share an embedding."""
        spaced = [len(piece) > 1 and piece[0] == SPACE for piece in self.vocabulary]
        bases = [
            self.ids[piece[1:]] if has else at
            for at, (piece, has) in enumerate(zip(self.vocabulary, spaced, strict=True))
        ]
        return bases, spaced

    def _word(self, word: str) -> tuple[int, ...]:
        if (known := self._cache.get(word)) is not None:
            return known
        pieces = [BYTE_LETTERS[byte] for byte in word.encode()]
        while (best := self._best_pair(pieces)) is not None:
            pieces = merged(pieces, best)
        ids = tuple(self.ids[piece] for piece in pieces)
        if len(self._cache) < 300_000:
            self._cache[word] = ids
        return ids

    def _best_pair(self, pieces: list[str]) -> tuple[str, str] | None:
        pairs = [pair for pair in itertools.pairwise(pieces) if pair in self._ranks]
        return min(pairs, key=self._ranks.__getitem__) if pairs else None


def merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """`pieces` with every occurrence of the pair made one piece."""
    result: list[str] = []
    at = 0
    while at < len(pieces):
        if at + 1 < len(pieces) and (pieces[at], pieces[at + 1]) == pair:
            result.append(pieces[at] + pieces[at + 1])
            at += 2
        else:
            result.append(pieces[at])
            at += 1
    return result


def build(words: Counter[str], merges: int) -> Tokenizer:
    """A tokenizer with so many merges of letters, learnt from words with their counts."""
    damped = Counter({word: int(count**0.5) + 1 for word, count in words.items()})
    letter_merges = _learn(damped, merges)
    chinese = _character_merges()
    letters = [chr(code) for code in (*range(65, 91), *range(97, 123))]
    after_space = [*letters, *(left + right for left, right in letter_merges), *_AFTER_SPACE]
    ordered = [*letter_merges, *chinese, *_PUNCTUATION, *((SPACE, piece) for piece in after_space)]
    pieces = [BYTE_LETTERS[byte] for byte in range(256)] + [left + right for left, right in ordered]
    vocabulary = (*dict.fromkeys(pieces), *SPECIAL)
    return Tokenizer(vocabulary, tuple(dict.fromkeys(ordered)))


def _character_merges() -> list[tuple[str, str]]:
    """Three bytes become one piece, by way of the first two."""
    pairs: list[tuple[str, str]] = []
    for character in CHARACTERS:
        first, second, third = (BYTE_LETTERS[byte] for byte in character.encode())
        pairs += [(first, second), (first + second, third)]
    return list(dict.fromkeys(pairs))


def _learn(words: Counter[str], amount: int) -> list[tuple[str, str]]:
    split = {word: list(word) for word in words}
    counts: Counter[tuple[str, str]] = Counter()
    places: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for word, pieces in split.items():
        for pair in itertools.pairwise(pieces):
            counts[pair] += words[word]
            places[pair].add(word)
    learnt: list[tuple[str, str]] = []
    while len(learnt) < amount:
        best = max(counts, key=lambda pair: (counts[pair], pair))
        learnt.append(best)
        for word in sorted(places[best]):
            for pair in zip(split[word], split[word][1:], strict=False):
                counts[pair] -= words[word]
            split[word] = merged(split[word], best)
            for pair in zip(split[word], split[word][1:], strict=False):
                counts[pair] += words[word]
                places[pair].add(word)
        del counts[best]
    return learnt
