"""The envelope of the OpenAI dialects."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from unsloth_studio.dialects.openai_errors import error_body, error_object
from unsloth_studio.turn.errors import ErrorKind, TurnError


@pytest.mark.parametrize(
    ("kind", "expected_type", "expected_code"),
    [
        ("invalid_request", "invalid_request_error", None),
        ("context_overflow", "invalid_request_error", "context_length_exceeded"),
        ("authentication", "authentication_error", "invalid_api_key"),
        ("permission", "permission_error", None),
        ("not_found", "not_found_error", None),
        ("method_not_allowed", "invalid_request_error", "method_not_allowed"),
        ("body_too_large", "invalid_request_error", "request_too_large"),
        ("rate_limited", "rate_limit_error", "rate_limit_exceeded"),
        ("engine_unavailable", "api_error", "engine_unavailable"),
        ("engine_lost", "api_error", "engine_lost"),
        ("engine_error", "api_error", "engine_error"),
        ("internal", "api_error", "internal_error"),
    ],
)
def test_each_kind_has_its_type_and_code(kind: ErrorKind, expected_type: str, expected_code: str | None) -> None:
    found = error_object(TurnError(kind, "Say what to do.", param="model"))
    assert found == {"message": "Say what to do.", "type": expected_type, "param": "model", "code": expected_code}


def test_the_errors_own_code_wins() -> None:
    assert error_object(TurnError("not_found", "No such model.", code="model_not_found"))["code"] == "model_not_found"


def test_every_kind_is_in_the_table() -> None:
    for kind in get_args(ErrorKind):
        assert error_object(TurnError(kind, "x"))["type"]


def test_an_overflow_says_what_clients_search_for() -> None:
    error = TurnError("context_overflow", "too long", prompt_tokens=24019, context_length=2048)
    found = json.loads(error_body(error))["error"]
    assert found["param"] == "messages"
    assert found["message"].startswith(
        "This model's maximum context length is 2048 tokens. However, your messages resulted in 24019 tokens."
    )


def test_an_overflow_without_numbers_keeps_its_message() -> None:
    found = error_object(TurnError("context_overflow", "The prompt is too long."), overflow_param="input")
    assert (found["message"], found["param"]) == ("The prompt is too long.", "input")
