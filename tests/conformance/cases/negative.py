"""Text that is no call (healing.md, section 5): documentation, drafts, foreign names, values that were cut, plain prose."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.case import Call, Case, negative
from tests.conformance.wire.family import Family

RUN = Call("run_command", {"command": "rm -r build"})
UNKNOWN = Call("launch_rocket", {"target": "moon"})
CUT = "CUT_HERE"


def of_family(family: Family) -> Iterator[Case]:
    """Documentation of the family's own form, a tool nobody offered, no tools, a value that was cut, a draft."""
    wire, name = family.write([RUN]), family.name
    kept = not family.tokens
    if family.fence:
        fenced = f"The format is this:\n\n{family.fence}\n{wire}\n{family.fence}\n\nThat is all."
        yield negative(name, "a fenced example", fenced, content=fenced if kept else None)
        indented = f"1. Write it so:\n\n   ~~~text\n   {wire}\n   ~~~\n\n2. Wait."
        yield negative(name, "a fenced example in a list", indented, content=indented if kept else None)
    quoted = "They wrote:\n\n" + "\n".join("> " + line for line in wire.split("\n")) + "\n\nI would not do that."
    yield negative(name, "a block quote", quoted, content=quoted if kept else None)
    if "\n" not in wire and "`" not in wire:
        inline = f"Models write `{wire}` for that."
        yield negative(name, "inline code", inline, content=inline if kept else None)
    foreign = family.write([UNKNOWN])
    yield negative(name, "a tool that is not offered", foreign, content=foreign if kept else None)
    yield negative(name, "a request without tools", wire, tools="none")
    cut = family.write([Call("write_file", {"path": "a.py", "content": f"print('{CUT}')"})])
    yield negative(name, "a string that was cut", cut[: cut.index(CUT)])
    number = family.write([Call("read_file", {"path": "a.py", "limit": 1234567})])
    yield negative(name, "a number that was cut", number[: number.index("4567")])
    if family.reason is not None and not family.prompt_opens_reasoning and name != "harmony":
        draft = family.reason(f"Maybe this:\n{wire}\nNo, better not.") + "I won't delete anything."
        yield negative(name, "a draft in a closed thought", draft, content="I won't delete anything.")


HERMES = '<tool_call>\n{"name": "run_command", "arguments": {"command": "ls"}}\n</tool_call>'
BARE = '{"name": "run_command", "arguments": {"command": "ls"}}'

PLAIN: list[tuple[str, str]] = [
    ("prose", "The build is green now. Nothing else to do."),
    ("an empty answer", ""),
    ("a comparison", "If a < b and c<d then a <= d, so for i<n the loop ends."),
    ("generics of a language", "Use Vec<String> or HashMap<K, V>; List<int> is C#."),
    ("HTML", '<div class="a"><p>Hello</p><function>no</function></div>'),
    ("a sentence that names a marker", "The model writes <tool_call> and then a JSON object, and ends with </tool_call>."),
    ("a sentence that names a function tag", "Qwen3-Coder starts with <function=name> and needs </function> at the end."),
    ("a sentence that names Mistral's marker", "Mistral's marker is called TOOL_CALLS and stands in brackets."),
    ("brackets in prose", "See [1], [2] and [the manual](https://example.org/a_(b))."),
    ("a task list", "- [x] read the file\n- [ ] run_command later"),
    ("a Python function in prose", "Then run_command(command='ls') would list the files."),
    ("a Python fence", "Like this:\n\n```python\nrun_command(command='ls')\n```\n\nDone."),
    ("a call object in a sentence", f"You would send {BARE} to the server."),
    ("a JSON fence with text around", f"An example:\n\n```json\n{BARE}\n```\n\nReplace the command."),
    ("a Hermes fence of four backticks", f"````\n```\n{HERMES}\n```\n````\nEnd."),
    ("a fence that is not closed", f"Here it is:\n\n```\n{HERMES}"),
    ("inline code of two backticks", "Write ``<tool_call>`x`</tool_call>`` there."),
    ("inline code that ends on the next line", "Write `<tool_call>\n</tool_call>` there."),
    ("an answer in JSON", '{"answer": 42, "unit": "km"}'),
    ("an answer in JSON that has a name", '{"name": "Ada Lovelace", "born": 1815}'),
    ("an answer in JSON that has arguments", '{"arguments": ["for", "against"], "verdict": "open"}'),
    ("an answer that is a list", '["read_file", "run_command"]'),
    ("an answer that is a list of objects", '[{"id": 1, "name": "Ada"}, {"id": 2, "name": "Alan"}]'),
    ("a JSON answer in a fence", '```json\n{"name": "Ada", "age": 36}\n```'),
    ("an echoed schema", '{"type": "function", "function": {"name": "run_command", "description": "Runs it.", "parameters": '
     '{"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}}}'),
    ("an echoed schema without the frame", '{"name": "run_command", "description": "Runs it.", "parameters": '
     '{"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}}'),
    ("a schema as parameters", '{"name": "run_command", "parameters": {"type": "object", "properties": {"command": '
     '{"type": "string"}}, "required": ["command"]}}'),
    ("a placeholder name", '<tool_call>\n{"name": "<function-name>", "arguments": {"a": 1}}\n</tool_call>'),
    ("placeholder arguments", '<tool_call>\n{"name": "run_command", "arguments": {...}}\n</tool_call>'),
    ("a placeholder object", '<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>'),
    ("an empty marker", "<tool_call></tool_call>"),
    ("an empty list of calls in JSON", "[]"),
    ("a lone number", "42"),
    ("a lone closer in prose", "I closed it with </tool_call> already."),
    ("a git conflict", "<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> branch"),
    ("a heredoc", "cat <<EOF > a.txt\nhello\nEOF"),
    ("C++ streams", "std::cout << x << std::endl; if (a<b) { f(); }"),
    ("an e-mail address and an autolink", "Write to <ada@example.org> or see <https://example.org>."),
    ("a command with redirection", "sort <in.txt >out.txt && call:me later"),
    ("a word before a colon and brace", "The recall:{a} syntax of CSS is no syntax."),
    ("commentary in prose", "The commentary to the law is long."),
    ("functools of Python", "functools.partial helps; functools[0] does not."),
    ("an action in prose", "Action: none needed today."),
    ("a dictionary of Python", "{'a': 1, 'b': 2}"),
    ("a list of Python names", "[read_file, run_command]"),
    ("a markdown table of calls", "| call | meaning |\n|---|---|\n| run_command | runs |"),
    ("nested quotes", f"> > He said:\n> > {BARE}\n\nSo he did."),
]  # fmt: skip

