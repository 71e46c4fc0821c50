"""The parts of a client's page in the documentation that follow from the table: command, by hand, for good, limits."""

from __future__ import annotations

import json

from unsloth_studio.clients.by_hand import Shell, script
from unsloth_studio.clients.catalog import CLIENTS
from unsloth_studio.clients.facts import Change, Client, Merged, ServerFacts, Tiers
from unsloth_studio.clients.guides import LANGUAGES, SHELLS, Guide, Step

EXAMPLE = ServerFacts(
    base_url="http://127.0.0.1:8888",
    key="sk-unsloth-...",
    model="my-model",
    context_length=65_536,
    tiers=Tiers("my-model", "my-model", "my-model"),
)
"""What pages show; a reader puts in what `unsloth run` prints."""

_KEY_FILE = "DATA-FOLDER/clients/{id}/key"
_TITLES: dict[Shell, str] = {"unix": "Unix", "powershell": "PowerShell"}


def client_part(client: Client) -> str:
    """Everything below the introduction of a client's page."""
    parts = [_command(client), _by_hand(client), _for_good(client), _tested(client), _limits(client)]
    return "\n\n".join(parts) + "\n"


def clients_part() -> str:
    """A row for each client that `unsloth start` knows."""
    cells = [
        (
            f"[{client.name}]({client.page}.md)",
            f"`unsloth start {client.id}`",
            client.dialect,
            client.tested or "not run",
            str(client.minimum_context or "any"),
        )
        for client in CLIENTS
    ]
    rows = [f"| {' | '.join(row)} |" for row in cells]
    head = ["| Client | Command | Speaks | Tested with | Context it needs |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def guide_part(guide: Guide) -> str:
    """The steps by hand of a client that `unsloth start` does not know."""
    unix, powershell = (guide.steps(EXAMPLE, shell) for shell in SHELLS)
    parts: list[str] = []
    for one, other in zip(unix, powershell, strict=True):
        if one == other:
            parts.append(_step(one))
        else:
            parts += [f"{_TITLES[shell]}:\n\n{_step(step)}" for shell, step in zip(SHELLS, (one, other), strict=True)]
    return "\n\n".join(parts) + "\n"


def _step(step: Step) -> str:
    if step.where == "form":
        rows = [f"| {name} | `{value}` |" for name, value in step.fields]
        return "\n".join(["| Field | Value |", "|---|---|", *rows])
    name = f"`{step.path}`:\n\n" if step.path else ""
    return f"{name}```{step.language}\n{step.text}\n```"


def _command(client: Client) -> str:
    return (
        f"## The command\n\n```console\n$ unsloth start {client.id}\n"
        f"$ unsloth start {client.id} --model unsloth/Qwen3-8B-GGUF\n```\n\n"
        f"To install {client.name}: `{client.install}`. Its own words go behind: "
        "[how it works](index.md#what-it-does)."
    )


def _by_hand(client: Client) -> str:
    blocks = [f"{_TITLES[shell]}:\n\n```{LANGUAGES[shell]}\n{script(client, EXAMPLE, shell)}```" for shell in SHELLS]
    said = (
        "## By hand\n\nPut in the address, model and context that `unsloth run` prints, and a key "
        f"(`unsloth keys create {client.id}`); `unsloth start {client.id} --print` does."
    )
    return "\n\n".join([said, *blocks])


def _for_good(client: Client) -> str:
    if client.persist is None:
        return f"## For good\n\n`--persist` is not for {client.name}. {client.why_not_persist}"
    persisted = client.persist(EXAMPLE, _KEY_FILE.format(id=client.id))
    changes = "\n\n".join(_change(change) for change in persisted.changes)
    return (
        f"## For good\n\n`unsloth start {client.id} --persist` keeps a copy and writes the following; then "
        f"`{persisted.command}` uses the server. `unsloth start {client.id} --undo` puts everything back byte for byte and "
        f"revokes the key.\n\n{changes}"
    )


def _change(change: Change) -> str:
    if isinstance(change, Merged):
        text = json.dumps(change.value, indent=2)
        return f"`{change.file.shown}`, beside what stands there:\n\n```json\n{text}\n```"
    return f"`{change.file.shown}`, if there is none:\n\n```text\n{change.text.rstrip()}\n```"


def _tested(client: Client) -> str:
    if not client.tested:
        return (
            f"## Tested\n\n{client.name} was not run against this server yet. The variables are from its documentation."
        )
    return (
        f"## Tested\n\n{client.name} {client.tested} on Linux: `unsloth start {client.id}` without a terminal, one prompt "
        "answered. PowerShell and other systems were not tried."
    )


def _limits(client: Client) -> str:
    return "\n".join(["## Known limits", "", *(f"- {limit}" for limit in client.limits)])
