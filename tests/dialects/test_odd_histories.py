"""Odd but plausible histories in the three dialects: read, mended with a record, and then the same conversation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from unsloth_studio.dialects.anthropic.read import read as read_messages
from unsloth_studio.dialects.openai_chat.read import read as read_chat
from unsloth_studio.dialects.openai_responses.read import read as read_responses
from unsloth_studio.serving.history import NO_RESULT, mend_history
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.messages import Conversation, NamedTool, Request, TextPart, ToolCallPart, ToolResultPart

Json = dict[str, Any]
LATER = "Result of an earlier tool call:"


@dataclass(frozen=True)
class Case:
    """What stands behind the user's "Go" in each dialect, what the engine is to see of it, and what was mended. A call shows
    as `name(arguments)`, a result as `=> text`; results stand in the order of their calls, each with its call's id."""

    shown: list[str]
    mended: set[str]
    chat: list[Json] | None = None
    responses: list[Json | str] | None = None
    messages: list[Json] | None = None


def chat_call(call_id: str | None = "a", **function: Any) -> Json:
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def chat_result(**fields: Any) -> Json:
    return {"role": "tool", "content": "ok", **fields}


def item(**fields: Any) -> Json:
    return {"type": "function_call", **fields}


def output(**fields: Any) -> Json:
    return {"type": "function_call_output", "output": "ok", **fields}


def use(**fields: Any) -> Json:
    return {"role": "assistant", "content": [{"type": "tool_use", **fields}]}


def answer(**fields: Any) -> Json:
    return {"role": "user", "content": [{"type": "tool_result", "content": "ok", **fields}]}


def arguments(value: Any, shown: str, *mended: str) -> Case:
    """A call whose arguments are `value`, whatever their type."""
    return Case(
        [f"f({shown})", "=> ok"],
        set(mended),
        [chat_call(name="f", arguments=value), chat_result(tool_call_id="a")],
        [item(call_id="a", name="f", arguments=value), output(call_id="a")],
        [use(id="a", name="f", input=value), answer(tool_use_id="a")],
    )


