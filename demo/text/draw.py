"""A seeded source of words, names and numbers, drawn from one side of a split.

The one rule: what names a thing (a noun, a name, an invented word, a number of three digits or more) belongs either to
training or to evaluation, decided by a checksum of its letters. Function words, verbs and adjectives belong to both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar
from zlib import crc32

from demo.text import lexicon

T = TypeVar("T")
HELD_OUT_SHARE = 6
"""One in so many names is never seen in training."""


def is_held_out(word: str) -> bool:
    """Whether only the evaluation may use this word; capital letters make no difference."""
    return crc32(word.casefold().encode()) % HELD_OUT_SHARE == 0


class Draw:
    """Draws from the training side of the split, or from the held-out one. Equal seeds draw equal things."""

    def __init__(self, seed: int, *, held_out: bool = False) -> None:
        self.random = Random(seed)
        self.held_out = held_out

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.random.random() * len(options))]

    def pick_by_weight(self, options: Sequence[tuple[float, T]]) -> T:
        at = self.random.random() * sum(weight for weight, _ in options)
        for weight, option in options:
            at -= weight
            if at < 0:
                return option
        return options[-1][1]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def between(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def own(self, make: Callable[[], str]) -> str:
        """The first of `make`'s words that lies on this side of the split."""
        while is_held_out(word := make()) != self.held_out:
            pass
        return word

    def from_list(self, words: Sequence[str]) -> str:
        return self.own(lambda: self.pick(words))

    def invented(self, syllables: int | None = None) -> str:
        """A word that does not exist, such as `stroupen`."""
        return self.own(lambda: self._invent(syllables or self.pick((1, 2, 2, 2, 3))))

    def _invent(self, syllables: int) -> str:
        word = ""
        for at in range(syllables):
            word += self.pick(lexicon.ONSETS) if at == 0 or self.chance(0.8) else ""
            word += self.pick(lexicon.VOWELS)
            word += self.pick(lexicon.CODAS) if self.chance(0.35) else ""
        return word + (self.pick(lexicon.SUFFIXES) if self.chance(0.2) else "")

    def noun(self) -> str:
        return self.from_list(lexicon.NOUNS)

    def verb(self) -> str:
        return self.pick(lexicon.VERBS)

    def adjective(self) -> str:
        return self.pick(lexicon.ADJECTIVES)

    def word(self) -> str:
        at = self.random.random()
        if self.held_out:  # words that both sides share would be no test
            return self.noun() if at < 0.5 else self.invented()
        if at < 0.32:
            return self.noun()
        if at < 0.38:
            return self.verb()
        if at < 0.44:
            return self.adjective()
        return self.pick(lexicon.FUNCTION_WORDS) if at < 0.56 else self.invented()

    def given_name(self) -> str:
        if self.chance(0.45):
            return self.from_list(lexicon.GIVEN_NAMES)
        return self.invented(self.pick((2, 2, 3))).capitalize()

    def full_name(self) -> str:
        return f"{self.given_name()} {self.invented().capitalize()}"

    def place(self) -> str:
        at = self.random.random()
        if at < 0.40:
            return self.from_list(lexicon.CITIES)
        if at < 0.45:
            return self.from_list(lexicon.CITIES_OF_TWO_WORDS)
        if at < 0.50:
            return self.from_list(lexicon.COUNTRIES)
        return self._invented_place()

    def _invented_place(self) -> str:
        name = self.invented(self.pick((2, 2, 3))).capitalize()
        at = self.random.random()
        if at < 0.15:
            return (
                f"{self.pick(('New', 'San', 'Port', 'Saint', 'Fort', 'Mount', 'Lake', 'North', 'South', 'El'))} {name}"
            )
        if at < 0.22:
            return f"{name} {self.pick(('City', 'Beach', 'Falls', 'Springs', 'Hills', 'Bay', 'Park'))}"
        if at < 0.28:
            return f"{name}, {self.pick(('CA', 'TX', 'NY', 'UK', 'WA', 'FL')) if self.chance(0.5) else self.from_list(lexicon.COUNTRIES)}"
        return f"{name}-{self.invented().capitalize()}" if at < 0.31 else name

    def integer(self) -> str:
        digits = self.pick((1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7, 9))
        if digits < 3:
            return str(self.between(0 if digits == 1 else 10, 10**digits - 1))
        if self.chance(0.06):  # runs of one digit are hard to copy
            return self.own(lambda: str(self.between(1, 999)) + self.pick("0123456789") * self.between(2, 6))
        return self.own(lambda: str(self.between(10 ** (digits - 1), 10**digits - 1)))

    def decimal(self) -> str:
        return f"{self.integer()}.{self.between(0, 99)}{self.between(1, 9)}"

    def number(self) -> str:
        return self.pick_by_weight([(0.7, self.integer), (0.2, self.decimal), (0.1, lambda: "-" + self.integer())])()

    def phrase(self, shortest: int = 1, longest: int = 5) -> str:
        return " ".join(self.word() for _ in range(self.between(shortest, longest)))

    def sentence(self, shortest: int = 3, longest: int = 12) -> str:
        """Words without a full stop; commas here and there."""
        words = [self._word_of_sentence() for _ in range(self.between(shortest, longest))]
        text = " ".join(words)
        return text[:1].upper() + text[1:] if self.chance(0.7) else text

    def _word_of_sentence(self) -> str:
        make = self.pick_by_weight(
            [
                (0.35, lambda: self.pick(lexicon.FUNCTION_WORDS)),
                (0.05, self.number),
                (0.1, self.given_name),
                (0.5, self.word),
            ]
        )
        return make() + (self.pick((",", ";", ":")) if self.chance(0.04) else "")
