"""Keys for a server that runs on a data folder."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from unsloth_studio.store.database import Database
from unsloth_studio.store.keys import KeyStore


def new_key(home: Path, name: str, *, scopes: tuple[str, ...]) -> str:
    """The plaintext of a key with `scopes`."""
    with closing(Database.open(home)) as database, closing(KeyStore(database)) as store:
        return store.create(name, scopes=scopes)[0]
