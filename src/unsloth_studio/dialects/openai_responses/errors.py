"""The error reply of the Responses dialect: the envelope of all OpenAI dialects, where the prompt is called `input`."""

from __future__ import annotations

from unsloth_studio.dialects import openai_errors
from unsloth_studio.turn.errors import TurnError


def error_body(error: TurnError) -> bytes:
    """The JSON body of an error reply."""
    return openai_errors.error_body(error, overflow_param="input")
