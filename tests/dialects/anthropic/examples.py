"""Turns that every writer test looks at, by a name that says what they are."""

from __future__ import annotations

from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    PartEnd,
    PartStart,
    PromptProgress,
    ReasoningDelta,
    TextDelta,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import ReasoningPart, TextPart, ToolCallPart
from unsloth_studio.turn.sources import Source

START = TurnStart("0a1b", "tiny", 20, 8)
USAGE = Usage(20, 7, 8)
LOST = TurnError("engine_lost", "The connection to the model server was lost; it is being restarted. Try again.")


def text(index: int, *pieces: str) -> list[Event]:
    return [PartStart(index, TextPart()), *(TextDelta(index, piece) for piece in pieces), PartEnd(index)]


def reasoning(index: int, *pieces: str, signature: str = "") -> list[Event]:
    deltas = [ReasoningDelta(index, piece) for piece in pieces]
    return [PartStart(index, ReasoningPart()), *deltas, PartEnd(index, signature)]


def call(index: int, part: ToolCallPart, *pieces: str) -> list[Event]:
    return [PartStart(index, part), *(ArgumentsDelta(index, piece) for piece in pieces), PartEnd(index)]


WEATHER = ToolCallPart("call_w1", "get_weather")
TIME = ToolCallPart("fc 2/é", "get_time")
PYTHON = ToolCallPart("call_p1", "python", runs_on="server")
SEARCH = ToolCallPart("call_s1", "web_search", runs_on="server")
FETCH = ToolCallPart("call_f1", "web_fetch", runs_on="server")
TERMINAL = ToolCallPart("call_t1", "terminal", runs_on="server")

PAGE = Source("A page", "https://example.org/", "2026-05-01", "Llamas hum.", 1)
OTHER = Source("Another", "https://other.example/", number=2)
FOUND = ToolResultReady("call_s1", "[1] A page.\n\n[2] Another", name="web_search", sources=(PAGE, OTHER))
READ = ToolResultReady("call_f1", "[1] The page.", name="web_fetch", sources=(PAGE,), ended_at=1_700_000_000)

WHOLE: dict[str, list[Event]] = {
    "text": [START, *text(0, "Hel", 'lo\n"', "wörld" + chr(0x1F600)), TurnEnd("stop", USAGE)],
    "empty": [START, TurnEnd("stop", Usage(20, 1, 8))],
    "unknown_prompt_length": [TurnStart("0a1b", "tiny"), *text(0, "Hi"), TurnEnd("stop", USAGE)],
    "prompt_progress": [START, PromptProgress(8, 20), PromptProgress(20, 20), *text(0, "Hi"), TurnEnd("stop", USAGE)],
    "reasoning_and_text": [
        START, *reasoning(0, "Let me", " see."), *text(1, "Yes."), TurnEnd("stop", Usage(20, 7, 8, 4)),
    ],
    "signed_reasoning": [START, *reasoning(0, "Hm.", signature="c2ln"), *text(1, "Yes."), TurnEnd("stop", USAGE)],
    "two_calls": [
        START,
        *text(0, "I look."),
        *call(1, WEATHER, '{"city"', ':"Oslo"}'),
        *call(2, TIME, "\n ", ' {"zone": "CET"}'),
        TurnEnd("tool_calls", USAGE),
    ],
    "call_without_arguments": [START, *call(0, WEATHER), TurnEnd("tool_calls", USAGE)],
    "cut_text": [START, *text(0, "Once upon a"), TurnEnd("length", USAGE)],
    "cut_call": [START, *call(0, WEATHER, '{"city": "Oslo", "units": "met'), TurnEnd("length", USAGE)],
    "stop_sequence": [START, *text(0, "1 2 3"), TurnEnd("stop", USAGE, stop_sequence="4")],
    "refusal": [START, *text(0, "No."), TurnEnd("content_filter", USAGE)],
    "server_tools": [
        START,
        *call(0, PYTHON, '{"code": "print(6*7)"}'), ToolResultReady("call_p1", "42\n"),
        *call(1, SEARCH, '{"query": "q"}'), FOUND,
        *call(2, FETCH, '{"url": "u"}'), READ,
        *call(3, TERMINAL, '{"command": "false"}'), ToolResultReady("call_t1", "exit 1", is_error=True),
        *text(4, "It is 42."),
        TurnEnd("stop", USAGE),
    ],
}  # fmt: skip

NATIVE: dict[str, list[Event]] = {
    "native_search": [
        START,
        *text(0, "Let me [1] look."),
        *call(1, SEARCH, '{"query": "llamas"}'),
        *call(2, FETCH, '{"url": "https://example.org/"}'),
        FOUND,
        READ,
        *text(3, "Llamas hum [", "1], and more [1, 2][2", "]. Not `row[1]`. Nor [7", "]."),
        TurnEnd("stop", USAGE),
    ],
    "native_failures": [
        START,
        *call(0, SEARCH, "{}"), ToolResultReady("call_s1", "No.", is_error=True, name="web_search", failure="max_uses"),
        *call(1, FETCH, "{}"), ToolResultReady("call_f1", "No.", is_error=True, name="web_fetch", failure="not_allowed"),
        *call(2, PYTHON, "{}"), ToolResultReady("call_p1", "No.", is_error=True, name="python", failure="time"),
        *call(3, TERMINAL, "{}"), ToolResultReady("call_t1", "No.", is_error=True, name="terminal", failure="unavailable"),
        *text(4, "Sorry [1]."),
        TurnEnd("stop", USAGE),
    ],
}  # fmt: skip
"""Turns of requests that ask for tools by the API's own names."""

FAILED: dict[str, list[Event]] = {
    "failed_at_once": [TurnFailed(LOST)],
    "failed_in_text": [*WHOLE["text"][:3], TurnFailed(LOST)],
    "failed_overflow": [START, TurnFailed(TurnError("context_overflow", "x", prompt_tokens=9000, context_length=4096))],
}
