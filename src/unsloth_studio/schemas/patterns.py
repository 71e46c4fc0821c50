"""Regular expressions of schemas (the common part of all dialects): read, and written as the engine's compiler takes them.

The rule: what is written matches only strings that the original matches, and only characters that stand in a JSON string
as themselves; what cannot be written so is None, and the pattern is left to the check after generation. Evidence: the
compiler knows no `\\d`, `\\w`, `\\s`, refuses what is not anchored at both ends, and its `.` and `[^x]` let a bare quote
end the string.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

MAX_PATTERN = 1024  # characters
MAX_TIMES = 200  # of one repetition
MAX_PRODUCT = 1000  # of nested repetitions
_MAX_DEPTH = 24
_STEPS = 2_000_000  # of the backtracking matcher, at worst

Ranges = tuple[tuple[int, int], ...]

_LAST = 0x10FFFF
_DIGIT: Ranges = ((0x30, 0x39),)
_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Ranges = ((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x2028, 0x2029), (0xFEFF, 0xFEFF))
_LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_CONTROL = {"n": 0x0A, "t": 0x09, "r": 0x0D, "f": 0x0C, "v": 0x0B, "0": 0}
_PUNCTUATION = frozenset("^$\\.*+?()[]{}|/-\"'`#@!%&,:;<>=~_ ")
_HEX = {"x": 2, "u": 4, "U": 8}  # the last is the engine's own
_GROUP_NAME = re.compile(r"\?P?<[A-Za-z_]\w*>")
_SAFE_AS_IT_IS = re.compile(r"\^(?:(?:[A-Za-z0-9_/:@ -]|\[[A-Za-z0-9_./:@ -]+\])(?:[*+?]|\{\d+(?:,\d*)?\})?)*\$")
_TIMES = re.compile(r"\{(\d{1,6})(,(\d{0,6}))?\}")


class Chars(Struct, frozen=True):
    """One character out of sorted, disjoint `ranges`."""

    ranges: Ranges


class Sequence(Struct, frozen=True):
    items: tuple[Node, ...]


class Choice(Struct, frozen=True):
    """`starts` and `ends` say which of the branches are anchored; only the outermost choice may be."""

    branches: tuple[Sequence, ...]
    starts: tuple[bool, ...]
    ends: tuple[bool, ...]


class Repeat(Struct, frozen=True):
    item: Node
    least: int
    most: int | None


Node = Chars | Sequence | Choice | Repeat


class _Unsupported(Exception):  # noqa: N818 - it ends the reading, it is no failure
    """Look-around, back references, boundaries, properties, flags: anything beyond the common part."""


@lru_cache(maxsize=512)
def engine_pattern(pattern: str, least: int = 0, most: int | None = None) -> str | None:
    """`pattern` for the engine, for strings of `least` to `most` characters; None when it has to be dropped."""
    tree = parse(pattern)
    if tree is None:
        return None
    try:
        body = "|".join(_branch(tree, number, least, most) for number in range(len(tree.branches)))
    except _Unsupported:
        return None
    if _SAFE_AS_IT_IS.fullmatch(pattern) and not least and most is None:
        return pattern
    return f"^({body})$" if len(tree.branches) > 1 else f"^{body}$"


@lru_cache(maxsize=512)
def checked_length(pattern: str) -> int:
    """The length up to which a string may be matched by a backtracking matcher without taking long: -1 is never."""
    tree = parse(pattern)
    if tree is None:
        return -1
    varying, base = _cost(tree, 0)
    limit = _STEPS ** (1 / (varying + 1)) if varying else 1_000_000
    return int(min(limit, math.log(_STEPS) / math.log(base)) if base > 1 else limit)


def parse(pattern: str) -> Choice | None:
    """The tree of `pattern`; None when it is not in the common part."""
    if len(pattern) > MAX_PATTERN:
        return None
    try:
        reader = _Reader(pattern)
        tree = reader.choice(0)
        return tree if reader.at == len(pattern) else None
    except (_Unsupported, IndexError, ValueError):
        return None


class _Reader:
    """Recursive descent over the text of one pattern; `at` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def choice(self, depth: int) -> Choice:
        if depth > _MAX_DEPTH:
            raise _Unsupported
        branches: list[Sequence] = []
        starts: list[bool] = []
        ends: list[bool] = []
        while True:
            starts.append(self._take("^"))
            branches.append(Sequence(tuple(self._items(depth))))
            ends.append(self._take("$"))
            if depth and (starts[-1] or ends[-1]):
                raise _Unsupported
            if not self._take("|"):
                return Choice(tuple(branches), tuple(starts), tuple(ends))

    def _take(self, character: str) -> bool:
        if self.text[self.at : self.at + 1] != character:
            return False
        self.at += 1
        return True

    def _items(self, depth: int) -> Iterable[Node]:
        while self.at < len(self.text) and self.text[self.at] not in "|)$":
            item = self._atom(depth)
            while (times := self._times()) is not None:
                item = Repeat(item, *times)
            yield item

    def _times(self) -> tuple[int, int | None] | None:
        found = _TIMES.match(self.text, self.at)
        if found:
            self.at = found.end()
            least = int(found[1])
            times = (least, least if found[2] is None else int(found[3]) if found[3] else None)
            if times[1] is not None and times[1] < least:
                raise _Unsupported
        elif (mark := self.text[self.at : self.at + 1]) in ("*", "+", "?"):
            self.at += 1
            times = {"*": (0, None), "+": (1, None), "?": (0, 1)}[mark]
        else:
            return None
        self._take("?")  # lazy or not, the same strings match
        if self.text[self.at : self.at + 1] == "+":
            raise _Unsupported  # possessive
        return times

    def _atom(self, depth: int) -> Node:
        character = self.text[self.at]
        self.at += 1
        if character == "(":
            self._group_kind()
            inner = self.choice(depth + 1)
            if not self._take(")"):
                raise _Unsupported
            return inner
        if character == "[":
            return Chars(self._class())
        if character == ".":
            return Chars(_complement(_LINE_ENDS))
        if character == "\\":
            return Chars(self._escape())
        if character in "*+?{^":
            raise _Unsupported
        return Chars(((ord(character), ord(character)),))

    def _group_kind(self) -> None:
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif found := _GROUP_NAME.match(self.text, self.at):
            self.at = found.end()
        elif self.text.startswith("?", self.at):
            raise _Unsupported

    def _escape(self) -> Ranges:
        letter = self.text[self.at]
        self.at += 1
        if letter in "dws":
            return {"d": _DIGIT, "w": _WORD, "s": _SPACE}[letter]
        if letter in "DWS":
            return _complement({"D": _DIGIT, "W": _WORD, "S": _SPACE}[letter])
        if letter in _HEX:
            digits = self.text[self.at : self.at + _HEX[letter]]
            self.at += _HEX[letter]
            if len(digits) != _HEX[letter] or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                raise _Unsupported
            if (code := int(digits, 16)) > _LAST:
                raise _Unsupported
        elif letter in _CONTROL:
            code = _CONTROL[letter]
        elif letter in _PUNCTUATION:
            code = ord(letter)
        else:
            raise _Unsupported
        return ((code, code),)

    def _class(self) -> Ranges:
        negated = self._take("^")
        if self._take("]"):
            raise _Unsupported  # ECMA: nothing (or anything); elsewhere: a bracket
        ranges: list[tuple[int, int]] = []
        while not self._take("]"):
            low = self._class_atom()
            if self.text[self.at] == "-" and self.text[self.at + 1] != "]":
                self.at += 1
                high = self._class_atom()
                if len(low) != 1 or len(high) != 1 or low[0][0] != low[0][1] or low[0][0] > high[0][1]:
                    raise _Unsupported
                ranges.append((low[0][0], high[0][1]))
            else:
                ranges += low
        merged = _union(ranges)
        return _complement(merged) if negated else merged

    def _class_atom(self) -> Ranges:
        character = self.text[self.at]
        self.at += 1
        if character == "\\":
            return self._escape()
        if character == "[":
            raise _Unsupported  # a nested class in some dialects
        return ((ord(character), ord(character)),)


