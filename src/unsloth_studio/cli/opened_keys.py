"""The keys and sign-ins of a running server. The rings are there at once, and requests wait for them; the database is
opened behind them.

Why: the disk may be slow, another process may hold the database, and an old one is migrated first; meanwhile the server
listens and the engine can load.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from unsloth_studio.problem import OperatorProblem
from unsloth_studio.store.errors import SecretMissing
from unsloth_studio.store.key_ring import KeyRing
from unsloth_studio.store.session_ring import SessionRing

if TYPE_CHECKING:
    from unsloth_studio.store.keys import KeyStore


class OpenedKeys:
    """For one event loop: made in it, `open` once, `close` at the end. The key to print is called `name` and has
    `scopes`; `rotate` replaces the kept one; `given` is used instead of it and is not stored."""

    def __init__(self, home: Path, *, name: str, rotate: bool, given: str | None, scopes: tuple[str, ...]) -> None:
        self.ring = KeyRing()
        self.sessions = SessionRing(self.ring)
        self._home = home
        self._name = name
        self._rotate = rotate
        self._given = given
        self._scopes = scopes
        self._opening: asyncio.Task[KeyStore] | None = None
        if given is not None:
            self.ring.add_static(given, "UNSLOTH_API_KEY")

    async def open(self) -> str:
        """Read the keys, and give the one to print. Raises `DatabaseUnusable` and `SecretMissing`."""
        self._opening = asyncio.create_task(asyncio.to_thread(_open, self._home))
        store = await asyncio.shield(self._opening)
        await self.ring.start(store)
        if self._given is not None:
            return self._given
        from unsloth_studio.store.run_key import run_key

        plaintext, _ = await store.database.run(run_key, store, self._name, rotate=self._rotate, scopes=self._scopes)
        return plaintext

    async def link(self) -> str | None:
        """A one-time token that signs a browser in; None when the secret is lost, which the log tells."""
        try:
            return await self.sessions.make_link()
        except SecretMissing:
            return None

    async def close(self) -> None:
        """Write what is still in memory, and close the database."""
        await self.ring.close()
        if self._opening is not None:
            with suppress(OperatorProblem):  # it was told by `open`
                await asyncio.to_thread(_close, await self._opening)


def _open(home: Path) -> KeyStore:
    from unsloth_studio.store.database import Database
    from unsloth_studio.store.keys import KeyStore

    database = Database.open(home)
    try:
        return KeyStore(database)
    except BaseException:
        database.close()
        raise


def _close(store: KeyStore) -> None:
    store.close()
    store.database.close()
