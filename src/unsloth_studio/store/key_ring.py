"""The check of a presented key, from memory: one HMAC and one look into a dictionary, no I/O.

The rule: before every check the shared generation counter is compared, so a revocation in any process holds for the
next request. Time inside the ring does not run backwards: a key that was seen to expire stays expired when the clock
is set back. A StoreProblem while reloading refuses the request: in doubt nobody gets in. Requests that come before the
store is open wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from unsloth_studio.store.api_key import DAY, ApiKey, KeyUse, Snapshot
from unsloth_studio.store.errors import DatabaseUnusable, InvalidKeySettings, SecretMissing
from unsloth_studio.store.key_format import LEAD, is_well_formed
from unsloth_studio.store.secret import LENGTH, digest_of

if TYPE_CHECKING:
    from unsloth_studio.store.keys import KeyStore

MIN_STATIC_LENGTH = 16
"""Characters; a key that is typed in by a person may be shorter than ours, but not so short that it can be guessed."""
MAX_PRESENTED_LENGTH = 512
"""Characters; what is longer is not worth hashing."""

MISSING = (
    f"No API key was sent. Send the header 'Authorization: Bearer {LEAD}...' or 'x-api-key: {LEAD}...'. "
    f"To make a key: unsloth keys create NAME"
)
FOREIGN = f"This is not an API key of this server: its keys begin with '{LEAD}'. To make one: unsloth keys create NAME"
TYPO = (
    "This API key has a typing error: its checksum does not match, so a character is wrong, missing or too many. "
    "Copy the whole key again."
)
REJECTED = "This API key is not valid: it is unknown, revoked or expired."

RejectionReason = Literal["missing", "malformed", "rejected"]

_log = logging.getLogger(__name__)


class KeyRejected(Exception):  # noqa: N818 - the caller is turned away; nothing here is broken
    """What was presented is not a valid key. Unknown, revoked and expired are one reason with one message."""

    def __init__(self, reason: RejectionReason, message: str) -> None:
        super().__init__(message)
        self.reason: RejectionReason = reason


class KeyRing:
    """The keys of a store in memory, for one event loop: made in one, `start` once the store is open, `close` at the end.

    `flush_interval` (seconds): how often the times of last use are written. `clock` gives seconds since 1970.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time, flush_interval: float = 5.0) -> None:
        self._opened: asyncio.Future[KeyStore] = asyncio.get_running_loop().create_future()
        self._clock = clock
        self._flush_interval = flush_interval
        self._latest = 0.0
        self._kept: Snapshot | None = None
        self._static: dict[bytes, tuple[bytes, ApiKey]] = {}
        self._static_secret = secrets.token_bytes(LENGTH)
        self._used: dict[int, int] = {}
        self._uses: dict[int, KeyUse] = {}
        self._day, self._tokens = 0, dict[int, int]()
        self._reloading = asyncio.Lock()
        self._complaint = ""
        self._owner: asyncio.Task[None] | None = None

    def add_static(self, plaintext: str, name: str, *, scopes: tuple[str, ...] = ("inference", "tools")) -> ApiKey:
        """Accept a key of the operator's own (from the environment), of any form; it is never stored.

        Raises `InvalidKeySettings` when it is too short or cannot travel in a header.
        """
        visible = plaintext.isascii() and plaintext.isprintable() and " " not in plaintext
        if not visible or not MIN_STATIC_LENGTH <= len(plaintext) <= MAX_PRESENTED_LENGTH:
            raise InvalidKeySettings(
                f"The key given for '{name}' cannot be used: it needs {MIN_STATIC_LENGTH} to {MAX_PRESENTED_LENGTH} "
                f"printable ASCII characters without spaces. Give a longer one, or none to have one made."
            )
        digest = digest_of(self._static_secret, plaintext)
        key = ApiKey(0, name, "", scopes, int(self._clock()))
        self._static[digest] = (digest, key)
        return key

    async def start(self, store: KeyStore) -> None:
        """Read the keys and begin to keep them. Raises `DatabaseUnusable`; a lost secret is logged, and no key is valid."""
        self._opened.set_result(store)
        await self._reload(store)
        self._owner = asyncio.create_task(self._keep(store), name="key ring")

    async def close(self) -> None:
        """Write the times of last use that are still in memory. Idempotent; leaves the store open."""
        self._opened.cancel()  # nobody waits for a store that will not come
        if self._owner is not None:
            self._owner.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._owner
            self._owner = None
        if not self._opened.cancelled():
            await self._flush(self._opened.result())

    async def store(self) -> KeyStore:
        """The store, once it is open. Raises `DatabaseUnusable` when it will not be."""
        if self._opened.done() and not self._opened.cancelled():
            return self._opened.result()
        try:
            return await asyncio.shield(self._opened)
        except asyncio.CancelledError:
            if self._opened.cancelled():
                raise DatabaseUnusable("The server stopped before the keys could be read.") from None
            raise

    def count(self, key: ApiKey, use: KeyUse) -> None:
        """Add to what was used with `key`; one that is not stored is not counted."""
        if key.id:
            self._uses[key.id] = self._uses.get(key.id, KeyUse()) + use

    def tokens_today(self, key: ApiKey) -> int:
        """What was read and written with `key` since midnight UTC. What other processes used comes in with a delay of
        seconds."""
        kept = self._tokens if self._day == self._today() else {}
        return kept.get(key.id, 0) + self._uses.get(key.id, KeyUse()).tokens

    def seconds_until_tomorrow(self) -> int:
        """Until midnight UTC, at least 1."""
        return max(1, int(DAY - self._clock() % DAY))

    async def flush(self) -> None:
        """Write the times of last use and the counts that are in memory; what cannot be written now is kept for later."""
        await self._flush(await self.store())

    async def verify(self, presented: str | None) -> ApiKey:
        """The key that `presented` is. Raises `KeyRejected`, and `DatabaseUnusable` if changed keys cannot be read.

        Waits only before the start, and when keys have changed since the last call.
        """
        if not presented:
            raise KeyRejected("missing", MISSING)
        if len(presented) > MAX_PRESENTED_LENGTH:
            raise KeyRejected("malformed", FOREIGN)
        if self._static and (key := _match(self._static, self._static_secret, presented)):
            return key
        store = await self.store()
        kept = self._kept
        if kept is None or kept.generation != store.generation.value:
            kept = await self._reload(store)
        self._latest = now = max(self._latest, self._clock())
        key = _match(kept.by_digest, kept.secret, presented) if kept.secret is not None else None
        if key is None or key.state(now) != "active":
            raise self._rejection(presented)
        self._used[key.id] = int(now)
        return key

    def _today(self) -> int:
        return int(self._clock() // DAY)

    def _rejection(self, presented: str) -> KeyRejected:
        if is_well_formed(presented):
            return KeyRejected("rejected", REJECTED)
        if presented.startswith(LEAD):
            return KeyRejected("malformed", TYPO)
        # Beside a key of any form nothing can be called malformed: it may be that one with a typing error.
        return KeyRejected("rejected", REJECTED) if self._static else KeyRejected("malformed", FOREIGN)

    async def _reload(self, store: KeyStore) -> Snapshot:
        async with self._reloading:
            kept = self._kept
            if kept is None or kept.generation != store.generation.value:
                kept = await self._read(store)
            return kept

    async def _read(self, store: KeyStore) -> Snapshot:
        generation = store.generation.value
        try:
            self._kept = kept = await store.database.run(store.snapshot)
            self._day, self._tokens = kept.day, dict(kept.tokens)
        except SecretMissing as error:
            if self._complaint != str(error):
                _log.error("%s", error)
            self._complaint = str(error)
            self._kept = Snapshot(generation, 0, None, {})
        return self._kept

    async def _keep(self, store: KeyStore) -> None:
        while True:
            await asyncio.sleep(self._flush_interval)
            await self._flush(store)
            try:
                await self._notice_silent_changes(store)
            except DatabaseUnusable as error:
                _log.warning("The API keys could not be read again. %s", error)

    async def _notice_silent_changes(self, store: KeyStore) -> None:
        """Catch a change whose writer died between its commit and its bump, or that was not made through KeyStore."""
        changes = await store.database.run(store.changes)
        async with self._reloading:
            if self._kept is None or self._kept.changes != changes:
                await self._read(store)

    async def _flush(self, store: KeyStore) -> None:
        used, self._used = self._used, {}
        uses, self._uses = self._uses, {}
        if not (used or uses):
            return
        day = self._today()
        try:
            self._tokens = await store.database.run(_write, store, used, uses, day)
            self._day = day
        except DatabaseUnusable as error:
            self._used = used | self._used
            for key_id, use in uses.items():
                self._uses[key_id] = use + self._uses.get(key_id, KeyUse())
            _log.warning("What the keys were used for could not be written; trying again later. %s", error)


def _write(store: KeyStore, used: Mapping[int, int], uses: Mapping[int, KeyUse], day: int) -> dict[int, int]:
    """Returns the tokens of `day`, by key."""
    from unsloth_studio.store.usage import add_usage, tokens_on  # with what the database needs, which is there by now

    add_usage(store.database, uses, day=day)  # first: a time that is written twice does no harm, a count does
    store.touch(used)
    with store.database.read() as connection:
        return tokens_on(connection, day)


def _match(keys: Mapping[bytes, tuple[bytes, ApiKey]], secret: bytes, presented: str) -> ApiKey | None:
    digest = digest_of(secret, presented)
    found = keys.get(digest)
    if found is None:
        return None
    stored, key = found
    # The dictionary is searched by a keyed digest, which an attacker cannot steer; this makes the last word constant-time.
    return key if hmac.compare_digest(stored, digest) else None
