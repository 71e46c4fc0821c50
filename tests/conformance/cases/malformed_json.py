"""Defects of JSON bodies, names and envelopes (healing.md, section 3), put into every family that writes JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.conformance.case import Call, Case, malformed
from tests.conformance.wire.family import as_json
from tests.conformance.wire.json_bodies import FORMS, JsonForm


@dataclass(frozen=True, slots=True)
class Defect:
    """`written` is what the model writes as the arguments of `name`; `meant` is what it meant."""

    title: str
    name: str
    written: str
    meant: dict[str, Any]


SYNTAX = [
    Defect(
        "single quotes and Python's True",
        "run_command",
        "{'command': 'make', 'background': True}",
        {"command": "make", "background": True},
    ),
    Defect(
        "an apostrophe between single quotes", "run_command", r"{'command': 'echo it\'s'}", {"command": "echo it's"}
    ),
    Defect("bare keys", "read_file", '{path: "a.py", limit: 7}', {"path": "a.py", "limit": 7}),
    Defect("typographic quotes", "read_file", "{“path”: “a.py”, “limit”: 7}", {"path": "a.py", "limit": 7}),
    Defect("a value without its first quote", "read_file", '{"path": a.py", "limit": 7}', {"path": "a.py", "limit": 7}),
    Defect("a key without its last quote", "read_file", '{"path: "a.py", "limit": 7}', {"path": "a.py", "limit": 7}),
    Defect("signs of equality", "read_file", '{"path"= "a.py", "limit"=7}', {"path": "a.py", "limit": 7}),
    Defect("a trailing comma", "read_file", '{"path": "a.py", "limit": 7,}', {"path": "a.py", "limit": 7}),
    Defect("a missing comma", "read_file", '{"path": "a.py" "limit": 7}', {"path": "a.py", "limit": 7}),
    Defect(
        "a raw newline in a string",
        "write_file",
        '{"path": "a.txt", "content": "one\ntwo"}',
        {"path": "a.txt", "content": "one\ntwo"},
    ),
    Defect("a raw tab in a string", "run_command", '{"command": "printf a\tb"}', {"command": "printf a\tb"}),
    Defect(
        "an escape that JSON does not know", "run_command", r'{"command": "grep \d+ log"}', {"command": r"grep \d+ log"}
    ),
    Defect("a comment", "read_file", '{"path": "a.py", /* all of it */ "limit": 7}', {"path": "a.py", "limit": 7}),
    Defect(
        "quotes that are not escaped", "run_command", '{"command": "echo "done" now"}', {"command": 'echo "done" now'}
    ),
    Defect(
        "a list that a brace closes",
        "search_code",
        '{"query": "retry", "globs": ["*.py", "*.md"}',
        {"query": "retry", "globs": ["*.py", "*.md"]},
    ),
    Defect("a brace too many", "read_file", '{"path": "a.py"}}', {"path": "a.py"}),
    Defect("a brace missing", "run_command", '{"command": "make test"', {"command": "make test"}),
]

TYPES = [
    Defect("a number as a string", "read_file", '{"path": "a.py", "limit": "40"}', {"path": "a.py", "limit": 40}),
    Defect(
        "false as a string",
        "run_command",
        '{"command": "ls", "background": "false"}',
        {"command": "ls", "background": False},
    ),
    Defect(
        "a list as a string", "search_code", r'{"query": "x", "globs": "[\"*.py\"]"}', {"query": "x", "globs": ["*.py"]}
    ),
    Defect(
        "an object as a string",
        "search_code",
        r'{"query": "x", "options": "{\"depth\": 2}"}',
        {"query": "x", "options": {"depth": 2}},
    ),
    Defect(
        "one value instead of a list",
        "search_code",
        '{"query": "x", "globs": "*.py"}',
        {"query": "x", "globs": ["*.py"]},
    ),
    Defect(
        "an integer with a fraction of zero",
        "read_file",
        '{"path": "a.py", "limit": 40.0}',
        {"path": "a.py", "limit": 40},
    ),
    Defect("a number instead of a string", "read_file", '{"path": 2024}', {"path": "2024"}),
    Defect(
        "an enum in another case",
        "write_file",
        '{"path": "a", "content": "b", "mode": "Append"}',
        {"path": "a", "content": "b", "mode": "append"},
    ),
]

NAMES = [
    ("a name in another case", "Read_File"),
    ("a name with hyphens", "read-file"),
    ("a name in CamelCase", "ReadFile"),
    ("a name with a prefix", "functions.read_file"),
]

MEANT = {"path": "a.py", "limit": 7}
CALL = Call("read_file", MEANT)


def cases() -> Iterator[Case]:
    for family, form in FORMS.items():
        for defect in SYNTAX + TYPES:
            text = form.write_raw(defect.name, defect.written)
            yield malformed(family, defect.title, text, [Call(defect.name, defect.meant)])
        if family != "mistral-v11":  # a string right after a name has no mark between them
            text = form.write_raw("read_file", as_json(as_json(MEANT)))
            yield malformed(family, "arguments as a JSON string", text, [CALL])
        for title, name in NAMES:
            if "." in name and family in ("kimi", "harmony"):
                continue  # they write that prefix anyway
            yield malformed(family, title, form.write_raw(name, as_json(MEANT)), [CALL])
        yield replace(
            malformed(
                family,
                "types behind a reference",
                form.write_raw("scale_image", '{"size": {"width": "640", "crop": "true"}, "ratio": "0.5"}'),
                [Call("scale_image", {"size": {"width": 640, "crop": True}, "ratio": 0.5})],
            ),
            tools="references",
        )
        if form.envelope is not None:
            yield from _envelopes(family, form)


def _envelopes(family: str, form: JsonForm) -> Iterator[Case]:
    """The envelope is another one than the family's. Without any marker only the common keys make a call."""
    bare = family in ("llama-json", "xlam")
    for title, envelope in (
        ("the keys of another envelope", {"name": "read_file", "input": MEANT}),
        ("the call inside of function", {"type": "function", "function": {"name": "read_file", "arguments": MEANT}}),
        ("the key function for the name", {"function": "read_file", "arguments": MEANT}),
        ("flat arguments", {"name": "read_file", **MEANT}),
        ("the name as the key", {"read_file": MEANT}),
    ):
        if not bare or title not in ("flat arguments", "the name as the key"):
            yield malformed(family, title, form.write_body(as_json(envelope)), [CALL])
    doubly = json.dumps(as_json({"name": "read_file", "arguments": MEANT}))
    if not bare:
        yield malformed(family, "the whole call as a JSON string", form.write_body(doubly), [CALL])
