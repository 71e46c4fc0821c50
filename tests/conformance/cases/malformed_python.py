"""Defects of Python calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conformance.case import Call, Case, malformed
from tests.conformance.wire.python_calls import FORMS

READ = Call("read_file", {"path": "a.py", "limit": 7})


def _table() -> list[tuple[str, str, str, dict[str, Any]]]:
    """Title, name as written, text in the parentheses, what is meant (by the tool that the name folds to)."""
    return [
        ("JSON's true", "run_command", 'command="ls", background=true', {"command": "ls", "background": True}),
        ("a raw newline in a string", "write_file", 'path="a", content="one\ntwo"', {"path": "a", "content": "one\ntwo"}),
        ("a number with leading zeros", "read_file", 'path="a.py", limit=007', {"path": "a.py", "limit": 7}),
        ("a tuple", "search_code", 'query="x", globs=("a", "b")', {"query": "x", "globs": ["a", "b"]}),
        ("a number as a string", "read_file", 'path="a.py", limit="7"', {"path": "a.py", "limit": 7}),
        ("a boolean as a string", "run_command", 'command="ls", background="False"', {"command": "ls", "background": False}),
        ("quotes within the other quotes", "run_command", "command='echo \"a\" \\'b\\''", {"command": "echo \"a\" 'b'"}),
        ("a trailing comma", "read_file", 'path="a.py", limit=7,', {"path": "a.py", "limit": 7}),
        ("blanks around the equals signs", "read_file", 'path = "a.py" , limit = 7', {"path": "a.py", "limit": 7}),
        ("a name in another case", "Read_File", 'path="a.py", limit=7', {"path": "a.py", "limit": 7}),
        ("a name with hyphens", "read-file", 'path="a.py", limit=7', {"path": "a.py", "limit": 7}),
    ]  # fmt: skip


def cases() -> Iterator[Case]:
    for family, form in FORMS.items():
        for title, name, inner, meant in _table():
            if family == "pythonic-list" and "-" in name:
                continue  # without a marker that is not even Python
            meant_name = "read_file" if name.lower().replace("-", "_") == "read_file" else name
            yield malformed(family, title, form.write_raw(name, inner), [Call(meant_name, meant)])
        if family == "pythonic-list" or "```" in form.closer:
            continue
        one = form.call(READ.name, 'path="a.py", limit=7')
        yield malformed(family, "a missing closer", form.opener + one, [READ])
        if form.opener.endswith("["):
            yield malformed(family, "a missing bracket", form.opener + one + form.closer.removeprefix("]"), [READ])
    keyword = 'plan_trip(from="Oslo", class=2)'
    for family in ("lfm2", "llama-4", "olmo-3"):
        text = FORMS[family].opener + keyword + FORMS[family].closer
        call = Call("plan_trip", {"from": "Oslo", "class": 2})
        yield Case(
            f"{family}: heals keywords of Python as keys", family, "malformed", text, (call,), "", None, "keywords"
        )
