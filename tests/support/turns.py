"""Random turns for property tests: every sequence of events that the rule of `turn/events.py` allows.

    @given(turns())
    def test_a_property(events: list[Event]) -> None: ...

`turns()` gives whole and broken turns alike; `whole_turns()` those that reach `TurnEnd`, `failed_turns()` those that
break at any point. Tool calls run at the client unless `server_tools=True`.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from unsloth_studio.turn.errors import ErrorKind, TurnError
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    FinishReason,
    PartEnd,
    PartStart,
    PromptProgress,
    ReasoningDelta,
    ResultImage,
    TextDelta,
    Timings,
    ToolApprovalAsked,
    ToolOutputDelta,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import ReasoningPart, TextPart, ToolCallPart

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
"""Any text that UTF-8 can carry: control characters, quotes, line ends and letters beyond the basic plane included."""

_scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
_json_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2)
)
argument_objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(texts, _json_values, max_size=3)
"""What a model may write as the arguments of a tool call, before it is JSON text."""

_names = st.sampled_from(["get_weather", "Bash", "mcp__files__read"])
_server_names = st.sampled_from(["web_search", "web_fetch", "python", "terminal"])
_counts = st.integers(0, 2**20)

errors = st.builds(
    TurnError,
    st.sampled_from(
        list[ErrorKind](["engine_lost", "engine_error", "context_overflow", "internal", "invalid_request"])
    ),
    st.just("The connection to the model server was lost; it is being restarted. Try again in a moment."),
    param=st.none() | st.just("messages"),
    prompt_tokens=st.none() | _counts,
    context_length=st.none() | _counts,
)


@st.composite
def pieces(draw: st.DrawFn, whole: str) -> list[str]:
    """`whole` cut into pieces, some of which may be empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=3)))
    return [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


@st.composite
def parts(draw: st.DrawFn, index: int, *, server_tools: bool = False) -> list[Event]:
    """One part from its start to its end; after a call that runs on the server comes what is told of it."""
    kind = draw(
        st.sampled_from(["text", "reasoning", "call", "server call"] if server_tools else ["text", "reasoning", "call"])
    )
    if kind == "text":
        text = draw(texts.flatmap(pieces))
        return [PartStart(index, TextPart()), *(TextDelta(index, t) for t in text), PartEnd(index)]
    if kind == "reasoning":
        text, signature = draw(texts.flatmap(pieces)), draw(st.sampled_from(["", "c2lnbmVk"]))
        return [PartStart(index, ReasoningPart()), *(ReasoningDelta(index, t) for t in text), PartEnd(index, signature)]
    arguments = draw(argument_objects.map(json.dumps).flatmap(pieces))
    deltas = [ArgumentsDelta(index, t) for t in arguments]
    if kind == "call":
        prefix = draw(st.sampled_from(["", "call_", "toolu_"]))
        call = ToolCallPart(f"{prefix}{index:04d}", draw(_names))
        return [PartStart(index, call), *deltas, PartEnd(index)]
    call = ToolCallPart(f"call_{index:04d}", draw(_server_names), runs_on="server")
    asked = ToolApprovalAsked(call.call_id, "b2s", call.name, "{}", 1_800_000_000)
    printed = ToolOutputDelta(call.call_id, draw(texts))
    images = (ResultImage("image/png", "iVBORw0KGgo="),) * draw(st.integers(0, 1))
    result = ToolResultReady(call.call_id, draw(texts), draw(st.booleans()), images=images)
    told: list[Event] = [*draw(st.sampled_from([[], [asked]])), *draw(st.sampled_from([[], [printed]])), result]
    return [PartStart(index, call), *deltas, PartEnd(index), *told]


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    prompt, completion = draw(_counts), draw(_counts)
    cached, reasoning = draw(st.integers(0, prompt)), draw(st.none() | st.integers(0, completion))
    return Usage(prompt, completion, cached, reasoning)


@st.composite
def whole_turns(draw: st.DrawFn, *, server_tools: bool = False) -> list[Event]:
    """A turn that reaches its end."""
    usage = draw(usages())
    told = draw(st.booleans())
    start = TurnStart("0123abcd", "demo", usage.prompt_tokens if told else None, usage.cached_tokens if told else None)
    events: list[Event] = [start]
    if draw(st.booleans()):
        events += [PromptProgress(usage.cached_tokens, usage.prompt_tokens)] * draw(st.integers(1, 2))
    for index in range(draw(st.integers(0, 4))):
        events += draw(parts(index, server_tools=server_tools))
    return [*events, draw(_ends(_calls_client(events), usage))]


@st.composite
def failed_turns(draw: st.DrawFn, *, server_tools: bool = False) -> list[Event]:
    """A turn that breaks: before its start, between parts or inside one."""
    events = draw(whole_turns(server_tools=server_tools))
    return [*events[: draw(st.integers(0, len(events) - 1))], TurnFailed(draw(errors))]


def turns(*, server_tools: bool = False) -> st.SearchStrategy[list[Event]]:
    """Any turn, whole or broken."""
    return whole_turns(server_tools=server_tools) | failed_turns(server_tools=server_tools)


@st.composite
def _ends(draw: st.DrawFn, calls: bool, usage: Usage) -> TurnEnd:
    stop: FinishReason = "tool_calls" if calls else "stop"
    reason = draw(st.sampled_from(list[FinishReason]([stop, "length", "content_filter"])))
    sequence = draw(st.none() | texts.filter(bool)) if reason == "stop" else None
    timings = draw(st.none() | st.just(Timings(12.5, 250.0, 800.0, 40.0)))
    return TurnEnd(reason, usage, timings, sequence)


def _calls_client(events: list[Event]) -> bool:
    started = [event.part for event in events if isinstance(event, PartStart)]
    return any(isinstance(part, ToolCallPart) and part.runs_on == "client" for part in started)
