"""`unsloth start CLIENT`: the server found or started, the client set up for this session, and run."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.cli.start.known import (
    client_key,
    client_place,
    facts_if_running,
    forget_key,
    new_key_forgotten_on_failure,
    opened_store,
    unknown_facts,
    warn,
)
from unsloth_studio.cli.start.words import StartCommand, client_words
from unsloth_studio.problem import OperatorProblem

if TYPE_CHECKING:
    from unsloth_studio.clients.facts import Client, ServerFacts
    from unsloth_studio.settings import Settings

ShellName = Literal["unix", "powershell"]

_HELP = """Start a client of yours with this server behind it: claude, codex, opencode, openclaw, qwen, cline, continue, pi,
aider, hermes, open-webui. Without a name: which of them are installed, and how to get the others.

The server that runs is used; if none does, one is started and stopped again with the client. The client gets a key of its
own for this session, the true context window and what keeps the prompt cache; your files stay as they are. Words that are
not options of this command go to the client, and its exit status is the command's.

\b
Examples:
  unsloth start claude
  unsloth start codex --model unsloth/Qwen3-8B-GGUF
  unsloth start codex exec "what is in this folder?"
  unsloth start claude --dry-run              show what would be set, and start nothing
  unsloth start claude --print                how to do it by hand
  unsloth start claude --persist              write it into the client's own files (with a backup)
  unsloth start claude --undo                 put them back
"""


class NotInstalled(OperatorProblem):
    """There is no such program; the exit status is a shell's for a command that it does not find."""

    exit_status = 127

    def __init__(self, client: Client) -> None:
        super().__init__(
            f"{client.name} is not installed: there is no `{client.program}` on the PATH. To install it: {client.install}"
        )


class CannotRun(OperatorProblem):
    """The client's program is there and cannot be executed; the exit status is a shell's for that."""

    exit_status = 126

    def __init__(self, client: Client, program: str, error: OSError) -> None:
        super().__init__(
            f"{program} cannot be run: {error.strerror}. The file, or the interpreter that its first line names, is "
            f"damaged, not there, or for another machine. Install {client.name} anew: {client.install}"
        )


class CannotBeKept(OperatorProblem):
    """A client whose files are not for us to write."""