def content(value: Any, *shown: str) -> Case:
    """Something the user says after an answer."""
    said = [{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": value}]
    return Case(["Yes?", *shown], set(), [*said], [*said], [*said])


DEEP = '{"x": ' + "[" * 900 + "]" * 900 + "}"
RESOURCE: list[Json] = [{"type": "text", "text": "see"}, {"type": "resource", "resource": {"uri": "x"}}]

CASES: dict[str, Case] = {
    "arguments: false": arguments(False, "{}", "history_arguments"),
    "arguments: null": arguments(None, "{}"),
    "arguments: an empty list": arguments([], "{}", "history_arguments"),
    "arguments: an empty text": arguments("", "{}"),
    "arguments: an object": arguments({"n": 1}, '{"n":1}'),
    "arguments: the text of an object": arguments('{"n": 1}', '{"n": 1}'),
    "arguments: the text of a text of an object": arguments('"{\\"n\\": 1}"', '{"n": 1}', "history_arguments"),
    "arguments: a number": arguments(5, '{"unparsed":"5"}', "history_arguments"),
    "arguments: a list": arguments([1], '{"unparsed":"[1]"}', "history_arguments"),
    "arguments: deeper than can be written": arguments(DEEP, DEEP),
    "arguments: the text of something deep": arguments(json.dumps(DEEP), DEEP, "history_arguments"),
    "arguments: single quotes": arguments("{'n': 1}", '{"n":1}', "history_arguments"),
    "content: bare texts in a list": content(["x", "y"], "x y"),
    "content: a bare text and a null": content(["x", None], "x"),
    "content: null": content(None, ""),
    "content: an empty list": content([], ""),
    "a result without an id": Case(
        ["f({})", "=> ok"], set(),
        [chat_call(name="f", arguments="{}"), chat_result()],
        [item(call_id="a", name="f", arguments="{}"), output()],
        None),
    "results without ids, by position": Case(
        ["f({})", "g({})", "=> ok", "=> 2"], {"result_id"}, None, None,
        [{"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}},
                                           {"type": "tool_use", "id": "b", "name": "g", "input": {}}]},
         {"role": "user", "content": [{"type": "tool_result", "content": "ok"}, {"type": "tool_result", "content": "2"}]}]),
    "a result without an id and without a call": Case(
        [f"{LATER} ok"], {"orphan_result"}, [chat_result()], [output()], [answer()]),
    "a result of a call that nobody made": Case(
        [f"{LATER} ok"], {"orphan_result"},
        [chat_result(tool_call_id="zzz")], [output(call_id="zzz")], [answer(tool_use_id="zzz")]),
    "a call without an id": Case(
        ["f({})", "=> ok"], {"call_id"}, None,
        [item(name="f", arguments="{}"), output()], [use(name="f", input={}), answer()]),
    "a call with an empty id": Case(
        ["f({})", "=> ok"], {"call_id"}, None,
        [item(call_id="", name="f", arguments="{}"), output(call_id="")],
        [use(id="", name="f", input={}), answer(tool_use_id="")]),
    "a call without an id whose result has one": Case(
        ["f({})", "=> ok"], {"call_id", "result_id"}, None,
        [item(name="f", arguments="{}"), output(call_id="fc_1")], [use(name="f", input={}), answer(tool_use_id="t")]),
    "a call with an empty name": Case(
        [f"{LATER} ok"], {"unnamed_call", "orphan_result", "empty_message"},
        [chat_call(name="", arguments="{}"), chat_result(tool_call_id="a")],
        [item(call_id="a", name="", arguments="{}"), output(call_id="a")],
        [use(id="a", name="", input={}), answer(tool_use_id="a")]),
    "a call without a name": Case(
        [f"{LATER} ok"], {"unnamed_call", "orphan_result", "empty_message"},
        [chat_call(name=None, arguments="{}"), chat_result(tool_call_id="a")],
        [item(call_id="a", arguments="{}"), output(call_id="a")],
        [use(id="a", input={}), answer(tool_use_id="a")]),
    "the result of a call without a name is not another's": Case(
        ["f({})", f"=> {NO_RESULT}", f"{LATER} ok"], {"unnamed_call", "orphan_result", "missing_result"},
        [{"role": "assistant", "tool_calls": [
            {"id": "a", "function": {"name": ""}}, {"id": "b", "function": {"name": "f"}}]}, chat_result(tool_call_id="a")],
        [item(call_id="a"), item(call_id="b", name="f"), output(call_id="a")],
        [{"role": "assistant", "content": [{"type": "tool_use", "id": "a"}, {"type": "tool_use", "id": "b", "name": "f"}]},
         answer(tool_use_id="a")]),
    "a result that is empty": Case(
        ["f({})", "=> "], set(),
        [chat_call(name="f", arguments="{}"), {"role": "tool", "tool_call_id": "a"}],
        [item(call_id="a", name="f", arguments="{}"), {"type": "function_call_output", "call_id": "a"}],
        [use(id="a", name="f", input={}), {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}]),
    "a result of bare texts": Case(
        ["f({})", "=> x y"], set(),
        [chat_call(name="f", arguments="{}"), chat_result(tool_call_id="a", content=["x", "y"])],
        [item(call_id="a", name="f", arguments="{}"), output(call_id="a", output=["x", "y"])],
        [use(id="a", name="f", input={}), answer(tool_use_id="a", content=["x", "y"])]),
    "a result that is an object": Case(
        ["f({})", '=> {"n":1}'], set(),
        [chat_call(name="f", arguments="{}"), chat_result(tool_call_id="a", content={"n": 1})],
        [item(call_id="a", name="f", arguments="{}"), output(call_id="a", output={"n": 1})],
        [use(id="a", name="f", input={}), answer(tool_use_id="a", content={"n": 1})]),
    "a result with a part of an unknown type": Case(
        ["f({})", "=> see [A part of type 'resource', which cannot be shown.]"], set(),
        [chat_call(name="f", arguments="{}"), chat_result(tool_call_id="a", content=RESOURCE)],
        [item(call_id="a", name="f", arguments="{}"), output(call_id="a", output=RESOURCE)],
        [use(id="a", name="f", input={}), answer(tool_use_id="a", content=RESOURCE)]),
    "a call of a service, with its output": Case(
        ['f({"n": 1})', "=> found"], set(), None,
        [{"type": "mcp_call", "id": "mcp_1", "name": "f", "arguments": '{"n": 1}', "output": "found", "error": None}], None),
    "a search of files that a service made": Case(
        ['file_search({"queries":["x"]})', '=> [{"text":"one"}]'], set(), None,
        [{"type": "file_search_call", "id": "fs", "queries": ["x"], "results": [{"text": "one"}]}], None),
    "a search whose results were not asked for": Case(
        [], set(), None, [{"type": "file_search_call", "id": "fs", "queries": ["x"], "results": None}], None),
    "thoughts among the words": Case(
        ["Yes."], set(),
        [{"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Yes."}]}],
        None, None),
    "a summary of what was before": Case(
        ["They spoke."], set(), None, None,
        [{"role": "assistant", "content": [{"type": "compaction", "content": "They spoke."}]}]),
    "a custom call": Case(
        ['patch({"input":"*** Begin"})', "=> ok"], set(),
        [{"role": "assistant", "tool_calls": [
            {"id": "a", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}]},
         chat_result(tool_call_id="a")],
        [{"type": "custom_tool_call", "call_id": "a", "name": "patch", "input": "*** Begin"},
         {"type": "custom_tool_call_output", "call_id": "a", "output": "ok"}],
        None),
    "a custom call without input": Case(
        ['patch({"input":""})', "=> ok"], set(), None,
        [{"type": "custom_tool_call", "call_id": "a", "name": "patch"},
         {"type": "custom_tool_call_output", "call_id": "a", "output": "ok"}],
        None),
    "a bare text among the items": Case(["Well?"], set(), None, ["Well?"], None),
    "thoughts without a text": Case(
        ["Yes."], set(), None, None,
        [{"role": "assistant", "content": [{"type": "thinking", "signature": "x"}, {"type": "text", "text": "Yes."}]}]),
}  # fmt: skip

