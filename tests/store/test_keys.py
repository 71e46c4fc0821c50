from __future__ import annotations

import logging
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.clock import START, Clock
from tests.store.other_process import OPEN, begin, output

from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.database import Database
from unsloth_studio.store.errors import AmbiguousKey, InvalidKeySettings, KeyNotFound, SecretMissing
from unsloth_studio.store.key_format import is_well_formed, new_key
from unsloth_studio.store.keys import KeyStore


def test_a_created_key_is_listed_without_its_plaintext(store: KeyStore) -> None:
    plaintext, key = store.create(" laptop ", START + 60, scopes={"admin", "inference"})
    assert is_well_formed(plaintext)
    assert key == ApiKey(1, "laptop", plaintext[:15], ("inference", "admin"), START, expires_at=START + 60)
    assert store.all_keys() == [key]
    assert plaintext not in repr(key)


def test_plaintext_is_in_no_file_and_in_no_log(home: Path, store: KeyStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    plaintext, key = store.create("laptop")
    assert store.lookup(plaintext) == key
    store.revoke([key.id])
    stored = b"".join(path.read_bytes() for path in home.iterdir())
    assert key.prefix.encode() in stored, "the search looks at the right files"
    assert plaintext[len(key.prefix) :].encode() not in stored
    assert plaintext[len(key.prefix) :] not in caplog.text


def test_ids_are_not_used_again(home: Path, store: KeyStore) -> None:
    store.create("first")
    with store.database.write() as connection:
        connection.execute("DELETE FROM api_keys")
    assert store.create("second")[1].id == 2


@pytest.mark.parametrize(
    ("now", "valid"),
    [(START + 59.9, True), (START + 60, False), (START + 61, False)],
    ids=["just before", "at exactly the expiry", "after"],
)
def test_a_key_expires(store: KeyStore, clock: Clock, now: float, valid: bool) -> None:
    plaintext, key = store.create("laptop", START + 60)
    clock.now = now
    assert store.lookup(plaintext) == (key if valid else None)
    assert key.state(now) == ("active" if valid else "expired")


def test_a_revoked_key_is_not_valid_and_keeps_its_first_time(store: KeyStore, clock: Clock) -> None:
    plaintext, key = store.create("laptop")
    clock.now += 5
    assert [revoked.revoked_at for revoked in store.revoke([key.id])] == [START + 5]
    clock.now += 5
    assert [revoked.revoked_at for revoked in store.revoke([key.id, 99])] == [START + 5]
    assert store.lookup(plaintext) is None
    assert [kept.state(clock.now) for kept in store.all_keys()] == ["revoked"]


def test_an_unknown_key_is_not_valid(store: KeyStore) -> None:
    assert store.lookup(new_key()) is None
    store.create("laptop")
    assert store.lookup(new_key()) is None


@pytest.mark.parametrize(
    ("name", "expires_at", "scopes", "advice"),
    [
        ("  ", None, ["inference"], "needs a name"),
        ("x" * 101, None, ["inference"], "1 to 100"),
        ("a\nb", None, ["inference"], "printable"),
        (new_key(), None, ["inference"], "This name is an API key"),
        ("laptop", START, ["inference"], "lies in the past"),
        ("laptop", None, ["root"], "'root' is not a scope.*inference, tools, admin"),
        ("laptop", None, [], "needs a scope"),
    ],
    ids=["no name", "long name", "line break", "key as name", "expired", "unknown scope", "no scope"],
)
def test_a_key_that_cannot_be_is_refused(
    store: KeyStore, name: str, expires_at: int | None, scopes: list[str], advice: str
) -> None:
    with pytest.raises(InvalidKeySettings, match=advice):
        store.create(name, expires_at, scopes=scopes)
    assert store.all_keys() == []


def test_a_key_is_found_by_whatever_is_known_of_it(store: KeyStore) -> None:
    plaintext, key = store.create("laptop")
    store.create("other")
    for wanted in (str(key.id), "laptop", key.prefix, f"{key.prefix}…", f"{key.prefix}...", plaintext):
        assert store.find(wanted) == key


def test_several_matches_are_listed_with_their_ids(store: KeyStore) -> None:
    _, first = store.create("laptop")
    _, second = store.create("laptop")
    with pytest.raises(AmbiguousKey, match=rf"2 keys.*1 \(laptop, {first.prefix}…\); 2 \(laptop, {second.prefix}…\)"):
        store.find("laptop")
    store.revoke([first.id])
    assert store.find("laptop") == second, "a revoked key does not stand in the way"


def test_an_unknown_name_is_answered_with_the_names(store: KeyStore) -> None:
    with pytest.raises(KeyNotFound, match="There are no keys"):
        store.find("desk")
    store.create("laptop")
    store.create("ci")
    with pytest.raises(KeyNotFound, match=r"'desk'.*The keys are: laptop, ci\."):
        store.find("desk")


def test_times_of_last_use_move_forward_only(store: KeyStore) -> None:
    ids = [store.create(name)[1].id for name in ("a", "b", "c")]
    store.touch({ids[0]: 50, ids[1]: 60})
    store.touch({ids[0]: 40, ids[1]: 70, 99: 70})
    store.touch({})
    assert [key.last_used_at for key in store.all_keys()] == [50, 70, None]


def test_only_changes_of_keys_move_the_generation(store: KeyStore) -> None:
    seen = [store.generation.value]
    _, key = store.create("laptop")
    seen.append(store.generation.value)
    store.touch({key.id: START})
    seen.append(store.generation.value)
    store.revoke([key.id])
    seen.append(store.generation.value)
    assert seen == [0, 1, 1, 2]


def test_threads_and_processes_create_keys_at_once(home: Path, store: KeyStore) -> None:
    code = OPEN + "[print(store.create('other')[0]) for _ in range(20)]"
    others = [begin(code, home) for _ in range(2)]
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend(store.create("thread")[0] for _ in range(10))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        made += output(other).split()
    assert len(set(made)) == len(store.all_keys()) == 120
    assert {key.id for key in map(store.lookup, made) if key} == set(range(1, 121))
    assert store.generation.value == 120


def test_a_lost_secret_is_reported_and_not_replaced(home: Path, store: KeyStore) -> None:
    plaintext, _ = store.create("laptop")
    (home / "secret").unlink()
    for use in (lambda: store.create("desk"), lambda: store.lookup(plaintext), store.snapshot):
        with pytest.raises(SecretMissing, match=r"secret is missing.*1 API keys.*backup.*unsloth keys revoke --all"):
            use()
    assert not (home / "secret").exists()


def test_after_all_keys_are_revoked_a_new_secret_is_made(home: Path, store: KeyStore) -> None:
    old, key = store.create("laptop")
    (home / "secret").unlink()
    store.revoke([key.id])
    new, _ = store.create("laptop")
    assert store.lookup(old) is None
    assert store.lookup(new) is not None


def test_a_damaged_secret_is_reported(home: Path, store: KeyStore) -> None:
    plaintext, _ = store.create("laptop")
    (home / "secret").write_bytes(b"short")
    with pytest.raises(SecretMissing, match=r"5 bytes instead of 32"):
        store.lookup(plaintext)


def test_keys_outlive_the_process(home: Path, store: KeyStore) -> None:
    plaintext, key = store.create("laptop")
    with closing(Database.open(home)) as database, closing(KeyStore(database)) as again:
        assert again.lookup(plaintext) == key
