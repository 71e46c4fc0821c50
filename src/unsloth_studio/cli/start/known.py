"""What `unsloth start` knows of the server, the client's own files and keys, before it starts anything."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

if TYPE_CHECKING:
    from unsloth_studio.clients.facts import Client, Place, ServerFacts
    from unsloth_studio.settings import Settings
    from unsloth_studio.store.keys import KeyStore


def facts_if_running(settings: Settings, key: str, model: str | None) -> ServerFacts:
    """What is true of the server that runs; without one, what would be by default. Starts and loads nothing."""
    from unsloth_studio.cli.proven import prove
    from unsloth_studio.cli.running import NoServer, base_url_of
    from unsloth_studio.cli.start.server import ANSWER_SECONDS, Found, facts_of
    from unsloth_studio.cli.start.sessions import session

    try:
        base_url = base_url_of(settings.home)
    except NoServer:
        click.echo("# No server runs: shown as it would be with the default address, the context not known.", err=True)
        return unknown_facts(settings, key, model)
    with (
        opened_store(settings.home) as store,
        session(settings.home, store, "start: look") as own,
        closing(prove(base_url, store.secret(), timeout=ANSWER_SECONDS)) as server,
    ):
        facts = replace(facts_of(Found(server, model), own.key, settings.tiers), key=key)
    if model is not None and facts.model != model:
        return replace(unknown_facts(settings, key, model), base_url=base_url)
    return facts


def unknown_facts(settings: Settings, key: str, model: str | None = None) -> ServerFacts:
    from unsloth_studio.clients.facts import ServerFacts, Tiers

    name = model or settings.model or "MODEL"
    tiers = Tiers(settings.tiers.opus or name, settings.tiers.sonnet or name, settings.tiers.haiku or name)
    return ServerFacts(f"http://127.0.0.1:{settings.port}", key, name, settings.context_length, tiers)


def client_key(client: Client, store: KeyStore) -> str:
    """The key for what lasts longer than a session: the same each time, until `--undo`."""
    from unsloth_studio.store.run_key import run_key

    return run_key(store, f"start-{client.id}", file=f"clients/{client.id}/key")[0]


def forget_key(home: Path, file: Path) -> str | None:
    """Revoke the key that stands in `file` and remove the file; the key's name, None if there was none to revoke."""
    from unsloth_studio.store.run_key import kept_key

    plaintext = kept_key(file)
    if plaintext is None:
        return None
    with opened_store(home) as store:
        key = store.lookup(plaintext)
        if key is not None:
            store.revoke([key.id])
    file.unlink(missing_ok=True)
    return None if key is None else key.name


@contextmanager
def new_key_forgotten_on_failure(home: Path, file: Path) -> Generator[None]:
    """If the `with` fails, a key that was put into `file` in it is revoked; one that stood there before stays, and one that
    the user is told to use by hand."""
    from unsloth_studio.cli.start.record import ByHand
    from unsloth_studio.store.run_key import kept_key

    before = kept_key(file)
    try:
        yield
    except ByHand as by_hand:
        raise ByHand(f"{by_hand}\n\nThe key for it is kept; `--undo` instead of `--persist` revokes it.") from by_hand
    except BaseException:
        if kept_key(file) != before:
            forget_key(home, file)
        raise


def client_place(client: Client, folder: str) -> Place:
    from unsloth_studio.cli.start.planning import place_of
    from unsloth_studio.clients.facts import Place

    own = place_of(client.own_config, os.environ) if client.own_config else None
    return Place(folder, str(own) if own is not None and own.is_file() else None)


def warn(client: Client, facts: ServerFacts) -> None:
    if facts.context_length is not None and facts.context_length < client.minimum_context:
        click.secho(
            f"{client.name} needs a context of about {client.minimum_context} tokens; {facts.model} has "
            f"{facts.context_length}. Serve it with a larger one (-c), or another model.",
            fg="yellow",
            err=True,
        )


@contextmanager
def opened_store(home: Path) -> Generator[KeyStore]:
    """The keys of the data folder. Raises `OperatorProblem`."""
    from unsloth_studio.store.database import Database
    from unsloth_studio.store.keys import KeyStore

    with closing(Database.open(home)) as database, closing(KeyStore(database)) as store:
        yield store
