"""The bytes llama-server sends: chunk shapes, whole replies and error bodies, recorded from llama.cpp b11549.

Frames are put together from byte templates: this engine must cost less than what is measured in front of it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import orjson
from tests.fake_engine.script import Piece

LOADING: dict[str, Any] = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
UNAUTHORIZED: dict[str, Any] = {"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}}
NOT_FOUND: dict[str, Any] = {"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}}
INVALID: dict[str, Any] = {
    "error": {
        "code": 400,
        "message": "Field 'temperature': [json.exception.type_error.302] type must be number, but is string",
        "type": "invalid_request_error",
    }
}
PARSER_ERROR: dict[str, Any] = {
    "error": {
        "code": 500,
        "message": "The model produced output that does not match the expected peg-native format",
        "type": "server_error",
    }
}
ERROR_FRAME = b'data: {"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}\n\n'
DONE = b"data: [DONE]\n\n"


def overflow(prompt_tokens: int, context_length: int) -> dict[str, Any]:
    """The 400 for a prompt that does not fit, in tokens."""
    message = (
        f"request ({prompt_tokens} tokens) exceeds the available context size ({context_length} tokens), "
        "try increasing it"
    )
    kind = "exceed_context_size_error"
    counts = {"n_prompt_tokens": prompt_tokens, "n_ctx": context_length}
    return {"error": {"code": 400, "message": message, "type": kind, **counts}}


@dataclass(slots=True)
class Tally:
    """Tokens of one reply, and what was said so far (for the whole reply)."""

    prompt_tokens: int
    completion_tokens: int = 0
    content: list[str] = field(default_factory=list[str])
    reasoning: list[str] = field(default_factory=list[str])
    tool_calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def add(self, piece: Piece) -> None:
        self.completion_tokens += 1
        if piece.field == "content":
            self.content.append(piece.text)
        elif piece.field == "reasoning_content":
            self.reasoning.append(piece.text)
        elif piece.name:
            function = {"name": piece.name, "arguments": piece.text}
            self.tool_calls.append({"type": "function", "function": function, "id": secrets.token_hex(16)})
        else:
            self.tool_calls[-1]["function"]["arguments"] += piece.text

    def usage(self) -> dict[str, Any]:
        prompt, completion = self.prompt_tokens, self.completion_tokens
        return {
            "completion_tokens": completion,
            "prompt_tokens": prompt,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": 0},
        }

    def timings(self) -> dict[str, Any]:
        """The engine's clock; the numbers are made up (0.1 ms per prompt token, 1 ms per generated token)."""
        prompt, predicted = self.prompt_tokens, self.completion_tokens
        return {
            "cache_n": 0,
            "prompt_n": prompt,
            "prompt_ms": prompt * 0.1,
            "prompt_per_token_ms": 0.1,
            "prompt_per_second": 10000.0,
            "predicted_n": predicted,
            "predicted_ms": predicted * 1.0,
            "predicted_per_token_ms": 1.0,
            "predicted_per_second": 1000.0,
        }


