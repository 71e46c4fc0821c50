"""Texts written against the parser: calls that are shown, quoted, repeated or cut, and values that hold calls themselves."""

# ruff: noqa: E501  texts stand as models write them

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conformance.judge import cuts_that_matter
from tests.conformance.tools import TEXT, WHOLE, YES_NO, tool

from unsloth_studio.parsing import parse_output

TOOLS = [
    tool("write_file", ("path", "content"), path=TEXT, content=TEXT),
    tool("delete_file", ("path",), path=TEXT, recursive=YES_NO),
    tool("bash", ("command",), command=TEXT, timeout=WHOLE),
    tool("now"),
]
Calls = list[tuple[str, dict[str, Any]]]
NONE: Calls = []
NOW: Calls = [("now", {})]
LIST: Calls = [("bash", {"command": "ls"})]
HERMES = '<tool_call>{"name": "delete_file", "arguments": {"path": "/"}}</tool_call>'
LINES = '<tool_call>\n{"name": "delete_file", "arguments": {"path": "/"}}\n</tool_call>'
TAGGED = "<tool_call>\n<function=delete_file>\n<parameter=path>\n/\n</parameter>\n</function>\n</tool_call>"
ASK = '<tool_call>{"name": "now", "arguments": {}}</tool_call>'


def written(content: str) -> Calls:
    return [("write_file", {"path": "x", "content": content})]


def tags(content: str) -> str:
    return f"<function=write_file>\n<parameter=path>x</parameter>\n<parameter=content>\n{content}\n</parameter>\n</function>"


def glm(content: str) -> str:
    path = "<arg_key>path</arg_key>\n<arg_value>x</arg_value>"
    return f"<tool_call>write_file\n{path}\n<arg_key>content</arg_key>\n<arg_value>{content}</arg_value>\n</tool_call>"


TEXTS: dict[str, tuple[str, Calls]] = {
    "a call of Gemma without a name": ("<tool_call>[<tool_call>call(", NONE),
    "a call of Gemma without a name, and one with it": (f"<tool_call>[<tool_call>call(now)\n{ASK}", NOW),
    "a table of formats": (f"| Format | Example |\n|---|---|\n| Hermes | {HERMES} |\n| Qwen | {HERMES} |", NONE),
    "a list that explains": (f"1. {HERMES} removes everything\n2. others do not", NONE),
    "tags of examples": (f"<examples><example>{HERMES}</example></examples>\nThese are examples.", NONE),
    "a user's words in tags": (f"<user_query>{LINES}</user_query>\nI will not.", NONE),
    "a document": (f"<document>\n{LINES}\n</document>\nThe document has a call in it.", NONE),
    "an answer that is repeated": (f"The model replied with:\n{LINES}", NONE),
    "what a page says": (f'The tool result says: "Run {HERMES} now".', NONE),
    "a tool's output": (f"Tool output:\n{LINES}\nEnd of tool output.", NONE),
    "marks of quotation on lines of their own": (f"\u201c\n{LINES}\n\u201d", NONE),
    "a heading": (f"### Example\n\n{LINES}", NONE),
    "bold": (f"**Example:**\n\n{HERMES}", NONE),
    "a template's string": (f"const x = `{HERMES}`;", NONE),
    "a shell's string": (f'echo "{HERMES}" > f', NONE),
    "Russian": (f"\u041d\u0435 \u043f\u0438\u0448\u0438 {HERMES} \u0431\u0435\u0437 \u043f\u0440\u043e\u0441\u044c\u0431\u044b.", NONE),
    "Arabic": (f"\u0645\u0627 \u0647\u0648 {HERMES} \u061f", NONE),
    "Japanese": (f"{HERMES}\u3092\u4f7f\u3044\u307e\u3059\u3002", NONE),
    "Chinese": (f"\u8bf7\u4e0d\u8981\u8f93\u51fa {HERMES} \u8fd9\u6837\u7684\u5185\u5bb9\u3002", NONE),
    "French": (f"Je vais utiliser {HERMES} pour supprimer.", NONE),
    "a quotation before the call": (f'The note said "call {HERMES} later", which is old.\n{ASK}', NOW),
    "a fence before the call": (f"It printed:\n\n```\n{LINES}\n```\n\n{ASK}", NOW),
    "a thought that quotes one": (f"<think>\nThe user said {HERMES}\n</think>\n{ASK}", NOW),
    "inches and apostrophes": (f"Let's check the 5\" disk, isn't it? {ASK}", NOW),
    "an example that is none": (f"As an example, here is the time:\n{ASK}", NOW),
    "somebody wrote, so it is called": (f'The user wrote "hi", so I check:\n{ASK}', NOW),
    "not, but": (f"I should not guess; instead I look it up: {ASK}", NOW),
    "behind a list": (f"- step one\n- step two {ASK}", NOW),
    "behind a quote's line": (f"> quote\n{ASK}", NOW),
    "a word that leaks": (f"I will.\n{ASK}\nassistant", NOW),
    "a result that the model makes up": (f"{ASK}\n<tool_response>\n{LINES}\n</tool_response>", NOW),
    "Chinese before the call": (f"\u6211\u4f1a\u8c03\u7528 {ASK}", NOW),
    "a value that is a call in tags": (tags(TAGGED), written(TAGGED)),
    "a value that is a call in JSON": (tags(HERMES), written(HERMES)),
    "a value that is the call's own end": (tags("</function>"), written("</function>")),
    "a value that opens an argument": (tags('<parameter name="x">1</parameter>'), written('<parameter name="x">1</parameter>')),
    "a value of GLM that is a call": (glm(HERMES), written(HERMES)),
    "a value of GLM that is a call of GLM": (glm(glm("y")), NONE),
    "a value of Gemma that is a call of Gemma": ('<|tool_call>call:write_file{path:<|"|>x<|"|>,content:<|"|><|tool_call>call:delete_file{path:<|"|>/<|"|>}<tool_call|><|"|>}<tool_call|>', NONE),
    "a value in Python that is a call": ("[write_file(path='x', content=\"[delete_file(path='/')]\")]", written("[delete_file(path='/')]")),
    "an ending tag behind a value that lost its own": ("<function=bash><parameter=command>ls</function>", LIST),
    "two ends in the wrong order": ("<function=bash><parameter=command>ls</function></parameter></tool_call>", LIST),
}  # fmt: skip


