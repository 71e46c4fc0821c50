"""Bodies that are JSON: an object or list with names and arguments, or the arguments alone behind a name.

The rule: a mark inside a string is text, so long as the string's end can be told; outside strings it ends the body.
"""

from __future__ import annotations

from msgspec.structs import replace

from unsloth_studio.parsing.calls import Ended, accepted, natural
from unsloth_studio.parsing.envelope import RawCall, calls_of
from unsloth_studio.parsing.json_scan import JsonScan
from unsloth_studio.parsing.json_text import readings
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.patterns import pattern

_STOP = pattern(r"[<\]\[`]")
_EXTRA = pattern(r"[\s}\])]*")
_NEAR = 64
_BEHIND_VALUE = " \t\r\n,"
_VALUE_ENDS = frozenset("}])\"';\u2019\u201d`")
_ATTEMPTS = 8
"""How often a closing mark inside a string is tried as the end of the body."""


class JsonBody:
    """From `start` on. `name`: the tool's name stood before, and this is its arguments. `marked` is as in `calls_of`;
    `keyed`: the family names a call by its only key."""

    def __init__(
        self,
        names: ToolNames,
        start: int,
        *,
        name: str | None = None,
        fenced: bool = False,
        marked: bool = True,
        keyed: bool = False,
    ) -> None:
        self._names = names
        self._start = self._at = start
        self._name = name
        self._keyed = keyed
        self.fenced = fenced
        self._marked = marked
        self._scan = JsonScan()
        self._attempts = 0

    def scan(self, text: str, *, final: bool) -> Ended | None:
        while True:
            stop = _STOP.search(text, self._at)
            end = stop.start() if stop else len(text)
            value_end = self._scan.feed(text[self._at : end])
            self._at = end
            if value_end is not None:
                return self._closed(text, self._start + value_end, final=final)
            if stop is None:
                return self._cut(text) if final else None
            ended = self._stopped(text, end, final=final)
            if ended is not _GO_ON:
                return ended if isinstance(ended, Ended) else None

    def _stopped(self, text: str, pos: int, *, final: bool) -> Ended | object | None:
        """At a letter that may begin a mark, a fence or a bracket of the value itself."""
        if text[pos] == "`":
            if self.fenced and text.startswith("```", pos):
                if not self._scan.in_string:
                    return self._ended(text, pos)
                if (tried := self._tried(text, pos)) is not None:
                    return tried
            elif self.fenced and not final and "```".startswith(text[pos : pos + 3]):
                return None
        else:
            mark = mark_at(text, pos)
            if mark == MAYBE and not final:
                return None
            if isinstance(mark, Mark):
                if not self._scan.in_string:
                    return self._ended(text, pos)
                if (tried := self._tried(text, pos)) is not None:
                    return tried
        value_end = self._scan.feed(text[pos])
        self._at = pos + 1
        return _GO_ON if value_end is None else self._closed(text, self._start + value_end, final=final)

    def _tried(self, text: str, pos: int) -> Ended | None:
        """A mark in what looks like a string: the end only if the text so far is one whole value."""
        if text[max(self._start, pos - _NEAR) : pos].rstrip(_BEHIND_VALUE)[-1:] not in _VALUE_ENDS:
            return None
        self._attempts += 1
        if self._attempts > _ATTEMPTS:
            return None
        found = readings(text[self._start : pos])
        if len(found) != 1 or not found[0].complete:
            return None
        ended = self._ended(text, pos)
        return ended if ended.calls else None

    def _closed(self, text: str, end: int, *, final: bool) -> Ended | None:
        """The value closed itself; closers too many behind it belong to it where a mark or nothing follows."""
        extra = _EXTRA.match(text, end)
        after = extra.end() if extra else end
        if after >= len(text) and not final:
            return None
        return self._ended(text, end)

    def _ended(self, text: str, end: int, *, cut: bool = False) -> Ended:
        source = text[self._start : end].strip()
        found = readings(source, cut=cut)
        if len(found) != 1:
            return Ended((), end)
        reading = found[0]
        raws = self._raws(reading.value)
        if raws is None:
            return Ended((), end)
        if reading.repairs:
            raws = [replace(raw, repairs=(*reading.repairs, *raw.repairs)) for raw in raws]
        return Ended(accepted(raws, self._names, source, marked=self._marked), end)

    def _raws(self, value: object) -> list[RawCall] | None:
        if self._name is None:
            found = calls_of(value, self._names, marked=self._marked)
            return [_without(raw, "name_as_key") for raw in found] if found and self._keyed else found
        resolved = self._names.resolve(self._name)
        if resolved is None:
            return None
        found = calls_of({"name": resolved.name, "arguments": value}, self._names, marked=True)
        if found and resolved.repaired and not natural(self._name, resolved.name):
            return [replace(raw, repairs=(*raw.repairs, "folded_name")) for raw in found]
        return found

    def _cut(self, text: str) -> Ended:
        return self._ended(text, len(text), cut=True)


def _without(raw: RawCall, repair: str) -> RawCall:
    return replace(raw, repairs=tuple(each for each in raw.repairs if each != repair))


_GO_ON = object()
