"""From the mark that announces a call to what stands behind it: the states `body`, `after` and `header`."""

from __future__ import annotations

import re

from unsloth_studio.parsing.bare import guess
from unsloth_studio.parsing.bodies import begin
from unsloth_studio.parsing.body_json import JsonBody
from unsloth_studio.parsing.calls import Ended
from unsloth_studio.parsing.harmony import Header, header
from unsloth_studio.parsing.json_scan import JsonScan
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.mentions import behind, is_mentioned
from unsloth_studio.parsing.reading import ReadingState
from unsloth_studio.parsing.roles import author_name, author_of, may_begin_a_turn
from unsloth_studio.patterns import pattern

_BETWEEN = pattern(r"[\s;,]*")
_SURPLUS = pattern(r"[\s;,}\])]*")
_FENCE_END = pattern(r"[ \t]*(?:`{3,}|~{3,})\s*")
_BACKTICKS = pattern(r"`{3,}")
_TORN = pattern(r"</?(?:tool_call|function|parameter|invoke|tool_calls|seed:tool_call)?\s*\Z")
_BLANKS = pattern(r"[\s\u200b\ufeff]*")
BARE_LIMIT = 64 * 1024
"""Characters that are held back at most while the whole output may be one call without a mark."""
_HEADER_LIMIT = 400
_FAILURES = 64
"""Marks without a call behind them, until marks are taken for text without a look."""
_FAILED_TEXT = 1 << 20
"""Characters that bodies which were no calls may have cost, beyond the length of the text."""


