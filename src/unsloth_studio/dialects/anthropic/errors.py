"""The error envelope of the Messages dialect: `{"type": "error", "error": {"type", "message"}, "request_id"}`.

The rule: clients act on `type` and on a few fixed sentences, so those are exactly the API's. `param` and `details` are
additions inside `error`: every model of the SDK takes unknown fields, and the SDK itself reads `details`.
Format: Anthropic API reference, "Errors"; Python SDK 2.12, `types/shared/error_object.py`.
"""

from __future__ import annotations

from typing import Any

import orjson

from unsloth_studio.turn.errors import ErrorKind, TurnError

_TYPE: dict[ErrorKind, str] = {
    "invalid_request": "invalid_request_error",
    "context_overflow": "invalid_request_error",
    "authentication": "authentication_error",
    "permission": "permission_error",
    "not_found": "not_found_error",
    "conflict": "invalid_request_error",
    "method_not_allowed": "invalid_request_error",
    "body_too_large": "request_too_large",
    "rate_limited": "rate_limit_error",
    "engine_unavailable": "overloaded_error",
    "engine_lost": "api_error",
    "engine_error": "api_error",
    "internal": "api_error",
}


def error_body(error: TurnError, request_id: str | None = None) -> bytes:
    """The whole JSON body of an error reply; also the data of the `error` frame in a stream."""
    inner: dict[str, Any] = {"type": _TYPE[error.kind], "message": _message(error)}
    if error.param is not None:
        inner["param"] = error.param
    if details := _details(error):
        inner["details"] = details
    return orjson.dumps({"type": "error", "error": inner, "request_id": request_id})


def _message(error: TurnError) -> str:
    """Agents look for this sentence of the API's to decide that they must compact the conversation."""
    if error.kind != "context_overflow":
        return error.message
    if error.prompt_tokens is None or error.context_length is None:
        return f"prompt is too long: {error.message}"
    return f"prompt is too long: {error.prompt_tokens} tokens > {error.context_length} maximum"


def _details(error: TurnError) -> dict[str, Any] | None:
    """What the SDK's tool runner reads to go on without threads (its `lib/threads/_thread_state.py`), and the code by which
    Continue (1.5) knows an overflow in this dialect: it looks for the word "context" in the whole body."""
    if error.kind == "context_overflow":
        return {"error_code": error.code or "context_length_exceeded"}
    if error.code == "thread_unsupported_request":
        return {"error_code": error.code, "unsupported": [error.param or "thread"]}
    return {"error_code": error.code} if error.code is not None else None