class ChatShape:
    """`/v1/chat/completions`."""

    def __init__(self, model: str, created: int, body: dict[str, Any]) -> None:
        self._id = f"chatcmpl-{secrets.token_hex(16)}"
        self._head = {"created": created, "id": self._id, "model": model, "system_fingerprint": "b0-unknown"}
        self._tail = orjson.dumps({**self._head, "object": "chat.completion.chunk"})[1:-1]
        self._with_logprobs = bool(body.get("logprobs"))
        stream_options: dict[str, Any] | None = body.get("stream_options")
        self._with_usage = bool(stream_options and stream_options.get("include_usage"))
        self.with_progress = bool(body.get("return_progress"))

    def frame(self, delta: bytes, *, finish: bytes = b"null", extra: bytes = b"") -> bytes:
        return b'data: {"choices":[{"finish_reason":%b,"index":0,"delta":%b}],%b%b}\n\n' % (
            finish,
            delta,
            self._tail,
            extra,
        )

    def start(self) -> bytes:
        return self.frame(b'{"role":"assistant","content":null}')

    def progress(self, total: int, processed: int, *, time_ms: int) -> bytes:
        counts = {"total": total, "cache": 0, "processed": processed, "time_ms": time_ms}
        extra = b',"prompt_progress":' + orjson.dumps(counts)
        return self.frame(b'{"role":"assistant","content":null}', extra=extra)

    def piece(self, piece: Piece, tally: Tally) -> bytes:
        if piece.field == "tool_call":
            return self.frame(_tool_delta(piece, tally))
        delta = b'{"%b":%b}' % (piece.field.encode(), orjson.dumps(piece.text))
        if self._with_logprobs and piece.field == "content":
            delta += b',"logprobs":' + orjson.dumps({"content": [_logprob(piece.text)]})
        return self.frame(delta)

    def end(self, finish_reason: str, tally: Tally) -> bytes:
        finish = b'"%b"' % finish_reason.encode()
        timings = b',"timings":' + orjson.dumps(tally.timings())
        if not self._with_usage:
            return self.frame(b"{}", finish=finish, extra=timings)
        usage = b',"usage":' + orjson.dumps(tally.usage())
        return self.frame(b"{}", finish=finish) + b'data: {"choices":[],%b%b%b}\n\n' % (self._tail, usage, timings)

    def whole(self, finish_reason: str, tally: Tally) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(tally.content)}
        if tally.reasoning:
            message["reasoning_content"] = "".join(tally.reasoning)
        if tally.tool_calls:
            message["tool_calls"] = tally.tool_calls
        choice = {"finish_reason": finish_reason, "index": 0, "message": message}
        reply = {"choices": [choice], **self._head, "object": "chat.completion"}
        return {**reply, "usage": tally.usage(), "timings": tally.timings()}


class CompletionShape:
    """`/v1/completions`: text without a chat template."""

    with_progress = False

    def __init__(self, model: str, created: int) -> None:
        self._head = {"created": created, "model": model, "system_fingerprint": "b0-unknown"}
        self._head |= {"object": "text_completion", "id": f"chatcmpl-{secrets.token_hex(16)}"}

    def start(self) -> bytes:
        return b""

    def progress(self, total: int, processed: int, *, time_ms: int) -> bytes:
        del total, processed, time_ms
        return b""

    def piece(self, piece: Piece, tally: Tally) -> bytes:
        del tally
        return self._frame(piece.text, None, {})

    def end(self, finish_reason: str, tally: Tally) -> bytes:
        return self._frame("", finish_reason, {"usage": tally.usage(), "timings": tally.timings()})

    def whole(self, finish_reason: str, tally: Tally) -> dict[str, Any]:
        return self._value("".join(tally.content), finish_reason, {"usage": tally.usage(), "timings": tally.timings()})

    def _frame(self, text: str, finish_reason: str | None, extra: dict[str, Any]) -> bytes:
        return b"data: " + orjson.dumps(self._value(text, finish_reason, extra)) + b"\n\n"

    def _value(self, text: str, finish_reason: str | None, extra: dict[str, Any]) -> dict[str, Any]:
        choice = {"text": text, "index": 0, "logprobs": None, "finish_reason": finish_reason}
        return {"choices": [choice], **self._head, **extra}


Shape = ChatShape | CompletionShape


def _tool_delta(piece: Piece, tally: Tally) -> bytes:
    number = len(tally.tool_calls) - 1
    if piece.name:
        call = tally.tool_calls[number]
        function = {"name": piece.name, "arguments": piece.text}
        return orjson.dumps(
            {"tool_calls": [{"index": number, "id": call["id"], "type": "function", "function": function}]}
        )
    return orjson.dumps({"tool_calls": [{"index": number, "function": {"arguments": piece.text}}]})


def _logprob(token: str) -> dict[str, Any]:
    entry = {"id": 1, "token": token, "bytes": list(token.encode()), "logprob": -0.25}
    return {**entry, "top_logprobs": [entry]}
