"""Well-formed output: every family in every situation. All of it has to come out right."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.case import Call, Case, well_formed
from tests.conformance.wire.family import Family

READ = Call("read_file", {"path": "src/app.py", "limit": 40})
RUN = Call("run_command", {"command": "make lint", "timeout": 90, "background": False})
THOUGHT = "The user wants the file. I should read it first."
PROSE = "I'll look at the file first."
AFTER = "That should tell us more."

SITUATIONS: list[tuple[str, list[Call]]] = [
    ("one call", [READ]),
    ("two calls at once", [READ, RUN]),
    ("a call without arguments", [Call("list_tasks", {})]),
    (
        "a list and a nested object",
        [
            Call(
                "search_code", {"query": "retry", "globs": ["*.py", "docs/*.md"], "options": {"case": True, "depth": 3}}
            )
        ],
    ),
    ("newlines in a string", [Call("write_file", {"path": "a.py", "content": "def f():\n    return 1\n\nprint(f())"})]),
    ("a file's last newline", [Call("write_file", {"path": "a.html", "content": "<ul>\n<li>a</li>\n</ul>\n"})]),
    ("an icon of a font", [Call("write_file", {"path": "icons.txt", "content": "\ue000 saved"})]),
    ("quotes in a string", [Call("run_command", {"command": 'echo "it\'s" \'done\'; grep -n "x" y'})]),
    ("backslashes in a string", [Call("run_command", {"command": "grep -E '\\d+\\.py' C:\\new\\table"})]),
    ("markup in a string", [Call("write_file", {"path": "a.html", "content": '<p class="x">a &amp; b</p><br/>'})]),
    ("Unicode in a string", [Call("write_file", {"path": "grüße.txt", "content": "Zażółć 世界 🎉 “ok”"})]),
    ("braces and brackets in a string", [Call("run_command", {"command": "awk '{print $1}' a[0] | sed 's/}]/x/'"})]),
    ("a string that is JSON and stays text", [Call("write_file", {"path": "a.json", "content": '{"a": [1, true]}'})]),
    ("a string of digits that stays text", [Call("read_file", {"path": "2024"})]),
    ("a negative decimal number and true", [Call("set_volume", {"level": -2.5, "muted": True})]),
]


def cases(family: Family) -> Iterator[Case]:
    for title, calls in SITUATIONS:
        yield well_formed(family.name, title, family.write(calls), calls)
    closing = [Call("write_file", {"path": "notes.md", "content": f"A call ends with {family.closer} as a rule."})]
    yield well_formed(family.name, "its own closer inside a value", family.write(closing), closing)
    yield from _with_company(family)


def _with_company(family: Family) -> Iterator[Case]:
    """Text and thoughts beside the call."""
    name, wire = family.name, family.write([READ])
    if family.prose_before:
        yield well_formed(name, "prose before the call", family.say(PROSE) + wire, [READ], content=PROSE)
    if family.prose_after:
        yield well_formed(name, "prose after the call", f"{wire}\n{AFTER}", [READ], content=AFTER)
    if family.reason is not None:
        thought = family.reason(THOUGHT)
        yield well_formed(name, "a thought before the call", thought + wire, [READ], reasoning=THOUGHT)
        if family.prose_before:
            text = thought + family.say(PROSE) + wire
            yield well_formed(name, "a thought, prose, a call", text, [READ], content=PROSE, reasoning=THOUGHT)
