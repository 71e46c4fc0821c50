"""The arguments of a call as they may be streamed: no number, list or object before it is whole.

The rule: clients read the pieces of a cut stream as far as they go and may run the call. The SDKs leave out a text that has
no end, but take `12` of `1234` and half of a list for whole. The API sends one member after the other for the same reason;
long texts pass here as they come.
"""

from __future__ import annotations

import re

_QUOTE = re.compile(r'["\\]')
_MARK = re.compile(r'["{}\[\]]')
_SCALAR = "0123456789+-.eEtrufalsn"  # letters of numbers, true, false and null


class WholeMembers:
    """Feed it the JSON text of one call's arguments, cut anywhere. Linear in its length."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_text = False
        self._escaped = False
        self._held: list[str] = []

    def feed(self, text: str) -> str:
        """What may go out now. What is still held at the end belongs to a value that was cut."""
        safe = self._safe(text)
        if not safe:
            self._held.append(text)
            return ""
        passed = "".join((*self._held, text[:safe]))
        self._held = [text[safe:]] if safe < len(text) else []
        return passed

    def _safe(self, text: str) -> int:
        """How much of `text` ends no value in its middle."""
        at = safe = 0
        while at < len(text):
            if self._escaped:
                self._escaped = False
                at += 1
            elif self._in_text:
                found = _QUOTE.search(text, at)
                at = len(text) if found is None else found.end()
                self._escaped = found is not None and found[0] == "\\"
                self._in_text = found is None or self._escaped
            else:
                found = _MARK.search(text, at)
                end = len(text) if found is None else found.start()
                if self._depth <= 1 and (ended := text[at:end].rstrip(_SCALAR)):
                    safe = at + len(ended)
                if found is None:
                    return safe
                at = found.end()
                self._enter(found[0])
            if self._depth <= 1:
                safe = at
        return safe

    def _enter(self, mark: str) -> None:
        if mark == '"':
            self._in_text = True
        else:
            self._depth += 1 if mark in "{[" else -1
