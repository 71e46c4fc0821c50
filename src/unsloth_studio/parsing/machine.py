"""A model's text, read as it comes: content, thoughts and calls.

The rule: reading a whole text is feeding it at once. Every decision waits until more text could not change it, so the result
never depends on where the chunks were cut; what is decided is given out at once. Nothing here raises on any input, and a
text of any shape is read in linear time.

    START ──> TEXT <──> THOUGHT        TEXT ──mark──> BODY ──call──> AFTER ──> TEXT or BODY
      └─bare call─> BODY                      └──no call: the mark was text, and reading goes on behind it
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from unsloth_studio.parsing.bare import Bare, Guess, guess
from unsloth_studio.parsing.bodies import Body, begin
from unsloth_studio.parsing.body_json import JsonBody
from unsloth_studio.parsing.calls import Ended
from unsloth_studio.parsing.harmony import Header, header
from unsloth_studio.parsing.markdown import Markdown
from unsloth_studio.parsing.marks import LONGEST, MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.output import Call, Collector, ContentDelta, Output, Piece, ReasoningDelta

State = Literal["start", "text", "thought", "body", "after", "header"]

_TRIGGER = re.compile(r"[<\[\]`~\n]")
_THOUGHT_TRIGGER = re.compile(r"[<\[\]]")
_WORDS = ("functools[", "Action:")
_BETWEEN = re.compile(r"[\s;,]*")
_SURPLUS = re.compile(r"[\s;,}\])]*")
_BARE_LIMIT = 64 * 1024
_HEADER_LIMIT = 400
_FAILURES = 64
"""Marks without a call behind them, until marks are taken for text without a look."""
_FAILED_TEXT = 1 << 20
"""Characters that bodies which were no calls may have cost, beyond the length of the text."""


class OutputParser:
    """`tools` is the OpenAI list; without tools no call is looked for, and control tokens and thoughts are still set apart.

    `reasoning_done`: the engine has already split the thought off. `in_reasoning`: the prompt has opened it.
    """

    def __init__(
        self,
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        reasoning_done: bool = False,
        in_reasoning: bool = False,
    ) -> None:
        self._names = ToolNames(tools)
        self._text = ""
        self._new: list[str] = []
        self._new_length = 0
        self._pos: int = 0
        self._state: State = "thought" if in_reasoning else "start"
        self._markdown = Markdown()
        self._collector = Collector()
        self._pieces: list[Piece] = []
        self._body: Body | None = None
        self._opened: int = 0  # where the text begins that is a call or, if it is none, content
        self._behind: int = 0  # just behind the mark that announced it
        self._opener = ""
        self._bare = False
        self._json_open = False  # the last call was JSON and nothing has closed its block
        self._failures = 0
        self._failed_text = 0
        self._thought_begun = in_reasoning
        self._reasoning_done = reasoning_done
        self._said = False
        self._final = False
        self._length = False
        self._finished = False
        self._harmony_thought = False
        self._was_thought = False
        self._echoing = False
        self._fenced = False  # the last call stood in a fence that is still open

    def feed(self, text: str) -> list[Piece]:
        """What is certain now."""
        if self._finished or not text:
            return []
        if _SURROGATE.search(text):
            text = _SURROGATE.sub("\ufffd", text)  # half a character cannot be written as JSON
        self._new.append(text)
        self._new_length += len(text)
        held = len(self._text) - self._pos
        if held > 256 and self._new_length < held // 16:
            return []  # what is held so long is looked at when it has grown by a part: joining costs all of its length
        return self._run()

    def finish(self, *, length: bool = False) -> list[Piece]:
        """The rest. `length`: the engine stopped at its limit of tokens, so that an open call was cut and is none."""
        if self._finished:
            return []
        self._final, self._length = True, length
        pieces = self._run()
        self._finished = True
        return pieces

    @property
    def output(self) -> Output:
        """All that was fed, read; whole after `finish`."""
        return self._collector.output()

    def _run(self) -> list[Piece]:
        self._text = self._text[self._keep_from() :] + "".join(self._new) if self._new else self._text
        self._new.clear()
        self._new_length = 0
        self._pieces = []
        while self._step():
            pass
        return self._pieces

    def _keep_from(self) -> int:
        """Forget what has been given out."""
        start = self._opened if self._state in ("body", "header") else self._pos
        if start and self._state not in ("body", "header", "start"):
            self._pos -= start
            return start
        return 0

    def _step(self) -> bool:
        """One decision; False when there is none to take yet."""
        match self._state:
            case "start":
                return self._start()
            case "text":
                return self._in_text()
            case "thought":
                return self._in_thought()
            case "body":
                return self._in_body()
            case "after":
                return self._after()
            case "header":
                return self._in_header()

    # --- what comes out -------------------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        if text:
            self._said = self._said or not text.isspace()
            self._give(ContentDelta(text))

    def _think(self, text: str) -> None:
        if text:
            self._give(ReasoningDelta(text))

    def _give(self, piece: Piece) -> None:
        last = self._pieces[-1] if self._pieces else None
        if isinstance(piece, ContentDelta) and isinstance(last, ContentDelta):
            self._pieces[-1] = ContentDelta(last.text + piece.text)
        elif isinstance(piece, ReasoningDelta) and isinstance(last, ReasoningDelta):
            self._pieces[-1] = ReasoningDelta(last.text + piece.text)
        else:
            self._pieces.append(piece)
        self._collector.add(piece)

    # --- the beginning: calls without any mark --------------------------------------------------------------------

    def _start(self) -> bool:
        blank = re.compile(r"[\s\u200b\ufeff]*").match(self._text, self._pos)
        pos = blank.end() if blank else self._pos
        if pos >= len(self._text):
            if self._final:
                self._pos = pos
            return False
        if not self._names or self._said:
            self._state = "text"
            return True
        found: Bare = guess(self._text, pos, self._names, final=self._final)
        if found.guess == Guess.WAIT and len(self._text) - pos < _BARE_LIMIT:
            return False
        if found.body is None:
            self._state = "text"
            return True
        self._opened = self._behind = self._pos
        self._opener, self._was_thought, self._fenced = "bare", False, False
        self._body, self._bare, self._state = found.body, True, "body"
        return True

    # --- plain text -----------------------------------------------------------------------------------------------

    def _in_text(self) -> bool:
        markdown = self._markdown
        if markdown.line_start and (word := self._word()) is not None:
            return word
        found = _TRIGGER.search(self._text, self._pos)
        end = found.start() if found else len(self._text)
        if end > self._pos:
            if markdown.line_start and self._names and found is None and not self._final:
                rest = self._text[self._pos :].lstrip()
                if rest and any(each.startswith(rest) for each in _WORDS):
                    return False
            run = self._text[self._pos : end]
            indented = markdown.line_start and run.isspace()
            self._say(run)
            self._pos = end
            markdown.text(run)
            return indented or found is not None
        if found is None:
            return False
        return self._trigger(found.group())

    def _word(self) -> bool | None:
        """A line that begins with a word which announces a call."""
        if not self._names or self._markdown.quoting:
            return None
        rest = self._text[self._pos : self._pos + 16]
        for word in _WORDS:
            if rest.startswith(word):
                skip = len(word) - (1 if word.endswith("[") else 0)
                return self._open(self._pos + skip, word)
            if word.startswith(rest) and not self._final and rest:
                return False
        return None

    def _trigger(self, letter: str) -> bool:
        if letter == "\n":
            self._say("\n")
            self._pos += 1
            self._markdown.newline()
            return True
        if letter in "`~":
            return self._fence(letter)
        mark = mark_at(self._text, self._pos)
        if mark == MAYBE and not self._final and len(self._text) - self._pos <= LONGEST:
            return False
        if isinstance(mark, Mark) and mark.kind == "unecho":
            self._echoing = False
        if not isinstance(mark, Mark) or self._markdown.quoting or self._echoing:
            self._say(self._text[self._pos])
            self._markdown.text(letter)
            self._pos += 1
            return True
        return self._mark(mark)

    def _fence(self, letter: str) -> bool:
        run = re.compile(re.escape(letter) + "+").match(self._text, self._pos)
        assert run
        if run.end() >= len(self._text) and not self._final:
            return False
        count = run.end() - self._pos
        line_end = self._text.find("\n", run.end())
        unknown = line_end < 0 and len(self._text) - run.end() <= LONGEST // 2
        if self._markdown.line_start and count >= 3 and unknown and not self._final:
            return False
        info = self._text[run.end() : line_end if line_end >= 0 else len(self._text)][: LONGEST // 2]
        if self._names and self._markdown.opens_tool_code(letter, count, info):
            return self._open(line_end if line_end >= 0 else run.end(), "tool_code", fenced=True)
        self._markdown.run(letter, count, info)
        self._say(run.group())
        self._pos = run.end()
        return True

    def _mark(self, mark: Mark) -> bool:
        match mark.kind:
            case "open":
                return self._open(mark.end, mark.name)
            case "head":
                return self._open(self._pos, mark.name)
            case "think":
                if self._reasoning_done and self._said:
                    return self._literal(mark)
                self._pos, self._state, self._thought_begun = mark.end, "thought", True
            case "unthink":
                if not self._thought_begun and not self._reasoning_done:
                    self._collector.content_was_reasoning()
                    self._thought_begun = True
                self._pos = mark.end
                self._state = "start"
            case "harmony":
                self._opened = self._pos
                self._state = "header"
            case "drop":
                self._pos = mark.end
                if not self._said:
                    self._state = "start"
            case "close":
                return self._orphan(mark)
            case "echo":
                self._echoing = True
                return self._literal(mark)
            case "unecho":
                return self._literal(mark)
        return True

    def _orphan(self, mark: Mark) -> bool:
        """A closer that closes nothing: a special token is dropped, a tag is text."""
        if "|" in mark.name:
            self._pos = mark.end
            return True
        return self._literal(mark)

    def _literal(self, mark: Mark) -> bool:
        text = self._text[self._pos : mark.end]
        self._say(text)
        self._markdown.text(text)
        self._pos = mark.end
        return True

    # --- thoughts -------------------------------------------------------------------------------------------------

    def _in_thought(self) -> bool:
        found = _THOUGHT_TRIGGER.search(self._text, self._pos)
        end = found.start() if found else len(self._text)
        if end > self._pos:
            self._think(self._text[self._pos : end])
            self._pos = end
        if found is None:
            return False
        mark = mark_at(self._text, self._pos)
        if mark == MAYBE and not self._final:
            return False
        if isinstance(mark, Mark) and (mark.kind == "unthink" or (mark.kind == "drop" and self._harmony_thought)):
            self._pos, self._state, self._harmony_thought = mark.end, "start", False
            return True
        if isinstance(mark, Mark) and mark.kind == "harmony":
            self._opened, self._state, self._harmony_thought = self._pos, "header", False
            return True
        if isinstance(mark, Mark) and mark.kind == "drop":
            self._pos = mark.end
            return True
        if isinstance(mark, Mark) and mark.kind in ("open", "head") and self._names:
            return self._in_open_thought(mark)
        self._think(self._text[self._pos])
        self._pos += 1
        return True

    def _in_open_thought(self, mark: Mark) -> bool:
        """A draft in a thought is thought, unless the thought is never closed: then a whole call at the end is meant."""
        closed = self._unthought(mark.end)
        if closed is None and not self._final:
            return False
        if closed is None:
            return self._open(mark.end if mark.kind == "open" else self._pos, mark.name, thought=True)
        self._think(self._text[self._pos : mark.end])
        self._pos = mark.end
        return True

    def _unthought(self, pos: int) -> int | None:
        """Where the thought is closed behind `pos`."""
        while (found := _THOUGHT_TRIGGER.search(self._text, pos)) is not None:
            mark = mark_at(self._text, found.start())
            if isinstance(mark, Mark) and mark.kind == "unthink":
                return found.start()
            pos = found.end()
        return None

    # --- bodies ---------------------------------------------------------------------------------------------------

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
            self._markdown.text(text)
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
            if self._bare and len(self._text) - self._opened > _BARE_LIMIT and not isinstance(self._body, JsonBody):
                return self._failed(len(self._text))
            if self._bare and guess(self._text, self._first(), self._names, final=False).body is None:
                return self._failed(len(self._text))
            return False
        cut = self._length and ended.end >= len(self._text)
        if not ended.calls or cut:
            return self._failed(ended.end)
        if self._bare:
            return self._bare_call(ended)
        return self._called(ended)

    def _first(self) -> int:
        blank = _BLANKS.match(self._text, self._opened)
        return blank.end() if blank else self._opened

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
            if isinstance(mark, Mark) and mark.kind in ("close", "drop"):
                pos = mark.end
                continue
            more = isinstance(mark, Mark) and mark.kind in ("open", "head")
            if more or (self._text[pos] == "{" and ";" in self._text[ended.end : pos]):
                return self._called(Ended(ended.calls, pos))
            return self._failed(ended.end)

    def _called(self, ended: Ended) -> bool:
        for call in ended.calls:
            self._give(Call(call))
        self._pos = ended.end
        self._json_open = isinstance(self._body, JsonBody)
        self._fenced = self._fenced or (self._body is not None and self._body.fenced)
        self._body, self._state = None, "after"
        self._said = True
        return True

    def _failed(self, end: int) -> bool:
        """No call after all: the mark is text, and reading goes on right behind it."""
        self._body = None
        self._failures += 1
        self._failed_text += end - self._opened
        self._pos = self._opened
        if self._bare:
            self._state = "text"
            return True
        return self._no_call(self._behind, thought=self._was_thought)

    # --- behind a call --------------------------------------------------------------------------------------------

    def _after(self) -> bool:
        """Closers, separators and blanks behind a call belong to it; then comes another call, or text."""
        between = _BETWEEN.match(self._text, self._pos)
        pos = between.end() if between else self._pos
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
                if mark.kind in ("close", "drop"):
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
        end = found.end() if found else pos
        if self._fenced and self._text.startswith("`", end):
            fence = re.compile(r"`{3,}").match(self._text, end)
            if fence is None and len(self._text) - end < 3 and not self._final:
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
            if isinstance(mark, Mark) and mark.kind in ("close", "drop", "open", "head"):
                self._pos = end
                return True
        torn = re.compile(r"</?(?:tool_call|function|parameter|invoke|tool_calls|seed:tool_call)?\s*\Z").match(
            self._text, pos
        )
        if torn and self._final:
            self._pos = len(self._text)
            return True
        gap = self._text[self._pos : pos]
        self._pos = pos
        self._state = "text"
        if "\n" in gap or not gap:
            self._markdown.newline()
        self._say(gap if gap.isspace() else " " if gap else "")
        return True

    # --- gpt-oss --------------------------------------------------------------------------------------------------

    def _in_header(self) -> bool:
        found: Header | None = header(self._text, self._opened, final=self._final)
        if found is None:
            if not self._final and len(self._text) - self._opened < _HEADER_LIMIT:
                return False
            self._pos = self._opened
            mark = mark_at(self._text, self._pos)
            self._pos = mark.end if isinstance(mark, Mark) else self._pos + 1
            self._state = "text"
            return True
        self._pos = found.end
        if found.recipient and self._names and self._names.resolve(found.recipient):
            self._behind, self._opener = found.end, "<|channel|>"
            begun = re.compile(r"\s*").match(self._text, found.end)
            self._body = JsonBody(self._names, begun.end() if begun else found.end, name=found.recipient)
            self._bare, self._state, self._was_thought = False, "body", False
        elif found.channel == "analysis":
            self._state, self._thought_begun = "thought", True
            self._harmony_thought = True
        else:
            self._state = "text" if self._said else "start"
        return True


def _past(pattern: re.Pattern[str], text: str, pos: int) -> int:
    found = pattern.match(text, pos)
    return found.end() if found else pos


_FENCE_END = re.compile(r"[ \t]*(?:`{3,}|~{3,})\s*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"[\s\u200b\ufeff]*")


def parse_output(text: str, tools: Sequence[Mapping[str, Any]] | None = None) -> Output:
    """Read the whole text of one turn; see `OutputParser`."""
    parser = OutputParser(tools)
    parser.feed(text)
    parser.finish()
    return parser.output