def _union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def _complement(ranges: Ranges) -> Ranges:
    gaps: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if low > start:
            gaps.append((start, low - 1))
        start = high + 1
    return (*gaps, (start, _LAST)) if start <= _LAST else tuple(gaps)


_NEEDS_ESCAPE: Ranges = ((0, 0x1F), (0x22, 0x22), (0x5C, 0x5C), (0x7F, 0x7F), (0xD800, 0xDFFF))
_ANYTHING = Chars(_complement(_NEEDS_ESCAPE))


def _plain(ranges: Ranges) -> Ranges:
    """`ranges` without what a JSON string holds only escaped."""
    return _complement(_union([*_complement(ranges), *_NEEDS_ESCAPE]))


def _branch(tree: Choice, number: int, least: int, most: int | None) -> str:
    """One way of the outermost choice; an open end is filled with anything."""
    items, starts, ends = tree.branches[number].items, tree.starts[number], tree.ends[number]
    if starts and ends and len(items) == 1:
        items = (_within(items[0], least, most),)
    front = "" if starts else _write(Repeat(_ANYTHING, 0, None), 1)
    back = "" if ends else _write(Repeat(_ANYTHING, 0, None), 1)
    return front + "".join(_write(item, 1) for item in items) + back or "()"


def _within(item: Node, least: int, most: int | None) -> Node:
    """One repeated character takes the bounds on the length into itself: the compiler looks at one of the two only."""
    if not isinstance(item, Repeat) or not isinstance(item.item, Chars):
        return item
    low = max(item.least, least)
    high = min((bound for bound in (item.most, most) if bound is not None), default=None)
    if high is not None and low > high:
        raise _Unsupported
    return Repeat(item.item, low, high)


