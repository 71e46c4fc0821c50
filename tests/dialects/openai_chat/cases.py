"""Turns that the Chat Completions tests write: one for each shape that a reply can have."""

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
    Timings,
    TokenLogprob,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import ReasoningPart, TextPart, ToolCallPart

CREATED = 1_795_000_000

START = TurnStart("8f3a", "demo", 12, 4)
LOST = TurnFailed(
    TurnError(
        "engine_lost", "The connection to the model server was lost; it is being restarted. Try again in a moment."
    )
)


def text(index: int, *pieces: str) -> list[Event]:
    return [PartStart(index, TextPart()), *(TextDelta(index, piece) for piece in pieces), PartEnd(index)]


def reasoning(index: int, *pieces: str) -> list[Event]:
    return [PartStart(index, ReasoningPart()), *(ReasoningDelta(index, piece) for piece in pieces), PartEnd(index)]


def call(index: int, part: ToolCallPart, *pieces: str) -> list[Event]:
    return [PartStart(index, part), *(ArgumentsDelta(index, piece) for piece in pieces), PartEnd(index)]


def logprob(token: str, value: float, *others: TokenLogprob) -> TokenLogprob:
    return TokenLogprob(token, value, tuple(token.encode()), others)


TURNS: dict[str, list[Event]] = {
    "text": [
        START,
        PromptProgress(12, 12),
        *text(0, "Hello", ', "you"', " é€😀\n"),
        TurnEnd("stop", Usage(12, 3, 4), Timings(10.5, 30.0, 800.0, 100.0)),
    ],
    "empty": [START, TurnEnd("stop", Usage(12, 0))],
    "an empty text": [START, *text(0, ""), TurnEnd("stop", Usage(12, 1))],
    "reasoning and text": [
        START,
        *reasoning(0, "Let me", " see."),
        *text(1, "42"),
        TurnEnd("stop", Usage(12, 6, 0, 4)),
    ],
    "text and two parallel calls": [
        START,
        *text(0, "Looking."),
        *call(1, ToolCallPart("call_a1", "get_weather"), '{"city":', ' "Bern"}'),
        *call(2, ToolCallPart("toolu_b2", "get_time"), "{}"),
        TurnEnd("tool_calls", Usage(12, 20)),
    ],
    "a call alone": [
        START,
        *call(0, ToolCallPart("Zk3-x_9", "Bash"), '{"command": "ls"}'),
        TurnEnd("tool_calls", Usage(12, 9)),
    ],
    "cut by length": [START, *text(0, "Once upon a"), TurnEnd("length", Usage(12, 3))],
    "stopped by the filter": [START, *text(0, "No"), TurnEnd("content_filter", Usage(12, 1))],
    "log probabilities": [
        START,
        PartStart(0, TextPart()),
        TextDelta(0, "Hi", (logprob("Hi", -0.25, logprob("Hi", -0.25), logprob("Ho", -1.5)),)),
        TextDelta(0, "!", (logprob("!", float("-inf")),)),
        PartEnd(0),
        TurnEnd("stop", Usage(12, 2)),
    ],
    "a tool that runs on the server": [
        START,
        *text(0, "Searching."),
        *call(1, ToolCallPart("call_s", "web_search", runs_on="server"), '{"query": "x"}'),
        ToolResultReady("call_s", "found", name="web_search", arguments='{"query": "x"}', duration_ms=20),
        *text(2, " Found."),
        TurnEnd("stop", Usage(40, 12)),
    ],
}
