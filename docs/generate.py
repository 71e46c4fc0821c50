"""Writes the generated parts of the documentation: settings, command help, the error table.

    python docs/generate.py

The rule: a part stands between `<!-- generated: NAME -->` and `<!-- end -->`; everything else in a page is written by
hand and left alone. `tests/docs/test_docs.py` fails when a page is not what this script would write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
from pydantic.fields import FieldInfo

from unsloth_studio.cli.main import cli
from unsloth_studio.cli.run import run
from unsloth_studio.dialects.anthropic import errors as anthropic_errors
from unsloth_studio.dialects.openai_errors import error_object
from unsloth_studio.dialects.status import STATUS
from unsloth_studio.settings import PREFIX, Settings
from unsloth_studio.turn.errors import ErrorKind, TurnError

DOCS = Path(__file__).parent
WIDTH = 100
_PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

# What a default looks like when it depends on the machine or is too long to print.
_SHOWN_DEFAULT = {"home": "`~/.unsloth/studio`"}

WHO_ACTS: dict[ErrorKind, str] = {
    "invalid_request": "Client: change the field named in `param`.",
    "context_overflow": "Client: shorten the conversation. Operator: start with a larger `-c`.",
    "authentication": "Client: send a valid key. Operator: `unsloth keys create NAME`.",
    "permission": "Operator: add the host name to `allowed_hosts`.",
    "not_found": "Client: correct the path or the model id.",
    "method_not_allowed": "Client: use the method of the route.",
    "body_too_large": "Client: send less. Operator: raise `max_body_mib`.",
    "rate_limited": "Client: wait `Retry-After` seconds. Operator: raise `parallel` or `queue_limit`.",
    "internal": "Operator: read the log under the request id, and report the defect.",
    "engine_error": "Operator: read the message; with an upstream, check it and its key.",
    "engine_lost": "Client: send the request again. Operator: see [troubleshooting](troubleshooting.md).",
    "engine_unavailable": "Client: wait `Retry-After` seconds. Operator: look at `/health` and at the terminal.",
}


def generated(text: str) -> str:
    """`text` with every generated part written anew. Raises `KeyError` for a part that nobody writes."""
    parts = {"settings": settings_part, "errors": errors_part, "commands": commands_part}
    return _PART.sub(lambda found: f"{found[1]}\n{parts[found['name']]()}\n{found[3]}", text)


def settings_part() -> str:
    """A heading and the facts of every field of `Settings`, in its order."""
    schema = Settings.model_json_schema()["properties"]
    return "".join(
        f"### `{name}`\n\n{field.description}\n\n{_facts(name, field, schema[name])}\n\n"
        for name, field in Settings.model_fields.items()
    )


def _facts(name: str, field: FieldInfo, schema: dict[str, Any]) -> str:
    flags = [flag for option in run.params if option.name == name for flag in option.opts]
    facts = [
        ("Flag", ", ".join(f"`{flag}`" for flag in flags) or "none"),
        ("Variable", f"`{PREFIX}{name.upper()}`"),
        ("Default", _SHOWN_DEFAULT.get(name) or _value(field.default)),
        ("Allowed", _bounds(schema)),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {label} | {fact} |" for label, fact in facts if fact)])


def _value(default: object) -> str:
    if default is None:
        return "not set"
    return "empty list" if default == () else f"`{json.dumps(default)}`"


def _bounds(schema: dict[str, Any]) -> str:
    """`ge`, `gt` and `le` in words; the schema of an optional field has them in its first alternative."""
    bounds = {**schema, **schema.get("anyOf", [{}])[0]}
    words = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}
    return ", ".join(f"{word} {bounds[key]}" for key, word in words.items() if key in bounds)


def errors_part() -> str:
    """One row per kind of error, in the order in which `ErrorKind` lists them."""
    rows = [
        "| Kind | HTTP | OpenAI `type` | OpenAI `code` | Anthropic `type` | Who must act |",
        "|---|---|---|---|---|---|",
    ]
    for kind in get_args(ErrorKind):
        error = TurnError(kind, "")
        openai = error_object(error)
        code = f"`{openai['code']}`" if openai["code"] else "null"
        anthropic = json.loads(anthropic_errors.error_body(error))["error"]["type"]
        rows.append(f"| `{kind}` | {STATUS[kind]} | `{openai['type']}` | {code} | `{anthropic}` | {WHO_ACTS[kind]} |")
    return "\n".join(rows) + "\n"


def commands_part() -> str:
    """The `--help` of every command, as `unsloth` itself would print it."""
    top = _context(cli, "unsloth")
    return "\n".join(
        f"### `{context.command_path}`\n\n```text\n{_help(context)}\n```\n"
        for name in cli.list_commands(top)
        for context in _with_subcommands(top, name)
    )


def _with_subcommands(parent: click.Context, name: str) -> Iterator[click.Context]:
    assert isinstance(parent.command, click.Group)
    command = parent.command.get_command(parent, name)
    assert command is not None, name
    context = _context(command, name, parent=parent)
    yield context
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            yield from _with_subcommands(context, child)


def _context(command: click.Command, name: str, *, parent: click.Context | None = None) -> click.Context:
    width: dict[str, Any] = {"terminal_width": WIDTH, "max_content_width": WIDTH}
    return click.Context(command, info_name=name, parent=parent, **{**command.context_settings, **width})


def _help(context: click.Context) -> str:
    return "\n".join(line.rstrip() for line in context.get_help().splitlines())


def main() -> None:
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text()
        after = generated(before)
        if after != before:
            page.write_text(after)
            print(f"wrote {page.name}")


if __name__ == "__main__":
    main()
