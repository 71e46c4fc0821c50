"""Bodies of GLM: the name, then `<arg_key>k</arg_key><arg_value>v</arg_value>` for each argument.

The rule: a closing tag counts only if the structure goes on behind it, so that a value may speak of tags; whatever tags are
missing, doubled or misplaced, markup never ends up inside a key.
"""

from __future__ import annotations

import re
from typing import Any

from unsloth_studio.parsing.calls import Ended, accepted
from unsloth_studio.parsing.envelope import RawCall
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.schema_fit import declared, fit_text, schema_of
from unsloth_studio.patterns import pattern

_TAG = pattern(r"<\s*(/?)\s*arg_(key|value)\s*>?|<\s*tool_call\s*>", re.IGNORECASE)
_CALL = pattern(r"<\s*tool_call\s*>", re.IGNORECASE)
_FOLLOWS = pattern(r"\s*(?:<\s*/?\s*arg_(?:key|value)\s*>|<\s*/?\s*tool_call|\Z)", re.IGNORECASE)
_NAME = pattern(r"\s*([\w.\-/:]+)")
_ONLY_A_NAME = pattern(r"\s*[\w.\-/:]*\s*")
_MAY_BEGIN = pattern(r"\s*[\w.\-/:]*\s*[\w.\-]*\s*")
_VALUE_TAG = pattern(r"<(/?)arg_value>", re.IGNORECASE)
_VALUE_OPENED = pattern(r"\s*<\s*arg_value\s*>(?:\s*<\s*arg_value\s*>)?", re.IGNORECASE)
_CLOSER = pattern(r"<\s*/\s*arg_(value|key)\s*>?", re.IGNORECASE)
_WHOLE_CLOSER = pattern(r"\s*<\s*/\s*arg_(?:value|key)\s*>", re.IGNORECASE)
_ANOTHER = pattern(r"\n?<\s*arg_key\s*>\s*(?P<key>[\w.\-]*)", re.IGNORECASE)
_KEY_CLOSED = pattern(r"\s*<\s*/\s*arg_key\s*>", re.IGNORECASE)
_PROSE = 300
_BEGINS = 32
"""Characters behind a closing tag that tell whether it counts."""


class GlmBody:
    fenced = False

    def __init__(self, names: ToolNames, start: int) -> None:
        self._names = names
        self._start = self._at = start
        self._in_value = False

    def scan(self, text: str, *, final: bool) -> Ended | None:
        if (prose := self._refuted(text)) is not None:
            return Ended((), prose)
        while True:
            pos = text.find("<", self._at)
            if pos < 0:
                self._at = len(text)
                return self._ended(text, len(text), cut=True) if final else None
            if not final and len(text) - pos < _BEGINS:
                self._at = pos
                return None
            mark = mark_at(text, pos)
            if isinstance(mark, Mark) and not final and len(text) - mark.end < _BEGINS:
                self._at = pos
                return None
            if (
                isinstance(mark, Mark)
                and mark.kind in ("close", "open")
                and mark.name not in ("</arg_value>", "</parameter>")
            ):
                doubled = mark.kind == "open" and _ONLY_A_NAME.fullmatch(text, self._start, pos) is not None
                if not doubled and (not self._in_value or _goes_on(text, mark)):
                    return self._ended(text, pos)
            elif mark == MAYBE and not final:
                self._at = pos
                return None
            self._in_value = self._in_value if (tag := _VALUE_TAG.match(text, pos)) is None else not tag.group(1)
            self._at = pos + 1

    def _refuted(self, text: str) -> int | None:
        """Where prose begins behind `<tool_call>` and a word, which then were no call; more text never changes that."""
        begun = _MAY_BEGIN.match(text, self._start, self._start + _PROSE)
        end = begun.end() if begun else self._start
        if end - self._start >= _PROSE:
            return end
        return end if end < len(text) and text[end] != "<" else None

    def _ended(self, text: str, end: int, *, cut: bool = False) -> Ended:
        source = text[self._start : end]
        head = _NAME.match(source)
        if head is None:
            return Ended((), end)
        resolved = self._names.resolve(head.group(1))
        rest = source[head.end() :]
        if resolved is None or (rest.strip() and not rest.strip().startswith("<") and "<" not in rest):
            return Ended((), end)
        pairs = _pairs(rest, set(declared(self._names.schema(resolved.name))))
        if pairs is None or (
            cut and rest.strip() and not rest.rstrip().lower().endswith(("</arg_value>", "</arg_value"))
        ):
            return Ended((), end)
        schema = self._names.schema(resolved.name)
        arguments: dict[str, Any] = {}
        for key, value in pairs[0].items():
            arguments[key] = fit_text(value, schema_of(schema, key), schema)
        repairs = (*(("tags",) if pairs[1] else ()), *(("folded_name",) if resolved.repaired else ()))
        raw = RawCall(resolved.name, arguments, repairs)
        return Ended(accepted([raw], self._names, source.strip()), end)


