"""What every state of the reading shares: the text that is held, where it stands, and what comes out.

The rule: whoever changes the state leaves `_pos` where the next state begins to read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from unsloth_studio.parsing.asides import Asides
from unsloth_studio.parsing.bodies import Body
from unsloth_studio.parsing.calls import Ended
from unsloth_studio.parsing.json_scan import JsonScan
from unsloth_studio.parsing.markdown import Markdown
from unsloth_studio.parsing.mentions import BEFORE
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.output import Call, Collector, ContentDelta, Piece, ReasoningDelta, ToolCall

State = Literal["start", "text", "thought", "body", "ended", "after", "header"]
_TAIL = 16


class ReadingState:
    """See `machine.OutputParser`, which is what these states make together."""

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
        self._asides = Asides()
        self._closes_at = (
            -1
        )  # where in the text the thought is closed, its end if nowhere; known since the last feeding
        self._closer = ""  # what else than the usual marks closes the thought
        self._collector = Collector()
        self._pieces: list[Piece] = []
        self._parts: list[str] = []  # of the piece that is not ended
        self._kind: type[ContentDelta | ReasoningDelta] = ContentDelta
        self._body: Body | None = None
        self._ended: Ended | None = (
            None  # the calls of a body that has ended, while it is not plain that they are meant
        )
        self._opened: int = 0  # where the text begins that is a call or, if it is none, content
        self._behind: int = 0  # just behind the mark that announced it
        self._opener = ""
        self._bare = False
        self._json_open = False  # the last call was JSON and nothing has closed its block
        self._failures: int = 0
        self._failed_text: int = 0
        self._thought_begun = in_reasoning
        self._reasoning_done = reasoning_done
        self._said = False
        self._final = False
        self._length = False
        self._finished = False
        self._harmony_thought = False
        self._was_thought = False
        self._echoing = ""  # the mark that ends the results which are repeated
        self._foreign = False  # the turn is another role's
        self._in_brackets = False  # the last call stood behind an opening bracket of the text
        self._tail = ""  # how that ends which was given out since the last control token
        self._before = ""  # how that ends which was given out in this turn, since the last call or thought
        self._answer: JsonScan | None = None  # the JSON that the output is, while it is open
        self._fenced = False  # the last call stood in a fence that is still open

    def _say(self, text: str) -> None:
        if text:
            self._said = self._said or not text.isspace()
            self._asides.feed(text, hidden=self._markdown.quoting)
            self._note(text)
            if self._answer is not None and self._answer.feed(text) is not None:
                self._answer = None
            self._put(ContentDelta, text)
            self._collector.say(text)

    def _think(self, text: str) -> None:
        if text:
            self._note(text)
            self._put(ReasoningDelta, text)
            self._collector.think(text)

    def _note(self, text: str) -> None:
        self._tail = (self._tail + text)[-_TAIL:]
        self._before = (self._before + text)[-BEFORE:]

    def _another_speaks(self) -> None:
        """What was quoted or shown ends with the turn or the message."""
        self._markdown.newline()
        self._before = ""
        self._asides = Asides(self._asides.refuted)

    def _put(self, kind: type[ContentDelta | ReasoningDelta], text: str) -> None:
        """Text of one kind is one piece, however many parts it came in."""
        if kind is not self._kind:
            self._end_piece()
            self._kind = kind
        self._parts.append(text)

    def _end_piece(self) -> None:
        if self._parts:
            self._pieces.append(self._kind("".join(self._parts)))
            self._parts.clear()

    def _call(self, call: ToolCall) -> None:
        self._end_piece()
        self._pieces.append(Call(call))
        self._collector.call(call)
