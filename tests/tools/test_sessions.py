"""Session folders: whose they are, what ids cannot do, quota, listing, download, and the end of them."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from unsloth_studio.tools.sessions import FolderRules, SessionFolders, session_name

HOSTILE = [
    pytest.param("../x", id="up"),
    pytest.param("/etc", id="from the root"),
    pytest.param("..", id="dots"),
    pytest.param("", id="empty"),
    pytest.param("a\0b", id="NUL"),
    pytest.param("x" * 10_000, id="10 kB"),
    pytest.param("\ud800", id="half a surrogate pair"),
    pytest.param("\u202egnp.exe\n\r", id="controls"),
    pytest.param("💥" * 200, id="emoji"),
]


@pytest.fixture
def folders(tmp_path: Path) -> SessionFolders:
    return SessionFolders(tmp_path / "sessions", FolderRules(quota_bytes=100_000, most_files=50))


@pytest.mark.parametrize("session_id", HOSTILE)
async def test_no_id_leaves_the_base(folders: SessionFolders, session_id: str) -> None:
    async with folders.session("key", session_id) as session:
        assert session.folder.parent.parent == folders.base
        assert session.folder.is_dir()
        assert session.name.removeprefix("session-").isalnum()
    assert await folders.remove(session_name("key", session_id))


async def test_only_we_may_look_into_folders(folders: SessionFolders) -> None:
    async with folders.session("key", "s") as session:
        for place in (folders.base, session.folder.parent, session.folder):
            assert place.stat().st_mode & 0o777 == 0o700
        assert session.folder.stat().st_uid == (65534 if os.geteuid() == 0 else os.geteuid())
        assert session.folder.parent.stat().st_uid == os.geteuid()


async def test_a_session_belongs_to_one_key(folders: SessionFolders) -> None:
    async with folders.session("key-1", "same") as session:
        (session.folder / "note").write_text("mine")
    name = (await folders.find("key-1", "same")).name
    assert [file.path for file in await folders.files(name)] == ["note"]
    for given in ("same", name):
        with pytest.raises(FileNotFoundError):
            await folders.find("key-2", given)
    assert (await folders.find("key-1", name)).session_id == "same"
    assert (await folders.find("an administrator's", name, anybodys=True)).owner == "key-1"
    assert await folders.all("key-2") == []
    async with folders.session("key-2", "same") as other:
        assert other.folder != session.folder


def test_owner_and_id_do_not_run_together() -> None:
    assert session_name("ab", "c") != session_name("a", "bc")


async def test_files_stay_in_a_named_session_and_go_with_an_anonymous_one(folders: SessionFolders) -> None:
    async with folders.session("key", "s") as session:
        (session.folder / "note").write_text("x")
    async with folders.session("key", "s") as again:
        assert (again.folder / "note").exists()
    async with folders.session("key", None) as first, folders.session("key", None) as second:
        assert first.folder != second.folder
        (first.folder / "note").write_text("x")
    assert not first.folder.parent.exists()
    assert not second.folder.parent.exists()


async def test_an_anonymous_folder_goes_when_the_caller_is_cancelled(folders: SessionFolders) -> None:
    opened = asyncio.Event()

    async def hold() -> None:
        async with folders.session("key", None):
            opened.set()
            await asyncio.sleep(60)

    holding = asyncio.create_task(hold())
    await opened.wait()
    holding.cancel()
    await asyncio.wait((holding,))
    assert list(folders.base.iterdir()) == []


async def test_download_gives_the_file_and_its_size(folders: SessionFolders) -> None:
    async with folders.session("key", "s") as session:
        (session.folder / "sub").mkdir()
        (session.folder / "sub/note").write_text("text")
        (session.folder / "link").symlink_to("/etc/passwd")
    name = session_name("key", "s")
    descriptor, size = await folders.open_file(name, "sub/note")
    with os.fdopen(descriptor) as file:
        assert (file.read(), size) == ("text", 4)
    with pytest.raises(FileNotFoundError):
        await folders.open_file(name, "link")
    assert [file.path for file in await folders.files(name)] == ["sub/note"]


@pytest.mark.parametrize("given", ["..", "../sessions", "session-../x", "once-00", "", "session-", "x" * 300, "a\0b"])
async def test_no_id_of_a_session_leads_elsewhere(folders: SessionFolders, given: str) -> None:
    async with folders.session("key", "s") as session:
        (session.folder.parent / "session.json").rename(folders.base / "session.json")
    with pytest.raises(FileNotFoundError):
        await folders.find("key", given, anybodys=True)
    assert not await folders.remove(given)
    assert session.folder.exists()


async def test_sessions_are_listed_with_their_names(folders: SessionFolders) -> None:
    for session_id in ("first", "a/b?", "\ud800"):
        async with folders.session("key", session_id) as session:
            assert folders.in_use(session.name)
        os.utime(folders.base / session.name, (len(session_id), len(session_id)))
    async with folders.session("key", None):
        listed = await folders.all("key")
    assert [card.session_id for card in listed] == ["first", "a/b?", "?"]
    assert not folders.in_use(listed[0].name)
    assert len(await folders.all(None)) == 3


async def test_a_folder_that_was_removed_in_use_is_made_again(folders: SessionFolders) -> None:
    async with folders.session("key", "s") as session:
        assert await folders.remove(session.name)
        await folders.ensure(session)
        assert session.folder.is_dir()


async def test_what_a_run_wrote_beyond_the_quota_is_removed_and_what_was_there_stays(folders: SessionFolders) -> None:
    async with folders.session("key", "s") as session:
        (session.folder / "old").write_bytes(b"x" * 60_000)
        await asyncio.sleep(0.02)
        since = time.time()
        await asyncio.sleep(0.02)
        (session.folder / "first").write_bytes(b"x" * 20_000)
        await asyncio.sleep(0.02)
        (session.folder / "second").write_bytes(b"x" * 60_000)
        os.utime(session.folder / "second", (1, 1))  # a date in the past does not save it
        settled = await folders.settle(session, since)
        assert settled.removed == ("second",)
        assert [file.path for file in settled.written] == ["first"]
        assert sorted(path.name for path in session.folder.iterdir()) == ["first", "old"]


async def test_an_overgrown_folder_is_emptied(folders: SessionFolders) -> None:
    async with folders.session("key", "s") as session:
        for number in range(60):
            (session.folder / str(number)).touch()
        settled = await folders.settle(session, 0)
        assert settled.removed
        assert list(session.folder.iterdir()) == []


async def test_unused_sessions_are_removed_after_their_time(folders: SessionFolders) -> None:
    told: list[str] = []

    async def tell(name: str) -> None:
        told.append(name)

    folders.before_removal.append(tell)
    for name in ("old", "new", "in use"):
        async with folders.session("key", name):
            pass
    long_ago = time.time() - folders.rules.keep_seconds - 10
    for name in ("old", "in use"):
        os.utime(folders.base / session_name("key", name), (long_ago, long_ago))
    async with folders.session("key", "in use"):
        os.utime(folders.base / session_name("key", "in use"), (long_ago, long_ago))
        assert await folders.remove_expired() == 1
    assert told == [session_name("key", "old")]
    assert (folders.base / session_name("key", "new")).exists()
    assert (folders.base / session_name("key", "in use")).exists()


async def test_what_a_crash_left_of_an_anonymous_session_is_removed(folders: SessionFolders) -> None:
    left = folders.base / ("once-" + "0" * 32)
    (left / "files").mkdir(parents=True)
    os.utime(left, (1, 1))
    (folders.base / "something else").mkdir()
    assert await folders.remove_expired() == 1
    assert [path.name for path in folders.base.iterdir()] == ["something else"]


async def test_removal_waits_for_what_runs(folders: SessionFolders) -> None:
    async with folders.session("key", "s") as session:
        async with session.lock:
            removing = asyncio.create_task(folders.remove(session.name))
            await asyncio.sleep(0.05)
            assert session.folder.exists()
        assert await removing
    assert not session.folder.exists()
