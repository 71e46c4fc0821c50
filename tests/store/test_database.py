from __future__ import annotations

import asyncio
import errno
import os
import re
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from tests.store.other_process import OPEN, run, run_together

from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.database import FILE, Database
from unsloth_studio.store.errors import DatabaseUnusable, folder_unusable
from unsloth_studio.store.keys import KeyStore
from unsloth_studio.store.schema import migration, revisions

NOBODY = 65534


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def opening_says(home: Path, *parts: str) -> None:
    with pytest.raises(DatabaseUnusable) as refused:
        Database.open(home, busy_timeout=0.05).close()
    for part in parts:
        assert part in str(refused.value)


def read_all(home: Path) -> None:
    with closing(Database.open(home)) as database, closing(KeyStore(database)) as store:
        store.all_keys()


@pytest.fixture
def read_only_home() -> Generator[Path]:
    """A folder that cannot be written; a test that runs as root becomes nobody for its length."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        privileged = os.geteuid() == 0
        if privileged:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if privileged:
                os.seteuid(0)
            folder.chmod(0o700)


def test_the_folder_and_every_file_in_it_are_private(home: Path) -> None:
    with closing(Database.open(home)) as database, closing(KeyStore(database)) as store:
        store.create("laptop")
        assert mode(home) == 0o700
        assert {path.name: mode(path) for path in home.iterdir()} == {
            "studio.db": 0o600,
            "studio.db-wal": 0o600,
            "studio.db-shm": 0o600,
            "generation": 0o600,
            "secret": 0o600,
            "lock": 0o600,
        }


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
    ids=["write-ahead log", "commits survive a power cut", "foreign keys hold", "writers wait for each other"],
)
def test_every_connection_is_set_up(database: Database, pragma: str, value: object) -> None:
    with database.read() as connection:
        assert tuple(connection.execute(f"PRAGMA {pragma}").fetchone()) == (value,)


def test_run_works_off_the_event_loop_and_always_on_the_same_thread(database: Database) -> None:
    async def threads() -> set[int]:
        return set(await asyncio.gather(*(database.run(threading.get_ident) for _ in range(20))))

    seen = asyncio.run(threads())
    assert len(seen) == 1
    assert threading.get_ident() not in seen


def test_threads_take_turns(database: Database, store: KeyStore) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(store.create, map(str, range(20))))
    assert len(store.all_keys()) == 20


def test_a_write_inside_another_is_refused_and_both_leave_nothing(database: Database, store: KeyStore) -> None:
    def nest() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO api_keys (name, prefix, digest, created_at) VALUES (1, 2, 3, 4)")
            store.create("inner")

    with pytest.raises(DatabaseUnusable, match="within a transaction"):
        nest()
    assert store.all_keys() == []


def test_what_breaks_a_constraint_is_left_to_the_caller(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError), database.write() as connection:
        connection.execute("INSERT INTO key_usage VALUES (1, 0, 0, 0)")


def test_closing_twice_is_no_mistake(database: Database) -> None:
    database.close()
    database.close()


def test_a_failed_write_leaves_nothing(database: Database, store: KeyStore) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO api_keys (name, prefix, digest, created_at) VALUES (1, 2, 3, 4)")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert store.all_keys() == []


def test_the_newest_revision_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(revisions.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [revisions.newest_revision()]


def test_opening_a_database_that_is_new_or_up_to_date_imports_nothing_slow(home: Path) -> None:
    look = OPEN + "print(*sys.modules.keys() & {'alembic', 'sqlalchemy'}, len(store.all_keys()))"
    assert [run(look, home) for _ in ("new", "up to date")] == ["0\n", "0\n"]


def shape(file: Path) -> dict[str, object]:
    """Every table and index as SQL whose spaces do not matter, and the noted revision."""
    with closing(sqlite3.connect(file)) as raw:
        found: dict[str, object] = {
            name: re.sub(r"\s*([(),])\s*", r"\1", " ".join(sql.split()))
            for name, sql in raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        }
        return found | {"revision": raw.execute("SELECT version_num FROM alembic_version").fetchall()}


def test_a_new_database_is_as_the_revisions_would_make_it(home: Path) -> None:
    """After adding a revision: write into `newest.sql` what is missing there."""
    Database.open(home).close()
    migration.upgrade(home / "migrated.db")
    made, migrated = shape(home / "studio.db"), shape(home / "migrated.db")
    assert made == migrated
    assert "api_keys" in made


def test_an_old_database_is_migrated_and_keeps_what_is_in_it(home: Path) -> None:
    home.mkdir()
    migration.upgrade(home / "studio.db", to="0001")
    with closing(sqlite3.connect(home / "studio.db")) as raw, raw:
        raw.execute("INSERT INTO api_keys (name, prefix, digest, created_at) VALUES ('laptop', 'sk-', x'00', 7)")
    with closing(Database.open(home)) as database, closing(KeyStore(database)) as store:
        assert store.all_keys() == [ApiKey(1, "laptop", "sk-", ("inference",), 7)]
    Database.open(home / "new").close()
    assert shape(home / "studio.db") == shape(home / "new" / "studio.db")


def test_a_database_of_a_newer_version_is_refused(home: Path) -> None:
    Database.open(home).close()
    with closing(sqlite3.connect(home / "studio.db")) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '0999'")
    opening_says(
        home,
        "newer version of Unsloth Studio",
        "0999",
        revisions.newest_revision(),
        "Update Unsloth Studio",
        "UNSLOTH_STUDIO_HOME",
    )


@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
def test_processes_that_open_a_folder_at_once_bring_it_up_to_date_once(home: Path, old: bool) -> None:
    if old:
        home.mkdir()
        migration.upgrade(home / "studio.db", to="0001")
    assert run_together(4, OPEN, home) == [""] * 4
    with closing(Database.open(home)) as database, database.read() as connection:
        assert revisions.stored_revision(connection) == revisions.newest_revision()


def test_a_migration_that_fails_leaves_the_database_as_it_was(home: Path) -> None:
    home.mkdir()
    with closing(sqlite3.connect(home / "studio.db")) as raw, raw:
        raw.execute("CREATE TABLE api_keys (something TEXT)")
    opening_says(home, "studio.db", "already exists")
    with closing(sqlite3.connect(home / "studio.db")) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("api_keys",)]


def test_a_database_that_another_program_holds_is_named(home: Path, store: KeyStore) -> None:
    with (
        closing(Database.open(home, busy_timeout=0.05)) as waiting,
        closing(sqlite3.connect(home / "studio.db")) as other,
        closing(KeyStore(waiting)) as impatient,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnusable, match=r"studio\.db is held by another program .*Try again"):
            impatient.create("laptop")
        assert impatient.all_keys() == [], "reading does not wait for a writer"
        other.rollback()
        impatient.create("laptop")


def test_a_write_keeps_other_writers_out_from_its_beginning(home: Path, database: Database) -> None:
    def write_too() -> None:
        with closing(Database.open(home, busy_timeout=0.05)) as other, other.write():
            pass

    with database.write(), pytest.raises(DatabaseUnusable, match="is held by another program"):
        write_too()
    write_too()


def test_a_folder_that_cannot_be_written_is_named(read_only_home: Path) -> None:
    opening_says(read_only_home, str(read_only_home), "Permission denied", "UNSLOTH_STUDIO_HOME")


def test_a_folder_that_is_a_file_is_named(home: Path) -> None:
    home.write_text("")
    opening_says(home, str(home), "UNSLOTH_STUDIO_HOME")


def test_a_file_that_is_no_database_is_named(home: Path) -> None:
    home.mkdir()
    (home / "studio.db").write_bytes(b"not a database at all" * 100)
    opening_says(home, str(home / "studio.db"), "is damaged", "Move it away or restore a backup")


def test_a_database_with_a_damaged_page_is_named(home: Path) -> None:
    with closing(Database.open(home)) as database, closing(KeyStore(database)) as store:
        for number in range(100):
            store.create(f"key {number}")
    content = (home / "studio.db").read_bytes()
    (home / "studio.db").write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(DatabaseUnusable, match=r"studio\.db is damaged .*Move it away"):
        read_all(home)


def test_a_lock_file_that_cannot_be_used_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(DatabaseUnusable, match=r"cannot be used: Is a directory\. Give your user write access"):
        Database.open(tmp_path)


def test_a_full_disk_is_told_of(tmp_path: Path) -> None:
    told = str(folder_unusable(tmp_path, OSError(errno.ENOSPC, "No space left on device")))
    assert "No space left on device. Free some space on its disk, or choose another folder" in told


def test_a_revision_that_never_was_is_told_of(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0000'")
        raw.commit()
    with pytest.raises(DatabaseUnusable, match="0000"):
        Database.open(tmp_path)