GO: Json = {"role": "user", "content": "Go"}


def shown(request: Request) -> tuple[list[str], set[str]]:
    assert isinstance(request.prompt, Conversation)
    mended, repairs = mend_history(request.prompt)
    lines: list[str] = []
    calls: list[str] = []
    results: list[str] = []
    for message in mended.messages:
        words: list[str] = []
        for part in message.parts:
            match part:
                case ToolCallPart(call_id, name, text):
                    calls.append(call_id)
                    lines.append(f"{name}({text})")
                case ToolResultPart(call_id, inner):
                    results.append(call_id)
                    lines.append("=> " + _text(inner))
                case _:
                    words.append(_text((part,)))
        if words or not message.parts:
            lines.append(" ".join(words))
    assert results == calls, "every call has its result, in its place"
    assert all(calls)
    assert len({*calls}) == len(calls)
    return lines, {repair.kind for repair in repairs}


def _text(parts: tuple[object, ...]) -> str:
    return " ".join(" ".join(part.text.split("\n")) for part in parts if isinstance(part, TextPart))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.chat is not None])
def test_chat(name: str) -> None:
    case = CASES[name]
    assert case.chat is not None
    lines, mended = shown(read_chat(orjson.dumps({"messages": [GO, *case.chat]})).request)
    assert (lines, mended) == (["Go", *case.shown], case.mended)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.responses is not None])
def test_responses(name: str) -> None:
    case = CASES[name]
    assert case.responses is not None
    lines, mended = shown(read_responses(orjson.dumps({"input": [GO, *case.responses]})).request)
    assert (lines, mended) == (["Go", *case.shown], case.mended)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.messages is not None])
def test_messages(name: str) -> None:
    case = CASES[name]
    assert case.messages is not None
    lines, mended = shown(read_messages(orjson.dumps({"messages": [GO, *case.messages]})).request)
    assert (lines, mended) == (["Go", *case.shown], case.mended)


