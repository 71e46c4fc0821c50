"""The events of one output item, from `response.output_item.added` to `response.output_item.done`.

One rule: an event is a name and its members; numbers and bytes are given by the stream writer. Only the delta, which
comes once per token, is prepared here as bytes with two gaps: the text and the sequence number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from unsloth_studio.dialects.citation_marks import CitationFinder, Cited
from unsloth_studio.dialects.openai_responses.output import (
    ItemPlace,
    ItemStatus,
    annotations_of,
    is_cut,
    logprob_list,
    part_item,
    text_content,
)
from unsloth_studio.dialects.openai_responses.read import ResponsesCall
from unsloth_studio.turn.events import TextDelta
from unsloth_studio.turn.messages import ReasoningPart, StreamedPart, TextPart, ToolCallPart
from unsloth_studio.turn.sources import Source

Payload = tuple[str, dict[str, Any]]


class OpenItem:
    """An item that is being written. `ended` says that its part has ended and its closing events wait."""

    def __init__(
        self, part: StreamedPart, place: ItemPlace, *, call: ResponsesCall, sources: Mapping[int, Source]
    ) -> None:
        self.ended = False
        self._part, self._place, self._call = part, place, call
        self._text = ""
        self._logprobs: list[Any] = []
        self._annotations: list[Any] = []
        self._finder = CitationFinder(sources) if sources and isinstance(part, TextPart) else None
        self._empty = part_item(part, place, status="in_progress", call=call, logprobs=[], annotations=[])
        self._at: dict[str, Any] = {"item_id": self._empty["id"], "output_index": place.index}
        self._content: dict[str, Any] = {**self._at, "content_index": 0}
        self._summary: dict[str, Any] = {**self._at, "summary_index": 0}

    def opening(self) -> list[Payload]:
        added = ("response.output_item.added", {"output_index": self._place.index, "item": self._empty})
        match self._part:
            case TextPart():
                return [added, ("response.content_part.added", {**self._content, "part": text_content("", [], [])})]
            case ReasoningPart():
                part = {"type": "reasoning_text", "text": ""}
                opening = [added, ("response.content_part.added", {**self._content, "part": part})]
                if self._call.summarize:
                    part = {"type": "summary_text", "text": ""}
                    opening.append(("response.reasoning_summary_part.added", {**self._summary, "part": part}))
                return opening
            case ToolCallPart():
                return [added]

    def delta_frames(self) -> tuple[tuple[bytes, bytes], ...]:
        """What stands before the text and before the sequence number of each event that a delta gives. None for a custom
        tool: its input lies inside JSON, and is written once it is whole."""
        match self._part:
            case TextPart():
                return (_delta_frame("response.output_text.delta", self._content, b',"logprobs":[]'),)
            case ReasoningPart():
                text = _delta_frame("response.reasoning_text.delta", self._content)
                if self._call.summarize:
                    return (text, _delta_frame("response.reasoning_summary_text.delta", self._summary))
                return (text,)
            case ToolCallPart():
                if self._empty["type"] == "custom_tool_call":
                    return ()
                return (_delta_frame("response.function_call_arguments.delta", self._at),)

    def delta(self, event: TextDelta) -> Payload:
        logprobs = logprob_list(event.logprobs)
        self._logprobs += logprobs
        return "response.output_text.delta", {**self._content, "delta": event.text, "logprobs": logprobs}

    def cited(self, text: str) -> list[Payload]:
        """The annotations that end with this delta."""
        if self._finder is None:
            return []
        found = annotations_of(piece for piece in self._finder.feed(text) if isinstance(piece, Cited))
        first = len(self._annotations)
        self._annotations += found
        return [
            ("response.output_text.annotation.added", {**self._content, "annotation_index": at, "annotation": one})
            for at, one in enumerate(found, first)
        ]

    def is_half_call(self, text: str) -> bool:
        """Whether it is a call whose arguments, `text`, end in the middle."""
        return isinstance(self._part, ToolCallPart) and is_cut(text)

    def finished(self, text: str, status: ItemStatus) -> dict[str, Any]:
        """The item with all its text."""
        self._text = text
        match self._part:
            case TextPart():
                part = TextPart(text)
            case ReasoningPart():
                part = ReasoningPart(text)
            case ToolCallPart() as opened:
                part = ToolCallPart(opened.call_id, opened.name, text)
        return part_item(
            part,
            self._place,
            status=status,
            call=self._call,
            logprobs=self._logprobs,
            annotations=self._annotations,
        )

    def closing(self, item: dict[str, Any]) -> list[Payload]:
        """The events that close it; `item` is what `finished` gave."""
        done = ("response.output_item.done", {"output_index": self._place.index, "item": item})
        match item["type"]:
            case "message":
                return [*self._text_done(item["content"][0]), done]
            case "reasoning":
                return [*self._reasoning_done(item), done]
            case "custom_tool_call":
                return [*self._input_done(item["input"]), done]
            case _:
                return [*self._arguments_done(item), done]

    def _text_done(self, part: dict[str, Any]) -> list[Payload]:
        text = {**self._content, "text": part["text"], "logprobs": part["logprobs"]}
        return [("response.output_text.done", text), ("response.content_part.done", {**self._content, "part": part})]

    def _reasoning_done(self, item: dict[str, Any]) -> list[Payload]:
        part = item["content"][0]
        closing: list[Payload] = [
            ("response.reasoning_text.done", {**self._content, "text": part["text"]}),
            ("response.content_part.done", {**self._content, "part": part}),
        ]
        for summary in item["summary"]:
            text = {**self._summary, "text": summary["text"]}
            closing.append(("response.reasoning_summary_text.done", text))
            closing.append(("response.reasoning_summary_part.done", {**self._summary, "part": summary}))
        return closing

    def _input_done(self, text: str) -> list[Payload]:
        return [
            ("response.custom_tool_call_input.delta", {**self._at, "delta": text}),
            ("response.custom_tool_call_input.done", {**self._at, "input": text}),
        ]

    def _arguments_done(self, item: dict[str, Any]) -> list[Payload]:
        """`{}` of a call without arguments was never written by the model: it is given as one more delta."""
        name, arguments = item["name"], item["arguments"]
        done = ("response.function_call_arguments.done", {**self._at, "name": name, "arguments": arguments})
        if arguments and not self._text:
            return [("response.function_call_arguments.delta", {**self._at, "delta": arguments}), done]
        return [done]


def _delta_frame(name: str, members: dict[str, Any], rest: bytes = b"") -> tuple[bytes, bytes]:
    start = orjson.dumps({"type": name, **members})[:-1]
    return b'event: %b\ndata: %b,"delta":' % (name.encode(), start), rest + b',"sequence_number":'
