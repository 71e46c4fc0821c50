"""Threads and files, for the event loop: opens the store when the keys' database is open, and reads off the loop."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from unsloth_studio.store.files import FileStore
from unsloth_studio.store.key_ring import KeyRing
from unsloth_studio.store.thread import Image, Message, StoredFile, Text, Thread
from unsloth_studio.store.threads import ThreadStore
from unsloth_studio.turn.errors import TurnError, TurnFailure, invalid

if TYPE_CHECKING:
    from unsloth_studio.store.keys import KeyStore

T = TypeVar("T")
MOST_IMAGES = 50
"""In one request: those of the newest messages are shown to the model."""


class Library:
    """Beside `keys`. Every method waits until the store is open, and may raise `StoreProblem`; `clock` gives seconds since
    1970."""

    def __init__(self, keys: KeyRing, *, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._clock = clock
        self._opened: _Opened | None = None
        self._opening = asyncio.Lock()

    async def threads(self, query: str, *, limit: int, before: float | None) -> tuple[list[Thread], bool]:
        return await self._do(lambda store: store.threads.list(query, limit=limit, before=before))

    async def create(self, thread_id: str) -> Thread:
        return await self._do(lambda store: store.threads.create(thread_id))

    async def thread(self, thread_id: str) -> tuple[Thread, list[Message]]:
        """Raises `TurnFailure` (not_found)."""
        return _there(await self._do(lambda store: store.threads.get(thread_id)))

    async def update(self, thread_id: str, *, title: str | None, leaf_id: str | None) -> Thread:
        """Raises `TurnFailure` (not_found)."""
        return _there(await self._do(lambda store: store.threads.update(thread_id, title=title, leaf_id=leaf_id)))

    async def delete(self, thread_id: str) -> None:
        await self._do(lambda store: store.threads.delete(thread_id))

    async def add(
        self, thread_id: str, messages: Sequence[Message], *, title: str = "", model: str | None = None
    ) -> Thread:
        """Raises `TurnFailure` (not_found)."""
        return _there(await self._do(lambda store: store.threads.add(thread_id, messages, title=title, model=model)))

    async def save(self, message: Message) -> None:
        store = await self._store()
        await self.save_row(store.threads.row_of(message))

    def row_of(self, message: Message) -> dict[str, Any]:
        """A copy of a message to `save_row`; only once the store is open."""
        assert self._opened is not None, "an answer begins after its thread was read"
        return self._opened.threads.row_of(message)

    async def save_row(self, row: dict[str, Any]) -> None:
        await self._do(lambda store: store.threads.save(row))

    async def keep_file(self, file_id: str, file: StoredFile) -> str:
        await self._do(lambda store: store.files.add(file_id, file))
        return file_id

    async def file(self, file_id: str) -> StoredFile:
        """Raises `TurnFailure` (not_found)."""
        found = await self._do(lambda store: store.files.get(file_id))
        if found is None:
            raise TurnFailure(TurnError("not_found", "There is no such file.", code="file_not_found"))
        return found

    async def checked(self, parts: Sequence[Text | Image]) -> list[Text | Image]:
        """Parts that a user sends, each image with its media type. Raises `TurnFailure` for a file that there is not."""
        wanted = {part.file_id for part in parts if isinstance(part, Image)}
        known = await self._do(lambda store: store.files.media_types(wanted)) if wanted else {}
        if missing := wanted - set(known):
            raise invalid(f"There is no file {sorted(missing)[0][:40]!r}. Upload it again.", param="parts")
        return [
            Image(file_id=part.file_id, media_type=known[part.file_id]) if isinstance(part, Image) else part
            for part in parts
        ]

    async def images(self, path: Sequence[Message]) -> dict[str, str]:
        """`data:` URLs of the images that users sent, by file id: the newest ones."""
        shown = [part.file_id for message in reversed(path) for part in message.parts if isinstance(part, Image)]
        urls: dict[str, str] = {}
        for file_id in dict.fromkeys(shown):
            if len(urls) == MOST_IMAGES:
                break
            found = await self._do(lambda store, wanted=file_id: store.files.get(wanted))
            if found is not None:
                encoded = await asyncio.to_thread(base64.b64encode, found.content)
                urls[file_id] = f"data:{found.media_type};base64,{encoded.decode()}"
        return urls

    async def _do(self, work: Callable[[_Opened], T]) -> T:
        store = await self._store()
        return await store.keys.database.run(work, store)

    async def _store(self) -> _Opened:
        keys = await self._keys.store()
        async with self._opening:
            if self._opened is None:
                self._opened = await keys.database.run(_open, keys, self._clock)
            return self._opened


class _Opened:
    def __init__(self, keys: KeyStore, clock: Callable[[], float]) -> None:
        self.keys = keys
        self.threads = ThreadStore(keys.database, writer=_writer(), clock=clock)
        self.files = FileStore(keys.database, clock=clock)


def _open(keys: KeyStore, clock: Callable[[], float]) -> _Opened:
    opened = _Opened(keys, clock)
    opened.threads.tidy(_alive)
    return opened


def _writer() -> str:
    """This process, told from an earlier one with the same number by when it was started."""
    import psutil

    process = psutil.Process()
    return f"{process.pid}:{process.create_time():.2f}"


def _alive(writer: str) -> bool:
    import psutil

    number, _, started = writer.partition(":")
    try:
        return f"{psutil.Process(int(number)).create_time():.2f}" == started
    except (psutil.Error, ValueError):
        return False


def _there(found: T | None) -> T:
    if found is None:
        raise TurnFailure(TurnError("not_found", "There is no such thread.", code="thread_not_found"))
    return found
