"""Python text to values: literals, and calls such as `[weather(city="Oslo"), now()]`.

The rule: nothing is evaluated. A value is read by the literal reader or the text is no call at all; names, operators
and calls inside arguments are refused.
"""

from __future__ import annotations

import re
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.parsing.json_text import Reading, read_loosely
from unsloth_studio.parsing.loose import Broken, LooseReader
from unsloth_studio.parsing.quote_search import escaped_readings, seems_closing, seems_opening
from unsloth_studio.patterns import pattern

LITERAL_LIMIT = 1_000_000
"""Characters of one literal."""
CALL_LIMIT = 128
"""Calls in one text."""

_NAME = pattern(r"[^\W\d][\w\-]*(?:\s*\.\s*[^\W\d][\w\-]*)*")
_KEYWORD = pattern(r"([^\W\d][\w\-]*|\"[\w\-]{1,100}\"|'[\w\-]{1,100}')\s*=(?!=)")
_BETWEEN = pattern(r"[\s;,]*")
_SPACE = pattern(r"\s*")
_ENTRY = pattern(r"\s*(?:await\s+)?(?:[^\W\d]\w*\s*=\s*(?=[^\W\d][\w.\-]*\s*\())?(?:await\s+)?")
_AFTER_STRING = pattern(
    r"\s{0,200}(?:,\s{0,200}[^\W\d][\w\-]{0,100}\s{0,20}=(?!=)|\)\s{0,200}(?:[,;\n\]\)]|[^\W\d][\w.]*\(|\Z))"
)
_QUOTE = {quote: pattern(rf"{quote}|\\.", re.DOTALL) for quote in "\"'"}
_SHELLS = frozenset({"print", "str", "repr", "json.dumps"})


class PyCall(Struct, frozen=True):
    """`name` with its dots as written. `positional`: arguments came without a keyword, so they have no place to go."""

    name: str
    arguments: dict[str, Any]
    positional: bool = False
    repairs: tuple[str, ...] = ()


def read_literal(text: str) -> Reading | None:
    """The value of a Python (or JSON) literal; tuples become lists. None when it is anything else, or ambiguous."""
    if len(text) > LITERAL_LIMIT:
        return None
    found = read_loosely(text, "off", python=True)
    if found is not None:
        return None if "trailing_text" in found.repairs else found
    patched = escaped_readings(text)
    if len(patched) != 1:
        return None
    found = read_loosely(patched[0], "off", python=True)
    return replace(found, repairs=(*found.repairs, "escaped_quotes")) if found else None


def read_calls(text: str, *, cut: bool = False) -> list[PyCall] | None:
    """The calls that `text` consists of, in order; None when any part of it is something else.

    `cut` says that the text ended with the stream: a missing `)` or `]` is then supplied only after a value that
    visibly ended.
    """
    if len(text) > LITERAL_LIMIT:
        return None
    for lenient in (False, True):
        try:
            return _Calls(text, cut=cut, lenient=lenient).read()
        except Broken:
            continue
    return None


