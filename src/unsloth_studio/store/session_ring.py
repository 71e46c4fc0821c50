"""The check of a session's cookie, from memory, beside the ring of the keys.

The rule: as with keys the shared generation counter is compared before every check, so a session that was ended in any
process is refused by the next request.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from unsloth_studio.store.key_ring import KeyRing
from unsloth_studio.store.secret import digest_of
from unsloth_studio.store.session import Session, SignIns

if TYPE_CHECKING:
    from unsloth_studio.store.keys import KeyStore
    from unsloth_studio.store.sessions import SessionStore

T = TypeVar("T")

MAX_TOKEN_LENGTH = 128
"""Characters; what is longer is not worth hashing. Ours have 43."""


class SessionRing:
    """The sessions of the store that `keys` opens. Every method waits until it is open, and may raise `StoreProblem`."""

    def __init__(self, keys: KeyRing, *, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        self._kept: SignIns | None = None
        self._store: SessionStore | None = None
        self._reloading = asyncio.Lock()
        self._hashing = asyncio.Lock()

    async def verify(self, cookie: str) -> Session | None:
        """The session that `cookie` stands for, None when it does not hold (any more)."""
        if not cookie or len(cookie) > MAX_TOKEN_LENGTH:
            return None
        kept = await self._fresh()
        if kept.secret is None:
            return None
        digest = digest_of(kept.secret, cookie)
        stored, session = kept.by_digest.get(digest, (b"", None))
        if session is None or not hmac.compare_digest(stored, digest):
            return None
        return session if self._clock() < session.expires_at else None

    async def password_set(self) -> bool:
        return (await self._fresh()).password_set

    async def make_link(self) -> str:
        """A one-time token for the page's address."""
        return await self._run(lambda store: store.make_link())

    async def sign_in_by_link(self, token: str) -> str | None:
        """The cookie of a new session, None when the link does not hold."""
        if not token or len(token) > MAX_TOKEN_LENGTH:
            return None
        return await self._run(lambda store: store.sign_in_by_link(token))

    async def sign_in_by_password(self, password: str) -> str | None:
        """The cookie of a new session, None when the password is wrong or none is set. Takes a tenth of a second of CPU and
        64 MiB, one at a time; the caller bounds how often it is asked."""
        hashed = await self._run(lambda store: store.password_hash())
        if hashed is None:
            return None
        from unsloth_studio.store.password import holds

        async with self._hashing:
            right = await asyncio.to_thread(holds, hashed, password)
        if not right:
            return None
        return await self._run(lambda store: store.sign_in())

    async def revoke(self, session: Session) -> None:
        """End a session."""
        await self._run(lambda store: store.revoke(session.id))

    async def _fresh(self) -> SignIns:
        store, kept = await self._keys.store(), self._kept
        if kept is not None and kept.generation == store.generation.value:
            return kept
        async with self._reloading:
            if self._kept is None or self._kept.generation != store.generation.value:
                self._kept = await self._run(lambda sessions: sessions.snapshot())
            return self._kept

    async def _run(self, work: Callable[[SessionStore], T]) -> T:
        keys = await self._keys.store()
        if self._store is None:
            self._store = _sessions_of(keys, self._clock)
        return await keys.database.run(work, self._store)


def _sessions_of(keys: KeyStore, clock: Callable[[], float]) -> SessionStore:
    from unsloth_studio.store.sessions import SessionStore  # with what the database needs, which is there by now

    return SessionStore(keys, clock=clock)
