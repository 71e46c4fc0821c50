"""What reading a model's text gives: pieces while it comes, and the whole in the end."""

from __future__ import annotations

from msgspec import Struct


class ToolCall(Struct, frozen=True):
    """`arguments` is JSON text, byte for byte as the model wrote it where that was valid. `repairs` are short words for what
    had to be mended, `source` is the text that was read as this call."""

    name: str
    arguments: str
    repairs: tuple[str, ...] = ()
    source: str = ""


class ContentDelta(Struct, frozen=True):
    text: str


class ReasoningDelta(Struct, frozen=True):
    text: str


class Call(Struct, frozen=True):
    """A call that is whole: none is given out before it is known to be one."""

    call: ToolCall


Piece = ContentDelta | ReasoningDelta | Call


class Output(Struct, frozen=True):
    """`reasoning` is None when the model did not think aloud."""

    content: str = ""
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()


class Collector:
    """Folds what is said, thought and called into an `Output`."""

    def __init__(self) -> None:
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._thought = False
        self._calls: list[ToolCall] = []
        self._drafts: list[tuple[int, str]] = []  # what was read as calls, and how many pieces of content stand before

    def say(self, text: str) -> None:
        self._content.append(text)

    def think(self, text: str) -> None:
        self._thought = True
        self._reasoning.append(text)

    def call(self, call: ToolCall) -> None:
        self._calls.append(call)

    def draft(self, text: str) -> None:
        """What has just been read as a call, should it turn out to be thought."""
        self._drafts.append((len(self._content), text))

    def content_was_reasoning(self) -> None:
        """A thought ended that nobody saw begin: what stood before it was thought, and drafts in it were no calls."""
        before = 0
        for at, text in self._drafts:
            self._reasoning += [*self._content[before:at], text]
            before = at
        self._reasoning += self._content[before:]
        self._thought = True
        self._content, self._calls, self._drafts = [], [], []

    def output(self) -> Output:
        reasoning = "".join(self._reasoning).strip() if self._thought else ""
        return Output("".join(self._content).strip(), reasoning or None, tuple(self._calls))