def _write(node: Node, product: int) -> str:
    match node:
        case Chars(ranges):
            return _write_class(_plain(ranges))
        case Sequence(items):
            return "".join(_write(item, product) for item in items)
        case Choice(branches):
            written = [_write(branch, product) for branch in branches]
            filled = "|".join(text for text in written if text)
            if not filled:
                return ""
            return f"({filled})" if all(written) else f"(({filled})?)"
        case Repeat(item, least, most):
            return _write_repeat(item, least, most, product)


def _write_repeat(item: Node, least: int, most: int | None, product: int) -> str:
    if most is not None and most > MAX_TIMES:
        most = None if isinstance(item, Chars) and least <= MAX_TIMES else most
    highest = most if most is not None else max(least, 1)
    if highest > MAX_TIMES or product * highest > MAX_PRODUCT:
        raise _Unsupported
    if most == 0:
        return ""
    inner = _write(item, product * max(highest, 1))
    if not inner:
        return ""
    atom = f"({inner})" if isinstance(item, Repeat | Sequence) else inner
    marks = {(0, None): "*", (1, None): "+", (0, 1): "?", (1, 1): ""}
    return atom + marks.get(
        (least, most), f"{{{least},{'' if most is None else most}}}" if most != least else f"{{{least}}}"
    )


def _write_class(ranges: Ranges) -> str:
    if not ranges:
        raise _Unsupported
    if (
        len(ranges) == 1
        and ranges[0][0] == ranges[0][1]
        and chr(ranges[0][0]).isascii()
        and chr(ranges[0][0]).isalnum()
    ):
        return chr(ranges[0][0])
    if ranges[-1][1] == _LAST:
        return f"[^{_spans(_complement(ranges))}]"
    return f"[{_spans(ranges)}]"


def _spans(ranges: Ranges) -> str:
    return "".join(_code(low) if low == high else f"{_code(low)}-{_code(high)}" for low, high in ranges)


def _code(code: int) -> str:
    """A character inside a class, as both the compiler and its grammar read it."""
    if chr(code).isalnum() or code == ord("_"):
        return chr(code)
    return f"\\x{code:02X}" if code < 0x80 else f"\\U{code:08X}"


def _cost(node: Node, repeated: int) -> tuple[int, int]:
    """How many repetitions vary, and how many ways there are for one character inside a repeated group."""
    match node:
        case Chars():
            return 0, 1
        case Sequence(items):
            costs = [_cost(item, repeated) for item in items]
            return sum(cost[0] for cost in costs), math.prod(cost[1] for cost in costs)
        case Choice(branches):
            costs = [_cost(branch, repeated) for branch in branches]
            ways = math.prod(cost[1] for cost in costs) * (len(branches) if repeated and len(branches) > 1 else 1)
            return sum(cost[0] for cost in costs), ways
        case Repeat(item, least, most):
            varies = least != most
            inner = _cost(item, repeated + 1)
            nested = 2 if not isinstance(item, Chars) and (varies or inner[0]) else 1
            return inner[0] + varies, inner[1] * nested
