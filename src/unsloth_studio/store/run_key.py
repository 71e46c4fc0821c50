"""The key that `unsloth run` prints, kept so that the next run prints the same one and clients stay configured.

The rule: the file `run-key` (0600) is the only place where a key stands in plaintext; it is used only while the database
says that this key is valid.
"""

from __future__ import annotations

import os

from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.database import LOCK
from unsloth_studio.store.errors import DatabaseUnusable
from unsloth_studio.store.keys import KeyStore
from unsloth_studio.store.private_files import exclusive, replace_private

FILE = "run-key"
MAX_BYTES = 1024


def run_key(
    store: KeyStore, name: str = "cli", *, rotate: bool = False, scopes: tuple[str, ...] = ("inference",)
) -> tuple[str, ApiKey]:
    """The kept key in plaintext, and what is known of it; a new one, called `name`, if there is no valid one.

    `rotate` revokes the kept key first; a kept key that lacks some of `scopes` gets them. Of several runs that start at
    once all get the same key.
    Raises `DatabaseUnusable` and `SecretMissing`.
    """
    path = store.database.folder / FILE
    try:
        with exclusive(store.database.folder / LOCK):
            plaintext = _kept(store)
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


def _kept(store: KeyStore) -> str | None:
    path = store.database.folder / FILE
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_BYTES).decode("utf-8", "replace").strip()
