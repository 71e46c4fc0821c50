"""Variants of the forms that models write just as well, and values that must come out untouched."""

# ruff: noqa: RUF001 - the wide bars are what models write

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from tests.conformance.case import Call, Case, well_formed
from tests.conformance.wire import gemma, json_bodies, python_calls
from tests.conformance.wire.family import as_json

READ = Call("read_file", {"path": "a.py", "limit": 7})
J = '{"path": "a.py", "limit": 7}'
HERMES = '{"name": "read_file", "arguments": {"path": "a.py", "limit": 7}}'
LLAMA = '{"type": "function", "name": "read_file", "parameters": {"path": "a.py", "limit": 7}}'

FORMS: list[tuple[str, str, str]] = [
    ("hermes", "all on one line", f"<tool_call>{HERMES}</tool_call>"),
    ("hermes", "indented JSON", f"<tool_call>\n{json.dumps(json.loads(HERMES), indent=2)}\n</tool_call>"),
    ("hermes", "JSON without blanks", f"<tool_call>\n{HERMES.replace(': ', ':').replace(', ', ',')}\n</tool_call>"),
    (
        "hermes",
        "the arguments before the name",
        f'<tool_call>\n{{"arguments": {J}, "name": "read_file"}}\n</tool_call>',
    ),
    ("hermes", "the token of the end of a turn", f"<tool_call>\n{HERMES}\n</tool_call><|im_end|>"),
    ("hermes", "an empty thought", f"<think>\n\n</think>\n\n<tool_call>\n{HERMES}\n</tool_call>"),
    ("llama-json", "the type of the call", LLAMA),
    ("llama-json", "indented JSON", json.dumps(json.loads(LLAMA), indent=4)),
    ("llama-json", "the token of the end of a turn", LLAMA + "<|eom_id|>"),
    ("xlam", "indented JSON", json.dumps([json.loads(HERMES)], indent=4)),
    ("mistral-v3", "ids of calls", f'[TOOL_CALLS] [{HERMES[:-1]}, "id": "a1B2c3D4e"}}]'),
    ("mistral-v3", "no blank after the marker", f"[TOOL_CALLS][{HERMES}]"),
    ("lfm2", "a JSON list", f"<|tool_call_start|>[{HERMES}]<|tool_call_end|>"),
    (
        "harmony",
        "the recipient before the channel",
        f"<|start|>assistant to=functions.read_file<|channel|>commentary json<|message|>{J}<|call|>",
    ),
    (
        "deepseek-v3.2",
        "types said in the tags",
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="read_file">\n'
        '<｜DSML｜parameter name="path" string="true">a.py</｜DSML｜parameter>\n'
        '<｜DSML｜parameter name="limit" string="false">7</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>',
    ),
    (
        "glm-4.5",
        "blank lines between the parts",
        "\n<tool_call>read_file\n<arg_key>path</arg_key>\n<arg_value>a.py</arg_value>\n"
        "<arg_key>limit</arg_key>\n<arg_value>7</arg_value>\n</tool_call>\n",
    ),
]

UNTOUCHED: list[tuple[str, Call, str]] = [
    ("blanks at the ends of a string", Call("write_file", {"path": "a", "content": "  two blanks \n"}), "coding"),
    ("an empty string", Call("write_file", {"path": "a", "content": ""}), "coding"),
    ("entities in a string", Call("run_command", {"command": "make &amp;&amp; echo &quot;x&quot;"}), "coding"),
    ("a string that says false", Call("write_file", {"path": "a", "content": "false"}), "coding"),
    ("a number where the schema takes both", Call("remember", {"value": 5}), "unions"),
    ("digits in a string where the schema takes both", Call("remember", {"value": "5"}), "unions"),
    ("arguments named as in an envelope", Call("register", {"name": "x", "arguments": {"a": 1}}), "own envelope names"),
]  # fmt: skip


def cases() -> Iterator[Case]:
    for family, title, text in FORMS:
        yield well_formed(family, title, text, [READ])
    for title, call, tools in UNTOUCHED:
        for family, form in (*json_bodies.FORMS.items(), *python_calls.FORMS.items(), *gemma.FORMS.items()):
            yield replace(well_formed(family, title, form.write([call]), [call]), tools=tools)
    text = f"<tool_call>\n{as_json({'name': 'remember', 'arguments': {'value': [1, 'two', None]}})}\n</tool_call>"
    call = Call("remember", {"value": [1, "two", None]})
    yield replace(well_formed("hermes", "a mixed list", text, [call]), tools="unions")
