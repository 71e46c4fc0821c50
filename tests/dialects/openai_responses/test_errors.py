"""The error reply of the Responses dialect."""

from __future__ import annotations

import json

from unsloth_studio.dialects.openai_responses.errors import error_body
from unsloth_studio.turn.errors import TurnError


def test_an_overflow_blames_the_input() -> None:
    assert json.loads(error_body(TurnError("context_overflow", "too long")))["error"]["param"] == "input"