class _Calls(LooseReader):
    """`lenient`: a quote closes its string only where another argument or the end of the call follows."""

    def __init__(self, text: str, *, cut: bool, lenient: bool) -> None:
        super().__init__(text, closing="off", cut=cut, python=True)
        self._lenient = lenient

    def read(self, pos: int = 0) -> list[PyCall]:  # pyright: ignore[reportIncompatibleMethodOverride]
        pos = self._space(pos)
        listed = self.text[pos : pos + 1] == "["
        pos = self._space(pos + 1) if listed else pos
        calls: list[PyCall] = []
        while pos < len(self.text) and self.text[pos] != "]":
            call, pos = self._call(pos)
            calls.append(call)
            pos = self._past(_BETWEEN, pos)
            if len(calls) > CALL_LIMIT:
                raise Broken
        calls = self._end_of_list(calls, pos, listed=listed)
        if not calls:
            raise Broken
        return calls

    def _end_of_list(self, calls: list[PyCall], pos: int, *, listed: bool) -> list[PyCall]:
        closed = self.text[pos : pos + 1] == "]"
        if closed and self.text[pos + 1 :].strip(" \t\r\n;])"):
            raise Broken
        if closed == listed or not calls:
            return calls
        repair = "closed_brackets" if listed else "trailing_text"
        repairs = tuple(dict.fromkeys((*calls[-1].repairs, repair)))
        return [*calls[:-1], replace(calls[-1], repairs=repairs)]

    def _call(self, pos: int) -> tuple[PyCall, int]:
        pos = self._past(_ENTRY, pos)
        self.repairs = {}
        shells = 0
        name, pos = self._name(pos)
        while name in _SHELLS and shells < 4 and _NAME.match(self.text, self._space(pos)):
            shells += 1
            name, pos = self._name(self._space(pos))
        arguments, positional, pos = self._arguments(pos)
        for _ in range(shells):
            pos = self._space(pos)
            if self.text[pos : pos + 1] == ")":
                pos += 1
            else:
                self.note("closed_brackets")
        return PyCall(name, arguments, positional, tuple(self.repairs)), pos

    def _name(self, pos: int) -> tuple[str, int]:
        """A dotted name, and where the text goes on behind its opening parenthesis."""
        found = _NAME.match(self.text, pos)
        if not found:
            raise Broken
        pos = self._space(found.end())
        if self.text[pos : pos + 1] != "(":
            raise Broken
        return re.sub(r"\s+", "", found.group()), pos + 1

    def _arguments(self, pos: int) -> tuple[dict[str, Any], bool, int]:
        arguments: dict[str, Any] = {}
        positional = False
        while True:
            pos = self.skip(pos)
            here = self.text[pos : pos + 1]
            if here == ")":
                return arguments, positional, pos + 1
            if not here:
                return self._cut_off(arguments, positional, pos)
            if self.text.startswith("**", pos):
                value, pos = self._value(pos + 2)
                if not isinstance(value, dict):
                    raise Broken
                arguments.update(cast("dict[str, Any]", value))
            elif found := _KEYWORD.match(self.text, pos):
                value, pos = self._value(self.skip(found.end()))
                arguments[found.group(1).strip("\"'")] = value
            else:
                value, pos = self._value(pos)
                if isinstance(value, dict) and not arguments:
                    arguments.update(cast("dict[str, Any]", value))  # `n({..})` names its arguments after all
                    self.note("object_arguments")
                else:
                    positional = True
            pos = self._comma(pos)

    def _comma(self, pos: int) -> int:
        pos = self.skip(pos)
        here = self.text[pos : pos + 1]
        if here == ",":
            self._ended = False  # more was to come, should the text end here
            return pos + 1
        if here and here != ")":
            if not _KEYWORD.match(self.text, pos):
                raise Broken
            self.note("missing_commas")
        return pos

    def _cut_off(self, arguments: dict[str, Any], positional: bool, pos: int) -> tuple[dict[str, Any], bool, int]:
        if self._cut and not self._ended:
            raise Broken
        if not arguments:
            raise Broken
        self.note("closed_brackets")
        self.complete = False
        return arguments, positional, pos

    def _value(self, pos: int) -> tuple[Any, int]:
        if self._lenient and self.text[pos : pos + 1] in ('"', "'"):
            return self._lenient_string(pos)
        return super().read(pos)

    def _lenient_string(self, pos: int) -> tuple[str, int]:
        quote = self.text[pos]
        inner: list[int] = []
        for found in _QUOTE[quote].finditer(self.text, pos + 1):
            end = found.start()
            if found.group() != quote:
                continue
            if _AFTER_STRING.match(self.text, end + 1):
                if len(inner) % 2 and seems_opening(self.text, inner[-1]):
                    raise Broken  # a quote that nothing closes
                body = self.text[pos + 1 : end]
                self._ended = True
                if quote in re.sub(r"\\.", "", body, flags=re.DOTALL):
                    self.note("escaped_quotes")
                    body = re.sub(rf"(\\.)|{quote}", lambda hit: hit.group(1) or "\\" + quote, body, flags=re.DOTALL)
                return self.unescape(body), end + 1
            if len(inner) % 2 == 0 and seems_closing(self.text, end):
                raise Broken  # an expression
            inner.append(end)
        raise Broken

    def _space(self, pos: int) -> int:
        return self._past(_SPACE, pos)

    def _past(self, pattern: re.Pattern[str], pos: int) -> int:
        found = pattern.match(self.text, pos)
        return found.end() if found else pos
