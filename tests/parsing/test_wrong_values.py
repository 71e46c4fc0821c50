"""Damaged calls that once came out with wrong arguments: now healed right where one reading is left, else text."""

# ruff: noqa: E501  texts stand as models write them

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conformance.judge import cuts_that_matter
from tests.conformance.tools import TEXT as S
from tests.conformance.tools import WHOLE, tool

from unsloth_studio.parsing import parse_output

FILTERS = {"type": "object", "properties": {"tag": S}}
TOOLS = [
    tool("get_weather", ("city",), city=S, days=WHOLE, unit={"type": "string", "enum": ["celsius", "fahrenheit"]}),
    tool("run_shell", ("command",), command=S, timeout={"type": "number"}),
    tool("write_file", ("path", "content"), path=S, content=S),
    tool("delete_users", ("ids",), ids={"type": "array", "items": WHOLE}),
    tool("send_mail", ("to",), to={"type": "array", "items": S}),
    tool("find", ("query",), query=S, filters=FILTERS, limit=WHOLE),
    tool("run_job", ("job",), job=S, env={"type": "object"}, timeout=WHOLE),
    tool("list_rooms"),
]
Calls = list[tuple[str, dict[str, Any]]]
TEXT: Calls = []
OSLO: Calls = [("get_weather", {"city": "Oslo"})]
THREE: Calls = [("get_weather", {"city": "Oslo", "days": 3})]
CELSIUS: Calls = [("get_weather", {"city": "Oslo", "unit": "celsius"})]
REMOVE: Calls = [("run_shell", {"command": "rm -rf /tmp/x", "timeout": 5})]


def marked(name: str, arguments: str) -> str:
    return f'<tool_call>{{"name": "{name}", "arguments": {arguments}}}</tool_call>'


def weather(arguments: str) -> str:
    return marked("get_weather", arguments)


def shell(arguments: str) -> str:
    return marked("run_shell", arguments)


STRAY = '{"city": "Oslo", "days": 3"}'

HEALED: dict[str, tuple[str, Calls]] = {
    "a stray quote behind a number": (weather(STRAY), THREE),
    "a stray quote behind a number, further on": (shell('{"timeout": 5", "command": "rm -rf /tmp/x"}'), REMOVE),
    "a stray quote behind a literal": (shell('{"command": "ls", "timeout": null"}'), [("run_shell", {"command": "ls"})]),
    "a stray quote and no comma": (shell('{"command":"rm -rf /tmp/x" "timeout": 5"}'), REMOVE),
    "a stray quote in bare JSON": (f'{{"name": "get_weather", "arguments": {STRAY}}}', THREE),
    "a stray quote in Mistral's form": (f"[TOOL_CALLS]get_weather[ARGS]{STRAY}", THREE),
    "a stray quote in Mistral's list": (f'[TOOL_CALLS][{{"name": "get_weather", "arguments": {STRAY}}}]', THREE),
    "a stray quote in Kimi's form": (f"<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{STRAY}<|tool_call_end|><|tool_calls_section_end|>", THREE),
    "a stray quote in gpt-oss": (f"<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{STRAY}<|call|>", THREE),
    "honest inner quotes": (shell('{"command": "echo "hi" && ls", "timeout": 5}'), [("run_shell", {"command": 'echo "hi" && ls', "timeout": 5})]),
    "honest inner quotes at the end": (shell('{"command": "echo "hi"", "timeout": 5}'), [("run_shell", {"command": 'echo "hi"', "timeout": 5})]),
    "a missing last quote": (weather('{"city": "Oslo, "unit": "celsius"}'), CELSIUS),
    "a missing last quote of a command": (shell('{"command": "rm -rf /tmp/x, "timeout": 5}'), REMOVE),
    "a missing closing tag of Qwen": ("<function=get_weather><parameter=city>Oslo<parameter=days>3</parameter></function>", THREE),
    "a missing closing tag of Qwen in its mark": ("<tool_call><function=get_weather><parameter=city>Oslo<parameter=days>3</parameter></function></tool_call>", THREE),
    "a missing closing tag of Anthropic's form": ('<function_calls><invoke name="get_weather"><parameter name="city">Oslo<parameter name="days">3</parameter></invoke></function_calls>', THREE),
    "a missing closing tag of MiniCPM": ('<function name="get_weather"><param name="city">Oslo<param name="days">3</param></function>', THREE),
    "a missing closing tag of DSML": ('<｜DSML｜function_calls><｜DSML｜invoke name="get_weather"><｜DSML｜parameter name="city" string="true">Oslo<｜DSML｜parameter name="days" string="false">3</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜function_calls>', THREE),  # noqa: RUF001
    "a missing closing tag of Step": ('<steptml:invoke name="get_weather"><steptml:parameter name="city">Oslo<steptml:parameter name="days">3</steptml:parameter></steptml:invoke>', THREE),
    "tags in a value, all closed": ("<function=run_shell><parameter=command>echo <parameter=timeout>5</parameter> x</parameter></function>", [("run_shell", {"command": "echo <parameter=timeout>5</parameter> x"})]),
    "a tag in a value, and the argument behind it": ("<function=write_file><parameter=content>Use <parameter=path> here</parameter><parameter=path>a</parameter></function>", [("write_file", {"content": "Use <parameter=path> here", "path": "a"})]),
    "commas in Gemma's bare command": ("<|tool_call>call:run_shell{command:rm -rf a, b,timeout:5}<tool_call|>", [("run_shell", {"command": "rm -rf a, b", "timeout": 5})]),
    "commas in Gemma's bare city": ("<|tool_call>call:get_weather{city:Oslo, Norway,days:3}<tool_call|>", [("get_weather", {"city": "Oslo, Norway", "days": 3})]),
    "GLM without an optional value": ("<tool_call>get_weather<arg_key>unit</arg_key><arg_key>city</arg_key><arg_value>Oslo</arg_value></tool_call>", OSLO),
    "a missing inner brace": (marked("find", '{"query":"a","filters":{"tag":"b","limit":3}'), [("find", {"query": "a", "filters": {"tag": "b"}, "limit": 3})]),
    "a missing last brace": (marked("find", '{"query":"a","limit":3,"filters":{"tag":"b"}'), [("find", {"query": "a", "limit": 3, "filters": {"tag": "b"}})]),
}  # fmt: skip
"""The text, and the calls that it can only mean."""

