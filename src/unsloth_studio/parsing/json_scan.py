"""Where a JSON value ends, found as its text arrives.

The rule: brackets count only outside strings, and no character is looked at twice. The scan answers where, never what:
the text up to there may still need repair.
"""

from __future__ import annotations

from unsloth_studio.patterns import pattern

_OUTSIDE = pattern(r"[\"'{}\[\]]")
_INSIDE = {quote: pattern(rf"\\|{quote}") for quote in "\"'"}
_BEFORE_STRING = "{[(,:"
_CLOSES = {"}": "{", "]": "["}


class JsonScan:
    """`feed` pieces until it returns where the value ends, counted from the first character of the first piece.

    A single quote opens a string only where a value or key may start, so that an apostrophe in between is harmless. A
    closer of the wrong kind closes what stands inside the bracket it belongs to, and is passed over when there is none.
    """

    def __init__(self) -> None:
        self._stack: list[str] = []
        self._open = {"{": 0, "[": 0}
        self._quote = ""
        self._escaped = False
        self._before = ""  # the last character outside strings that is no blank
        self._fed = 0
        self.end: int | None = None

    @property
    def in_string(self) -> bool:
        return bool(self._quote)

    def feed(self, chunk: str) -> int | None:
        """The end (just after the last character of the value), or None while it is open or has not begun."""
        pos = 0
        if self._escaped and chunk and self.end is None:
            self._escaped = False
            pos = 1
        while self.end is None and pos < len(chunk):
            pos = self._in_string(chunk, pos) if self._quote else self._outside(chunk, pos)
        self._fed += len(chunk)
        return self.end

    def _in_string(self, chunk: str, pos: int) -> int:
        found = _INSIDE[self._quote].search(chunk, pos)
        if not found:
            return len(chunk)
        if found.group() == "\\":
            self._escaped = found.end() == len(chunk)
            return found.end() + 1
        self._quote = ""
        self._before = found.group()
        if not self._stack:
            self.end = self._fed + found.end()
        return found.end()

    def _outside(self, chunk: str, pos: int) -> int:
        """Up to where a string begins, the value ends, or the chunk does."""
        for found in _OUTSIDE.finditer(chunk, pos):
            mark, passed, pos = found.group(), pos, found.end()
            if mark == '"' or (mark == "'" and self._string_may_begin(chunk[passed : pos - 1])):
                self._quote = mark
                return pos
            if mark in "{[":
                self._stack.append(mark)
                self._open[mark] += 1
            elif mark in _CLOSES:
                self._close(_CLOSES[mark])
                if not self._stack:
                    self.end = self._fed + pos
                    return pos
            self._before = mark
        passed = chunk[pos:].rstrip()
        if passed:
            self._before = passed[-1]
        return len(chunk)

    def _string_may_begin(self, passed: str) -> bool:
        before = passed.rstrip()[-1:] or self._before
        return not before or before in _BEFORE_STRING

    def _close(self, opener: str) -> None:
        while self._open[opener]:
            closed = self._stack.pop()
            self._open[closed] -= 1
            if closed == opener:
                return


def end_of_value(text: str, start: int = 0) -> int | None:
    """Where the JSON value that begins at or after `start` ends, or None when it stays open."""
    found = JsonScan().feed(text[start:])
    return None if found is None else start + found
