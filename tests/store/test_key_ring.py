from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest
from tests.store.clock import START, Clock
from tests.store.other_process import OPEN, run

from unsloth_studio.store.api_key import DAY, KeyLimits, KeyUse, Snapshot
from unsloth_studio.store.database import Database
from unsloth_studio.store.errors import DatabaseUnusable, InvalidKeySettings
from unsloth_studio.store.key_format import new_key
from unsloth_studio.store.key_ring import KeyRejected, KeyRing
from unsloth_studio.store.keys import KeyStore

T = TypeVar("T")
NEVER = 3600.0
REVOKE = OPEN + "store.revoke([int(sys.argv[2])])"


@pytest.fixture
async def ring(store: KeyStore, clock: Clock) -> AsyncGenerator[KeyRing]:
    ring = KeyRing(clock=clock, flush_interval=NEVER)
    await ring.start(store)
    yield ring
    await ring.close()


class WatchedStore(KeyStore):
    """Tells the test, on its event loop, what the ring has called."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(database, clock=clock)
        self.calls: asyncio.Queue[str] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    async def called(self, *names: str) -> None:
        """Wait for these calls, in this order, with any others between them."""
        async with asyncio.timeout(10):
            for name in names:
                while await self.calls.get() != name:
                    pass

    def snapshot(self) -> Snapshot:
        return self._tell("snapshot", super().snapshot())

    def changes(self) -> int:
        return self._tell("changes", super().changes())

    def touch(self, used: Mapping[int, int]) -> None:
        self._tell("touch", super().touch(used))

    def _tell(self, name: str, result: T) -> T:
        self._loop.call_soon_threadsafe(lambda: self.calls.put_nowait(name))
        return result


def content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def rejection(ring: KeyRing, presented: str | None) -> tuple[str, str]:
    with pytest.raises(KeyRejected) as rejected:
        await ring.verify(presented)
    return rejected.value.reason, str(rejected.value)


async def test_a_valid_key_is_let_in(store: KeyStore, ring: KeyRing) -> None:
    plaintext, key = store.create("laptop")
    assert await ring.verify(plaintext) == key


@pytest.mark.parametrize(
    ("presented", "reason", "words"),
    [
        (None, "missing", "'Authorization: Bearer sk-unsloth-...' or 'x-api-key"),
        ("", "missing", "unsloth keys create NAME"),
        ("sk-ant-api03-abc", "malformed", "begin with 'sk-unsloth-'"),
        ("sk-unsloth-YOUR_KEY", "malformed", "checksum"),
        (new_key()[:-1], "malformed", "missing or too many"),
        (new_key().swapcase(), "malformed", "begin with"),
        ("é\udcff" * 40, "malformed", "begin with"),
        ("x" * 100_000, "malformed", "begin with"),
        (new_key(), "rejected", "unknown, revoked or expired"),
    ],
    ids=[
        "nothing", "empty", "of another service", "placeholder", "cut", "other case", "no text", "huge", "unknown",
    ],
)  # fmt: skip
async def test_what_is_no_key_is_turned_away(ring: KeyRing, presented: str | None, reason: str, words: str) -> None:
    given, message = await rejection(ring, presented)
    assert given == reason
    assert words in message
    assert not presented or presented not in message


async def test_unknown_revoked_and_expired_are_told_alike(store: KeyStore, ring: KeyRing, clock: Clock) -> None:
    revoked, key = store.create("revoked")
    expired, _ = store.create("expired", START + 1)
    store.revoke([key.id])
    clock.now = START + 1
    assert len({await rejection(ring, presented) for presented in (new_key(), revoked, expired)}) == 1


async def test_a_key_is_expired_at_exactly_its_expiry(store: KeyStore, ring: KeyRing, clock: Clock) -> None:
    plaintext, _ = store.create("laptop", START + 60)
    clock.now = START + 59.999
    await ring.verify(plaintext)
    clock.now = START + 60
    assert (await rejection(ring, plaintext))[0] == "rejected"


async def test_an_expired_key_stays_expired_when_the_clock_is_set_back(
    store: KeyStore, ring: KeyRing, clock: Clock
) -> None:
    plaintext, _ = store.create("laptop", START + 60)
    clock.now = START + 60
    await rejection(ring, plaintext)
    clock.now = START
    assert (await rejection(ring, plaintext))[0] == "rejected"


async def test_a_revocation_in_this_process_holds_for_the_next_request(store: KeyStore, ring: KeyRing) -> None:
    plaintext, key = store.create("laptop")
    await ring.verify(plaintext)
    store.revoke([key.id])
    assert (await rejection(ring, plaintext))[0] == "rejected"


async def test_a_change_in_another_process_holds_for_the_next_request(
    home: Path, store: KeyStore, ring: KeyRing
) -> None:
    plaintext, key = store.create("laptop")
    await ring.verify(plaintext)
    made = await asyncio.to_thread(run, OPEN + "print(store.create('other')[0])", home)
    assert (await ring.verify(made.strip())).name == "other"
    await asyncio.to_thread(run, REVOKE, home, str(key.id))
    assert (await rejection(ring, plaintext))[0] == "rejected"


async def test_requests_that_meet_a_change_at_once_all_see_it(store: KeyStore, ring: KeyRing) -> None:
    valid, _ = store.create("valid")
    revoked, key = store.create("revoked")
    await ring.verify(revoked)
    store.revoke([key.id])
    outcomes = await asyncio.gather(*(ring.verify(k) for k in (valid, revoked) * 20), return_exceptions=True)
    assert [isinstance(outcome, KeyRejected) for outcome in outcomes] == [False, True] * 20


async def test_the_common_path_neither_waits_nor_reads(store: KeyStore, ring: KeyRing) -> None:
    plaintext, key = store.create("laptop")
    await ring.verify(plaintext)
    step = ring.verify(plaintext)
    with pytest.raises(StopIteration) as done:
        step.send(None)
    assert done.value.value == key


async def test_nobody_gets_in_while_changed_keys_cannot_be_read(home: Path, store: KeyStore, ring: KeyRing) -> None:
    plaintext, _ = store.create("laptop")
    await ring.verify(plaintext)
    ring.add_static("given-by-the-operator", "environment")
    with store.database.write() as connection:
        connection.execute("ALTER TABLE api_keys RENAME TO hidden")
    store.generation.bump()
    with pytest.raises(DatabaseUnusable):
        await ring.verify(plaintext)
    assert (await ring.verify("given-by-the-operator")).name == "environment"
    with store.database.write() as connection:
        connection.execute("ALTER TABLE hidden RENAME TO api_keys")
    await ring.verify(plaintext)


async def test_a_change_that_was_not_announced_is_noticed_by_the_owner_task(home: Path, database: Database) -> None:
    with closing(WatchedStore(database)) as store:
        plaintext, _ = store.create("laptop")
        ring = KeyRing(flush_interval=0.01)
        await ring.start(store)
        await ring.verify(plaintext)
        with closing(sqlite3.connect(home / "studio.db")) as other, other:
            other.execute("UPDATE api_keys SET revoked_at = 1")
        store.calls = asyncio.Queue()
        await store.called("snapshot", "changes")
        assert (await rejection(ring, plaintext))[0] == "rejected"
        await ring.close()


async def test_last_use_is_written_at_close_and_not_before(store: KeyStore, ring: KeyRing, clock: Clock) -> None:
    used, _ = store.create("used")
    store.create("unused")
    for _ in range(10):
        clock.now += 1
        await ring.verify(used)
    assert [key.last_used_at for key in store.all_keys()] == [None, None]
    await ring.close()
    assert [key.last_used_at for key in store.all_keys()] == [START + 10, None]


async def test_last_use_is_written_while_the_server_runs(database: Database, clock: Clock) -> None:
    with closing(WatchedStore(database, clock=clock)) as store:
        plaintext, _ = store.create("laptop")
        ring = KeyRing(clock=clock, flush_interval=0.01)
        await ring.start(store)
        await ring.verify(plaintext)
        await store.called("touch")
        assert [key.last_used_at for key in store.all_keys()] == [START]
        await ring.close()


async def test_last_use_that_could_not_be_written_is_written_later(
    store: KeyStore, ring: KeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    plaintext, _ = store.create("laptop")
    await ring.verify(plaintext)
    with store.database.write() as connection:
        connection.execute("ALTER TABLE api_keys RENAME TO hidden")
    await ring.close()
    assert "could not be written" in caplog.text
    with store.database.write() as connection:
        connection.execute("ALTER TABLE hidden RENAME TO api_keys")
    await ring.close()
    assert store.all_keys()[0].last_used_at == START


async def test_a_key_of_the_operators_own_is_let_in_and_not_stored(home: Path, store: KeyStore, ring: KeyRing) -> None:
    own = "correct-horse-battery"
    key = ring.add_static(own, "UNSLOTH_API_KEY")
    assert await ring.verify(own) == key
    assert (key.id, key.name, key.prefix) == (0, "UNSLOTH_API_KEY", "")
    await ring.close()
    assert store.all_keys() == []
    assert own.encode() not in content(home)


async def test_beside_a_key_of_any_form_a_wrong_one_is_not_called_malformed(ring: KeyRing) -> None:
    ring.add_static("correct-horse-battery", "UNSLOTH_API_KEY")
    assert (await rejection(ring, "correct-horse-batterY"))[0] == "rejected"
    assert (await rejection(ring, "sk-unsloth-YOUR_KEY"))[0] == "malformed"


@pytest.mark.parametrize(
    "given",
    ["", "fifteen-letters", "sixteen letters!", "sixteen\nletters!", "sechzehn-zeichén", "x" * 513],
    ids=["empty", "short", "space", "line break", "not ASCII", "too long for a header"],
)
async def test_a_key_that_cannot_be_sent_or_is_easily_guessed_is_refused(ring: KeyRing, given: str) -> None:
    with pytest.raises(InvalidKeySettings, match="'UNSLOTH_API_KEY' cannot be used: it needs 16 to 512"):
        ring.add_static(given, "UNSLOTH_API_KEY")


async def test_a_lost_secret_is_logged_once_and_no_stored_key_is_valid(
    home: Path, store: KeyStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    plaintext, _ = store.create("laptop")
    secret = (home / "secret").read_bytes()
    (home / "secret").unlink()
    ring = KeyRing(clock=clock, flush_interval=0.01)
    ring.add_static("given-by-the-operator", "environment")
    await ring.start(store)
    assert (await rejection(ring, plaintext))[0] == "rejected"
    assert (await ring.verify("given-by-the-operator")).id == 0
    for _ in range(3):
        store.generation.bump()
        await rejection(ring, plaintext)
    assert caplog.text.count("secret is missing") == 1
    (home / "secret").write_bytes(secret)
    store.generation.bump()
    assert (await ring.verify(plaintext)).name == "laptop"
    await ring.close()


async def test_requests_wait_for_the_store(store: KeyStore, clock: Clock) -> None:
    plaintext, made = store.create("early")
    ring = KeyRing(clock=clock, flush_interval=NEVER)
    early = asyncio.create_task(ring.verify(plaintext))
    await asyncio.sleep(0)
    assert not early.done()
    await ring.start(store)
    assert (await early).id == made.id
    await ring.close()


async def test_a_store_that_never_opens_lets_nobody_in() -> None:
    ring = KeyRing(flush_interval=NEVER)
    early = asyncio.create_task(ring.verify(new_key()))
    await asyncio.sleep(0)
    await ring.close()
    with pytest.raises(DatabaseUnusable, match="stopped"):
        await early


async def test_a_static_key_needs_no_store() -> None:
    ring = KeyRing(flush_interval=NEVER)
    ring.add_static("a-key-of-my-own-choice", "env")
    assert (await ring.verify("a-key-of-my-own-choice")).name == "env"
    await ring.close()


async def test_tokens_of_the_day_outlast_the_process_and_not_the_day(
    ring: KeyRing, store: KeyStore, clock: Clock
) -> None:
    plaintext, made = store.create("k", limits=KeyLimits(tokens_per_day=9))
    clock.now = START - START % DAY + 10
    key = await ring.verify(plaintext)
    assert key.limits == made.limits == KeyLimits(tokens_per_day=9)
    ring.count(key, KeyUse(1, 3, 4))
    assert ring.tokens_today(key) == 7, "at once"
    await ring.flush()
    ring.count(key, KeyUse(1, 1, 0))
    assert ring.tokens_today(key) == 8
    await ring.flush()
    other = KeyRing(clock=clock, flush_interval=NEVER)
    await other.start(store)
    assert other.tokens_today(key) == 8
    await other.close()
    assert ring.seconds_until_tomorrow() == DAY - 10
    clock.now += DAY
    assert ring.tokens_today(key) == 0
    ring.count(key, KeyUse(1, 2, 0))
    await ring.flush()
    assert ring.tokens_today(key) == 2
