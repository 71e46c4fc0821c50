"""The transform between the engine's decoder and the dialects: calls found in text, and what the engine parsed itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from unsloth_studio.serving.call_reader import CallReader, reads
from unsloth_studio.turn.accumulate import accumulate
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    FinishReason,
    PartEnd,
    PartStart,
    ReasoningDelta,
    TextDelta,
    TurnEnd,
    TurnStart,
    Usage,
    check_order,
)
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    NamedTool,
    OutputFormat,
    ReasoningPart,
    Request,
    StreamedPart,
    TextPart,
    ToolCallPart,
    ToolDefinition,
)

PATH = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
PROMPT = Conversation(
    (Message("user", (TextPart("Go"),)),), tools=(ToolDefinition("read", parameters=PATH), ToolDefinition("list"))
)
LEAKED = '<tool_call>\n{"name": "read", "arguments": {"path": "a"}}\n</tool_call>'
BROKEN = "<tool_call>\n{'name': 'read', 'arguments': {'path': 'a'}}\n</tool_call>"


def engine(*parts: tuple[StreamedPart, str], reason: FinishReason = "stop") -> list[Event]:
    """What the decoder gives for these parts, in pieces of three characters."""
    events: list[Event] = [TurnStart("t", "m", 5, 0)]
    for index, (part, text) in enumerate(parts):
        delta = {TextPart: TextDelta, ReasoningPart: ReasoningDelta, ToolCallPart: ArgumentsDelta}[type(part)]
        events.append(PartStart(index, part))
        events += [delta(index, text[at : at + 3]) for at in range(0, len(text), 3)]
        events.append(PartEnd(index))
    return [*events, TurnEnd(reason, Usage(5, 9))]


def read(events: Sequence[Event], prompt: Conversation = PROMPT) -> tuple[list[Event], CallReader]:
    reader = CallReader(prompt, "t")
    out = [event for each in events for event in reader.feed([each])]
    check_order(out)
    return out, reader


Part = tuple[type[StreamedPart], str]

TURNS: dict[str, tuple[list[Event], list[Part], FinishReason]] = {
    "text stays text": (engine((TextPart(), "Hello, <b>you</b>")), [(TextPart, "Hello, <b>you</b>")], "stop"),
    "a leaked call is one": (engine((TextPart(), LEAKED)), [(ToolCallPart, '{"path": "a"}')], "tool_calls"),
    "text, then a broken call": (
        engine((TextPart(), f"Let me see.\n{BROKEN}")),
        [(TextPart, "Let me see.\n"), (ToolCallPart, '{"path":"a"}')], "tool_calls"),
    "the engine's own call passes": (
        engine((TextPart(), "So:"), (ToolCallPart("e", "read"), '{"path": "b"}'), reason="tool_calls"),
        [(TextPart, "So:"), (ToolCallPart, '{"path": "b"}')], "tool_calls"),
    "reasoning passes, and a draft in it is no call": (
        engine((ReasoningPart(), f"I could {LEAKED}"), (TextPart(), "Done.")),
        [(ReasoningPart, f"I could {LEAKED}"), (TextPart, "Done.")], "stop"),
    "a thought that ends in a call means it": (
        engine((ReasoningPart(), f"I read it.\n{LEAKED}")),
        [(ReasoningPart, f"I read it.\n{LEAKED}"), (ToolCallPart, '{"path": "a"}')], "tool_calls"),
    "a cut call is text, and the reason stays": (
        engine((TextPart(), LEAKED[:50]), reason="length"), [(TextPart, LEAKED[:50])], "length"),
    "two calls in one text": (
        engine((TextPart(), f"{LEAKED}\n{LEAKED}")),
        [(ToolCallPart, '{"path": "a"}'), (ToolCallPart, '{"path": "a"}')], "tool_calls"),
}  # fmt: skip


@pytest.mark.parametrize("name", TURNS)
def test_turn(name: str) -> None:
    events, parts, reason = TURNS[name]
    turn = accumulate(read(events)[0])
    found = [(type(part), part.arguments if isinstance(part, ToolCallPart) else part.text) for part in turn.parts]
    assert (found, turn.finish_reason) == (parts, reason)
    ids = [call.call_id for call in turn.tool_calls]
    assert len(set(ids)) == len(ids)


def test_repairs_are_kept_with_what_was_before_and_after() -> None:
    _, reader = read(engine((TextPart(), BROKEN)))
    (repair,) = reader.repairs
    assert repair.kind == "single_quotes"
    assert "'path'" in repair.before
    assert repair.after == '{"path":"a"}'


@pytest.mark.parametrize(
    "events",
    [
        engine((TextPart(), f"{LEAKED}\n{LEAKED}")),
        engine((ToolCallPart("1", "read"), '{"path": "a"}'), (ToolCallPart("2", "list"), "{}"), reason="tool_calls"),
    ],
    ids=["leaked", "the engine's"],
)
def test_one_call_only_when_the_client_wants_no_more(events: list[Event]) -> None:
    prompt = Conversation(PROMPT.messages, tools=PROMPT.tools, parallel_tool_calls=False)
    out, reader = read(events, prompt)
    assert [call.name for call in accumulate(out).tool_calls] == ["read"]
    assert "one_call_only" in {repair.kind for repair in reader.repairs}


def test_only_the_tool_that_was_demanded_may_be_called() -> None:
    prompt = Conversation(PROMPT.messages, tools=PROMPT.tools, tool_choice=NamedTool("list"))
    assert accumulate(read(engine((TextPart(), LEAKED)), prompt)[0]).tool_calls == []


def test_text_is_given_out_as_it_comes() -> None:
    reader = CallReader(PROMPT, "t")
    reader.feed([TurnStart("t", "m"), PartStart(0, TextPart()), TextDelta(0, "Once upon")])
    assert reader.feed([TextDelta(0, " a time")]) == [TextDelta(0, " a time")]


UPSTREAM: dict[str, tuple[str, str, list[Part], FinishReason]] = {
    "a good one passes as it was written": (
        "read", '{"path":  "a"}', [(ToolCallPart, '{"path":  "a"}')], "tool_calls"),
    "single quotes are mended": ("read", "{'path': 'a'}", [(ToolCallPart, '{"path":"a"}')], "tool_calls"),
    "its name is folded": ("functions.Read", '{"path": "a"}', [(ToolCallPart, '{"path":"a"}')], "tool_calls"),
    "a cut one is text": ("read", '{"path": "a', [(TextPart, 'read {"path": "a')], "stop"),
    "arguments written twice as text are read": (
        "read", '"{\\"path\\": \\"a\\"}"', [(ToolCallPart, '{"path":"a"}')], "tool_calls"),
    "a list of one is that one": ("read", '[{"path": "a"}]', [(ToolCallPart, '{"path":"a"}')], "tool_calls"),
    "null is no arguments": ("list", "null", [(ToolCallPart, "{}")], "tool_calls"),
    "a list of two means nothing": (
        "read", '[{"path": "a"}, {"path": "b"}]', [(TextPart, 'read [{"path": "a"}, {"path": "b"}]')], "stop"),
    "no arguments are an empty object": ("list", "", [(ToolCallPart, "{}")], "tool_calls"),
}  # fmt: skip


@pytest.mark.parametrize("name", UPSTREAM)
def test_call_that_another_server_parsed(name: str) -> None:
    called, arguments, parts, reason = UPSTREAM[name]
    reader = CallReader(PROMPT, "t")
    reader.trusted = False
    out = reader.feed(engine((ToolCallPart("e", called), arguments), reason="tool_calls"))
    check_order(out)
    turn = accumulate(out)
    found = [(type(part), part.arguments if isinstance(part, ToolCallPart) else part.text) for part in turn.parts]
    assert (found, turn.finish_reason) == (parts, reason)


NO_CALL = replace(PROMPT, tool_choice="none")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (LEAKED, LEAKED),
        (BROKEN, BROKEN),
        ("Yes.<|im_end|>", "Yes."),
        ("<think>Hm.</think>Yes.", "Yes."),
        ("Say `<|im_end|>`.", "Say `<|im_end|>`."),
    ],
    ids=["a call", "a broken call", "a control token", "a thought", "a control token that is spoken of"],
)
def test_where_no_call_is_allowed_markup_is_text(text: str, shown: str) -> None:
    turn = accumulate(read(engine((TextPart(), text)), NO_CALL)[0])
    assert (turn.text, turn.tool_calls, turn.finish_reason) == (shown, [], "stop")


@pytest.mark.parametrize(
    ("request_", "read_"),
    [
        (Request(PROMPT), True),
        (Request(NO_CALL), True),
        (Request(NO_CALL, output=OutputFormat("json_object")), False),
        (Request(Conversation(PROMPT.messages)), False),
        (Request(PROMPT, heal_tool_calls=False), False),
        (Request(PROMPT, top_logprobs=0), False),
    ],
    ids=["tools", "tools and no call", "JSON and no call", "no tools", "switched off", "log probabilities"],
)
def test_what_is_read(request_: Request, read_: bool) -> None:
    assert reads(request_) == read_
