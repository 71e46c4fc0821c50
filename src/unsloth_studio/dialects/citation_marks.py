"""Where an answer cites its sources: marks such as `[2]` and `[1, 3]`, as the web tools tell the model to write them.

The rule: what is found does not depend on how the text arrives, and the pieces together are the text. Code is left alone:
`row[1]` between backticks cites nothing. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from unsloth_studio.turn.sources import Source

_STEP = re.compile(r"`+|\n|\[\s?\d{1,3}(?:\s?,\s?\d{1,3}){0,9}\s?\]|【\s?\d{1,3}(?:†[^】\n]{0,60})?】")
_UNDECIDED = re.compile(r"(?:`+|\[[\d,\s]{0,64}|【[^】\n]{0,80})\Z")
"""What may become a step with the next letters. gpt-oss writes 【2†L10】."""
_NUMBER = re.compile(r"(?<=[\[【,\s])\d{1,3}")
_FENCE = 3


class Cited(Struct, frozen=True):
    """A mark: `text` is how it stands in the answer, from character `start` to before `end`."""

    text: str
    start: int
    end: int
    sources: tuple[Source, ...]


class CitationFinder:
    """Reads one text part. `sources` are by their numbers; more may join them while it reads."""

    def __init__(self, sources: Mapping[int, Source]) -> None:
        self._sources = sources
        self._held = ""
        self._code = ""
        self._at = 0

    def feed(self, text: str) -> list[str | Cited]:
        """What is decided by now, in order; plain text and marks."""
        text = self._held + text
        undecided = _UNDECIDED.search(text)
        cut = undecided.start() if undecided else len(text)
        self._held = text[cut:]
        return self._read(text[:cut])

    def finish(self) -> list[str | Cited]:
        """The rest, once the part is over."""
        text, self._held = self._held, ""
        return self._read(text)

    def _read(self, text: str) -> list[str | Cited]:
        pieces: list[str | Cited] = []
        done = 0
        for step in _STEP.finditer(text):
            sources = self._step(step[0])
            if sources:
                if step.start() > done:
                    pieces.append(text[done : step.start()])
                pieces.append(Cited(step[0], self._at + step.start(), self._at + step.end(), sources))
                done = step.end()
        if done < len(text):
            pieces.append(text[done:])
        self._at += len(text)
        return pieces

    def _step(self, mark: str) -> tuple[Source, ...]:
        """The sources that `mark` names; none for what only opens or closes code."""
        if mark == "\n":
            if len(self._code) < _FENCE:  # a backtick alone, not code over several lines
                self._code = ""
        elif mark[0] == "`":
            closes = mark == self._code or (len(self._code) >= _FENCE and len(mark) >= len(self._code))
            self._code = "" if closes else self._code or mark
        elif not self._code:
            numbers = dict.fromkeys(int(number) for number in _NUMBER.findall(mark.partition("†")[0]))
            return tuple(self._sources[number] for number in numbers if number in self._sources)
        return ()


def marks(text: str, sources: Mapping[int, Source]) -> list[Cited]:
    """The marks in a whole text."""
    if not sources:
        return []
    finder = CitationFinder(sources)
    return [piece for piece in (*finder.feed(text), *finder.finish()) if isinstance(piece, Cited)]