def tools_of(request: Request) -> list[tuple[str, str, object]]:
    assert isinstance(request.prompt, Conversation)
    return [(tool.name, tool.description, tool.parameters) for tool in request.prompt.tools]


def test_a_tool_in_another_dialects_spelling_is_the_tool_it_is() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    tool = {"name": "f", "description": "d"}
    nested: Json = {"type": "function", "function": {**tool, "parameters": schema}}
    flat: Json = {"type": "function", **tool, "parameters": schema}
    for spelled in (nested, flat):
        assert tools_of(read_chat(orjson.dumps({"messages": [GO], "tools": [spelled]})).request) == [("f", "d", schema)]
        assert tools_of(read_responses(orjson.dumps({"input": [GO], "tools": [spelled]})).request) == [
            ("f", "d", schema)
        ]
        assert tools_of(read_messages(orjson.dumps({"messages": [GO], "tools": [spelled]})).request) == [
            ("f", "d", schema)
        ]


def choice_of(request: Request) -> object:
    assert isinstance(request.prompt, Conversation)
    return request.prompt.tool_choice


NO_TOOLS: Json = {"tools": []}
OURS: Json = {"enable_tools": True, "enabled_tools": ["python"]}


@pytest.mark.parametrize(
    ("fields", "chosen"),
    [(OURS, "required"), ({**OURS, **NO_TOOLS}, "required"), (NO_TOOLS, None), ({**OURS, "enabled_tools": []}, None)],
    ids=["the server's tools", "those and an empty list", "no tools", "none of the server's tools"],
)
def test_a_demanded_call_may_be_one_of_the_servers_tools(fields: Json, chosen: str | None) -> None:
    """The same in all three; without anything to call the request is refused."""
    readers = [
        lambda: read_chat(orjson.dumps({"messages": [GO], "tool_choice": "required", **fields})).request,
        lambda: read_responses(orjson.dumps({"input": [GO], "tool_choice": "required", **fields})).request,
        lambda: read_messages(orjson.dumps({"messages": [GO], "tool_choice": {"type": "any"}, **fields})).request,
    ]
    for read in readers:
        if chosen is not None:
            assert choice_of(read()) == chosen
            continue
        with pytest.raises(TurnFailure) as refused:
            read()
        assert refused.value.error.param == "tool_choice"


def test_one_of_the_servers_tools_may_be_chosen() -> None:
    function = {"type": "function", "function": {"name": "python"}}
    chat = read_chat(orjson.dumps({"messages": [GO], "tool_choice": function, **OURS}))
    responses = read_responses(
        orjson.dumps({"input": [GO], "tool_choice": {"type": "function", "name": "python"}, **OURS})
    )
    messages = read_messages(
        orjson.dumps({"messages": [GO], "tool_choice": {"type": "tool", "name": "python"}, **OURS})
    )
    for request in (chat.request, responses.request, messages.request):
        assert choice_of(request) == NamedTool("python")


def test_where_only_a_tool_that_does_not_run_here_could_be_called_the_model_decides() -> None:
    """Responses refuses such tools by name."""
    chat = {"tools": [{"type": "image_generation"}], "tool_choice": "required"}
    messages = {"tools": [{"type": "memory_20250818", "name": "memory"}], "tool_choice": {"type": "any"}}
    assert choice_of(read_chat(orjson.dumps({"messages": [GO], **chat})).request) == "auto"
    assert choice_of(read_messages(orjson.dumps({"messages": [GO], **messages})).request) == "auto"


def test_a_tool_without_a_schema_takes_anything() -> None:
    for tool in ({"name": "f"}, {"name": "f", "input_schema": None}, {"name": "f", "type": "custom"}):
        request = read_messages(orjson.dumps({"messages": [GO], "tools": [tool]})).request
        assert isinstance(request.prompt, Conversation)
        assert request.prompt.tools[0].parameters == {"type": "object", "properties": {}}
