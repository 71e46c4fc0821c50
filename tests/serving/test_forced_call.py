"""A demanded call that did not come is asked for once more."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from unsloth_studio.serving.forced_call import demand, missing_call, with_call
from unsloth_studio.turn.accumulate import Turn
from unsloth_studio.turn.events import Usage
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    NamedTool,
    Request,
    TextPart,
    ToolCallPart,
    ToolChoice,
    ToolDefinition,
)

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TOOLS = (ToolDefinition("step", parameters=SCHEMA), ToolDefinition("look"))


def asked(choice: ToolChoice) -> Request:
    return Request(Conversation((Message("user", (TextPart("Go"),)),), TOOLS, choice))


def said(text: str, **fields: Any) -> Turn:
    return replace(Turn(id="t", parts=[TextPart(text)], usage=Usage(10, 4)), **fields)


@pytest.mark.parametrize(
    ("choice", "missing"), [("auto", False), ("none", False), ("required", True), (NamedTool("look"), True)]
)
def test_only_what_is_demanded_is_missed(choice: ToolChoice, missing: bool) -> None:
    assert missing_call(asked(choice), said("No.")) == missing
    assert missing_call(asked(choice), said("No", finish_reason="length")) == missing, "words may never end"
    assert not missing_call(asked(choice), Turn(parts=[ToolCallPart("1", "look")], usage=Usage(10, 4)))
    assert missing_call(asked(choice), said("No.", usage=Usage())) == missing, "not every server sends usage"
    assert not missing_call(asked(choice), said("Stopped.", by_model=False)), "nothing that we said ourselves"


def test_a_call_of_another_tool_is_not_the_demanded_one() -> None:
    turn = Turn(parts=[ToolCallPart("1", "look")], usage=Usage(10, 4))
    assert missing_call(asked(NamedTool("step")), turn)
    made = with_call(
        asked(NamedTool("step")), turn, said('```json\n{"name": "step", "arguments": {"n": 1}}\n```', id="u")
    )
    assert made is not None
    assert [call.name for call in made.tool_calls] == ["step"]


def test_a_server_that_calls_at_the_second_try_is_heard() -> None:
    second = Turn(id="u", parts=[ToolCallPart("2", "look", "{}")], usage=Usage(10, 4))
    made = with_call(asked("required"), said("Well."), second)
    assert made is not None
    assert made.tool_calls == [ToolCallPart("2", "look", "{}")]


def test_the_second_try_is_held_to_the_tools_and_keeps_the_prompt() -> None:
    again = demand(asked("required"), said("I will not."))
    assert isinstance(again.prompt, Conversation)
    assert (again.prompt.tools, again.prompt.tool_choice) == (TOOLS, "none")
    assert [message.role for message in again.prompt.messages] == ["user", "assistant", "user"]
    assert again.output.schema
    ways = again.output.schema["anyOf"]
    assert [way["properties"]["name"] for way in ways] == [{"const": "step"}, {"const": "look"}]
    assert ways[0]["properties"]["arguments"] == SCHEMA
    named = demand(asked(NamedTool("step")), said("")).output.schema
    assert named
    assert named["properties"]["name"] == {"const": "step"}


def test_the_call_that_is_spelled_is_made() -> None:
    request = asked("required")
    turn = with_call(request, said("Well."), said('{"name": "step", "arguments": {"n": 3}}'))
    assert turn is not None
    assert [(call.name, call.arguments) for call in turn.tool_calls] == [("step", '{"n":3}')]
    assert (turn.finish_reason, turn.usage) == ("tool_calls", Usage(10, 8))


@pytest.mark.parametrize(
    "text", ["", "No!", "{}", '{"name": "other", "arguments": {}}', '{"name": "step", "arguments": "n=3"}', "[1]"]
)
def test_what_spells_no_call_changes_nothing(text: str) -> None:
    first = said("Well.")
    assert with_call(asked(NamedTool("step")), first, said(text)) is None
    assert (first.parts, first.usage.completion_tokens) == ([TextPart("Well.")], 8)
