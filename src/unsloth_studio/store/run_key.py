"""Keys that are kept in plaintext: the one that `unsloth run` prints, so that the next run prints the same one and clients
stay configured, and those of clients that `unsloth start` sets up for good.

The rule: a file of mode 0600 in the data folder is the only place where a key stands in plaintext; it is used only while the
database says that this key is valid.
"""

from __future__ import annotations

import os
from pathlib import Path

from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.database import LOCK
from unsloth_studio.store.errors import DatabaseUnusable
from unsloth_studio.store.keys import KeyStore
from unsloth_studio.store.private_files import exclusive, make_folder, replace_private

FILE = "run-key"
MAX_BYTES = 1024


def run_key(
    store: KeyStore,
    name: str = "cli",
    *,
    rotate: bool = False,
    scopes: tuple[str, ...] = ("inference",),
    file: str = FILE,
) -> tuple[str, ApiKey]:
    """The key kept in `file` of the data folder, in plaintext, and what is known of it; a new one, called `name`, if there
    is no valid one.

    `rotate` revokes the kept key first; a kept key that lacks some of `scopes` gets them. Of several runs that start at
    once all get the same key.
    Raises `DatabaseUnusable` and `SecretMissing`.
    """
    path = store.database.folder / file
    try:
        make_folder(path.parent)
        with exclusive(store.database.folder / LOCK):
            plaintext = kept_key(path)
            key = store.lookup(plaintext) if plaintext else None
            if plaintext and key is not None and not rotate:
                return plaintext, store.widen(key, scopes)
            if key is not None:
                store.revoke([key.id])
            plaintext, key = store.create(name, scopes=scopes)
            replace_private(path, f"{plaintext}\n".encode())
            return plaintext, key
    except OSError as error:
        raise DatabaseUnusable(
            f"The file {path} cannot be used: {error.strerror}. Let your user read and write it."
        ) from error


def kept_key(path: Path) -> str | None:
    """What stands in the file of a kept key; None without one. Raises `OSError`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_BYTES).decode("utf-8", "replace").strip()
