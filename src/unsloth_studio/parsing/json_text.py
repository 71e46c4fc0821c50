"""JSON text to values, as strict as it can be and as tolerant as it must be.

The rule: valid JSON has exactly one reading and no repairs. Everything else climbs a ladder (one tolerant pass, closing
by the stack, the search for unescaped quotes) and stops at the first step that succeeds; two readings mean that the
text is ambiguous, none that it is hopeless. Nothing here raises on any input, and time grows with the length of the
text.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any, Final, cast

import orjson
from msgspec import Struct

from unsloth_studio.parsing.json_scan import JsonScan as JsonScan
from unsloth_studio.parsing.json_scan import end_of_value as end_of_value
from unsloth_studio.parsing.loose import BLANK, DEPTH_LIMIT, Broken, Closing, LooseReader
from unsloth_studio.parsing.quote_search import escaped_readings
from unsloth_studio.patterns import pattern


class Reading(Struct, frozen=True):
    """One value a text can mean. `complete`: the text itself closed it. `repairs` are short words, in order."""

    value: Any
    repairs: tuple[str, ...] = ()
    complete: bool = True


_FAILED: Final = object()
_BIG = 2.0**63
_TAIL = pattern(rf"[{BLANK};,}}\])]*\Z")
_EDGE = " \t\r\n"
_ENTITIES = pattern(
    r"\s*[\[{(]?[\s\[{(]{0,50}&(?:quot|apos|lbrace|lcub|lbrack|#34|#39|#x22|#x27|#123|#91);", re.IGNORECASE
)
_ESCAPED = pattern(r"\s*[\[{][\s\[{]{0,50}\\[\"n]")
_FENCE = pattern(r"\s*```[a-z]{0,12}\s*\n(.*?)(?:\n\s*```\s*)?", re.DOTALL)
_HEADLESS = pattern(rf"[{BLANK}]*[\"'][^\"'\n]{{1,100}}[\"'][{BLANK}]*:")


def readings(text: str, *, cut: bool = False) -> list[Reading]:
    """What `text` can mean as one JSON value, best first; several entries are an ambiguity, [] is hopeless.

    `cut` says that the text ended with the stream: closers are then supplied only after a value that visibly ended, and
    a bare number or word at the end is no value at all.
    """
    value = strict(text)
    if value is not _FAILED:
        if cut and not isinstance(value, dict | list | str):
            return []
        return [Reading(value)]
    for variant, repair in _variants(text):
        found = _tolerant(variant, cut=cut)
        if found:
            return [Reading(each.value, (*repair, *each.repairs), each.complete) for each in found]
    return []


def failed(value: object) -> bool:
    """Whether `strict` found no value."""
    return value is _FAILED


def strict(text: str) -> Any:
    """The value of valid JSON, or what `failed` recognises. NaN, infinities and deep nesting are not valid here."""
    try:
        value = orjson.loads(text)
        depth, big = _survey(value)
        if big:  # orjson reads integers beyond 64 bits as floats
            value = _EXACT.decode(text)
    except (ValueError, RecursionError):
        return _FAILED
    return value if depth <= DEPTH_LIMIT else _FAILED


def _reject(_: str) -> float:
    raise ValueError


_EXACT: Final = json.JSONDecoder(parse_constant=_reject)


def _survey(value: Any) -> tuple[int, bool]:
    """How many containers stand inside each other, and whether a float is as large as an integer of over 64 bits."""
    depth = 0
    big = isinstance(value, float) and abs(value) >= _BIG
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    while level and depth <= DEPTH_LIMIT:
        depth += 1
        inner: list[Any] = []
        for each in level:
            for member in cast("dict[str, Any]", each).values() if isinstance(each, dict) else cast("list[Any]", each):
                if isinstance(member, dict | list):
                    inner.append(member)
                elif isinstance(member, float) and abs(member) >= _BIG:
                    big = True
        level = inner
    return depth, big


def _variants(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """The text, and what it says when its structure itself was escaped or lost its first brace."""
    if _ENTITIES.match(text):
        return [(html.unescape(text), ("entities",))]
    if _ESCAPED.match(text):
        try:
            return [(orjson.loads(f'"{text.strip()}"'), ("escaped_structure",)), (text, ())]
        except ValueError:
            return [(text, ())]
    if _HEADLESS.match(text):
        return [("{" + text, ("opened_brackets",))]
    if fence := _FENCE.fullmatch(text):
        return [(fence.group(1), ("code_fence",))]
    if "&quot;" in text:
        return [(text, ()), (html.unescape(text), ("entities",))]
    return [(text, ())]


def _tolerant(text: str, *, cut: bool) -> list[Reading]:
    value = strict(text)
    if value is not _FAILED:
        return [Reading(value)] if not cut or isinstance(value, dict | list | str) else []
    plain = read_loosely(text, "off", cut=cut)
    if plain is not None:
        return [plain]
    closed = _closed_by_stack(text, cut=cut)
    if closed:
        return closed
    found: list[Reading] = []
    for patched in escaped_readings(text, cut=cut):
        each = read_loosely(patched, "off", cut=cut) or read_loosely(patched, "through", cut=cut)
        if each is not None and all(each.value != other.value for other in found):
            found.append(Reading(each.value, (*each.repairs, "escaped_quotes"), each.complete))
    return found


def _closed_by_stack(text: str, *, cut: bool) -> list[Reading]:
    """A wrong closer stands for the right one or closes what was forgotten; the reading that comes out even wins."""
    through = read_loosely(text, "through", cut=cut)
    swap = read_loosely(text, "swap", cut=cut) if through is None or "closed_brackets" in through.repairs else None
    found = [each for each in (through, swap) if each is not None]
    even = [each for each in found if each.complete and "trailing_text" not in each.repairs]
    chosen = even or found
    return chosen[:1] if len(chosen) == 2 and chosen[0].value == chosen[1].value else chosen


def read_loosely(text: str, closing: Closing, *, cut: bool = False, python: bool = False) -> Reading | None:
    """One tolerant pass over the whole of `text`; after the value only blanks, closers, commas and semicolons."""
    reader = LooseReader(text, closing=closing, cut=cut, python=python)
    try:
        value, end = reader.read()
    except Broken:
        return None
    if not _TAIL.match(text, end):
        try:
            end = reader.skip(end)
        except Broken:
            return None
        if not _TAIL.match(text, end):
            return None
    if cut and not isinstance(value, dict | list | str):
        return None
    rest = text[end:].strip(_EDGE)
    if rest:
        reader.note("trailing_text")
    return Reading(value, tuple(reader.repairs), reader.complete)
