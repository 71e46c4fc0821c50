"""The official SDK as the judge of what we write: its models in strict mode, and its own stream accumulator."""

from __future__ import annotations

import json
from typing import Any, cast, get_args

import httpx2
import openai
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel

from unsloth_studio.dialects.openai_responses.read import ResponsesCall
from unsloth_studio.dialects.openai_responses.write import ResponsesStreamWriter
from unsloth_studio.sse import SseDecoder
from unsloth_studio.turn.events import Event

CREATED = 1_700_000_000

BEYOND_THE_SDK = {"store", "name", "bytes"}
"""Members that the API has and this SDK's models do not name: `store` of a response, `name` of finished arguments, `bytes`
of a streamed log probability."""

OURS = {"tool_output", "tool_approval"}
"""Events that only who asked for the server's tools gets."""

_MODELS: dict[str, type[BaseModel]] = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(ResponseStreamEvent)[0])
}


def written(call: ResponsesCall, events: list[Event]) -> bytes:
    return ResponsesStreamWriter(call, created=CREATED).feed(events)


def payloads(stream: bytes) -> list[dict[str, Any]]:
    """The events of a stream as plain JSON, after a check that the frame's name is the event's type."""
    frames = SseDecoder().feed(stream)
    found: list[dict[str, Any]] = [json.loads(frame.data) for frame in frames]
    assert [frame.event.decode() for frame in frames] == [event["type"] for event in found]
    return found


def validate_event(event: dict[str, Any]) -> None:
    if event["type"] in OURS:
        return
    model = _MODELS[event["type"]].model_validate_json(json.dumps(event), strict=True)
    assert _unknown(model) <= BEYOND_THE_SDK


def validate_response(body: bytes) -> None:
    assert _unknown(Response.model_validate_json(body, strict=True)) <= BEYOND_THE_SDK


def accumulated(stream: bytes) -> tuple[Response, dict[int, str]]:
    """What the SDK's streaming helper makes of `stream`: the last response object, and the text it added up from deltas
    for each message, by output index."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    texts: dict[int, str] = {}
    last: Response | None = None
    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = openai.OpenAI(api_key="k", base_url="http://127.0.0.1/v1", http_client=http)
    with client, client.responses.stream(model="demo", input="Hi") as events:
        for event in events:
            if event.type == "response.output_text.delta":
                texts[event.output_index] = event.snapshot
            response: object = getattr(event, "response", None)
            last = response if isinstance(response, Response) else last
    assert last is not None
    return last, texts


def _unknown(value: object) -> set[str]:
    """Names of members that no model knows, at any depth."""
    if isinstance(value, BaseModel):
        names = set(value.model_extra or {})
        return names.union(*(_unknown(getattr(value, name)) for name in type(value).model_fields))
    if isinstance(value, list):
        names: set[str] = set()
        return names.union(*(_unknown(item) for item in cast("list[object]", value)))
    return set()
