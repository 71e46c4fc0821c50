"""The arguments between a call's own tags: `<parameter=k>v</parameter>` and its relatives.

The rule: values are text, typed by the schema alone, and may hold any markup: a closing tag counts only if the structure
goes on behind it. The tags are found once, and how often one is looked at is bounded.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from unsloth_studio.parsing.folding import same_word
from unsloth_studio.parsing.json_text import readings
from unsloth_studio.parsing.python_text import read_literal
from unsloth_studio.parsing.schema_fit import declared, fit_text, schema_of
from unsloth_studio.parsing.tags import (
    ARGUMENT,
    ARGUMENT_END,
    CALL_END,
    GOES_ON,
    STANDS,
    calls_inside,
    key_of,
    restored,
    style_of,
)

_MISSING = 64
"""Arguments behind one that may have lost its closing tag, as far as it is looked for."""
_LOOKS = 4_000
"""How often a tag is looked at in one call, besides four times for each."""


class _Value(Struct, frozen=True):
    """Where a value ends and where to go on; `closed` by a tag of its own."""

    end: int
    behind: int
    closed: bool


class TaggedValues:
    """`inner` is the plain text behind a call's own tag, `prefix` what stands before each tag; `cut`: nothing closed it."""

    def __init__(self, inner: str, schema: Mapping[str, Any], *, prefix: str, cut: bool) -> None:
        self._text = inner
        self._schema = schema
        self._own = declared(schema)
        self._prefix = prefix
        self._cut = cut
        self._openers = list(ARGUMENT.finditer(inner))
        self._closers = list(ARGUMENT_END.finditer(inner))
        self._opener_starts = [each.start() for each in self._openers]
        self._closer_starts = [each.start() for each in self._closers]
        self._looks = _LOOKS + 4 * (len(self._openers) + len(self._closers))

    def __bool__(self) -> bool:
        return bool(self._openers)

    def read(self) -> tuple[dict[str, Any], tuple[str, ...]] | None:
        """The arguments and what had to be mended; None when no reading is left, or another call begins in a value."""
        arguments: dict[str, Any] = {}
        repairs: list[str] = []
        pos = 0
        while (opener := self._opener(pos)) is not None:
            key, start = key_of(opener), opener.end()
            if not self._declares(key) and self._text[pos : opener.start()].strip(f" \t\r\n{STANDS}"):
                pos = start  # spoken of in what stands between two arguments
                continue
            if key in arguments:
                return None
            inline: str | None = None
            if key not in self._own and "=" in key and key.split("=", 1)[0].strip() in self._own:
                key, inline = (part.strip() for part in key.split("=", 1))  # `<parameter=command=ls</parameter>`
                repairs.append("value_in_tag")
            elif not opener["end"]:
                repairs.append("tags")
            value = self._value(start, {*arguments, key}, style_of(opener))
            if value is None or (self._cut and not value.closed):
                return None
            if not value.closed:
                repairs.append("tags")
            text = self._text[start : value.end]
            exact = (opener["string"] or "").lower() == "true"  # DSML says that the text stands as it is
            text = _framed(text, exact=exact, closed=value.closed) if inline is None else inline + text
            arguments[key] = self._typed(restored(text, self._prefix), opener["string"], key)
            pos = value.behind
        return arguments, tuple(dict.fromkeys(repairs))

    def _opener(self, pos: int) -> re.Match[str] | None:
        at = bisect_left(self._opener_starts, pos)
        return self._openers[at] if at < len(self._openers) else None

    def _declares(self, key: str) -> bool:
        own = self._own
        return not own or key in own or bool(same_word(key, own)) or key.split("=", 1)[0].strip() in own

    def _value(self, start: int, taken: set[str], style: str) -> _Value | None:
        """Where a value ends; None when it runs into another call.

        An argument's tag inside belongs to the value, and needs its own closing tag, unless it begins one that is still to
        come: on a line of its own, or anywhere if it is written like the value's own (`style`) and closing tags are missing.
        """
        missing = self._missing(start)
        looked = bisect_left(self._opener_starts, start)
        for balanced in (True,) if self._cut else (True, False):
            at, inner = start, 0
            for closer in self._closers[bisect_left(self._closer_starts, start) :]:
                until = bisect_left(self._opener_starts, closer.start())
                self._looks -= 1 + until - looked
                if self._looks < 0:
                    return None
                if (other := self._other(looked, until, taken, missing, style)) is not None:
                    return self._split(other)
                looked = until
                inner += self._opened(at, closer.start()) if balanced else 0
                if inner:
                    inner -= 1
                elif GOES_ON.match(self._text, closer.end()) or self._prose_behind(closer.end()):
                    if not balanced and calls_inside(self._text[start : closer.start()]):
                        return None
                    return _Value(closer.start(), closer.end(), closed=True)
                at = closer.end()
        other = self._other(looked, len(self._openers), taken, missing, style)
        return self._split(other) if other is not None else self._unclosed(start)

    def _other(self, first: int, until: int, taken: set[str], missing: set[str], style: str) -> re.Match[str] | None:
        """The first of these tags that begins an argument which is still to come."""
        for opener in self._openers[first:until]:
            key = key_of(opener)
            if key not in taken and self._declares(key):
                inline = key in self._own and key in missing and style_of(opener) == style
                if inline or self._text[opener.start() - 1] == "\n":
                    return opener
        return None

    def _missing(self, start: int) -> set[str]:
        """The arguments opened just once from `start` on, if closing tags are missing there; none in a text of many."""
        opened = len(self._openers) - bisect_left(self._opener_starts, start)
        if opened > _MISSING or opened < len(self._closers) - bisect_left(self._closer_starts, start):
            return set()
        keys = Counter(key_of(each) for each in self._openers[len(self._openers) - opened :])
        return {key for key, count in keys.items() if count == 1}

    def _opened(self, start: int, end: int) -> int:
        return bisect_left(self._opener_starts, end) - bisect_left(self._opener_starts, start)

    def _split(self, opener: re.Match[str]) -> _Value | None:
        """The value ends at the next argument's tag; behind a blank in a line the value may as well speak of it."""
        at = opener.start()
        return None if self._text[at - 1] in " \t" else _Value(at, at, closed=False)

    def _unclosed(self, start: int) -> _Value | None:
        ends = list(CALL_END.finditer(self._text, start))
        end = ends[-1].start() if ends else len(self._text)
        if calls_inside(self._text[start:end]):
            return None
        return _Value(end, len(self._text), closed=bool(ends) and not self._cut)

    def _prose_behind(self, pos: int) -> bool:
        """Whether words and a line's end stand between this closing tag and the next argument."""
        following = self._opener(pos)
        if following is None or self._text.find("\n", pos, following.start()) < 0:
            return False
        at = bisect_left(self._closer_starts, pos)
        return at >= len(self._closers) or self._closers[at].start() >= following.start()

    def _typed(self, text: str, string: str | None, key: str) -> Any:
        if string and string.lower() == "true":
            return text
        if string and string.lower() == "false":
            found = readings(text.strip())
            if len(found) == 1 and not found[0].repairs:
                return found[0].value
            literal = read_literal(text.strip())
            return text if literal is None else literal.value
        return fit_text(text, schema_of(self._schema, key), self._schema)


def _framed(text: str, *, exact: bool, closed: bool) -> str:
    """Without the one newline at each end that is framing.

    Several lines that begin right behind the tag are not framed: their last newline is their own, as a file's is. Where the
    tag calls its text `exact`, one newline alone is no frame. A value that no tag `closed` ends before the structure's own.
    """
    inner = text[2:] if text.startswith("\r\n") else text.removeprefix("\n")
    last = inner[:-2] if inner.endswith("\r\n") else inner.removesuffix("\n")
    if not closed:
        return last
    if inner is text:
        return text if exact or "\n" in last else last
    return text if exact and last is inner else last