def _goes_on(text: str, mark: Mark) -> bool:
    """Whether a mark that stands in a value ends the call: markup or nothing is behind it, but not the value's own end."""
    behind = text[mark.end : mark.end + _BEGINS].lstrip()
    if (closer := _VALUE_TAG.match(behind)) and closer.group(1):
        return (
            not behind[closer.end() :].lstrip().lower().startswith(("</tool_call", "<arg_key"))
        )  # else that is its own
    return not behind or behind.startswith(("<", "\uff5c"))


def _pairs(text: str, known: set[str]) -> tuple[dict[str, str], bool] | None:
    """Keys and values in order, and whether a tag was missing or misplaced; None when it makes no sense."""
    pairs: dict[str, str] = {}
    to_come = set(known)
    mended = False
    pos = 0
    while pos < len(text):
        key, pos, well = _key(text, pos, known)
        if key is None:
            return (pairs, mended) if not text[pos:].strip() else None
        if key in pairs:
            return None
        value, pos, closed = _value(text, pos, to_come=to_come - {key})
        if not closed and _CALL.search(value):
            return None  # the next call was read into it
        if closed or value.strip():
            pairs[key] = value  # a key without a value says nothing
            to_come.discard(key)
        mended = mended or not well or not closed
    return pairs, mended


def _key(text: str, pos: int, known: set[str]) -> tuple[str | None, int, bool]:
    """The next key and where its value's tag may stand."""
    well = True
    while True:
        found = _TAG.search(text, pos)
        between = text[pos : found.start() if found else len(text)]
        word = between.strip()
        if word in known and (found is None or found.group(2)):
            name_end = (
                found.end() if found and found.group(1) and found.group(2).lower() == "key" else pos + len(between)
            )
            return word, name_end, well and found is not None and bool(found.group(1))
        if found is None or (word and "<" in word):
            return None, pos, well
        if word:
            if found.group(2) and found.group(2).lower() == "key" and found.group(1):
                return word, found.end(), well
            return None, pos, well
        opens_key = found.group(2) is not None and found.group(2).lower() == "key" and not found.group(1)
        well = well and opens_key
        pos = found.end()


def _value(text: str, pos: int, *, to_come: set[str]) -> tuple[str, int, bool]:
    """A value up to the closing tag that counts, or to the next key."""
    opened = _VALUE_OPENED.match(text, pos)
    start = opened.end() if opened else pos
    at = start
    another = _ANOTHER.search(text, at)
    while True:
        found = _CLOSER.search(text, at)
        if another and another.start() < at:
            another = _ANOTHER.search(text, at)
        if another and (found is None or another.start() < found.start()):
            if to_come and another["key"] not in to_come and found is not None:
                inside = _KEY_CLOSED.match(text, another.end())
                at = inside.end() if inside else another.end()  # the value speaks of a key that is not to come
                continue
            return text[start : another.start()].strip("\n"), another.start(), False
        if found is None:
            return text[start:].strip("\n"), len(text), False
        if _FOLLOWS.match(text, found.end()):
            end = found.end()
            while doubled := _WHOLE_CLOSER.match(text, end):
                end = doubled.end()
            value = text[start : found.start()]
            return value if opened else value.removeprefix("\n").removesuffix("\n"), end, opened is not None
        at = found.end()