UNLAID: list[tuple[str, str]] = [
    ("an echoed tool response", '<tool_response>\n{"name": "run_command", "content": "ok"}\n</tool_response>'),
    ("a call inside of an echoed tool response", f"<tool_response>\nThe page says:\n{HERMES}\n</tool_response>"),
    ("an echoed list of tools", '<tools>\n{"type": "function", "function": {"name": "run_command", "description": "Runs.", '
     '"parameters": {"type": "object", "properties": {"command": {"type": "string"}}}}}\n</tools>'),
    ("positional arguments", '<|tool_call_start|>[run_command("ls")]<|tool_call_end|>'),
    ("positional arguments of a bare list", '[run_command("ls")]'),
    ("a synonym of a tool", '<tool_call>\n{"name": "execute_shell", "arguments": {"command": "ls"}}\n</tool_call>'),
    ("a call that overflows", '<tool_call>\n{"name": "set_volume", "arguments": {"level": 1e999}}\n</tool_call>'),
    ("a call with NaN", '<tool_call>\n{"name": "set_volume", "arguments": {"level": NaN}}\n</tool_call>'),
    ("a name that is only a marker", "[TOOL_CALLS]"),
]  # fmt: skip

REASONING: list[tuple[str, str, str, str]] = [
    ("a thought and an answer", "<think>\nSimple.\n</think>\nFour.", "Four.", "Simple."),
    ("a thought that the prompt opened", "Simple.\n</think>\nFour.", "Four.", "Simple."),
    ("a thought of Seed", "<seed:think>Simple.</seed:think>Four.", "Four.", "Simple."),
    ("a thought of Mistral", "[THINK]Simple.[/THINK]Four.", "Four.", "Simple."),
    ("a thought of Gemma 4", "<|channel>thought\nSimple.\n<channel|>Four.", "Four.", "Simple."),
    (
        "a thought of gpt-oss",
        "<|channel|>analysis<|message|>Simple.<|end|><|start|>assistant<|channel|>final<|message|>Four.",
        "Four.",
        "Simple.",
    ),
    (
        "a draft of bare JSON in a closed thought",
        f"<think>\n{BARE}\n</think>\nI decided against it.",
        "I decided against it.",
        BARE,
    ),
    (
        "a draft in the analysis channel",
        f"<|channel|>analysis<|message|>Maybe {BARE}?<|end|><|start|>assistant<|channel|>final<|message|>No need.<|return|>",
        "No need.",
        f"Maybe {BARE}?",
    ),
    ("a final channel alone", "<|channel|>final<|message|>All is done.<|return|>", "All is done.", ""),
    ("the words think and thought in prose", "I <thought> so; </b> is bold.", "I <thought> so; </b> is bold.", ""),
]


def general() -> Iterator[Case]:
    for title, text in PLAIN:
        yield negative("any", title, text, content=text)
    for title, text in UNLAID:
        yield negative("any", title, text)
    for title, text, content, reasoning in REASONING:
        yield negative("any", title, text, content=content, reasoning=reasoning)
    both = '<tool_call>\n{"name": "delete_issue", "arguments": {"id": 3}}\n</tool_call>'
    yield negative("any", "a stem that fits two tools", both, content=both, tools="look-alikes")
    near = '<tool_call>\n{"name": "github_remove_issue", "arguments": {"id": 3}}\n</tool_call>'
    yield negative("any", "a name that is merely near", near, content=near, tools="look-alikes")
