"""Strings as models write them: foreign quotes, raw newlines, escapes that do not exist; and what may stand between tokens.

The rule: an escape that does not exist stays as it was written, because it was meant as text (a path, a pattern).
"""

from __future__ import annotations

import re

import orjson

from unsloth_studio.patterns import pattern

BLANK = r"\s\ufeff\u200b\u200c\u200d\u2060\u00ad"
_SKIP = pattern(rf"[{BLANK}]*+(?:(?:(?://|\#)[^\n]*+|/\*.*?\*/|\\[nrt])[{BLANK}]*+)*+", re.DOTALL)
QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”“", "„": "”“", "‘": "’", "«": "»"}  # noqa: RUF001
_BODY = {
    opener: pattern(rf"([^{closers}\\]*+(?:\\.[^{closers}\\]*+)*+)[{closers}]", re.DOTALL)
    for opener, closers in QUOTES.items()
}
_CURLED = pattern(rf"((?:[^’\\]|\\.|’(?![{BLANK}]*(?:[,:\]}})]|$)))*+)’", re.DOTALL)  # noqa: RUF001
PREFIX = pattern(r"(?i:rb?|br?|u|f)(?=[\"'])")
_ESCAPE = pattern(
    r"\\(?:u([dD][89abAB]\w\w)\\u([dD][c-fC-F]\w\w)|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|(.))",
    re.DOTALL,
)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'", "`": "`"}
_SURROGATE = pattern("[\ud800-\udfff]")
_CONTROL = pattern(r"[\x00-\x1f]")
_PYTHONIC = frozenset(
    {"single_quotes", "python_words", "python_tuples", "trailing_commas", "triple_quotes", "comments"}
)


class Broken(Exception):  # noqa: N818
    """The text is no value in this reading."""


def _skipped(passed: str) -> str:
    if "/" in passed or "#" in passed:
        return "comments"
    return "escaped_structure" if "\\" in passed else "invisible_characters"


class LooseStrings:
    """`repairs` names what had to be tolerated, in the order of its first use. `python`: its prefixes and escapes too."""

    def __init__(self, text: str, *, python: bool) -> None:
        self.text = text
        self.repairs: dict[str, None] = {}
        self._python = python
        if not text.isascii() and _SURROGATE.search(text):
            self.text = _SURROGATE.sub("\ufffd", text)  # what no UTF-8 can carry must not reach a client
            self.note("lone_surrogates")

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

    def strings(self, pos: int) -> tuple[str, int]:
        text, pos = self.string(pos)
        if not self._python:
            return text, pos
        parts = [text]
        while True:  # neighbouring Python strings are one
            after = self.skip(pos)
            prefix = PREFIX.match(self.text, after)
            if self.text[after : after + 1] not in ('"', "'") and not prefix:
                return "".join(parts), pos
            text, pos = self.string(after)
            parts.append(text)

    def string(self, pos: int) -> tuple[str, int]:
        prefix = PREFIX.match(self.text, pos) if self._python else None
        pos = prefix.end() if prefix else pos
        quote = self.text[pos]
        triple = quote * 3
        if quote in "\"'" and self.text.startswith(triple, pos):
            end = self.text.find(triple, pos + 3)
            if end >= 0:
                self.note("triple_quotes")
                if prefix and "f" in prefix.group().lower() and "{" in self.text[pos:end]:
                    raise Broken
                return self.unescape(self.text[pos + 3 : end]), end + 3
        found = (_CURLED if quote == "‘" else _BODY[quote]).match(self.text, pos + 1)  # noqa: RUF001
        if not found:
            raise Broken
        if quote != '"':
            self.note("single_quotes" if quote == "'" else "foreign_quotes")
        body = found.group(1)
        if prefix and "f" in prefix.group().lower() and "{" in body:
            raise Broken  # what it would be is not known
        return body if prefix and "r" in prefix.group().lower() else self.unescape(body), found.end()

    def unescape(self, body: str) -> str:
        if _CONTROL.search(body):
            self.note("raw_control_characters")
        if "\\" not in body:
            return body
        try:
            return orjson.loads(f'"{body}"')
        except ValueError:
            return _ESCAPE.sub(self._one_escape, body)

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
