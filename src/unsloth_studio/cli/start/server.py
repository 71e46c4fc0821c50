"""The server for a client: the one that runs on this data folder, or one that is started in the background.

The rule: whoever gets a `ProvenServer` from here may send it a key. A server that was started here writes to `start.log` in
the data folder (0600), never its key, and has a session of its own in the system's sense: Ctrl-C at the terminal is the
client's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from unsloth_studio.cli.proven import ProvenServer, Refused, prove
from unsloth_studio.cli.running import NoServer, base_url_of, pid_of
from unsloth_studio.cli.start.child import background
from unsloth_studio.cli.start.sessions import note_started_server
from unsloth_studio.clients.facts import ServerFacts, Tiers
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.store.errors import folder_unusable
from unsloth_studio.store.private_files import exclusive, make_folder

if TYPE_CHECKING:
    from unsloth_studio.settings import Tiers as ConfiguredTiers
    from unsloth_studio.store.keys import KeyStore

LOG = "start.log"
LOCK = "start.lock"
LOAD_SECONDS = 3600.0
ANSWER_SECONDS = 30.0
_PAUSE = 0.1


class NotStarted(OperatorProblem):
    """The server could not be started; its own words are in the message."""


class NoModel(OperatorProblem):
    """The server has no model that could be used."""


class Found(Struct, frozen=True):
    """`model` is the id of the one that was asked for, None if none was."""

    server: ProvenServer
    model: str | None


@contextmanager
def running_server(home: Path, store: KeyStore, model: str | None) -> Generator[Found]:
    """The server of `home`, proved; started, with `model`, if none runs. Raises `OperatorProblem`."""
    base_url, started = _found_or_started(home, model)
    loaded = None if started or model is None else _loaded(base_url, store, model)
    with closing(prove(base_url, store.secret(), timeout=ANSWER_SECONDS)) as server:
        _await_model(server)
        yield Found(server, loaded)


def facts_of(found: Found, key: str, tiers: ConfiguredTiers) -> ServerFacts:
    """What a client has to know, of the model that was asked for or else of the one that is loaded.

    Raises `NoModel`, and what asking the server raises.
    """
    server = found.server
    cards: list[dict[str, Any]] = server.get("/v1/models", key).get("data", [])
    wanted = found.model or server.health().get("model")
    likely = [card for card in cards if card["id"] == wanted] or [card for card in cards if card.get("loaded")] or cards
    card = likely[0] if likely else None
    if card is None:
        raise NoModel("The server has no model. Start one: unsloth start CLIENT --model NAME")
    name = str(card["id"])
    return ServerFacts(
        base_url=server.base_url,
        key=key,
        model=name,
        context_length=card.get("context_length"),
        tiers=Tiers(tiers.opus or name, tiers.sonnet or name, tiers.haiku or name),
    )


def _loaded(base_url: str, store: KeyStore, model: str) -> str:
    """Have it load the model, which is fetched first if it is not here but can be; the id under which it is served."""
    click.echo(f"Loading {model} ...", err=True)
    try:
        return _load(base_url, store, model)
    except Refused as refused:
        if refused.code != "model_not_found":
            raise
        _fetch(model, refused)
        return _load(base_url, store, model)


def _load(base_url: str, store: KeyStore, model: str) -> str:
    with closing(prove(base_url, store.secret(), timeout=LOAD_SECONDS)) as server:
        plaintext, key = store.create("start: load", int(time.time() + LOAD_SECONDS), scopes=("admin",))
        try:
            return str(server.post("/api/models/load", {"model": model}, plaintext)["id"])
        finally:
            store.revoke([key.id])


def _fetch(model: str, refused: Refused) -> None:
    from unsloth_studio.catalog.reference import LocalPath, parse_reference

    if isinstance(parse_reference(model), LocalPath):
        where = "A running server loads models by their names. Stop it, and this command starts one with that file."
        raise NotStarted(f"{refused} {where}")
    done = subprocess.run([*_unsloth(), "models", "pull", model], stdout=sys.stderr, check=False)
    if done.returncode:
        raise NotStarted(f"{model} could not be fetched; the lines above say why.")


def _found_or_started(home: Path, model: str | None) -> tuple[str, bool]:
    """The address, and whether it was started now. Of several that start at once one starts it, and the others wait."""
    make_folder(home)
    with exclusive(home / LOCK):
        try:
            return base_url_of(home), False
        except NoServer:
            return _start(home, model), True


def _start(home: Path, model: str | None) -> str:
    """Start it and wait until it listens; the address. Raises `NotStarted`."""
    try:
        log = home / LOG
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise folder_unusable(home, error) from error
    click.echo(f"No server runs; starting one. It writes to {log}", err=True)
    command = [*_unsloth(), "run", *(["--model", model] if model else [])]
    with os.fdopen(descriptor, "wb") as stderr, background(command, stderr=stderr) as process:
        base_url = _await_address(home, process, log)
        note_started_server(home, process.pid)
    return base_url


def _await_address(home: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    """Waits for as long as the process lives: it may have a model to fetch. What it says is shown."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        while True:
            ended = process.poll() is not None
            if line := lines.read():
                click.echo(line, err=True, nl=False)
            if ended:
                raise NotStarted(f"The server did not start (exit status {process.returncode}); it wrote {log}.")
            try:
                if pid_of(home) == process.pid:
                    return base_url_of(home)
            except NoServer:
                pass
            time.sleep(_PAUSE)


def _await_model(server: ProvenServer) -> None:
    """Wait until the default model is loaded, or is put away for idleness. Raises `NotStarted` and `NoAnswer`."""
    told = False
    while True:
        health = server.health()
        status = health.get("status")
        if status in ("ok", "idle"):
            return
        if status not in ("loading", "stopped"):
            raise NotStarted(f"The model of the server at {server.base_url} is {status}; its terminal or log says why.")
        if not told:
            click.echo(f"Waiting for {health.get('model') or 'the model'} ...", err=True)
            told = True
        time.sleep(_PAUSE)


def _unsloth() -> list[str]:
    return [sys.executable, "-m", "unsloth_studio"]
