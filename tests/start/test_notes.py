"""Notes of processes that hold something else than ours: treated as not there, and swept."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from unsloth_studio.cli.running import NoServer, base_url_of, noted, pid_of
from unsloth_studio.cli.start.sessions import session
from unsloth_studio.store.database import Database
from unsloth_studio.store.keys import KeyStore

STARTED = psutil.Process().create_time()
ODD = [
    b"",
    b"[]",
    b"null",
    b"7",
    b"\xff",
    b'"pid"',
    b'{"pid": null, "started": null, "base_url": null, "key": null}',
    b'{"pid": "1", "started": "1", "base_url": 1, "key": [1]}',
    b'{"pid": -1, "started": 1, "base_url": "x", "key": 1}',
    b'{"pid": 99999999999999999999999, "started": 1, "base_url": "x", "key": 1}',
    json.dumps({"pid": os.getpid(), "started": [STARTED], "base_url": "x", "key": 1}).encode(),
    json.dumps({"pid": os.getpid(), "started": STARTED, "base_url": [], "key": 10**30}).encode(),
]


@pytest.mark.parametrize("content", ODD)
def test_an_odd_note_of_the_server_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "server.json").write_bytes(content)
    with pytest.raises(NoServer, match="unsloth run"):
        base_url_of(tmp_path)
    with noted(tmp_path, "http://here"):
        assert (base_url_of(tmp_path), pid_of(tmp_path)) == ("http://here", os.getpid())
        (tmp_path / "server.json").write_bytes(content)


@pytest.mark.parametrize("content", ODD[:-1])
def test_odd_notes_of_sessions_are_swept(tmp_path: Path, content: bytes) -> None:
    left = tmp_path / "sessions" / "left"
    left.mkdir(parents=True)
    (left / "owner.json").write_bytes(content)
    (tmp_path / "sessions" / "server.json").write_bytes(content)
    with closing(Database.open(tmp_path)) as database, closing(KeyStore(database)) as store:
        with session(tmp_path, store, "own"):
            assert not left.exists()
        assert [key.name for key in store.all_keys() if key.revoked_at is None] == []
    assert [path.name for path in (tmp_path / "sessions").iterdir()] == ["lock"]
