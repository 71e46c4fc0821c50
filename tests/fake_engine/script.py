"""What one request gets: how many tokens, how fast, of what kind, and what goes wrong.

A script travels as JSON, in the last user message (`{"fake": {"tokens": 50, "interval_ms": 5}}`) or in the body of
`POST /__fault`; a field that does not exist is an error, so that a test with a typing mistake fails.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec

FaultKind = Literal[
    "unavailable",  # 503, the body of a model that is loading
    "overflow",  # 400, the prompt does not fit the context
    "invalid",  # 400, a field has the wrong type
    "parser_error",  # 500, the engine cannot parse what the model wrote
    "stall",  # silent for `seconds`
    "crash",  # the whole process dies by SIGKILL
    "reset",  # the connection ends with RST
    "close",  # the connection ends with FIN, in the middle of the chunked body
    "ends_early",  # the body ends properly, without finish_reason and without [DONE]
    "error_frame",  # an error frame, then the body ends without [DONE]
]

REFUSALS = frozenset({"unavailable", "overflow", "invalid", "parser_error"})
"""Faults that answer with an error status instead of a reply."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after_tokens` counts the tokens sent before it strikes; 0 is before the first. `seconds` belongs to `stall`."""

    kind: FaultKind
    after_tokens: int = 0
    seconds: float = 0.0


class ToolCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`arguments` is the raw text, valid JSON or not."""

    name: str
    arguments: str = "{}"


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reply. Reasoning comes first, then text, then the tool call.

    `tokens` is how many pieces the text has: `text` repeated or cut at a word, or `t0 t1 t2 ...` when there is no
    `text`. `interval_ms` is the time between tokens; streams with the same interval tick together, as in a batching
    engine. `prefill_ms` is the silence before the first token. `huge_bytes` adds one token of so many letters.
    `stamp` makes every text token `@<monotonic nanoseconds>@`, taken when it is written. `frames` says how frames are
    cut into writes: one token each, all in one write, or a write per byte. `then` is the reply to a conversation that
    ends with the result of a tool.
    """

    tokens: int | None = None
    interval_ms: float = 0.0
    prefill_ms: float = 0.0
    text: str | None = None
    reasoning: str = ""
    tool_call: ToolCall | None = None
    huge_bytes: int = 0
    stamp: bool = False
    frames: Literal["single", "packed", "bytes"] = "single"
    finish_reason: Literal["stop", "length", "tool_calls"] | None = None
    fault: Fault | None = None
    then: Script | None = None

    def after(self, body: dict[str, Any]) -> Script:
        """What `body` gets: this, or what comes after a tool's result."""
        ends_with_result = bool(body.get("messages")) and body["messages"][-1].get("role") == "tool"
        return self.then if self.then is not None and ends_with_result else self


class Piece(NamedTuple):
    """One token: the delta's field it belongs to, and its text. `name` opens a tool call."""

    field: Literal["reasoning_content", "content", "tool_call"]
    text: str
    name: str = ""


def pieces(script: Script) -> Iterator[Piece]:
    """The tokens of a reply, made one by one so that a stamp says when its token was written."""
    for word in words(script.reasoning):
        yield Piece("reasoning_content", word)
    for text in _texts(script):
        yield Piece("content", text)
    if script.huge_bytes:
        yield Piece("content", "x" * script.huge_bytes)
    if script.tool_call is not None:
        arguments = script.tool_call.arguments
        yield Piece("tool_call", arguments[:1], script.tool_call.name)
        for start in range(1, len(arguments), 8):
            yield Piece("tool_call", arguments[start : start + 8])


def words(text: str) -> list[str]:
    """Words with the white space before them; joined they are `text`."""
    return re.findall(r"\s*\S+|\s+", text)


def script_of_prompt(prompt: str, default: Script) -> Script:
    """The script within a prompt, else `default`. Raises `msgspec.ValidationError` when it is not one."""
    if not prompt.startswith('{"fake"'):
        return default
    return msgspec.convert(msgspec.json.decode(prompt)["fake"], Script)


def last_prompt(body: dict[str, Any]) -> str:
    """The text of the last user message, or the raw prompt; empty when there is none."""
    if isinstance(prompt := body.get("prompt"), str):
        return prompt
    for message in reversed(body.get("messages", [])):
        if message.get("role") == "user":
            content: str | list[dict[str, Any]] | None = message.get("content")
            return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or ())
    return ""


def _texts(script: Script) -> Iterator[str]:
    known = words(script.text or "")
    silent = script.text is None and bool(script.reasoning or script.tool_call or script.huge_bytes)
    count = script.tokens if script.tokens is not None else len(known) or (0 if silent or script.text == "" else 3)
    for number in range(count):
        if script.stamp:
            yield f"@{time.monotonic_ns()}@"
        else:
            yield known[number % len(known)] if known else f"t{number} "
