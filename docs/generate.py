"""Writes the generated parts of the documentation: settings, command help, tables of errors, models and sampling values.

    python docs/generate.py

The rule: a part stands between `<!-- generated: NAME -->` and `<!-- end -->`; everything else in a page is written by
hand and left alone. `config.schema.json` is written as a whole. `tests/docs/test_docs.py` fails when a page is not what this
script would write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from unsloth_studio.catalog.reference import PREFERENCE
from unsloth_studio.catalog.sampling import ENGINE_DEFAULTS, FIELDS, Family, families
from unsloth_studio.cli.main import cli
from unsloth_studio.cli.run import run
from unsloth_studio.clients.catalog import CLIENTS
from unsloth_studio.clients.guides import FORMS
from unsloth_studio.clients.pages import client_part, clients_part, guide_part
from unsloth_studio.dialects.anthropic import errors as anthropic_errors
from unsloth_studio.dialects.openai_errors import error_object
from unsloth_studio.dialects.status import STATUS
from unsloth_studio.engine.managed_flags import MANAGED_FLAGS
from unsloth_studio.settings import PREFIX, ModelSettings, Sampling, Secret, Settings
from unsloth_studio.turn.errors import ErrorKind, TurnError

DOCS = Path(__file__).parent
SCHEMA = DOCS / "config.schema.json"
DEMO_SCORES = DOCS.parent / "src/unsloth_studio/demo_model/evaluation.md"
"""Written by `make demo-eval`."""
WIDTH = 100
_PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

# What a default looks like when it depends on the machine or is too long to print.
_SHOWN_DEFAULT = {
    "home": "`~/.unsloth/studio`",
    "aliases": "none",
    "models": "none",
    "pin": "nothing",
    "tiers": "none",
}

_NO_PAGE = "not compared with its page yet"

WHO_ACTS: dict[ErrorKind, str] = {
    "invalid_request": "Client: change the field named in `param`.",
    "context_overflow": "Client: shorten the conversation. Operator: start with a larger `-c`.",
    "authentication": "Client: send a valid key. Operator: `unsloth keys create NAME`.",
    "permission": "Operator: make a key with the scope, or add the host name to `allowed_hosts`.",
    "not_found": "Client: correct the path or the model's name; the message has near ones.",
    "conflict": "Client: look again at what is there, then decide anew.",
    "method_not_allowed": "Client: use the method of the route.",
    "body_too_large": "Client: send less. Operator: raise `max_body_mib`.",
    "rate_limited": "Client: wait `Retry-After` seconds. Operator: raise `parallel` or `queue_limit`.",
    "internal": "Operator: read the log under the request id, and report the defect.",
    "engine_error": "Operator: read the message; with an upstream, check it and its key.",
    "engine_lost": "Client: send the request again, once. Operator: see [troubleshooting](troubleshooting.md).",
    "engine_unavailable": "Client: wait `Retry-After` seconds. Operator: look at `/health` and at the terminal.",
}


def generated(text: str) -> str:
    """`text` with every generated part written anew. Raises `KeyError` for a part that nobody writes."""
    parts = {
        "settings": settings_part,
        "model-settings": lambda: _fields_table(ModelSettings),
        "sampling-values": lambda: _fields_table(Sampling),
        "errors": errors_part,
        "commands": commands_part,
        "preference": preference_part,
        "managed-flags": managed_flags_part,
        "families": families_part,
        "engine-defaults": engine_defaults_part,
        "demo-scores": lambda: DEMO_SCORES.read_text(encoding="utf-8"),
        "clients": clients_part,
        **{f"client-{client.id}": partial(client_part, client) for client in CLIENTS},
        **{f"guide-{guide.id}": partial(guide_part, guide) for guide in FORMS},
    }
    return _PART.sub(lambda found: f"{found[1]}\n{parts[found['name']]()}\n{found[3]}", text)


def settings_part() -> str:
    """A heading and the facts of every field of `Settings`, in its order."""
    return "".join(
        f"### `{name}`\n\n{field['description']}\n\n{_facts(name, field)}\n\n"
        for name, field in _fields(Settings).items()
    )


def _fields(shape: type[msgspec.Struct]) -> dict[str, dict[str, Any]]:
    """The JSON schema of every field of `shape`, in order."""
    _, definitions = msgspec.json.schema_components([shape], schema_hook=_own_type)
    return definitions[shape.__name__]["properties"]


def _own_type(kind: type) -> dict[str, Any]:
    assert kind in (Path, Secret), kind
    return {"type": "string", "writeOnly": True} if kind is Secret else {"type": "string", "format": "path"}


def _facts(name: str, field: dict[str, Any]) -> str:
    flags = [flag for option in run.params if option.name == name for flag in option.opts]
    facts = [
        ("Flag", ", ".join(f"`{flag}`" for flag in flags) or "none"),
        ("Variable", f"`{PREFIX}{name.upper()}`"),
        ("Default", _SHOWN_DEFAULT.get(name) or _value(field["default"])),
        ("Allowed", _bounds(field)),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {label} | {fact} |" for label, fact in facts if fact)])


def _value(default: object) -> str:
    if default is None:
        return "not set"
    return "empty list" if default in ((), []) else f"`{json.dumps(default)}`"


def _bounds(schema: dict[str, Any]) -> str:
    """`ge`, `gt` and `le` in words; the schema of an optional field has them in its first alternative."""
    bounds = {**schema, **schema.get("anyOf", [{}])[0]}
    words = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}
    return ", ".join(f"{word} {bounds[key]}" for key, word in words.items() if key in bounds)


def _fields_table(shape: type[msgspec.Struct]) -> str:
    """One row per field of a table inside `config.toml`."""
    fields = _fields(shape)
    described = any("description" in field for field in fields.values())
    columns = ("Name", "Meaning", "Allowed") if described else ("Name", "Allowed")
    rows = [
        (f"`{name}`", *([field["description"]] if described else []), _bounds(field) or "-")
        for name, field in fields.items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (columns, ("---",) * len(columns), *rows)) + "\n"


def preference_part() -> str:
    """The quantizations in the order in which one is taken when none is named."""
    return ", ".join(f"`{label}`" for label in PREFERENCE) + ".\n"


def managed_flags_part() -> str:
    """One row per reason."""
    by_reason: dict[str, list[str]] = {}
    for flag, reason in MANAGED_FLAGS.items():
        by_reason.setdefault(reason, []).append(f"`{flag}`")
    rows = [f"| {' '.join(flags)} | {reason} |" for reason, flags in by_reason.items()]
    return "\n".join(["| Flags | Why not, and what to use |", "|---|---|", *rows]) + "\n"


def families_part() -> str:
    """One row per family of `sampling.toml`, in its order, and a list of where the numbers come from."""
    rows = [
        f"| {family.name} | {_names(family)} | {_pairs(family.values)} | {_modes(family)} |" for family in families()
    ]
    sources = [
        f"- **{family.name}**{'' if family.checked else f' ({_NO_PAGE})'}: {family.source}.{_note(family)}"
        for family in families()
    ]
    table = ["| Family | Name contains | Values | In a mode |", "|---|---|---|---|", *rows]
    return "\n".join([*table, "", "Where the numbers come from:", "", *sources]) + "\n"


def _names(family: Family) -> str:
    return ", ".join(f"`{name}`" for name in family.match)


def _pairs(values: Mapping[str, float]) -> str:
    return ", ".join(f"`{name}` {value:g}" for name, value in values.items()) or "-"


def _modes(family: Family) -> str:
    modes = (("thinking", family.thinking), ("not thinking", family.instruct), ("with tools", family.tools))
    return "; ".join(f"{name}: {_pairs(values)}" for name, values in modes if values) or "-"


def _note(family: Family) -> str:
    return f" {family.note}" if family.note else ""


def engine_defaults_part() -> str:
    values: dict[str, float] = {name: value for name in FIELDS if (value := getattr(ENGINE_DEFAULTS, name)) is not None}
    return f"{_pairs(values)}.\n"


def schema_text() -> str:
    """The JSON schema of `config.toml`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "config.toml of Unsloth Studio",
        "description": "One setting per name. See docs/configuration.md.",
        **msgspec.json.schema(Settings, schema_hook=_own_type),
    }
    return json.dumps(schema, indent=2) + "\n"


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
    for page in sorted(DOCS.rglob("*.md")):
        before = page.read_text()
        after = generated(before)
        if after != before:
            page.write_text(after)
            print(f"wrote {page.name}")
    if not SCHEMA.exists() or SCHEMA.read_text() != schema_text():
        SCHEMA.write_text(schema_text())
        print(f"wrote {SCHEMA.name}")


if __name__ == "__main__":
    main()
