"""Bodies that are Python calls: `[n(k=v), m()]`, `n(k=v)`, one per line.

The rule: brackets and quotes are followed as they come; a mark outside strings ends the body. Arguments without a keyword
make no call: where they belong would be a guess.
"""

from __future__ import annotations

from unsloth_studio.parsing.calls import Ended, accepted, natural
from unsloth_studio.parsing.envelope import RawCall
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.python_text import read_calls
from unsloth_studio.patterns import pattern

_NEXT = pattern(r"[\"'()\[\]{}<\n`\\]")
_IN_STRING = {quote: pattern(rf"\\|{quote}|<") for quote in "\"'"}
_ANOTHER = pattern(r"\s*[;,]?\s*[A-Za-z_][\w.\-]*\s*\(")
_ANOTHER_BEGIN = pattern(r"\s*[;,]?\s*(?:[A-Za-z_][\w.\-]*\s*)?\Z")
_ATTEMPTS = 8


class PythonBody:
    def __init__(self, names: ToolNames, start: int, *, fenced: bool = False, marked: bool = True) -> None:
        self._names = names
        self._start = self._at = start
        self.fenced = fenced
        self._marked = marked
        self._depth = 0
        self._quote = ""
        self._attempts = 0

    def scan(self, text: str, *, final: bool) -> Ended | None:
        while True:
            pattern = _IN_STRING[self._quote] if self._quote else _NEXT
            found = pattern.search(text, self._at)
            if found is None:
                self._at = len(text)
                return self._ended(text, len(text), cut=True) if final else None
            pos, letter = found.start(), found.group()
            if letter == "\\":
                if pos + 1 >= len(text) and not final:
                    self._at = pos
                    return None
                self._at = pos + 2
                continue
            step = self._letter(text, pos, letter, final=final)
            if step is _WAIT:
                self._at = pos
                return None
            if isinstance(step, Ended):
                return step
            self._at = pos + 1

    def _letter(self, text: str, pos: int, letter: str, *, final: bool) -> object:
        if letter == "<":
            return self._mark(text, pos, final=final)
        if self._quote:
            self._quote = ""
        elif letter in "\"'":
            self._quote = letter
        elif letter in "([{":
            self._depth += 1
        elif letter in ")]}":
            self._depth -= 1
            if self._depth <= 0:
                return self._closed(text, pos + 1, final=final)
        elif letter == "`" and self.fenced:
            if text.startswith("```", pos):
                return self._ended(text, pos)
            if not final and "```".startswith(text[pos : pos + 3]):
                return _WAIT
        return None

    def _mark(self, text: str, pos: int, *, final: bool) -> object:
        mark = mark_at(text, pos)
        if mark == MAYBE and not final:
            return _WAIT
        if not isinstance(mark, Mark):
            return None
        if not self._quote:
            return self._ended(text, pos)
        self._attempts += 1
        ended = self._ended(text, pos) if self._attempts <= _ATTEMPTS else Ended((), pos)
        return ended if ended.calls else None

    def _closed(self, text: str, end: int, *, final: bool) -> object:
        """All brackets are closed: the end, unless another call follows."""
        if _ANOTHER.match(text, end):
            return None
        if not final and _ANOTHER_BEGIN.match(text, end, min(len(text), end + 300)) and len(text) < end + 300:
            self._depth += 1  # this bracket is looked at again when there is more text
            return _WAIT
        return self._ended(text, end)

    def _ended(self, text: str, end: int, *, cut: bool = False) -> Ended:
        source = text[self._start : end].strip()
        calls = read_calls(source, cut=cut)
        if calls is None or any(call.positional for call in calls):
            return Ended((), end)
        raws: list[RawCall] = []
        for call in calls:
            resolved = self._names.resolve(call.name) or self._names.resolve(call.name.removesuffix(".call"))
            if resolved is None:
                return Ended((), end)
            folded = ("folded_name",) if resolved.repaired and not natural(call.name, resolved.name) else ()
            raws.append(RawCall(resolved.name, call.arguments, (*call.repairs, *folded)))
        return Ended(accepted(raws, self._names, source, marked=self._marked), end)


_WAIT = object()
