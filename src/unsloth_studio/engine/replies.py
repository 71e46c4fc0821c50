"""What an engine's error means for the client: its HTTP error replies and its error frames, by one table.

Sources: llama.cpp server README and source (`exceed_context_size_error`, `unavailable_error`, ...), vLLM's wording of
the same. The engine answers 500 for some mistakes that are the client's; those rows turn them into 400.
"""

from __future__ import annotations

import re
from typing import Any, cast

import orjson

from unsloth_studio.turn.errors import TurnError

_CLIENTS_FAULT = re.compile(
    r"failed to parse (messages|tool call arguments)"
    r"|jinja|chat template|template (error|exception)|raise_exception"
    r"|audio input is not supported"
    r"|json.?schema|invalid grammar|failed to (parse|initialize) (grammar|samplers)"
    r"|type_error\.30|out_of_range\.40|tokeniz",
    re.IGNORECASE,
)
_PARSER_FAULT = re.compile(
    r"peg-native|peg-simple|failed to parse input|does not match the expected .* format|empty grammar stack"
    r"|failed to (parse|initialize) (grammar|samplers)|invalid grammar|json.?schema"
    r"|jinja|chat template|template (error|exception)|raise_exception",
    re.IGNORECASE,
)
PARSER_FAULT = "engine_parser"
"""The code of errors in the engine's own tool parsing, grammar or template; without those the request may well work."""

_BLIND = re.compile(
    r"image input is not supported|does not support (image|multimodal)|not a multimodal model|unknown part type: image",
    re.IGNORECASE,
)
_BAD_IMAGE = re.compile(
    r"failed to (load|decode|process|open|identify) (the )?image|cannot identify image file|invalid image",
    re.IGNORECASE,
)
CANNOT_SEE = (
    "This model cannot see images: load one with a projector (mmproj), or send the request without images, "
    "those in earlier messages included."
)
_VLLM_OVERFLOW = re.compile(r"maximum context length is (?P<limit>\d+)\D+?(?P<asked>\d+) .{0,40}tokens", re.DOTALL)


def lost_error(*, managed: bool, begun: bool) -> TurnError:
    """The engine went away: in the middle of a reply (`begun`), or before it said anything.

    The wording "Lost connection to the model server" is documented, and people search for it.
    """
    when = "it stopped in the middle of this reply" if begun else "it does not answer"
    then = (
        "It is being restarted; send the request again."
        if managed
        else "See to that server, then send the request again."
    )
    kind = "engine_lost" if begun else "engine_unavailable"
    return TurnError(kind, f"Lost connection to the model server: {when}. {then}", code="engine_lost", retry_after=2)


def error_of_reply(status: int, body: bytes, *, retry_after: str | None = None) -> TurnError:
    """The meaning of an HTTP error reply of the engine."""
    message, fields = _read(body)
    if status == 429:
        wait = int(retry_after) if retry_after and retry_after.isdigit() else 5
        return TurnError("rate_limited", "The model server is busy; try again in a moment.", retry_after=wait)
    if status == 503:
        return TurnError("engine_unavailable", "The model is still loading; try again in a moment.", retry_after=5)
    if status in (401, 403):
        return TurnError(
            "engine_error",
            "The model server behind this endpoint refused our key. The operator must set the right --upstream-key.",
        )
    return error_of_frame(status, message, fields)


def error_of_frame(status: int, message: str, fields: dict[str, Any]) -> TurnError:
    """The meaning of the engine's error object, whether it came as a reply or inside a stream."""
    if fields.get("type") == "exceed_context_size_error":
        return _overflow(fields.get("n_prompt_tokens"), fields.get("n_ctx"))
    if overflow := _VLLM_OVERFLOW.search(message):
        return _overflow(int(overflow["asked"]), int(overflow["limit"]))
    if _BLIND.search(message):
        return TurnError("invalid_request", CANNOT_SEE, code="image_not_supported")
    if _BAD_IMAGE.search(message):
        said = f"The engine cannot read an image of this request: {message}"
        return TurnError("invalid_request", said, code="invalid_image")
    if status == 404:
        return TurnError("not_found", message or "The model server does not know this model.", code="model_not_found")
    code = PARSER_FAULT if _PARSER_FAULT.search(message) else None
    if 400 <= status < 500 or _CLIENTS_FAULT.search(message):
        said = f"The engine cannot answer this request: {message or 'no reason given'}"
        return TurnError("invalid_request", said, code=code)
    return TurnError("engine_error", f"The engine failed to answer: {message or 'no reason given'}", code=code)


def read_error_frame(error: Any) -> TurnError:
    """The meaning of `{"error": ...}` in mid-stream."""
    fields = _object(error)
    code = fields.get("code")
    return error_of_frame(code if isinstance(code, int) else 500, str(fields.get("message", error)), fields)


def _overflow(asked: Any, limit: Any) -> TurnError:
    return TurnError(
        "context_overflow",
        f"The prompt has {asked} tokens, more than the context length of {limit} tokens. Shorten the conversation.",
        prompt_tokens=asked if isinstance(asked, int) else None,
        context_length=limit if isinstance(limit, int) else None,
    )


def _read(body: bytes) -> tuple[str, dict[str, Any]]:
    """Message and error object of a reply; llama.cpp and OpenAI nest it under `error`, some vLLM versions do not."""
    try:
        reply = _object(orjson.loads(body))
    except orjson.JSONDecodeError:
        return body[:500].decode(errors="replace").strip(), {}
    fields = _object(reply.get("error", reply))
    return str(fields.get("message", reply.get("detail", ""))), fields


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
