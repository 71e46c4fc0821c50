"""The calls of a turn are judged once it is over, whatever was streamed."""

from __future__ import annotations

import pytest

from unsloth_studio.serving.call_check import CallCheck
from unsloth_studio.turn.accumulate import Turn, events_of
from unsloth_studio.turn.messages import ReasoningPart, StreamedPart, TextPart, ToolCallPart, ToolDefinition

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([TextPart("Hi")], []),
        ([ReasoningPart("Hm"), ToolCallPart("1", "step", '{"n": 1}')], []),
        ([ToolCallPart("1", "step", '{"n": "x"}')], [("schema", "step", "n")]),
        ([ToolCallPart("1", "step", '{"n": ')], [("not_json", "step", "")]),
        ([ToolCallPart("1", "step", "[]")], [("not_json", "step", "")]),
        ([ToolCallPart("1", "other", "{}")], [("unknown_tool", "other", "")]),
        (
            [ToolCallPart("1", "step", "{}"), TextPart("and"), ToolCallPart("2", "look", ""), ToolCallPart("3", "x")],
            [("schema", "step", ""), ("unknown_tool", "x", "")],
        ),
    ],
    ids=["text", "a good call", "a wrong type", "broken", "a list", "an unknown tool", "several"],
)
def test_violations(parts: list[StreamedPart], found: list[tuple[str, str, str]]) -> None:
    check = CallCheck((ToolDefinition("step", parameters=SCHEMA), ToolDefinition("look")))
    check.feed(events_of(Turn(parts=parts)))
    assert check.called == any(isinstance(part, ToolCallPart) for part in parts)
    assert [(one.kind, one.name, one.path) for one in check.violations()] == found
