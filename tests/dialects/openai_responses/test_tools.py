"""Tools, their flat names, and the choice among them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from tests.dialects.openai_responses.requests import HI, called, conversation

from unsloth_studio.dialects.openai_responses.read import read
from unsloth_studio.dialects.openai_responses.tools import HOSTED_ELSEWHERE, WireTool
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.messages import NamedTool, ToolCallPart, ToolChoice, ToolDefinition

SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}}


def function(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "function", "name": name, "parameters": SCHEMA, **more}


def namespace(name: str, *tools: dict[str, Any]) -> dict[str, Any]:
    return {"type": "namespace", "name": name, "description": "d", "tools": list(tools)}


def names(*tools: dict[str, Any]) -> dict[str, WireTool]:
    return dict(read(orjson.dumps({"input": "Hi", "tools": tools})).tool_names.wire)


def test_a_function_is_offered_as_it_is() -> None:
    (tool,) = conversation(tools=[function("f", description="Does.", strict=True)]).tools
    assert tool == ToolDefinition("f", "Does.", SCHEMA, strict=True)


def test_a_function_without_parameters_takes_none() -> None:
    (tool,) = conversation(tools=[{"type": "function", "name": "f", "parameters": None}]).tools
    assert tool.parameters == {"type": "object", "properties": {}}


def test_functions_in_a_namespace_get_flat_names() -> None:
    found = names(namespace("agents", function("spawn"), {"type": "custom", "name": "note"}), function("spawn"))
    assert found == {
        "agents__spawn": WireTool("spawn", "agents"),
        "agents__note": WireTool("note", "agents", custom=True),
        "spawn": WireTool("spawn"),
    }


def test_a_namespace_that_ends_in_the_separator_gets_no_second_one() -> None:
    assert list(names(namespace("mcp__files__", function("read")))) == ["mcp__files__read"]


def test_flat_names_that_collide_are_told_apart() -> None:
    found = names(function("a__b"), namespace("a", function("b")))
    assert found == {"a__b": WireTool("a__b"), "a__b_2": WireTool("b", "a")}


def test_history_uses_the_flat_names() -> None:
    tools = [function("a__b"), namespace("a", function("b"))]
    found = conversation(tools=tools, input=[HI, called("1", "b", namespace="a"), called("2", "a__b")])
    assert [part.name for part in found.messages[1].parts if isinstance(part, ToolCallPart)] == ["a__b_2", "a__b"]


def test_a_custom_tool_takes_one_string() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: WORD"}
    (tool,) = conversation(tools=[{"type": "custom", "name": "p", "description": "Patch.", "format": grammar}]).tools
    assert tool.description == "Patch.\n\nThe input must follow this lark grammar:\nstart: WORD"
    assert tool.parameters["required"] == ["input"]
    assert tool.parameters["properties"]["input"]["type"] == "string"


@pytest.mark.parametrize("kind", sorted(HOSTED_ELSEWHERE))
def test_hosted_tools_that_do_not_run_here_are_refused_by_name(kind: str) -> None:
    with pytest.raises(TurnFailure) as failure:
        conversation(tools=[function("f"), {"type": kind}])
    error = failure.value.error
    assert (error.kind, error.param) == ("invalid_request", "tools[1].type")
    assert f"'{kind}'" in error.message
    assert "'web_search' and 'code_interpreter'" in error.message


def test_what_codex_sends_unasked_is_passed_over() -> None:
    found = conversation(tools=[{"type": "tool_search"}, function("f")], tool_choice={"type": "tool_search"})
    assert ([tool.name for tool in found.tools], found.tool_choice) == (["f"], "auto")


@pytest.mark.parametrize("kind", ["additional_tools", "tool_search_output"])
def test_tools_that_come_with_the_input_are_offered_after_the_others(kind: str) -> None:
    added = {"type": kind, "role": "developer", "tools": [namespace("n", function("late"))]}
    found = conversation(tools=[function("f")], input=[HI, added])
    assert [tool.name for tool in found.tools] == ["f", "n__late"]


TOOLS = [function("f"), namespace("n", function("g")), {"type": "custom", "name": "c"}, {"type": "web_search"}]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        (None, "auto"),
        ({"type": "function", "name": "f"}, NamedTool("f")),
        ({"type": "function", "name": "g"}, NamedTool("n__g")),
        ({"type": "function", "name": "g", "namespace": "n"}, NamedTool("n__g")),
        ({"type": "function", "name": "n__g"}, NamedTool("n__g")),
        ({"type": "custom", "name": "c"}, NamedTool("c")),
        ({"type": "web_search"}, NamedTool("web_search")),
    ],
    ids=["auto", "none", "required", "null", "function", "bare name", "namespace", "flat name", "custom", "hosted"],
)
def test_tool_choice(choice: Any, expected: ToolChoice) -> None:
    assert conversation(tools=TOOLS, tool_choice=choice).tool_choice == expected


@pytest.mark.parametrize(
    ("mode", "allowed", "left", "expected"),
    [
        ("auto", [{"type": "function", "name": "f"}, {"type": "web_search"}], ["f"], "auto"),
        ("required", [{"type": "namespace", "name": "n"}, {"type": "custom", "name": "c"}], ["n__g", "c"], "required"),
        ("auto", [], [], "auto"),
    ],
    ids=["a function and a hosted tool", "a namespace and a custom tool", "none at all"],
)
def test_allowed_tools_leave_some(mode: str, allowed: list[Any], left: list[str], expected: ToolChoice) -> None:
    found = conversation(tools=TOOLS, tool_choice={"type": "allowed_tools", "mode": mode, "tools": allowed})
    assert ([tool.name for tool in found.tools], found.tool_choice) == (left, expected)


def test_parallel_calls_can_be_turned_off() -> None:
    assert conversation(tools=TOOLS).parallel_tool_calls
    assert not conversation(tools=TOOLS, parallel_tool_calls=False).parallel_tool_calls
