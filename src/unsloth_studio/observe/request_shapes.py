"""What is told of a request: the same for the monitor's list, its live stream and one request opened. Values only."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from unsloth_studio.observe.cache_log import CacheNote

RequestStatus = Literal["queued", "loading", "reading", "writing", "tool", "done", "failed", "cancelled"]


class RequestKey(msgspec.Struct, frozen=True):
    """Whose request it is; id 0 is a key that was given by environment."""

    id: int
    name: str


class RequestSummary(msgspec.Struct, kw_only=True, frozen=True):
    """Times in seconds: `at` since 1970, the others since the request came. `queued_seconds` is the wait for a slot and for
    the model, `tools` the calls that the model made, `repairs` what was mended in calls and history. `http_status` is null
    while the request runs, and when the client left before there was one. `cache` compares the prompt with the one
    before it in its conversation."""

    id: str
    at: float
    client: str
    key: RequestKey | None
    endpoint: str
    model: str
    status: RequestStatus
    http_status: int | None
    queued_seconds: float | None
    first_token_seconds: float | None
    total_seconds: float
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    tokens_per_second: float | None
    streamed: bool
    tools: int
    repairs: int
    finish_reason: str | None
    error: str | None
    cache: CacheNote | None


class Repair(msgspec.Struct, frozen=True):
    """What was mended: the text before and after, at most some thousand letters of each."""

    kind: str
    before: str
    after: str


class RequestDetail(RequestSummary, kw_only=True, frozen=True):
    """`messages` and `tool_definitions` are what the engine was asked with, in OpenAI's shape, as the chat template renders
    them. They and the bodies are null unless bodies were kept when the request came."""

    repairs_list: tuple[Repair, ...]
    messages: list[Any] | None
    tool_definitions: list[Any] | None
    request_body: str | None
    response_body: str | None


class Sample(msgspec.Struct, frozen=True):
    """How busy the server is. `tokens_per_second` is that of all models since the sample before, `memory_bytes` what this
    program and its engines hold."""

    at: float
    tokens_per_second: float
    active: int
    queued: int
    memory_bytes: int
