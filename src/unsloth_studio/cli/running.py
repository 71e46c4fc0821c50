"""The server that runs on this data folder, and one question to it.

The rule: the running server notes its address and process in `server.json` (0600); the command makes a key for the one
question it asks and revokes it at once. Imports stand in the functions: the server imports this before it listens.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from unsloth_studio.problem import OperatorProblem
from unsloth_studio.store.errors import folder_unusable
from unsloth_studio.store.private_files import make_folder, replace_private

FILE = "server.json"
KEY_SECONDS = 60
ANSWER_SECONDS = 3600.0


class Note(Struct, frozen=True):
    """A process, with the time of its start because numbers are used again, and its address."""

    pid: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    started: float
    base_url: str


class NoServer(OperatorProblem):
    """Nothing runs on this data folder, or it does not answer."""


@contextmanager
def noted(home: Path, base_url: str) -> Generator[None]:
    """Note this process as the server of `home` while the `with` lasts. Raises `DatabaseUnusable`."""
    import psutil

    process = psutil.Process()
    note = Note(process.pid, process.create_time(), base_url)
    try:
        make_folder(home)
        replace_private(home / FILE, msgspec.json.encode(note))
    except OSError as error:
        raise folder_unusable(home, error) from error
    try:
        yield
    finally:
        with suppress(OSError, ValueError, NoServer):
            if _read(home).pid == process.pid:
                (home / FILE).unlink(missing_ok=True)


def base_url_of(home: Path) -> str:
    """The address of the running server. Raises `NoServer`."""
    return _read(home).base_url


def pid_of(home: Path) -> int:
    """The process of the running server. Raises `NoServer`."""
    return _read(home).pid


def ask(home: Path, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """POST `body` to the running server, or GET without one, with a key of its own, once it has proved that it is the one
    of `home`.

    Raises `NoServer`, `NotOurs`, and `Refused` with its answer.
    """
    from unsloth_studio.cli.proven import prove
    from unsloth_studio.store.database import Database
    from unsloth_studio.store.keys import KeyStore

    base_url = base_url_of(home)
    with (
        closing(Database.open(home)) as database,
        closing(KeyStore(database)) as store,
        closing(prove(base_url, store.secret(), timeout=ANSWER_SECONDS)) as server,
    ):
        plaintext, key = store.create("one question", int(time.time()) + KEY_SECONDS, scopes=("admin",))
        try:
            return server.get(path, plaintext) if body is None else server.post(path, body, plaintext)
        finally:
            store.revoke([key.id])


def _read(home: Path) -> Note:
    import psutil

    try:
        note = msgspec.json.decode((home / FILE).read_bytes(), type=Note)
        alive = abs(psutil.Process(note.pid).create_time() - note.started) < 1
    except (OSError, ValueError, psutil.Error):
        raise NoServer(f"No server runs on the data folder {home}. Start one: unsloth run") from None
    if not alive:
        raise NoServer(f"No server runs on the data folder {home}. Start one: unsloth run")
    return note
