"""Defects that only one family has: one table row per shape that healing.md's section 3 lists."""

# ruff: noqa: RUF001 - the wide bars are what models write

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.conformance.case import Call, Case, malformed

READ = Call("read_file", {"path": "a.py", "limit": 7})
ONLY_PATH = Call("read_file", {"path": "a.py"})
RUN = Call("run_command", {"command": "ls -l"})
TASKS = Call("list_tasks", {})

J = '{"path": "a.py", "limit": 7}'
HERMES = '{"name": "read_file", "arguments": {"path": "a.py", "limit": 7}}'

ROWS: list[tuple[str, str, str, list[Call]]] = [
    ("hermes", "a missing opener and an orphan closer", f"{HERMES}\n</tool_call>", [READ]),
    ("hermes", "a missing closer", f"<tool_call>\n{HERMES}", [READ]),
    ("hermes", "a truncated closer", f"<tool_call>\n{HERMES}\n</tool_call", [READ]),
    ("hermes", "an opener instead of the closer", f"<tool_call>\n{HERMES}\n<tool_call>", [READ]),
    (
        "hermes",
        "two calls with one closer",
        f"<tool_call>\n{HERMES}\n<tool_call>\n{HERMES}\n</tool_call>",
        [READ, READ],
    ),
    ("hermes", "a tag in capitals", f"<TOOL_CALL>\n{HERMES}\n</TOOL_CALL>", [READ]),
    ("hermes", "blanks in the tags", f"< tool_call >\n{HERMES}\n</ tool_call >", [READ]),
    ("hermes", "a fence inside the tags", f"<tool_call>\n```json\n{HERMES}\n```\n</tool_call>", [READ]),
    ("hermes", "a list inside the tags", f"<tool_call>\n[{HERMES}]\n</tool_call>", [READ]),
    ("hermes", "the tag <tools>", f"<tools>\n{HERMES}\n</tools>", [READ]),
    ("hermes", "a fence as the whole output", f"```json\n{HERMES}\n```", [READ]),
    ("hermes", "a fence without a language as the whole output", f"```\n{HERMES}\n```", [READ]),
    ("hermes", "the bare call as the whole output", HERMES, [READ]),
    (
        "hermes",
        "two calls on lines of their own in one tag",
        f"<tool_call>\n{HERMES}\n{HERMES}\n</tool_call>",
        [READ, READ],
    ),
    (
        "hermes",
        "wide punctuation",
        f"<tool_call>\n{HERMES.replace(': ', '：').replace(', ', '，')}\n</tool_call>",
        [READ],
    ),
    ("hermes", "wide punctuation without a mark", HERMES.replace(": ", "："), [READ]),
    ("hermes", "structure escaped as HTML", f"<tool_call>\n{HERMES.replace(chr(34), '&quot;')}\n</tool_call>", [READ]),
    (
        "hermes",
        "an open thought that ends with the call",
        f"<think>\nI read it.\n<tool_call>\n{HERMES}\n</tool_call>",
        [READ],
    ),
    (
        "hermes",
        "an opener without a body before the call",
        f"I use <tool_call> for it.\n<tool_call>\n{HERMES}\n</tool_call>",
        [READ],
    ),
    (
        "qwen3-coder",
        "a value inside the tag",
        "<tool_call>\n<function=run_command>\n<parameter=command=ls -l</parameter>\n</function>\n</tool_call>",
        [RUN],
    ),
    (
        "qwen3-coder",
        "a closer that was cut",
        "<tool_call>\n<function=run_command>\n<parameter=command>\nls -l\n</parameter>\n</function>\n</tool_call",
        [RUN],
    ),
    (
        "qwen3-coder",
        "text between the closers",
        "<tool_call>\n<function=run_command>\n<parameter=command>\nls -l\n</parameter>\n</function>\nDone.\n</tool_call>",
        [RUN],
    ),
    (
        "qwen3-coder",
        "a name in quotes",
        '<tool_call>\n<function="run_command">\n<parameter="command">\nls -l\n</parameter>\n</function>\n</tool_call>',
        [RUN],
    ),
    (
        "qwen3-coder",
        "a prose opener before the call",
        "I call <function=x> now.\n"
        "<tool_call>\n<function=run_command>\n<parameter=command>\nls -l\n</parameter>\n</function>\n</tool_call>",
        [RUN],
    ),
    (
        "glm-4.5",
        "a missing opener, with an orphan closer",
        "read_file\n<arg_key>path</arg_key>\n<arg_value>a.py</arg_value>\n<arg_key>limit</arg_key>\n<arg_value>7</arg_value>\n</tool_call>",
        [READ],
    ),
    (
        "glm-4.7",
        "a missing opener",
        "read_file<arg_key>path</arg_key>\n<arg_value>a.py</arg_value>\n<arg_key>limit</arg_key>\n<arg_value>7</arg_value>".replace(
            "\n", ""
        ),
        [READ],
    ),
    (
        "glm-4.5",
        "a missing value opener",
        "<tool_call>run_command\n<arg_key>command</arg_key>\nls -l</arg_value>\n</tool_call>",
        [RUN],
    ),
    (
        "glm-4.7",
        "a missing value opener",
        "<tool_call>run_command<arg_key>command</arg_key>ls -l</arg_value></tool_call>",
        [RUN],
    ),
    (
        "glm-4.5",
        "a missing key opener",
        "<tool_call>run_command\ncommand</arg_key>\n<arg_value>ls -l</arg_value>\n</tool_call>",
        [RUN],
    ),
    (
        "glm-4.7",
        "a second call opener as the first key",
        "<tool_call>run_command<tool_call>command</arg_key><arg_value>ls -l</arg_value></tool_call>",
        [RUN],
    ),
    (
        "glm-4.7",
        "a key opener twice",
        "<tool_call>run_command<arg_key><arg_key>command</arg_key><arg_value>ls -l</arg_value></tool_call>",
        [RUN],
    ),
    (
        "glm-4.7",
        "a value opener twice",
        "<tool_call>run_command<arg_key>command</arg_key><arg_value><arg_value>ls -l</arg_value></tool_call>",
        [RUN],
    ),
    (
        "glm-4.5",
        "a closer missing at the end",
        "<tool_call>run_command\n<arg_key>command</arg_key>\n<arg_value>ls -l</arg_value>\n",
        [RUN],
    ),
    (
        "deepseek-v3.2",
        "a section with a misspelt name",
        '<｜DSML｜functioncalls>\n<｜DSML｜invoke name="run_command">\n<｜DSML｜parameter name="command" string="true">ls -l'
        "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜functioncalls>",
        [RUN],
    ),
    (
        "deepseek-v4",
        "a section with a misspelt name",
        '<｜DSML｜toolcalls>\n<｜DSML｜invoke name="run_command">\n<｜DSML｜parameter name="command" string="true">ls -l'
        "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜toolcalls>",
        [RUN],
    ),
    (
        "deepseek-v4",
        "both section names in one block",
        '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="run_command">\n<｜DSML｜parameter name="command" string="true">ls -l'
        "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
        [RUN],
    ),
    (
        "deepseek-v3.2",
        "plain bars",
        '<|DSML|function_calls>\n<|DSML|invoke name="run_command">\n<|DSML|parameter name="command" string="true">ls -l'
        "</|DSML|parameter>\n</|DSML|invoke>\n</|DSML|function_calls>",
        [RUN],
    ),
    (
        "deepseek-v3.1",
        "underscores in the tokens",
        f"<｜tool_calls_begin｜><｜tool_call_begin｜>read_file<｜tool_sep｜>{J}<｜tool_call_end｜><｜tool_calls_end｜>",
        [READ],
    ),
    (
        "deepseek-v3.1",
        "plain bars and underscores in the tokens",
        f"<|tool_calls_begin|><|tool_call_begin|>read_file<|tool_sep|>{J}<|tool_call_end|><|tool_calls_end|>",
        [READ],
    ),
    (
        "deepseek-v3.1",
        "a missing section",
        f"<｜tool▁call▁begin｜>read_file<｜tool▁sep｜>{J}<｜tool▁call▁end｜>",
        [READ],
    ),
    (
        "deepseek-v3.1",
        "a section that is not closed",
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>read_file<｜tool▁sep｜>{J}<｜tool▁call▁end｜>",
        [READ],
    ),
    (
        "deepseek-r1",
        "a missing fence",
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>read_file\n{J}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        [READ],
    ),
    (
        "deepseek-r1",
        "blanks in the tokens",
        f"<｜tool calls begin｜><｜tool call begin｜>function<｜tool sep｜>read_file\n```json\n{J}\n```"
        "<｜tool call end｜><｜tool calls end｜>",
        [READ],
    ),
    (
        "kimi",
        "an id with underscores",
        f"<|tool_calls_section_begin|><|tool_call_begin|>functions_read_file_1<|tool_call_argument_begin|>{J}"
        "<|tool_call_end|><|tool_calls_section_end|>",
        [READ],
    ),
    (
        "kimi",
        "an id without an index",
        f"<|tool_calls_section_begin|><|tool_call_begin|>functions.read_file<|tool_call_argument_begin|>{J}"
        "<|tool_call_end|><|tool_calls_section_end|>",
        [READ],
    ),
    (
        "kimi",
        "a bare name",
        f"<|tool_calls_section_begin|><|tool_call_begin|>read_file<|tool_call_argument_begin|>{J}"
        "<|tool_call_end|><|tool_calls_section_end|>",
        [READ],
    ),
    (
        "kimi",
        "the section in the singular",
        f"<|tool_call_section_begin|><|tool_call_begin|>functions.read_file:0<|tool_call_argument_begin|>{J}"
        "<|tool_call_end|><|tool_call_section_end|>",
        [READ],
    ),
    (
        "kimi",
        "a missing section",
        f"<|tool_call_begin|>functions.read_file:0<|tool_call_argument_begin|>{J}<|tool_call_end|>",
        [READ],
    ),
    (
        "kimi",
        "a thought that is not closed",
        "<think>I read it.<|tool_calls_section_begin|><|tool_call_begin|>functions.read_file:0"
        f"<|tool_call_argument_begin|>{J}<|tool_call_end|><|tool_calls_section_end|>",
        [READ],
    ),
    ("gemma-4", "a missing opening delimiter", '<|tool_call>call:run_command{command:ls -l<|"|>}<tool_call|>', [RUN]),
    ("gemma-4", "plain quotes", '<|tool_call>call:run_command{command:"ls -l"}<tool_call|>', [RUN]),
    (
        "gemma-4",
        "plain quotes in a list",
        '<|tool_call>call:search_code{query:<|"|>x<|"|>,globs:["a","b"]}<tool_call|>',
        [Call("search_code", {"query": "x", "globs": ["a", "b"]})],
    ),
    (
        "gemma-4",
        "parentheses instead of braces",
        '<|tool_call>call:run_command(command:<|"|>ls -l<|"|>)<tool_call|>',
        [RUN],
    ),
    ("gemma-4", "a call in parentheses", '<|tool_call>call:run_command(command=<|"|>ls -l<|"|>)<tool_call|>', [RUN]),
    ("gemma-4", "a missing word call", '<|tool_call>:run_command{command:<|"|>ls -l<|"|>}<tool_call|>', [RUN]),
    (
        "gemma-4",
        "a name with a namespace",
        '<|tool_call>call:default_api.run_command{command:<|"|>ls -l<|"|>}<tool_call|>',
        [RUN],
    ),
    ("gemma-4", "a missing closer", '<|tool_call>call:run_command{command:<|"|>ls -l<|"|>}', [RUN]),
    ("gemma-4", "quoted keys", '<|tool_call>call:run_command{"command":<|"|>ls -l<|"|>}<tool_call|>', [RUN]),
    (
        "gemma-4",
        "a number between delimiters",
        '<|tool_call>call:read_file{path:<|"|>a.py<|"|>,limit:<|"|>7<|"|>}<tool_call|>',
        [READ],
    ),
    ("gemma-4", "a name in another case", '<|tool_call>call:Run_Command{command:<|"|>ls -l<|"|>}<tool_call|>', [RUN]),
    (
        "gemma-4",
        "a delimiter inside a value",
        '<|tool_call>call:write_file{path:<|"|>a<|"|>,content:<|"|>say <|"|>hi<|"|> now<|"|>}<tool_call|>',
        [Call("write_file", {"path": "a", "content": 'say <|"|>hi<|"|> now'})],
    ),
    ("gemma-4", "stripped markers", 'call:run_command{command:<|"|>ls -l<|"|>}', [RUN]),
    (
        "deepseek-v3.1",
        "escaped underscores in the tokens",
        f"<｜tool\\_calls\\_begin｜><｜tool\\_call\\_begin｜>read_file<｜tool\\_sep｜>{J}"
        "<｜tool\\_call\\_end｜><｜tool\\_calls\\_end｜>",
        [READ],
    ),
    (
        "functiongemma",
        "a number between delimiters",
        "<start_function_call>call:read_file{path:<escape>a.py<escape>,limit:<escape>7<escape>}<end_function_call>",
        [READ],
    ),
    (
        "functiongemma",
        "plain quotes",
        '<start_function_call>call:run_command{command:"ls -l"}<end_function_call>',
        [RUN],
    ),
    (
        "functiongemma",
        "a missing closer",
        "<start_function_call>call:run_command{command:<escape>ls -l<escape>}",
        [RUN],
    ),
    (
        "functiongemma",
        "a name with hyphens",
        "<start_function_call>call:run-command{command:<escape>ls -l<escape>}<end_function_call>",
        [RUN],
    ),
    ("harmony", "stripped tokens", f"commentary to=functions.read_file json{J}", [READ]),
    (
        "harmony",
        "a recipient before the channel",
        f"<|start|>assistant to=functions.read_file<|channel|>commentary <|constrain|>json<|message|>{J}<|call|>",
        [READ],
    ),
    (
        "harmony",
        "a token in the name",
        f"<|channel|>commentary to=functions.read_file<|channel|>commentary <|constrain|>json<|message|>{J}<|call|>",
        [READ],
    ),
    ("harmony", "no type of content", f"<|channel|>commentary to=functions.read_file<|message|>{J}<|call|>", [READ]),
    (
        "harmony",
        "a missing end",
        f"<|channel|>commentary to=functions.read_file <|constrain|>json<|message|>{J}",
        [READ],
    ),
    (
        "harmony",
        "a missing start between a thought and the call",
        "<|channel|>analysis<|message|>I read it.<|end|>"
        f"<|channel|>commentary to=functions.read_file <|constrain|>json<|message|>{J}<|call|>",
        [READ],
    ),
    ("mistral-v13", "a stripped marker", f"read_file[ARGS]{J}", [READ]),
    ("mistral-v13", "a blank before the arguments", f"[TOOL_CALLS]read_file[ARGS] {J}", [READ]),
    ("mistral-v3", "a stripped marker", f"[{HERMES}]", [READ]),
    ("mistral-v3", "one object instead of the list", f"[TOOL_CALLS] {HERMES}", [READ]),
    ("mistral-v11", "a blank before the arguments", f"[TOOL_CALLS] read_file {J}", [READ]),
    (
        "llama-json",
        "a fence as the whole output",
        '```json\n{"name": "read_file", "parameters": {"path": "a.py"}}\n```',
        [ONLY_PATH],
    ),
    ("functionary", "a missing closer", f"<function=read_file>{J}", [READ]),
    (
        "functionary",
        "a wrapper of another family",
        f"<tool_call>\n<function=read_file>{J}</function>\n</tool_call>",
        [READ],
    ),
    ("longcat", "a missing closer", f"<longcat_tool_call>\n{HERMES}", [READ]),
    ("nemotron-nano", "a missing closer", f"<TOOLCALL>[{HERMES}]", [READ]),
    ("nemotron-nano", "one object instead of the list", f"<TOOLCALL>{HERMES}</TOOLCALL>", [READ]),
    ("hunyuan", "a missing closer", f"<tool_calls>[{HERMES}]", [READ]),
    ("hunyuan", "a missing bracket", f"<tool_calls>[{HERMES}</tool_calls>", [READ]),
    ("granite-3", "the tag of Hermes around the list", f"<tool_call>[{HERMES}]</tool_call>", [READ]),
    ("phi-4-mini", "a missing closer", f"<|tool_call|>[{HERMES}]", [READ]),
    ("internlm", "a missing closer", '<|action_start|><|plugin|>{"name": "list_tasks", "parameters": {}}', [TASKS]),
    ("apertus", "a missing closer", f'<|tools_prefix|>[{{"read_file": {J}}}]', [READ]),
    (
        "command-r7b",
        "a missing closer",
        f'<|START_ACTION|>[{{"tool_call_id": "0", "tool_name": "read_file", "parameters": {J}}}]',
        [READ],
    ),
    (
        "anthropic",
        "single quotes in the tags",
        "<function_calls>\n<invoke name='run_command'>\n<parameter name='command'>ls -l</parameter>\n</invoke>\n"
        "</function_calls>",
        [RUN],
    ),
    (
        "minimax-m2",
        "no quotes in the tags",
        "<minimax:tool_call>\n<invoke name=run_command>\n<parameter name=command>ls -l</parameter>\n</invoke>\n"
        "</minimax:tool_call>",
        [RUN],
    ),
]

CONTENT = {
    "an opener without a body before the call": "I use <tool_call> for it.",
    "a prose opener before the call": "I call <function=x> now.",
}
OPEN = {
    "an open thought that ends with the call",
    "a thought that is not closed",
    "text between the closers",
    "an opener instead of the closer",
}


def cases() -> Iterator[Case]:
    for family, title, text, calls in ROWS:
        case = malformed(family, title, text, calls, content=CONTENT.get(title, ""))
        yield replace(case, content=None) if title in OPEN else case
