"""What `--dry-run` and the list of clients show. Pure: facts in, text out; a key is never in it."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from unsloth_studio.cli.start.masked import masked, masked_value, without_keys
from unsloth_studio.cli.start.planning import Planned
from unsloth_studio.clients.facts import Client, ClientSetup


def environment_diff(setup: ClientSetup, environment: Mapping[str, str]) -> list[str]:
    """A line for each variable that the client gets differently, `-` and `+` as in a diff."""
    return list(_environment_lines(setup, environment))


def _environment_lines(setup: ClientSetup, environment: Mapping[str, str]) -> Iterator[str]:
    for name in setup.unset:
        if name in environment:
            yield f"-{name}={masked_value(name, environment[name])}"
    for name, value in setup.env.items():
        old = environment.get(name)
        if old == value:
            continue
        if old is not None:
            yield f"-{name}={masked_value(name, old)}"
        yield f"+{name}={masked_value(name, value)}"


def file_diff(path: str, before: str | None, after: str) -> list[str]:
    """A unified diff of one file; everything is new where `before` is None."""
    old = [] if before is None else masked(before).splitlines()
    source = "/dev/null" if before is None else path
    return list(difflib.unified_diff(old, masked(after).splitlines(), source, path, lineterm=""))


def session_text(
    client: Client, setup: ClientSetup, environment: Mapping[str, str], *, folder: str, words: Sequence[str]
) -> str:
    """What a session would be started with."""
    files = [line for file in setup.files for line in file_diff(f"{folder}/{file.name}", None, file.text)]
    command = shlex.join([client.program, *setup.words, *(words or setup.without_words)])
    parts = [
        ("Environment", environment_diff(setup, environment)),
        ("Files", files),
        ("Command", [f" {without_keys(command)}"]),
    ]
    return "\n\n".join("\n".join([f"# {title}", *lines]) for title, lines in parts if lines) + "\n"


def persisted_text(planned: Sequence[Planned], command: str) -> str:
    """What `--persist` would write."""
    diffs: list[str] = []
    for one in planned:
        before = None if one.before is None else one.before.decode(errors="replace")
        diffs.append("\n".join(file_diff(str(one.path), before, one.after.decode())))
    return "\n\n".join(["# Files", *diffs, f"# Then\n {command}"]) + "\n"


def list_text(clients: Sequence[Client], found: Mapping[str, str | None]) -> str:
    """A line for each client: its name on the command line, and where it is or how to get it."""
    width = max(len(client.id) for client in clients)
    names = max(len(client.name) for client in clients)
    lines = [
        f"  {client.id:<{width}}  {client.name:<{names}}  "
        + (f"installed: {found[client.id]}" if found[client.id] else f"not installed: {client.install}")
        for client in clients
    ]
    return "\n".join(lines)


def own_folder(home: Path, client: Client) -> Path:
    """Where the data folder keeps what belongs to a client that was set up for good."""
    return home / "clients" / client.id
