"""A model's text, read as it comes: content, thoughts and calls.

The rule: reading a whole text is feeding it at once. Every decision waits until more text could not change it, so the result
never depends on where the chunks were cut; what is decided is given out at once. Nothing here raises on any input, and a
text of any shape is read in linear time.

    START ──> TEXT <──> THOUGHT        TEXT ──mark──> BODY ──> ENDED ──call──> AFTER ──> TEXT or BODY
      └─bare call─> BODY                                └────────┴──no call: it was text, and reading goes on behind it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unsloth_studio.parsing.output import Output, Piece
from unsloth_studio.parsing.reading_text import TextReading
from unsloth_studio.patterns import pattern

_SURROGATE = pattern("[\ud800-\udfff]")


class OutputParser(TextReading):
    """`tools` is the OpenAI list; without tools no call is looked for, and control tokens and thoughts are still set apart.

    `reasoning_done`: the engine has already split the thought off. `in_reasoning`: the prompt has opened it.
    """

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
        pieces = self._run() if self._new else []  # what was not looked at yet is looked at as if it had been
        self._final, self._length = True, length
        pieces += self._run()
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
        self._closes_at = -1
        self._pieces = []
        while self._step():
            pass
        self._end_piece()
        return self._pieces

    def _keep_from(self) -> int:
        """Forget what has been given out."""
        if self._state in ("body", "ended", "header", "start"):
            return 0
        start = self._pos
        if start:
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
            case "ended":
                return self._in_ended()
            case "after":
                return self._after()
            case "header":
                return self._in_header()


def parse_output(text: str, tools: Sequence[Mapping[str, Any]] | None = None) -> Output:
    """Read the whole text of one turn; see `OutputParser`."""
    parser = OutputParser(tools)
    parser.feed(text)
    parser.finish()
    return parser.output