REFUSED: dict[str, tuple[str, Calls]] = {
    "a word without its first quote": (weather('{"city": "Oslo", "unit": celsius"}'), CELSIUS),
    "two quotes behind a key": (weather('{"city": "Oslo", "unit"": "celsius"}'), CELSIUS),
    "two quotes before a key": (weather('{"city": "Oslo", ""unit": "celsius"}'), CELSIUS),
    "a key without its last quote": (weather('{"city": "Oslo","unit: "celsius"}'), CELSIUS),
    "a key without its last quote, a number": (weather('{"city": "Oslo","days: 3}'), THREE),
    "a missing last quote and comma": (weather('{"city": "Oslo "unit": "celsius"}'), CELSIUS),
    "an inner quote that nothing closes": (shell('{"command": "echo "hi", "timeout": 5}'), TEXT),
    "a difference in a list": (marked("delete_users", '{"ids": [1-3]}'), TEXT),
    "a difference with a blank": (marked("delete_users", '{"ids": [1 -3]}'), TEXT),
    "a sum in a list": (marked("delete_users", '{"ids": [1+2]}'), TEXT),
    "a quotient in a list": (marked("delete_users", '{"ids": [7//2]}'), TEXT),
    "a date in a list": (marked("delete_users", '{"ids": [2024-01-05]}'), TEXT),
    "a difference in Python": ("[delete_users(ids=[1-3])]", TEXT),
    "a difference behind LFM2's mark": ("<|tool_call_start|>[delete_users(ids=[1-3])]<|tool_call_end|>", TEXT),
    "a sum of strings": (shell('{"command": "a" + "b"}'), TEXT),
    "a sum of strings with blanks": (shell('{"command": "ls " + "-l"}'), TEXT),
    "strings and an operator": (shell('{"command": "ls" && "pwd"}'), TEXT),
    "strings and a redirection": (shell('{"command": "ls" > "out.txt"}'), TEXT),
    "one string or another": (shell('{"command": "a" or "b"}'), TEXT),
    "a condition": (shell("{'command': 'a' if x else 'b'}"), TEXT),
    "a list with semicolons": (marked("send_mail", '{"to": ["a@b"; "c@d"]}'), TEXT),
    "a formatted string": ("[run_shell(command=f'rm {path}')]", TEXT),
    "GLM without its values": ("<tool_call>run_shell<arg_key>command</arg_key></tool_call>", TEXT),
    "GLM without a required value": ("<tool_call>write_file<arg_key>path</arg_key><arg_key>content</arg_key><arg_value>x</arg_value></tool_call>", TEXT),
    "a tag in a value that may be an argument": ("<function=write_file><parameter=content>Use <parameter=path> here</parameter></function>", [("write_file", {"content": "Use <parameter=path> here"})]),
    "a missing inner brace of an open object": (marked("run_job", '{"job":"a","env":{"A":"b","timeout":3}'), TEXT),
    "an argument nobody declared behind a bare value of Gemma": ("<|tool_call>call:run_shell{command:rm -rf a, b:c,timeout:5}<tool_call|>", TEXT),
    "an open value of GLM and another call": ("<tool_call>get_weather<arg_key>city</arg_key><arg_value>Oslo<tool_call>list_rooms</tool_call>", [("list_rooms", {})]),
    "an open value of Qwen and another call": ("<function=run_shell>\n<parameter=command>\nls\n<function=list_rooms>\n</function>", [("list_rooms", {})]),
    "an open value of Qwen and a call with arguments": ("<function=run_shell>\n<parameter=command>\nls\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>", OSLO),
}  # fmt: skip
"""The text, and the only calls that would be right; none at all is as well."""

EXPRESSIONS = ("'a' + 'b'", '"ls" && "pwd"', '"ls" > "out.txt"', '"a" or "b"', "'a' if x else 'b'", '"%s" % "b"')
for expression in EXPRESSIONS:
    REFUSED[f"{expression} in Python"] = (f"[run_shell(command={expression})]", TEXT)
    REFUSED[f"{expression} in Python with more"] = (f"[run_shell(command={expression}, timeout=5)]", TEXT)


def calls_in(text: str) -> Calls:
    """The calls of a whole text; the same text in pieces must give the same."""
    output = parse_output(text, TOOLS)
    assert cuts_that_matter(text, TOOLS) == []
    return [(call.name, json.loads(call.arguments)) for call in output.tool_calls]


@pytest.mark.parametrize(("text", "calls"), HEALED.values(), ids=HEALED)
def test_one_reading_is_healed(text: str, calls: Calls) -> None:
    assert calls_in(text) == calls


@pytest.mark.parametrize(("text", "right"), REFUSED.values(), ids=REFUSED)
def test_several_readings_give_no_wrong_call(text: str, right: Calls) -> None:
    assert calls_in(text) in ([], right)
