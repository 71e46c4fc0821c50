"""The error envelope, as the API gives it and as the SDK types it."""

from __future__ import annotations

from typing import get_args

import orjson
import pytest
from anthropic.types import ErrorResponse

from unsloth_studio.dialects.anthropic.errors import error_body
from unsloth_studio.turn.errors import ErrorKind, TurnError

KINDS: list[ErrorKind] = list(get_args(ErrorKind))

TYPES: dict[ErrorKind, str] = {
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


@pytest.mark.parametrize("kind", KINDS)
def test_type_of_each_kind(kind: ErrorKind) -> None:
    overflow = kind == "context_overflow"
    assert orjson.loads(error_body(TurnError(kind, "Say what."), "req_1")) == {
        "type": "error",
        "error": {
            "type": TYPES[kind],
            "message": "prompt is too long: Say what." if overflow else "Say what.",
            **({"details": {"error_code": "context_length_exceeded"}} if overflow else {}),
        },
        "request_id": "req_1",
    }


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "body_too_large"])
def test_sdk_models_take_every_type_it_names(kind: ErrorKind) -> None:
    body = error_body(TurnError(kind, "Say what.", param="messages[0]", code="thread_not_found"))
    assert ErrorResponse.model_validate_json(body, strict=True).error.message


def test_context_overflow_says_the_sentence_that_clients_look_for() -> None:
    error = TurnError("context_overflow", "ignored", prompt_tokens=24019, context_length=2048)
    assert orjson.loads(error_body(error))["error"]["message"] == "prompt is too long: 24019 tokens > 2048 maximum"


def test_field_at_fault_and_reason_are_added() -> None:
    error = TurnError("invalid_request", "top_k: too small.", param="top_k", code="too_small")
    assert orjson.loads(error_body(error))["error"] == {
        "type": "invalid_request_error",
        "message": "top_k: too small.",
        "param": "top_k",
        "details": {"error_code": "too_small"},
    }
