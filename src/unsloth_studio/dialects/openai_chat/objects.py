"""Parts of a reply that the stream and the whole reply share: call ids and log probabilities.

Formats: `ChatCompletionMessageFunctionToolCall` and `ChatCompletionTokenLogprob` of the official Python SDK.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from unsloth_studio.dialects.openai_reply import finite
from unsloth_studio.turn.events import TokenLogprob
from unsloth_studio.turn.messages import ToolCallPart

_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9]")


class CallIds:
    """Call ids as clients know them: `call_...`, each once in a turn, and the same for the same turn every time."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, call_id: str) -> str:
        """`call_id` when it has the form already, else the form made from its letters and digits."""
        plain = _NOT_IN_AN_ID.sub("", call_id.removeprefix("toolu_"))
        wire_id = call_id if call_id.startswith("call_") else f"call_{plain}"
        free, count = wire_id, 1
        while free in self._taken or free == "call_":
            free, count = f"{wire_id}{count}", count + 1
        self._taken.add(free)
        return free


def call_object(call: ToolCallPart, wire_id: str) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": wire_id, "type": "function", "function": function}


def logprobs_object(logprobs: Iterable[TokenLogprob]) -> dict[str, Any]:
    content = [{**_token(entry), "top_logprobs": [_token(other) for other in entry.top]} for entry in logprobs]
    return {"content": content, "refusal": None}


def _token(entry: TokenLogprob) -> dict[str, Any]:
    return {"token": entry.token, "logprob": finite(entry.logprob), "bytes": list(entry.utf8)}
