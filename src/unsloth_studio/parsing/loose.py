"""One forward pass over JSON as models damage it: foreign quotes, bare keys, Python words, comments, commas, escapes.

The rule: it never guesses where a string ends. A string closes at its next unescaped quote or the text is `Broken`;
what a quote inside a string may mean is `quote_search`'s question. Nothing recurses: containers live on an explicit
stack.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

DEPTH_LIMIT = 96
"""Containers inside each other; real arguments stay under ten."""

Closing = Literal["off", "through", "swap"]
"""What a closer of the wrong kind means. `through`: those between were forgotten; `swap`: it was written for the right
one."""

BLANK = r"\s\ufeff\u200b\u200c\u200d\u2060\u00ad"
_SKIP = re.compile(rf"[{BLANK}]*+(?:(?:(?://|\#)[^\n]*+|/\*.*?\*/|\\[nrt])[{BLANK}]*+)*+", re.DOTALL)
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”“", "„": "”“", "‘": "’", "«": "»"}  # noqa: RUF001
_BODY = {
    opener: re.compile(rf"([^{closers}\\]*+(?:\\.[^{closers}\\]*+)*+)[{closers}]", re.DOTALL)
    for opener, closers in _QUOTES.items()
}
_CURLED = re.compile(rf"((?:[^’\\]|\\.|’(?![{BLANK}]*(?:[,:\]}})]|$)))*+)’", re.DOTALL)  # noqa: RUF001
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*+(?:\.\d*+)?+|\.\d++)(?:[eE][+-]?\d++)?+)(?![\w.])")
_STRICT_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[^\W\d]\w*")
_KEY = re.compile(r"[\w$][\w$.\-]*")
_PREFIX = re.compile(r"(?i:rb?|br?|u|f)(?=[\"'])")
_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB]\w\w)\\u([dD][c-fC-F]\w\w)|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|(.))",
    re.DOTALL,
)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'", "`": "`"}
_CONTROL = re.compile(r"[\x00-\x1f]")
_REOPENED = re.compile(rf"[{BLANK}]*,[{BLANK}]*\"[^\"\n]{{1,100}}\"[{BLANK}]*:")
_WORDS = {"true": True, "false": False, "null": None, "none": None}
_CLOSERS = {"{": "}", "[": "]", "(": ")"}
_MAX_DIGITS = 1000
_PYTHONIC = frozenset(
    {"single_quotes", "python_words", "python_tuples", "trailing_commas", "triple_quotes", "comments"}
)


class Broken(Exception):  # noqa: N818
    """The text is no value in this reading."""


@dataclass(slots=True)
class _Frame:
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


def _skipped(passed: str) -> str:
    if "/" in passed or "#" in passed:
        return "comments"
    return "escaped_structure" if "\\" in passed else "invisible_characters"


class LooseReader:
    """Reads one value of `text`; `repairs` names what had to be tolerated, in the order of its first use.

    `cut` says that the text ended with the stream: then only a value that visibly ended may be closed for the model.
    `python` reads string prefixes, `\\x41` and neighbouring strings, which JSON does not have.
    """

    def __init__(self, text: str, *, closing: Closing = "off", cut: bool = False, python: bool = False) -> None:
        self.text = text
        self.repairs: dict[str, None] = {}
        self.complete = True
        self._closing: Closing = closing
        self._cut = cut
        self._python = python
        self._ended = False  # the last token ends visibly: a quote or a closer

    def note(self, repair: str) -> None:
        if not (self._python and repair in _PYTHONIC):
            self.repairs[repair] = None

    def skip(self, pos: int) -> int:
        """Past blanks, invisible characters and comments."""
        found = _SKIP.match(self.text, pos)
        end = found.end() if found else pos
        if end > pos:
            passed = self.text[pos:end]
            if not passed.isspace() or not passed.isascii():
                self.note(_skipped(passed))
        return end

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
                value, pos = self.scalar(pos)
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
        if here == ",":
            frame.comma = True
            frame.commas += 1
            return pos + 1
        if here and here not in "}])":
            self.note("missing_commas")
        return pos

    def _key(self, frames: list[_Frame], here: str, pos: int) -> int:
        if here == "{" and self._closing != "off" and len(frames) > 1 and frames[-2].kind == "[":
            # The object before this one, in a list of objects, was not closed.
            done = frames.pop()
            self.note("closed_brackets")
            frames[-1].add(done.value())
            return pos
        if here in _QUOTES:
            key, pos = self._string(pos)
        else:
            found = _KEY.match(self.text, pos)
            if not found:
                raise Broken
            key, pos = found.group(), found.end()
            self.note("bare_keys")
            if self.text[pos : pos + 1] in ('"', "'"):
                pos += 1  # only its first quote was left out; a colon must follow
        pos = self.skip(pos)
        if self.text[pos : pos + 1] != ":":
            raise Broken
        frames[-1].key = str(key)
        return pos + 1

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
        if here in _QUOTES and here:
            self._ended = True
            return self._strings(pos)
        self._ended = False
        if found := _NUMBER.match(self.text, pos):
            return self._number(found.group()), found.end()
        if found := _WORD.match(self.text, pos):
            word = found.group()
            if word.lower() in _WORDS and (word.islower() or word.istitle() or word.isupper()):
                if word not in ("true", "false", "null"):
                    self.note("python_words")
                return _WORDS[word.lower()], found.end()
            if self._python and _PREFIX.match(self.text, pos):
                self._ended = True
                return self._strings(pos)
        raise Broken

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

    def _strings(self, pos: int) -> tuple[str, int]:
        text, pos = self._string(pos)
        if not self._python:
            return text, pos
        parts = [text]
        while True:  # neighbouring Python strings are one
            after = self.skip(pos)
            prefix = _PREFIX.match(self.text, after)
            if self.text[after : after + 1] not in ('"', "'") and not prefix:
                return "".join(parts), pos
            text, pos = self._string(after)
            parts.append(text)

    def _string(self, pos: int) -> tuple[str, int]:
        prefix = _PREFIX.match(self.text, pos) if self._python else None
        pos = prefix.end() if prefix else pos
        quote = self.text[pos]
        triple = quote * 3
        if quote in "\"'" and self.text.startswith(triple, pos):
            end = self.text.find(triple, pos + 3)
            if end >= 0:
                self.note("triple_quotes")
                return self._unescape(self.text[pos + 3 : end]), end + 3
        found = (_CURLED if quote == "‘" else _BODY[quote]).match(self.text, pos + 1)  # noqa: RUF001
        if not found:
            raise Broken
        if quote != '"':
            self.note("single_quotes" if quote == "'" else "foreign_quotes")
        body = found.group(1)
        return body if prefix and "r" in prefix.group().lower() else self._unescape(body), found.end()

    def _unescape(self, body: str) -> str:
        if "\\" in body:
            try:
                return orjson.loads(f'"{body}"')
            except ValueError:
                return _ESCAPE.sub(self._one_escape, body)
        if _CONTROL.search(body):
            self.note("raw_control_characters")
        return body

    def _one_escape(self, found: re.Match[str]) -> str:
        high, low, unit, byte, long, single = found.groups()
        try:
            if high:
                return (bytes.fromhex(high) + bytes.fromhex(low)).decode("utf-16-be")
            if unit:
                return bytes.fromhex(unit).decode("utf-16-be")
            if long and self._python:
                return bytes.fromhex(long).decode("utf-32-be")
        except ValueError:
            pass
        if byte and self._python:
            return chr(int(byte, 16))
        if single in _SINGLE:
            return _SINGLE[single]
        if single == "\n" and self._python:
            return ""
        self.note("bad_escapes")
        return found.group()
