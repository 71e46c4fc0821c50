from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.store.clock import START, Clock
from tests.store.other_process import OPEN, run_together

from unsloth_studio.store.errors import DatabaseUnusable
from unsloth_studio.store.key_format import new_key
from unsloth_studio.store.keys import KeyStore
from unsloth_studio.store.private_files import replace_private
from unsloth_studio.store.run_key import run_key


def test_the_next_run_has_the_same_key(home: Path, store: KeyStore) -> None:
    plaintext, key = run_key(store)
    assert run_key(store, "another name") == (plaintext, key)
    assert [kept.name for kept in store.all_keys()] == ["cli"]
    assert (home / "run-key").read_text() == f"{plaintext}\n"
    assert stat.S_IMODE((home / "run-key").stat().st_mode) == 0o600


def test_rotation_revokes_the_old_key(store: KeyStore) -> None:
    old, _ = run_key(store)
    new, key = run_key(store, "laptop", rotate=True)
    assert (store.lookup(old), store.lookup(new)) == (None, key)
    assert key.name == "laptop"
    assert run_key(store) == (new, key)


def test_rotation_without_an_old_key_makes_one(store: KeyStore) -> None:
    plaintext, key = run_key(store, rotate=True)
    assert store.lookup(plaintext) == key


@pytest.mark.parametrize("how", ["revoked", "expired", "unknown", "damaged", "empty", "no text", "deleted"])
def test_a_kept_key_that_is_not_valid_is_replaced(home: Path, store: KeyStore, clock: Clock, how: str) -> None:
    old, key = store.create("cli", START + 60)
    replace_private(home / "run-key", old.encode())
    match how:
        case "revoked":
            store.revoke([key.id])
        case "expired":
            clock.now = START + 60
        case "unknown":
            replace_private(home / "run-key", new_key().encode())
        case "damaged":
            replace_private(home / "run-key", old[:-1].encode())
        case "empty":
            replace_private(home / "run-key", b"")
        case "no text":
            replace_private(home / "run-key", b"\xff\xfe" * 5000)
        case _:
            (home / "run-key").unlink()
    plaintext, made = run_key(store)
    assert made.id == 2
    assert store.lookup(plaintext) == made
    assert run_key(store) == (plaintext, made)


def test_runs_that_start_at_once_have_one_key(home: Path, store: KeyStore) -> None:
    code = OPEN + "from unsloth_studio.store.run_key import run_key\nprint(run_key(store)[0])"
    assert len(set(run_together(3, code, home))) == 1
    assert len(store.all_keys()) == 1


def test_a_file_that_cannot_be_used_is_named(home: Path, store: KeyStore) -> None:
    (home / "run-key").mkdir()
    with pytest.raises(DatabaseUnusable, match=r"run-key cannot be used"):
        run_key(store)


def test_a_kept_key_gets_the_scopes_it_lacks_and_stays_the_same(store: KeyStore) -> None:
    first, key = run_key(store)
    assert key.scopes == ("inference",)
    again, widened = run_key(store, scopes=("inference", "tools"))
    assert (again, widened.scopes) == (first, ("inference", "tools"))
    found = store.lookup(first)
    assert found is not None
    assert found.scopes == ("inference", "tools")
    assert run_key(store)[1].scopes == ("inference", "tools"), "nothing is taken away"
