"""The folders that tools work in: one per session, of one key, bounded in size, removed after a time.

The rule: a folder's name is a digest of the owner and of what the client calls its session, so no client can name a folder,
and none can find another's. Only the inner folder `files` is shown to the sandbox; nothing in it is trusted.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import stat
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, field

from unsloth_studio.tools import folder_tree, pictures, session_card
from unsloth_studio.tools.contract import ToolImage
from unsloth_studio.tools.folder_tree import Entry
from unsloth_studio.tools.sandbox.policy import UNPRIVILEGED
from unsloth_studio.tools.sandbox.result import MIB
from unsloth_studio.tools.session_card import SessionCard

T = TypeVar("T")
_NAMED, _ANONYMOUS = "session-", "once-"


class FolderRules(Struct, frozen=True):
    """How much a session's folder may hold, and how long after its last use it is kept."""

    quota_bytes: int = 512 * MIB
    most_files: int = 20_000
    keep_seconds: float = 7 * 24 * 3600.0


class Session(Struct):
    """A folder in use. `named`: the client gave it a name, so it stays, and Python keeps its variables in it. Whoever runs
    something in it holds `lock`."""

    name: str
    folder: Path
    named: bool
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class SessionFile(Struct, frozen=True):
    """A regular file in a session's folder: path below it with `/`, bytes, time of the last change (Unix seconds)."""

    path: str
    size: int
    modified: float


class Settled(Struct, frozen=True):
    """What a run left: files it wrote (at most 25, the newest), and files that had to go because of the quota."""

    written: tuple[SessionFile, ...] = ()
    removed: tuple[str, ...] = ()


class SessionFolders:
    """All session folders below `base`, which is made on first use. One object per process and `base`."""

    def __init__(self, base: Path, rules: FolderRules | None = None) -> None:
        self.base = base
        self.rules = rules or FolderRules()
        self.before_removal: list[Callable[[str], Awaitable[None]]] = []  # each gets the session's name
        self._open: dict[str, Session] = {}

    @contextlib.asynccontextmanager
    async def session(self, owner: str, session_id: str | None) -> AsyncGenerator[Session]:
        """The session that the key `owner` calls `session_id`; without one a folder of its own, deleted at the end. Any
        string is a valid id. Raises `OSError` when the folder cannot be made."""
        name = f"{_ANONYMOUS}{secrets.token_hex(16)}" if session_id is None else session_name(owner, session_id)
        session = self._open.get(name)
        if session is None:
            session = self._open.setdefault(name, Session(name, self.base / name / "files", session_id is not None))
        session.users += 1
        try:
            await asyncio.to_thread(_make, self.base, session.folder)
            if session_id is not None:
                await asyncio.to_thread(session_card.write, self.base / name, owner, session_id)
            yield session
        finally:
            session.users -= 1
            if session.users == 0:
                self._open.pop(name, None)
                if not session.named:
                    await asyncio.shield(asyncio.to_thread(_remove, self.base / name))

    async def ensure(self, session: Session) -> None:
        """Make the folder again if it was removed while its session is in use; who calls this holds the lock. Raises
        `OSError`."""
        await asyncio.to_thread(_make, self.base, session.folder)

    async def settle(self, session: Session, since: float) -> Settled:
        """After a run that began at `since` (Unix seconds): bring the folder below its quota by removing what the run wrote,
        newest first, and say what it wrote. Raises `OSError` when the folder is gone."""
        return await asyncio.to_thread(_settle, session.folder, self.rules, since)

    async def images(self, session: Session, settled: Settled) -> tuple[ToolImage, ...]:
        """The pictures among the files that a run wrote."""
        paths = [file.path for file in settled.written]
        return await asyncio.to_thread(pictures.written_images, session.folder, paths) if paths else ()

    async def all(self, owner: str | None) -> list[SessionCard]:
        """The named sessions of a key (None: of all keys), the one used last first."""
        cards = await asyncio.to_thread(session_card.read_all, self.base)
        mine = (card for card in cards if owner in (None, card.owner))
        return sorted(mine, key=lambda card: card.last_used, reverse=True)

    async def find(self, owner: str, given: str, *, anybodys: bool = False) -> SessionCard:
        """The session that the key `owner` calls `given`, or whose own id that is; another key's, by its id, only with
        `anybodys`. Raises `FileNotFoundError`."""
        for name in (session_name(owner, given), given):
            card = await asyncio.to_thread(session_card.read, self.base, name)
            if card is not None and (anybodys or card.owner == owner):
                return card
        raise FileNotFoundError(given)

    def in_use(self, name: str) -> bool:
        """Whether something runs in it, or a turn may still run something."""
        return name in self._open

    async def files(self, name: str) -> list[SessionFile]:
        """The session's regular files, by path; empty when there is no such session, or its tree is too large."""
        return await asyncio.to_thread(_regular_files, self.base / name / "files", self.rules.most_files)

    async def open_file(self, name: str, path: str) -> tuple[int, int]:
        """(descriptor, bytes) of a regular file for download; the caller closes it. Raises `FileNotFoundError` for anything
        else."""
        folder = self.base / name / "files"

        def opened() -> tuple[int, int]:
            descriptor = folder_tree.open_regular(folder, path)
            return descriptor, os.fstat(descriptor).st_size

        return await asyncio.to_thread(opened)

    async def remove(self, name: str) -> bool:
        """Delete a session with its files, once nothing runs in it; False when there is none. Raises `OSError`."""
        return await self._remove(name)

    async def remove_expired(self, now: float | None = None) -> int:
        """Delete sessions unused for `keep_seconds`, and anonymous ones that a crash left. Returns how many."""
        oldest = (time.time() if now is None else now) - self.rules.keep_seconds
        names = await asyncio.to_thread(_expired, self.base, oldest)
        removed = [await self._remove(name) for name in names if name not in self._open]
        return sum(removed)

    async def _remove(self, name: str) -> bool:
        if not name.startswith((_NAMED, _ANONYMOUS)) or "/" in name:
            return False
        if not await asyncio.to_thread((self.base / name).is_dir):
            return False
        session = self._open.get(name)
        async with session.lock if session is not None else contextlib.nullcontext():
            for tell in self.before_removal:
                await tell(name)
            await asyncio.to_thread(_remove, self.base / name)
        return True


