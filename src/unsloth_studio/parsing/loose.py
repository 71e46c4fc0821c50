"""One forward pass over JSON as models damage it: foreign quotes, bare keys, Python words, comments, commas, escapes.

The rule: it never guesses where a string ends. A string closes at its next unescaped quote or the text is `Broken`;
what a quote inside a string may mean is `quote_search`'s question. Nothing recurses: containers live on an explicit
stack.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from msgspec import Struct, field

from unsloth_studio.parsing.loose_strings import BLANK, PREFIX, QUOTES, LooseStrings
from unsloth_studio.parsing.loose_strings import Broken as Broken
from unsloth_studio.patterns import pattern

DEPTH_LIMIT = 96
"""Containers inside each other; real arguments stay under ten."""

Closing = Literal["off", "through", "swap"]
"""What a closer of the wrong kind means. `through`: those between were forgotten; `swap`: it was written for the right
one."""

_NUMBER = pattern(r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*+(?:\.\d*+)?+|\.\d++)(?:[eE][+-]?\d++)?+)(?![\w.])")
_STRICT_NUMBER = pattern(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = pattern(r"[^\W\d]\w*")
_KEY = pattern(r"[\w$][\w$.\-]*")
_REOPENED = pattern(rf"[{BLANK}]*,[{BLANK}]*\"[^\"\n]{{1,100}}\"[{BLANK}]*:")
_STRAY = pattern(rf"\"(?=[{BLANK}]*(?:[,}}\])]|\Z))")
_OPEN_KEY = pattern(r"([\w$][\w$.\-]{0,63})\s*:\s*")
_UNOPENED = pattern(rf"([^{BLANK}\"'`{{}}\[\](),:][^\"{{}}\[\](),\n\\]{{0,200}})\"(?=[{BLANK}]*[,}}\]])")
"""A text without its first quote."""
_EXPRESSION = pattern(rf"[{BLANK}]*[+\-]|//|/\*|\#")
_COMMA_AT_END = pattern(rf"[{BLANK}]*,[{BLANK}]*\Z")
_WORDS = {"true": True, "false": False, "null": None, "none": None}
_CLOSERS = {"{": "}", "[": "]", "(": ")"}
_MAX_DIGITS = 1000
_COMMAS, _WIDE_COLON = ",，", "："  # noqa: RUF001 - as a Chinese keyboard writes them


class _Frame(Struct):
    kind: str
    members: dict[str, Any] = field(default_factory=dict[str, Any])
    items: list[Any] = field(default_factory=list[Any])
    key: str | None = None
    comma: bool = False  # the last thing seen was a comma
    commas: int = 0

    def value(self) -> Any:
        if self.kind == "{":
            return self.members
        if self.kind == "(" and self.commas == 0 and len(self.items) == 1:
            return self.items[0]
        return self.items

    def add(self, value: Any) -> None:
        self.comma = False
        if self.kind != "{":
            self.items.append(value)
        elif self.key is not None:
            self.members[self.key] = value
            self.key = None


class LooseReader(LooseStrings):
    """Reads one value of `text`; `repairs` names what had to be tolerated, in the order of its first use.

    `cut` says that the text ended with the stream: then only a value that visibly ended may be closed for the model.
    `python` reads string prefixes, `\\x41` and neighbouring strings, which JSON does not have.
    """

    def __init__(self, text: str, *, closing: Closing = "off", cut: bool = False, python: bool = False) -> None:
        super().__init__(text, python=python)
        self.complete = True
        self._closing: Closing = closing
        self._cut = cut
        self._ended = False  # the last token ends visibly: a quote or a closer

    def read(self, pos: int = 0) -> tuple[Any, int]:
        """The value at `pos` and where it ends. Raises `Broken`."""
        frames: list[_Frame] = []
        while True:
            pos = self.skip(pos)
            here = self.text[pos : pos + 1]
            if frames and (here == "," or not here):
                if not here:
                    return self._close_all(frames), pos
                if frames[-1].key is not None or not (frames[-1].members or frames[-1].items):
                    raise Broken
                self.note("extra_commas")
                pos += 1
                continue
            if frames and here in "}])":
                value, pos, found = self._close(frames, here, pos)
                if not found:
                    continue
            elif frames and frames[-1].kind == "{" and frames[-1].key is None:
                pos = self._key(frames, here, pos)
                continue
            elif here in _CLOSERS:
                pos = self._open(frames, here, pos)
                continue
            else:
                value, pos = self._unopened(frames, pos) or self.scalar(pos)
                pos = self._bare_end(pos) if frames and not self._ended else pos
            if not frames:
                return value, pos
            frames[-1].add(value)
            pos = self._after_value(frames[-1], pos)

    def _open(self, frames: list[_Frame], here: str, pos: int) -> int:
        if len(frames) >= DEPTH_LIMIT:
            raise Broken
        if here == "(":
            self.note("python_tuples")
        frames.append(_Frame(here))
        return pos + 1

    def _after_value(self, frame: _Frame, pos: int) -> int:
        pos = self.skip(pos)
        here = self.text[pos : pos + 1]
        if here in _COMMAS and here:
            if here != ",":
                self.note("wide_punctuation")
            frame.comma = True
            frame.commas += 1
            return pos + 1
        if here and here not in "}])":
            self.note("missing_commas")
        return pos

    def _bare_end(self, pos: int) -> int:
        """Past a stray quote behind a number or a word inside a container. Raises `Broken` at `1-3` or `7//2`."""
        if _EXPRESSION.match(self.text, pos):
            raise Broken
        if not self._python and _STRAY.match(self.text, pos):
            self.note("stray_quotes")
            return pos + 1
        return pos

    def _key(self, frames: list[_Frame], here: str, pos: int) -> int:
        if here == "{" and self._closing != "off" and len(frames) > 1 and frames[-2].kind == "[":
            # The object before this one, in a list of objects, was not closed.
            done = frames.pop()
            self.note("closed_brackets")
            frames[-1].add(done.value())
            return pos
        if here in QUOTES:
            key, pos = self.string(pos)
        else:
            found = _KEY.match(self.text, pos)
            if not found:
                raise Broken
            key, pos = found.group(), found.end()
            self.note("bare_keys")
            if self.text[pos : pos + 1] in ('"', "'"):
                if frames[-1].members and not frames[-1].comma:
                    self._unclosed(frames[-1], found.start())
                pos += 1  # only its first quote was left out; a colon must follow
        behind, pos = pos, self.skip(pos)
        separator = self.text[pos : pos + 1]
        sure = not self._python and (frames[-1].comma or not frames[-1].members)  # not within a text with open quotes
        if separator == _WIDE_COLON:
            self.note("wide_punctuation")
        elif separator == "=" and sure:
            self.note("equals_signs")
        elif separator != ":":
            open_key = _OPEN_KEY.fullmatch(key) if sure and here == '"' else None
            if open_key is None:
                raise Broken
            self.note("closed_strings")  # in `"city: "Oslo"` the second quote opens the value
            frames[-1].key = open_key.group(1)
            return behind - 1
        frames[-1].key = str(key)
        return pos + 1

    def _unclosed(self, frame: _Frame, pos: int) -> None:
        """In `"Oslo, "unit": ` the quote before the key at `pos` opens it, and the value before was not closed."""
        key = next(reversed(frame.members))
        value = frame.members[key]
        comma = _COMMA_AT_END.search(value) if isinstance(value, str) else None
        if comma is None or self.text[pos - 1] not in "\"'":
            raise Broken
        self.note("closed_strings")
        frame.members[key] = value[: comma.start()]

    def _close(self, frames: list[_Frame], here: str, pos: int) -> tuple[Any, int, bool]:
        """Closes what `here` closes. The third is False when the frame stays open and nothing was added."""
        if frames[-1].key is not None:
            raise Broken
        if here != _CLOSERS[frames[-1].kind]:
            self._mismatch(frames, here)
            if not frames or (self._closing == "through" and here != _CLOSERS[frames[-1].kind]):
                return None, pos + 1, False
        if len(frames) == 1 and self._closing != "off" and here == "}" and _REOPENED.match(self.text, pos + 1):
            self.note("extra_brackets")
            return None, self._after_value(frames[-1], pos + 1), False
        done = frames.pop()
        if done.comma and not (done.kind == "(" and done.commas):
            self.note("trailing_commas")
        self._ended = True
        return done.value(), pos + 1, True

    def _mismatch(self, frames: list[_Frame], here: str) -> None:
        if self._closing == "off":
            raise Broken
        if self._closing == "swap":
            self.note("closed_brackets")
            return
        if not any(_CLOSERS[frame.kind] == here for frame in frames):
            self.note("extra_brackets")  # closes nothing that is open
            return
        self.note("closed_brackets")
        while _CLOSERS[frames[-1].kind] != here:
            done = frames.pop()
            if done.key is not None:
                raise Broken
            frames[-1].add(done.value())

    def _close_all(self, frames: list[_Frame]) -> Any:
        """The end of the text inside containers."""
        top = frames[-1]
        if self._closing == "off" or top.key is not None:
            raise Broken
        if self._cut and (not self._ended or top.comma):
            raise Broken
        self.note("closed_brackets")
        self.complete = False
        value = frames.pop().value()
        while frames:
            frames[-1].add(value)
            value = frames.pop().value()
        return value

    def scalar(self, pos: int) -> tuple[Any, int]:
        """A string, a number or one of the words for true, false and null."""
        here = self.text[pos : pos + 1]
        if here in QUOTES and here:
            self._ended = True
            return self.strings(pos)
        self._ended = False
        if found := _NUMBER.match(self.text, pos):
            return self._number(found.group()), found.end()
        if found := _WORD.match(self.text, pos):
            word = found.group()
            if word.lower() in _WORDS and (word.islower() or word.istitle() or word.isupper()):
                if word not in ("true", "false", "null"):
                    self.note("python_words")
                return _WORDS[word.lower()], found.end()
            if self._python and PREFIX.match(self.text, pos):
                self._ended = True
                return self.strings(pos)
        raise Broken

    def _unopened(self, frames: list[_Frame], pos: int) -> tuple[str, int] | None:
        """A key's value whose first quote was left out; numbers and words with a stray quote are none."""
        if self._python or not frames or frames[-1].kind != "{" or "missing_commas" in self.repairs:
            return None
        found = _UNOPENED.match(self.text, pos)
        if found is None or _NUMBER.fullmatch(found.group(1)) or found.group(1).lower() in _WORDS:
            return None
        self.note("opened_strings")
        self._ended = True
        return found.group(1), found.end()

    def _number(self, written: str) -> int | float:
        if len(written) > _MAX_DIGITS:
            raise Broken
        if not _STRICT_NUMBER.fullmatch(written):
            self.note("odd_numbers")
            written = written.replace("_", "")
        if "x" in written.lower():
            return int(written, 16)
        if written.lstrip("+-").isdecimal():
            return int(written)
        number = float(written)
        if not math.isfinite(number):
            raise Broken
        return number
