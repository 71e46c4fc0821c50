"""What undoing needs to know of the files that were changed for a client, kept in the data folder (0600)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from unsloth_studio.problem import OperatorProblem
from unsloth_studio.store.private_files import replace_private

_RECORD = "undo.json"


class CannotPersist(OperatorProblem):
    """A file of the user is such that it cannot be changed safely; nothing was written."""


class ByHand(CannotPersist):
    """The user can do it by hand, with what the message shows."""


class Entry(Struct, frozen=True):
    """`backup` is the name of the copy of the file as it was at first, None where there was none; `mode` was its mode.
    `written` is the digest of what we wrote. `folders` were made for it. `edited` is whether edits of the user's own are in
    what we wrote."""

    path: str
    backup: str | None
    mode: int | None
    written: str
    folders: tuple[str, ...]
    edited: bool = False


def read(folder: Path) -> list[Entry]:
    """Oldest first; an empty list where nothing is kept. Raises `CannotPersist`."""
    record = folder / _RECORD
    try:
        return msgspec.json.decode(record.read_bytes(), type=list[Entry])
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CannotPersist(f"{record} cannot be read: {error.strerror}. Let your user read it.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CannotPersist(
            f"{record} is damaged ({error}). Put your files back by hand from the `.backup` files beside it, then remove it."
        ) from error


def write(folder: Path, entries: Sequence[Entry]) -> None:
    """Raises `OSError`."""
    if entries:
        replace_private(folder / _RECORD, json.dumps(msgspec.to_builtins(entries)).encode())
    else:
        (folder / _RECORD).unlink(missing_ok=True)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
