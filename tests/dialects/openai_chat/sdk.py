"""The official Python SDK as judge: its pydantic models in strict mode, and its accumulator."""

from __future__ import annotations

from collections.abc import Iterator

from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionMessageFunctionToolCall,
)
from pydantic import BaseModel

from unsloth_studio.sse import SseDecoder

EXTRA_FIELDS = {
    "reasoning_content", "timings", "tool_result", "tool_results", "tool_output", "tool_approval", "annotations",
}  # fmt: skip
"""Keys of ours on the SDK's models. `reasoning_content` is DeepSeek's, `timings` llama.cpp's, `annotations` of a delta are
OpenAI's own; those of tools are only there for who asked for the server's tools. All are documented."""


def frames(stream: bytes) -> list[bytes]:
    """The data of each frame."""
    decoder = SseDecoder()
    found = decoder.feed(stream)
    assert decoder.finish() == [], "the stream ends inside a frame"
    assert all(not frame.event for frame in found), "this dialect names no events"
    return [frame.data for frame in found]


def strict_chunk(data: bytes) -> ChatCompletionChunk:
    chunk = ChatCompletionChunk.model_validate_json(data, strict=True)
    assert extra_fields(chunk) <= EXTRA_FIELDS
    return chunk


def strict_completion(data: bytes) -> ChatCompletion:
    completion = ChatCompletion.model_validate_json(data, strict=True)
    assert extra_fields(completion) <= EXTRA_FIELDS
    return completion


def function_calls(message: ChatCompletionMessage) -> list[ChatCompletionMessageFunctionToolCall]:
    """The tool calls of `message`, of which none is of another kind."""
    calls = message.tool_calls or []
    functions = [call for call in calls if isinstance(call, ChatCompletionMessageFunctionToolCall)]
    assert len(functions) == len(calls)
    return functions


def extra_fields(model: BaseModel) -> set[str]:
    """Names of the fields, at any depth, that the SDK's models do not have."""
    return set(_extra_fields(model))


def _extra_fields(value: object) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from value.model_extra or {}
        for name in type(value).model_fields:
            yield from _extra_fields(getattr(value, name))
    elif isinstance(value, list):
        for entry in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _extra_fields(entry)  # pyright: ignore[reportUnknownArgumentType]


def accumulated(chunks: list[ChatCompletionChunk]) -> ChatCompletion:
    """What the SDK makes of the chunks of a whole stream."""
    state: ChatCompletionStreamState[None] = ChatCompletionStreamState()
    for chunk in chunks:
        for _ in state.handle_chunk(chunk):
            pass
    return state.current_completion_snapshot
