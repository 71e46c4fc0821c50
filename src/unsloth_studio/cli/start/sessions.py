"""The sessions of `unsloth start` on a data folder: a private folder and a key for each, and the server they share.

The rule: a session leaves nothing behind. Its key is revoked and its folder removed when the client ends; what a killed
session left is swept by the next one, and its key expires anyway. A server that a session started is stopped by the
last one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from unsloth_studio.cli.start.child import undisturbed
from unsloth_studio.store.errors import folder_unusable
from unsloth_studio.store.private_files import exclusive, make_folder, replace_private

if TYPE_CHECKING:
    from unsloth_studio.store.keys import KeyStore

KEY_SECONDS = 30 * 86_400
"""Longer than anybody leaves a client open; it counts only for a session that was killed and never swept."""

_Noted = TypeVar("_Noted", bound="Process")
_FOLDER = "sessions"
_OWNER = "owner.json"
_SERVER = "server.json"
_LOCK = "lock"


class Process(Struct, frozen=True):
    """With the time of its start, because numbers are used again."""

    pid: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    started: float


class Owner(Process, frozen=True):
    """Whose session it is; `key` is the number of its key."""

    key: Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Session(Struct, frozen=True):
    """`folder` (0700) is for the client's files; `key` may do inference and nothing else."""

    folder: Path
    key: str

    def write(self, name: str, text: str) -> None:
        """A file (0600) in the folder. Raises `OSError`."""
        path = self.folder / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)


@contextmanager
def session(home: Path, store: KeyStore, name: str) -> Generator[Session]:
    """A session with a key called `name`, for as long as the `with` lasts. Raises `OperatorProblem`."""
    begun: tuple[Path, int, str] | None = None
    try:
        with undisturbed():
            begun = folder, _, plaintext = _begin(home, store, name)
        yield Session(folder / "files", plaintext)
    finally:
        if begun is not None:
            _end(home, store, folder=begun[0], key=begun[1])


def _begin(home: Path, store: KeyStore, name: str) -> tuple[Path, int, str]:
    """The session's folder, the number of its key, and the key."""
    sessions = home / _FOLDER
    try:
        make_folder(sessions)
        with exclusive(sessions / _LOCK):
            _sweep(sessions, store)
            plaintext, key = store.create(name, int(time.time()) + KEY_SECONDS)
            folder = sessions / secrets.token_hex(8)
            folder.mkdir(0o700)
            own = _process(os.getpid())
            replace_private(folder / _OWNER, msgspec.json.encode(Owner(own.pid, own.started, key.id)))
            (folder / "files").mkdir(0o700)
    except OSError as error:
        raise folder_unusable(home, error) from error
    return folder, key.id, plaintext


def _end(home: Path, store: KeyStore, *, folder: Path, key: int) -> None:
    sessions = home / _FOLDER
    with exclusive(sessions / _LOCK):
        store.revoke([key])
        shutil.rmtree(folder, ignore_errors=True)
        _sweep(sessions, store)
        _stop_server(sessions)


def note_started_server(home: Path, pid: int) -> None:
    """The server with this process belongs to the sessions. Raises `OSError`."""
    make_folder(home / _FOLDER)
    replace_private(home / _FOLDER / _SERVER, msgspec.json.encode(_process(pid)))


def _sweep(sessions: Path, store: KeyStore) -> None:
    """Remove what killed sessions left, and revoke their keys."""
    for folder in _folders(sessions):
        owner = _read(folder / _OWNER, Owner)
        if owner is None or not _alive(owner):
            if owner is not None:
                store.revoke([owner.key])
            shutil.rmtree(folder, ignore_errors=True)


def _stop_server(sessions: Path) -> None:
    """Stop the server that a session started, unless another session uses it."""
    note = sessions / _SERVER
    if _folders(sessions):
        return
    server = _read(note, Process)
    if server is not None and _alive(server):
        with suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGTERM)
    note.unlink(missing_ok=True)


def _folders(sessions: Path) -> list[Path]:
    return [folder for folder in sessions.iterdir() if folder.is_dir()]


def _process(pid: int) -> Process:
    import psutil

    return Process(pid, psutil.Process(pid).create_time())


def _alive(process: Process) -> bool:
    import psutil

    try:
        return abs(psutil.Process(process.pid).create_time() - process.started) < 1
    except psutil.Error:
        return False


def _read(path: Path, kind: type[_Noted]) -> _Noted | None:
    """None for a file that is not there, and for one that is none of ours."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError):
        return None