class CallReading(ReadingState):
    def _open(self, behind: int, opener: str, *, fenced: bool = False, thought: bool = False) -> bool:
        """A mark announces a call; what stands behind it tells."""
        if not self._names or self._failures > _FAILURES or self._failed_text > _FAILED_TEXT:
            return self._no_call(behind, thought=thought)
        begun = begin(self._text, behind, self._names, opener=opener, final=self._final)
        if begun.wait and not self._final:
            return False
        if begun.body is None:
            return self._no_call(behind, thought=thought)
        self._opened, self._behind, self._opener = self._pos, behind, opener
        self._body, self._bare, self._state = begun.body, False, "body"
        self._was_thought, self._fenced = thought, fenced
        return True

    def _no_call(self, behind: int, *, thought: bool) -> bool:
        """The mark, at `_pos`, was text, or is a token nobody wants to see."""
        end = max(behind, self._pos + 1)
        text = self._text[self._pos : end]
        if thought:
            self._think(text)
            self._state = "thought"
        elif self._names or "|" not in text:
            self._say(text)
            self._markdown.feed(text)
            self._state = "text"
        else:
            self._state = "text"
        self._pos = end
        return True

    def _in_body(self) -> bool:
        assert self._body is not None
        ended = self._body.scan(self._text, final=self._final)
        if ended is None:
            if self._final:
                return self._failed(len(self._text))
            if self._bare and len(self._text) - self._opened > BARE_LIMIT and not isinstance(self._body, JsonBody):
                return self._failed(len(self._text))
            if self._bare and guess(self._text, self._first(), self._names, final=False).body is None:
                return self._failed(len(self._text))
            return False
        cut = self._length and ended.end >= len(self._text)
        if not ended.calls or cut:
            return self._failed(ended.end)
        if self._bare:
            return self._bare_call(ended)
        self._ended, self._state = ended, "ended"
        return True

    def _in_ended(self) -> bool:
        """A body was a call; what stands around it tells whether it is only spoken of."""
        assert self._ended is not None
        ended = self._ended
        fenced = self._fenced or (self._body is not None and self._body.fenced)
        after = behind(self._text, ended.end, fenced=fenced, final=self._final)
        if after is None:
            return False
        if is_mentioned(self._before, after):
            return self._failed(ended.end)
        return self._called(ended)

    def _first(self) -> int:
        return _past(_BLANKS, self._text, self._opened)

    def _bare_call(self, ended: Ended) -> bool:
        """Without a mark only the whole output is a call."""
        pos = ended.end
        while True:
            pos = _past(_SURPLUS, self._text, pos)
            pos = _past(_FENCE_END, self._text, pos)
            if pos >= len(self._text):
                return self._called(Ended(ended.calls, pos)) if self._final else False
            mark = mark_at(self._text, pos) if self._text[pos] in "<[]" else None
            torn = self._text[pos] in "`~" and len(self._text) - pos < 3
            if (mark == MAYBE or torn) and not self._final:
                return False
            if isinstance(mark, Mark) and mark.kind in ("close", "drop") and not may_begin_a_turn(mark):
                pos = mark.end
                continue
            more = isinstance(mark, Mark) and mark.kind in ("open", "head", "drop", "turn")
            if more or (self._text[pos] == "{" and ";" in self._text[ended.end : pos]):
                return self._called(Ended(ended.calls, pos))
            return self._failed(ended.end)

    def _called(self, ended: Ended) -> bool:
        for call in ended.calls:
            self._call(call)
        if not self._thought_begun and not self._reasoning_done:
            self._collector.draft(self._text[self._opened : ended.end])
        self._in_brackets = self._tail.endswith("(")
        self._pos = ended.end
        self._json_open = isinstance(self._body, JsonBody)
        self._fenced = self._fenced or (self._body is not None and self._body.fenced)
        self._body, self._state = None, "after"
        self._said, self._tail, self._before = True, "", ""
        return True

    def _failed(self, end: int) -> bool:
        """No call after all. What was read as its body is text to its end: what stands inside its strings is no call."""
        self._body = None
        end = max(end, self._opened + 1)  # what was said is never said again
        self._failures += 1
        self._failed_text += end - self._opened
        if self._bare:
            return self._answered()
        text = self._text[self._opened : end]
        self._pos = end
        if self._was_thought:
            self._think(text)
            self._state = "thought"
            return True
        self._say(text)
        self._markdown.feed(text)
        self._state = "text"
        return True

    def _answered(self) -> bool:
        """What looked like a call without a mark is an answer; marks within its JSON are only spoken of."""
        self._pos = self._first()
        self._say(self._text[self._opened : self._pos])
        if self._text[self._pos : self._pos + 1] in ("{", "["):
            self._answer = JsonScan()
        self._state = "text"
        return True

    def _after(self) -> bool:
        """Closers, separators and blanks behind a call belong to it; then comes another call, or text."""
        pos = _past(_BETWEEN, self._text, self._pos)
        if pos >= len(self._text):
            if self._final:
                self._pos = pos
            return False
        letter = self._text[pos]
        if letter in "<[]":
            mark = mark_at(self._text, pos)
            if mark == MAYBE and not self._final:
                return False
            if isinstance(mark, Mark):
                if mark.kind in ("close", "drop") and not may_begin_a_turn(mark):
                    if not self._thought_begun and not self._reasoning_done:
                        self._collector.draft(self._text[self._pos : mark.end])
                    self._pos = mark.end
                    self._json_open = self._json_open and mark.kind == "drop"
                    return True
                self._pos, self._state = pos, "text"
                self._markdown.newline()
                return True
        if letter == "{" and self._json_open:
            self._pos = pos
            self._markdown.newline()
            return self._another(pos)
        return self._surplus(pos)

    def _another(self, pos: int) -> bool:
        """One more object in the same block."""
        self._opened, self._behind = pos, pos
        self._body, self._state = JsonBody(self._names, pos), "body"
        self._bare = False
        self._was_thought = False
        return True

    def _surplus(self, pos: int) -> bool:
        """Brackets too many are dropped where a closer or nothing follows; a torn closer is dropped too."""
        found = _SURPLUS.match(self._text, pos)
        end = found.end() if found and not (self._in_brackets and self._text[pos] == ")") else pos
        if self._fenced and self._text.startswith("`", end):
            fence = _BACKTICKS.match(self._text, end)
            if not self._final and (len(self._text) - end < 3 if fence is None else fence.end() >= len(self._text)):
                return False
            if fence is not None:
                self._pos, self._fenced = fence.end(), False
                return True
        if end >= len(self._text):
            if self._final:
                self._pos = end
            return False
        if end > pos:
            mark = mark_at(self._text, end) if self._text[end] in "<[" else None
            if mark == MAYBE and not self._final:
                return False
            if isinstance(mark, Mark) and mark.kind in ("close", "drop", "turn", "open", "head"):
                self._pos = end
                return True
        if self._final and _TORN.match(self._text, pos):
            self._pos = len(self._text)
            return True
        gap = self._text[self._pos : pos]
        self._pos = pos
        self._state = "text"
        if "\n" in gap or not gap:
            self._markdown.newline()
        self._say(gap if gap.isspace() else " " if gap else "")
        return True

    def _in_header(self) -> bool:
        found: Header | None = header(self._text, self._opened, final=self._final)
        if found is None:
            if not self._final and len(self._text) - self._opened < _HEADER_LIMIT:
                return False
            self._pos = self._opened
            mark = mark_at(self._text, self._pos)
            self._author(self._text[self._pos : self._pos + _HEADER_LIMIT])
            self._pos = mark.end if isinstance(mark, Mark) else self._pos + 1
            self._state = "text"
            return True
        self._pos = found.end
        self._author(self._text[self._opened : found.end])
        if self._foreign or self._echoing:
            self._state = "text"
        elif found.recipient and self._names and self._names.resolve(found.recipient):
            self._behind, self._opener = found.end, "<|channel|>"
            self._body = JsonBody(self._names, _past(_BLANKS, self._text, found.end), name=found.recipient)
            self._bare, self._state, self._was_thought = False, "body", False
        elif found.channel == "analysis":
            self._state, self._thought_begun = "thought", True
            self._harmony_thought = True
        else:
            self._state = "text" if self._said else "start"
        return True

    def _author(self, head: str) -> None:
        """Whose message this header begins; one without an author goes on with the same."""
        whose = author_of(head, is_tool=self._names.resolve(author_name(head)) is not None)
        self._tail = ""
        if whose == "own":
            self._echoing = ""
        if whose != "nobody":
            self._foreign = whose == "other"
            self._another_speaks()


def _past(pattern: re.Pattern[str], text: str, pos: int) -> int:
    found = pattern.match(text, pos)
    return found.end() if found else pos
