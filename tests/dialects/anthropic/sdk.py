"""The official SDK as judge of our bytes: its client reads them, its models check them.

The SDK's models take unknown fields; `check_event` and `check_message` do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import anthropic
import httpx2
import orjson
import pydantic
from anthropic.types import Message, RawMessageStreamEvent

from unsloth_studio.sse import SseDecoder

_EVENT: pydantic.TypeAdapter[RawMessageStreamEvent] = pydantic.TypeAdapter(RawMessageStreamEvent)
_QUESTION: Any = {"model": "demo", "max_tokens": 16, "messages": [{"role": "user", "content": "Hello"}]}


def frames(stream: bytes) -> list[tuple[str, bytes]]:
    """Event name and data of every frame."""
    decoder = SseDecoder()
    return [(frame.event.decode(), frame.data) for frame in (*decoder.feed(stream), *decoder.finish())]


def names(stream: bytes) -> list[str]:
    return [name for name, _ in frames(stream)]


def check_event(data: bytes) -> None:
    """Raise unless `data` is an event that the SDK knows, each field of the right type and none unknown."""
    _no_extras(_EVENT.validate_json(data, strict=True), "event")


def check_message(data: bytes) -> None:
    """Raise unless `data` is a Message, each field of the right type and none unknown."""
    fields = orjson.loads(data)
    fields.pop("tool_results", None)  # ours, for who asked for the server's tools
    _no_extras(Message.model_validate_json(orjson.dumps(fields), strict=True), "message")


def _no_extras(value: object, path: str) -> None:
    if isinstance(value, pydantic.BaseModel):
        assert not value.model_extra, f"{path}: {value.model_extra}"
        for name in type(value).model_fields:
            _no_extras(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for at, item in enumerate(cast("list[object]", value)):
            _no_extras(item, f"{path}[{at}]")


class Sdk:
    """The SDK's client, answered with bytes of ours instead of by a server."""

    def __init__(self) -> None:
        self._reply = httpx2.Response(500)
        transport = httpx2.MockTransport(lambda request: self._reply)
        self._client = anthropic.Anthropic(
            api_key="none", base_url="http://server", max_retries=0, http_client=httpx2.Client(transport=transport)
        )

    def streamed(self, stream: bytes) -> dict[str, Any]:
        """The message that the SDK accumulates from `stream`. Raises `anthropic.APIStatusError` at an error frame."""
        self._reply = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)
        with self._client.messages.stream(**_QUESTION) as events:
            return _plain(events.get_final_message().to_dict())

    def whole(self, body: bytes, status: int = 200) -> dict[str, Any]:
        """The message that the SDK reads from `body`; raises what it raises for another status."""
        self._reply = httpx2.Response(status, headers={"content-type": "application/json"}, content=body)
        return _plain(cast("Message", self._client.messages.create(**_QUESTION)).to_dict())

    def close(self) -> None:
        self._client.close()


def _plain(message: Mapping[str, object]) -> dict[str, Any]:
    """Without the fields that are null, which the SDK sets in one way of reading and leaves out in the other, and without
    ours, which its stream does not put together."""
    return {name: value for name, value in message.items() if value is not None and name != "tool_results"}