@click.command(
    "start",
    cls=StartCommand,
    help=_HELP,
    options_metavar="[OPTIONS]",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("name", metavar="[CLIENT] [OPTIONS] [CLIENT'S WORDS]", required=False)
@click.option("--model", metavar="NAME", help="Load this model and use it. [default: the one that is loaded]")
@click.option("--print", "by_hand", is_flag=True, help="Print the commands that do the same by hand, with a key.")
@click.option("--shell", type=click.Choice(["unix", "powershell"]), help="For --print. [default: that of this system]")
@click.option("--dry-run", is_flag=True, help="Show environment, files and command as a diff, and change nothing.")
@click.option("--persist", is_flag=True, help="Write the client's own files, with a backup, and start nothing.")
@click.option("--undo", is_flag=True, help="Put the client's files back as they were before --persist.")
@click.option("--json", "as_json", is_flag=True, help="The list, or what the options above print, as JSON.")
@click.pass_context
def start(ctx: click.Context, *, name: str | None, **options: Any) -> None:
    from unsloth_studio.settings_sources import load_settings

    asked = Asked(words=client_words(ctx), **options)
    settings = load_settings()
    settings = replace(settings, home=settings.home.absolute())  # clients are told paths in it, and run elsewhere
    if name is None:
        _list(as_json=asked.as_json)
        return
    client = _client(name)
    if sum((asked.by_hand, asked.persist and not asked.dry_run, asked.undo, asked.dry_run)) > 1:
        raise click.UsageError("Give one of --print, --dry-run, --persist and --undo (--dry-run --persist is one).")
    if asked.undo:
        _undo(client, settings, as_json=asked.as_json)
    elif asked.dry_run:
        _dry_run(client, settings, asked)
    elif asked.by_hand:
        _print(client, settings, asked)
    elif asked.persist:
        _persist(client, settings, asked)
    else:
        if asked.as_json:
            raise click.UsageError("A client that is started prints what it prints; for a --json of its own: -- --json")
        sys.exit(_run(client, settings, asked))


class Asked(Struct, frozen=True):
    """The options, and the client's `words`."""

    words: tuple[str, ...]
    model: str | None
    by_hand: bool
    shell: ShellName | None
    dry_run: bool
    persist: bool
    undo: bool
    as_json: bool


def _client(name: str) -> Client:
    from unsloth_studio.clients.catalog import CLIENTS, find

    client = find(name)
    if client is None:
        names = ", ".join(known.id for known in CLIENTS)
        raise click.UsageError(f"There is no client {name!r} here. Those there are: {names}.")
    return client


def _list(*, as_json: bool) -> None:
    from unsloth_studio.cli.start.shown import list_text
    from unsloth_studio.clients.catalog import CLIENTS

    found = {client.id: shutil.which(client.program) for client in CLIENTS}
    if as_json:
        rows = [
            {"id": one.id, "name": one.name, "path": found[one.id], "install": one.install, "tested": one.tested}
            for one in CLIENTS
        ]
        click.echo(json.dumps(rows))
        return
    click.echo("unsloth start CLIENT starts one of:\n")
    click.echo(list_text(CLIENTS, found))


def _run(client: Client, settings: Settings, asked: Asked) -> int:
    from unsloth_studio.cli.start.child import ending_on_signals, run_child
    from unsloth_studio.cli.start.server import facts_of, running_server
    from unsloth_studio.cli.start.sessions import session

    program = shutil.which(client.program)
    if program is None:
        raise NotInstalled(client)
    with (
        ending_on_signals(),
        opened_store(settings.home) as store,
        session(settings.home, store, f"start-{client.id}") as own,
    ):
        with running_server(settings.home, store, asked.model) as found:
            facts = facts_of(found, own.key, settings.tiers)
        warn(client, facts)
        setup = client.session(facts, client_place(client, str(own.folder)))
        for file in setup.files:
            own.write(file.name, file.text)
        kept = {name: value for name, value in os.environ.items() if name not in setup.unset}
        words = (*setup.words, *(asked.words or setup.without_words))
        try:
            return run_child(program, words, {**kept, **setup.env})
        except OSError as error:
            raise CannotRun(client, program, error) from error


def _dry_run(client: Client, settings: Settings, asked: Asked) -> None:
    from unsloth_studio.cli.start import shown
    from unsloth_studio.cli.start.masked import MASK, masked, masked_value, without_keys
    from unsloth_studio.cli.start.planning import plan

    facts = facts_if_running(settings, MASK, asked.model)
    warn(client, facts)
    if asked.persist:
        kept = shown.own_folder(settings.home, client)
        persisted = _persisted(client, facts, kept)
        planned = plan(persisted.changes, os.environ, facts.key, kept)
        document = {
            "files": {str(one.path): masked(one.after.decode()) for one in planned},
            "command": persisted.command,
        }
        text = shown.persisted_text(planned, persisted.command)
    else:
        folder = str(settings.home / "sessions" / "SESSION")
        setup = client.session(facts, client_place(client, folder))
        words = [client.program, *setup.words, *(asked.words or setup.without_words)]
        document = {
            "environment": {name: masked_value(name, value) for name, value in setup.env.items()},
            "unset": list(setup.unset),
            "files": {f"{folder}/{file.name}": masked(file.text) for file in setup.files},
            "command": [without_keys(word) for word in words],
        }
        text = shown.session_text(client, setup, os.environ, folder=folder, words=asked.words)
    click.echo(json.dumps(document) if asked.as_json else text, nl=asked.as_json)


def _print(client: Client, settings: Settings, asked: Asked) -> None:
    from unsloth_studio.clients.by_hand import folder_of, script
    from unsloth_studio.clients.facts import Place

    with opened_store(settings.home) as store:
        facts = facts_if_running(settings, client_key(client, store), asked.model)
    warn(client, facts)
    shell: ShellName = asked.shell or ("powershell" if os.name == "nt" else "unix")
    if asked.as_json:
        setup = client.manual(facts, Place(folder_of(client)))
        files = {file.name: file.text for file in setup.files}
        document = {"environment": dict(setup.env), "unset": list(setup.unset), "files": files}
        click.echo(json.dumps({**document, "command": [client.program, *(setup.words or setup.without_words)]}))
        return
    click.echo(script(client, facts, shell), nl=False)
    click.echo(f"# The key is called start-{client.id}. To revoke it: unsloth start {client.id} --undo", err=True)


def _persist(client: Client, settings: Settings, asked: Asked) -> None:
    from unsloth_studio.cli.start.child import ending_on_signals
    from unsloth_studio.cli.start.persisting import apply
    from unsloth_studio.cli.start.planning import plan
    from unsloth_studio.cli.start.server import facts_of, running_server
    from unsloth_studio.cli.start.sessions import session
    from unsloth_studio.cli.start.shown import own_folder

    folder = own_folder(settings.home, client)
    _persisted(client, unknown_facts(settings, ""), folder)  # whether it can be done at all
    with ending_on_signals(), new_key_forgotten_on_failure(settings.home, folder / "key"):
        with (
            opened_store(settings.home) as store,
            session(settings.home, store, "start: look"),  # which stops the server again if it was started for this
            running_server(settings.home, store, asked.model) as found,
        ):
            facts = facts_of(found, client_key(client, store), settings.tiers)
        warn(client, facts)
        persisted = _persisted(client, facts, folder)
        planned = plan(persisted.changes, os.environ, facts.key, folder)
        aside = apply(folder, planned)
    if asked.as_json:
        files = [str(one.path) for one in planned]
        click.echo(json.dumps({"files": files, "aside": aside, "command": persisted.command}))
        return
    for sentence in aside:
        click.echo(sentence)
    for one in planned:
        click.echo(f"Wrote {one.path}.")
    click.echo(f"With the server running (unsloth run), start the client: {persisted.command}")
    click.echo(f"To put everything back: unsloth start {client.id} --undo", err=True)


def _undo(client: Client, settings: Settings, *, as_json: bool) -> None:
    from unsloth_studio.cli.start.persisting import undo
    from unsloth_studio.cli.start.shown import own_folder

    folder = own_folder(settings.home, client)
    told = undo(folder)
    if (name := forget_key(settings.home, folder / "key")) is not None:
        told.append(f"The key {name} is revoked.")
    if as_json:
        click.echo(json.dumps({"done": told}))
        return
    click.echo("\n".join(told) if told else f"There is nothing to undo for {client.name}.")


def _persisted(client: Client, facts: ServerFacts, folder: Path) -> Any:
    if client.persist is None:
        raise CannotBeKept(f"{client.name} cannot be set up for good from here. {client.why_not_persist}")
    return client.persist(facts, str(folder / "key"))
