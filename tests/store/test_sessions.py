"""Signing in: links that work once, sessions that end everywhere at once, a password that is kept as a hash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from tests.store.clock import START, Clock
from tests.store.other_process import OPEN, run
from tests.support.passwords import quick_hash

from unsloth_studio.store.api_key import KeyUse
from unsloth_studio.store.database import Database
from unsloth_studio.store.key_ring import KeyRing
from unsloth_studio.store.keys import KeyStore
from unsloth_studio.store.password import WeakPassword, hash_password, holds
from unsloth_studio.store.session import LINK_SECONDS, SESSION_SECONDS
from unsloth_studio.store.session_ring import SessionRing
from unsloth_studio.store.sessions import SessionStore
from unsloth_studio.store.usage import usage_by_key

NEVER = 3600.0


@pytest.fixture
def sign_ins(store: KeyStore, clock: Clock) -> SessionStore:
    return SessionStore(store, clock=clock)


@pytest.fixture
async def keys(store: KeyStore, clock: Clock) -> AsyncGenerator[KeyRing]:
    ring = KeyRing(clock=clock, flush_interval=NEVER)
    await ring.start(store)
    yield ring
    await ring.close()


@pytest.fixture
async def ring(keys: KeyRing, clock: Clock) -> SessionRing:
    return SessionRing(keys, clock=clock)


async def test_a_link_signs_in_once(ring: SessionRing, sign_ins: SessionStore) -> None:
    token = sign_ins.make_link()
    cookie = await ring.sign_in_by_link(token)
    assert cookie is not None
    assert (session := await ring.verify(cookie)) is not None
    assert session.expires_at == START + SESSION_SECONDS
    assert await ring.sign_in_by_link(token) is None


async def test_of_two_browsers_with_one_link_one_gets_in(ring: SessionRing, sign_ins: SessionStore) -> None:
    token = sign_ins.make_link()
    cookies = await asyncio.gather(ring.sign_in_by_link(token), ring.sign_in_by_link(token))
    assert sorted(cookie is None for cookie in cookies) == [False, True]


async def test_links_and_sessions_grow_old(ring: SessionRing, sign_ins: SessionStore, clock: Clock) -> None:
    stale, good = sign_ins.make_link(), sign_ins.make_link()
    cookie = await ring.sign_in_by_link(good)
    assert cookie is not None
    clock.now = START + LINK_SECONDS
    assert await ring.sign_in_by_link(stale) is None
    clock.now = START + SESSION_SECONDS
    assert await ring.verify(cookie) is None


@pytest.mark.parametrize("cookie", ["", "x", "x" * 100_000, "é\udcff"], ids=["empty", "unknown", "huge", "no text"])
async def test_what_is_no_cookie_of_ours_is_nobody(ring: SessionRing, sign_ins: SessionStore, cookie: str) -> None:
    sign_ins.sign_in()
    assert await ring.verify(cookie) is None
    assert await ring.sign_in_by_link(cookie) is None


async def test_a_session_that_is_ended_is_refused_at_once(ring: SessionRing, sign_ins: SessionStore) -> None:
    cookie, other = sign_ins.sign_in(), sign_ins.sign_in()
    session = await ring.verify(cookie)
    assert session is not None
    await ring.revoke(session)
    assert await ring.verify(cookie) is None
    assert await ring.verify(other) is not None


async def test_a_password_signs_in_and_a_new_one_ends_all_sessions(ring: SessionRing, sign_ins: SessionStore) -> None:
    assert not await ring.password_set()
    assert await ring.sign_in_by_password("correct horse") is None
    hashed = quick_hash("correct horse")
    sign_ins.set_password_hash(hashed)
    assert await ring.password_set()
    assert await ring.sign_in_by_password("wrong horse") is None
    cookie = await ring.sign_in_by_password("correct horse")
    assert cookie is not None
    assert await ring.verify(cookie) is not None
    sign_ins.set_password_hash(hashed)
    assert await ring.verify(cookie) is None


async def test_another_process_can_end_them(ring: SessionRing, sign_ins: SessionStore, database: Database) -> None:
    cookie = sign_ins.sign_in()
    assert await ring.verify(cookie) is not None
    remove = (
        OPEN + "from unsloth_studio.store.sessions import SessionStore\nSessionStore(store).set_password_hash(None)"
    )
    await asyncio.to_thread(run, remove, database.folder)
    assert await ring.verify(cookie) is None


def test_no_secret_stands_in_the_files(sign_ins: SessionStore, database: Database) -> None:
    told = [sign_ins.make_link(), sign_ins.sign_in(), "correct horse"]
    hashed = hash_password(told[2])
    sign_ins.set_password_hash(hashed)
    assert hashed.startswith("$argon2id$")
    assert holds(hashed, told[2])
    content = b"".join(path.read_bytes() for path in database.folder.iterdir())
    assert not [text for text in told if text.encode() in content]


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025], ids=["empty", "short", "endless"])
def test_a_password_that_is_too_weak_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword, match="8 to 1024"):
        hash_password(password)


def test_a_damaged_hash_holds_for_nothing() -> None:
    assert not holds("$argon2id$broken", "correct horse")


async def test_use_of_keys_adds_up_and_survives_a_clean_end(store: KeyStore, keys: KeyRing, database: Database) -> None:
    _, key = store.create("laptop")
    keys.count(key, KeyUse(1, 10, 5))
    await keys.flush()
    keys.count(key, KeyUse(1, 1, 2))
    keys.count(key, KeyUse(0, 3, 0))
    keys.count(keys.add_static("0123456789abcdef", "not stored"), KeyUse(1, 1, 1))
    await keys.close()
    assert usage_by_key(database) == {key.id: KeyUse(2, 14, 7)}
