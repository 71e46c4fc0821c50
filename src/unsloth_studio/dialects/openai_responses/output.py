"""Output items and the response object: what a reply says, whether it is streamed or whole.

One rule: an item is made here from a part and nowhere else, so that the end of a stream and a whole reply are equal.
Format: `ResponseOutputItem` and `Response` of the official Python SDK.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Literal, TypeGuard

import orjson
from msgspec import Struct

from unsloth_studio.dialects.citation_marks import Cited
from unsloth_studio.dialects.openai_responses.read import ResponsesCall
from unsloth_studio.turn.errors import ErrorKind, TurnError
from unsloth_studio.turn.events import FinishReason, TokenLogprob, Usage
from unsloth_studio.turn.messages import ReasoningPart, StreamedPart, TextPart, ToolCallPart

ItemStatus = Literal["in_progress", "completed", "incomplete"]

INCOMPLETE_REASON: dict[FinishReason, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why a turn that ended is not complete; other finish reasons mean that it is."""

_ERROR_CODE: dict[ErrorKind, str] = {
    "invalid_request": "invalid_prompt",
    "context_overflow": "context_length_exceeded",  # not in the SDK's list, but what Codex looks for
    "rate_limited": "rate_limit_exceeded",
}
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]+")


class ItemPlace(Struct, frozen=True):
    """Where an item stands: the turn's id and the item's `output_index`. Both together make the item's id."""

    turn_id: str
    index: int

    def id(self, prefix: str) -> str:
        return f"{prefix}_{self.turn_id}_{self.index}"


def runs_here(part: StreamedPart) -> TypeGuard[ToolCallPart]:
    """A call of ours is never a `function_call`: the client would try to run it once more."""
    return isinstance(part, ToolCallPart) and part.runs_on == "server"


def is_cut(arguments: str) -> bool:
    """Whether the arguments of a turn's last call end in the middle. A call that was cut is none: clients run what they get
    as soon as its item is done."""
    try:
        return not isinstance(orjson.loads(arguments or "{}"), dict)
    except orjson.JSONDecodeError:
        return True


def message_item(
    part: TextPart, place: ItemPlace, *, status: ItemStatus, logprobs: list[Any], annotations: list[Any]
) -> dict[str, Any]:
    content = [] if status == "in_progress" else [text_content(part.text, logprobs, annotations)]
    item_id = place.id("msg")
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def text_content(text: str, logprobs: list[Any], annotations: list[Any]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": logprobs}


def annotations_of(cited: Iterable[Cited]) -> list[dict[str, Any]]:
    """An annotation for each source that a mark names; it covers the mark."""
    return [
        {
            "type": "url_citation",
            "start_index": mark.start,
            "end_index": mark.end,
            "title": source.title,
            "url": source.url,
        }
        for mark in cited
        for source in mark.sources
    ]


def reasoning_item(part: ReasoningPart, place: ItemPlace, *, status: ItemStatus, call: ResponsesCall) -> dict[str, Any]:
    """`content` is what the model thought. Where a summary was asked for, the same text is its own summary: that is the
    form which most clients show, and the one which Codex sends back in the next request."""
    done = status != "in_progress"
    item: dict[str, Any] = {
        "id": place.id("rs"),
        "type": "reasoning",
        "status": status,
        "summary": [{"type": "summary_text", "text": part.text}] if done and call.summarize else [],
        "content": [{"type": "reasoning_text", "text": part.text}] if done else [],
    }
    if call.encrypted_reasoning:
        item["encrypted_content"] = None
    return item


def call_item(part: ToolCallPart, place: ItemPlace, *, status: ItemStatus, call: ResponsesCall) -> dict[str, Any]:
    """A `function_call` or, for a custom tool, a `custom_tool_call` item, under the name that the client gave."""
    tool = call.tool_names.to_wire(part.name)
    item: dict[str, Any] = {"call_id": wire_call_id(part.call_id, place), "name": tool.name}
    if tool.namespace is not None:
        item["namespace"] = tool.namespace
    if tool.custom:
        return {"id": place.id("ctc"), "type": "custom_tool_call", **item, "input": custom_input(part.arguments)}
    arguments = part.arguments or ("{}" if status == "completed" else "")
    return {"id": place.id("fc"), "type": "function_call", "status": status, **item, "arguments": arguments}


def part_item(
    part: StreamedPart,
    place: ItemPlace,
    *,
    status: ItemStatus,
    call: ResponsesCall,
    logprobs: list[Any],
    annotations: list[Any],
) -> dict[str, Any]:
    match part:
        case TextPart():
            return message_item(part, place, status=status, logprobs=logprobs, annotations=annotations)
        case ReasoningPart():
            return reasoning_item(part, place, status=status, call=call)
        case ToolCallPart():
            return call_item(part, place, status=status, call=call)


def wire_call_id(call_id: str, place: ItemPlace) -> str:
    """A `call_...` id: the engine's own where it has that form, else one made from it, the same at every turn."""
    if call_id.startswith("call_"):
        return call_id
    if not call_id:
        return place.id("call")
    return f"call_{call_id if _PLAIN_ID.fullmatch(call_id) else hashlib.sha256(call_id.encode()).hexdigest()[:24]}"


def custom_input(arguments: str) -> str:
    """The free text inside `{"input": "..."}`; whatever else the model wrote is taken to be the text itself."""
    try:
        value: Any = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return arguments
    match value:
        case {"input": str(text)}:
            return text
        case _:
            return arguments


def logprob_list(logprobs: Iterable[TokenLogprob]) -> list[dict[str, Any]]:
    return [{**_logprob(entry), "top_logprobs": [_logprob(other) for other in entry.top]} for entry in logprobs]


def _logprob(entry: TokenLogprob) -> dict[str, Any]:
    return {"token": entry.token, "logprob": entry.logprob, "bytes": list(entry.utf8)}


def usage_object(usage: Usage) -> dict[str, Any]:
    """Token counts; `cache_write_tokens` is there because the SDK requires it, writing to the cache costs nothing here."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def failure_object(error: TurnError, message: str) -> dict[str, str]:
    """The `error` of a failed response: `ResponseError` of the SDK, whose codes are fewer than those of an error reply."""
    return {"code": _ERROR_CODE.get(error.kind, "server_error"), "message": message}


class ResponseHead(Struct, frozen=True):
    """What every state of one response object shares; `created` is in seconds since 1970."""

    call: ResponsesCall
    created: int
    turn_id: str = "unstarted"
    model: str = ""

    def object(self, status: str, output: list[dict[str, Any]], **rest: Any) -> bytes:
        """The response object as JSON; `rest` may set `usage`, `error` and `incomplete_details`."""
        members: dict[str, Any] = {
            "id": f"resp_{self.turn_id}",
            "object": "response",
            "created_at": self.created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": self.model,
            "output": output,
            "usage": None,
            **rest,
        }
        echo = self.call.echo[1:]
        return orjson.dumps(members)[:-1] + (b"," if len(echo) > 1 else b"") + echo

    def finished(self, output: list[dict[str, Any]], finish_reason: FinishReason, usage: Usage) -> bytes:
        """The response object of a turn that ended: `completed`, or `incomplete` with the reason."""
        if reason := INCOMPLETE_REASON.get(finish_reason):
            cut = {"reason": reason}
            return self.object("incomplete", output, usage=usage_object(usage), incomplete_details=cut)
        return self.object("completed", output, usage=usage_object(usage))
