"""The error envelope of the OpenAI dialects: `{"error": {"message", "type", "param", "code"}}`.

One rule: all four fields are always there, null when empty; clients look at `code` first, then at words of the message.
Format: OpenAI API reference, "Error codes", and `ErrorObject` of the official Python SDK.
"""

from __future__ import annotations

from typing import Any

import orjson

from unsloth_studio.turn.errors import ErrorKind, TurnError

_TYPE_AND_CODE: dict[ErrorKind, tuple[str, str | None]] = {
    "invalid_request": ("invalid_request_error", None),
    "context_overflow": ("invalid_request_error", "context_length_exceeded"),
    "authentication": ("authentication_error", "invalid_api_key"),
    "permission": ("permission_error", None),
    "not_found": ("not_found_error", None),
    "conflict": ("conflict_error", "conflict"),
    "method_not_allowed": ("invalid_request_error", "method_not_allowed"),
    "body_too_large": ("invalid_request_error", "request_too_large"),
    "rate_limited": ("rate_limit_error", "rate_limit_exceeded"),
    "engine_unavailable": ("api_error", "engine_unavailable"),
    "engine_lost": ("api_error", "engine_lost"),
    "engine_error": ("api_error", "engine_error"),
    "internal": ("api_error", "internal_error"),
}


def error_object(error: TurnError, *, overflow_param: str = "messages") -> dict[str, Any]:
    """The inner object. The error's own `code` wins over its kind's; `overflow_param` is the field that holds the prompt
    in the dialect at hand ("messages" or "input"), used when a context overflow does not name one itself."""
    kind, code = _TYPE_AND_CODE[error.kind]
    overflow = error.kind == "context_overflow"
    return {
        "message": _overflow_message(error, error.param or overflow_param) if overflow else error.message,
        "type": kind,
        "param": error.param or (overflow_param if overflow else None),
        "code": error.code or code,
    }


def error_body(error: TurnError, *, overflow_param: str = "messages") -> bytes:
    """The whole JSON body of an error reply; also the data of the error frame in a Chat or Completions stream."""
    return orjson.dumps({"error": error_object(error, overflow_param=overflow_param)})


def _overflow_message(error: TurnError, field: str) -> str:
    """The sentence that OpenAI clients search for when they decide to compact the conversation."""
    if error.prompt_tokens is None or error.context_length is None:
        return error.message
    return (
        f"This model's maximum context length is {error.context_length} tokens. "
        f"However, your {field} resulted in {error.prompt_tokens} tokens. "
        f"Please shorten the {field}, or start the server with a larger context (-c)."
    )