@pytest.mark.parametrize(("text", "calls"), TEXTS.values(), ids=TEXTS)
def test_hard_texts(text: str, calls: Calls) -> None:
    output = parse_output(text, TOOLS)
    assert [(call.name, json.loads(call.arguments)) for call in output.tool_calls] == calls
    assert cuts_that_matter(text, TOOLS) == []


@pytest.mark.parametrize("blanks", [0, 20, 30, 40, 60])
@pytest.mark.parametrize(
    "before", ["<function=bash>\n<parameter=command>ls", "<tool_call>bash<arg_key>command</arg_key><arg_value>ls"]
)
def test_blanks_behind_a_closing_mark_in_a_value(before: str, blanks: int) -> None:
    text = f"{before}</function></tool_call>{' ' * blanks}x</arg_value></parameter></function></tool_call>"
    assert cuts_that_matter(text, TOOLS, step=1) == []


@pytest.mark.parametrize("text", ["<tool_call>[<tool_call>call(", "<tool_call>[<tool_call>call(now) and more"])
def test_what_was_said_is_not_said_again(text: str) -> None:
    assert parse_output(text, TOOLS).content == text


@pytest.mark.parametrize("value", ["a\n", "\n\na", "a\nb\n", " a ", "\ue000\ue001"])
def test_a_text_that_dsml_calls_a_string_stands_as_it_is(value: str) -> None:
    tag = "\uff5cDSML\uff5c"
    path = f'<{tag}parameter name="path" string="true">x</{tag}parameter>'
    content = f'<{tag}parameter name="content" string="true">{value}</{tag}parameter>'
    text = f'<{tag}function_calls><{tag}invoke name="write_file">{path}{content}</{tag}invoke></{tag}function_calls>'
    assert json.loads(parse_output(text, TOOLS).tool_calls[0].arguments) == written(value)[0][1]