def session_name(owner: str, session_id: str) -> str:
    """The folder's name: 128 bits of SHA-256 over both, with the length of the first so that no two pairs run together."""
    owner_bytes, id_bytes = (text.encode("utf-8", "surrogatepass") for text in (owner, session_id))
    digest = hashlib.sha256(len(owner_bytes).to_bytes(8, "big") + owner_bytes + id_bytes)
    return f"{_NAMED}{digest.hexdigest()[:32]}"


def _make(base: Path, folder: Path) -> None:
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        folder.chmod(
            0o700, follow_symlinks=True
        )  # ours, in a folder that is ours: the sandbox may have changed its mode
    if os.geteuid() == 0:
        os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
    os.utime(folder.parent)  # its last use


def _remove(place: Path) -> None:
    folder_tree.remove(place)


def _expired(base: Path, oldest: float) -> list[str]:
    try:
        entries = list(os.scandir(base))
    except FileNotFoundError:
        return []
    found: list[str] = []
    for entry in entries:
        named = entry.name.startswith(_NAMED)
        if named or entry.name.startswith(_ANONYMOUS):
            last_use = entry.stat(follow_symlinks=False).st_mtime
            if last_use < (oldest if named else time.time() - 3600):
                found.append(entry.name)
    return found


def _regular_files(folder: Path, most: int) -> list[SessionFile]:
    found: list[SessionFile] = []
    with contextlib.suppress(FileNotFoundError, folder_tree.Overgrown):
        found.extend(
            _file(entry) for entry in folder_tree.walk(folder, most=most) if stat.S_ISREG(entry.status.st_mode)
        )
    return sorted(found, key=lambda file: file.path)


def _settle(folder: Path, rules: FolderRules, since: float) -> Settled:
    try:
        entries = list(folder_tree.walk(folder, most=rules.most_files))
    except folder_tree.Overgrown:
        folder_tree.empty(folder)
        return Settled(removed=("everything: there were more files, or deeper folders, than a session may have",))
    files = [entry for entry in entries if not stat.S_ISDIR(entry.status.st_mode)]
    fresh = sorted((entry for entry in files if _changed(entry) >= since), key=_changed, reverse=True)
    removed: list[str] = []
    while fresh and folder_tree.usage(folder, most=rules.most_files).disk_bytes > rules.quota_bytes:
        gone = fresh.pop(0)
        with contextlib.suppress(OSError):
            folder_tree.unlink(folder, gone.path)
        removed.append(gone.path)
    written = tuple(_file(entry) for entry in fresh[:25] if stat.S_ISREG(entry.status.st_mode))
    return Settled(written, tuple(removed))


def _changed(entry: Entry) -> float:
    return entry.status.st_ctime  # unlike st_mtime, nobody in there can set it


def _file(entry: Entry) -> SessionFile:
    return SessionFile(entry.path, entry.status.st_size, entry.status.st_mtime)
