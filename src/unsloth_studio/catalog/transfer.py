"""One file from the hub to the disk: in ranges, over cuts, checked.

The rule: a byte that came is not asked for again. `huggingface_hub` 2.4 deletes what came when a download ends early, and
its reader holds up to 10 MiB back, so the bytes are moved here; its Xet transport gives no usable part of a file at all.
Plain HTTPS serves every file (Xet-backed ones, too), needs no further host names, and keeps partial files of older
versions of the library usable.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from unsloth_studio.catalog.hub_cache import HubFile
from unsloth_studio.catalog.hub_errors import Asked, HubError, Patience, explain
from unsloth_studio.catalog.part_file import PartFile

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

_WINDOW = (
    32_000_000_000  # the hub's network does not serve bodies beyond 50 GB (huggingface_hub, MAX_HTTP_DOWNLOAD_SIZE)
)
_SILENCE = 30.0  # seconds without a byte until a connection counts as cut
_MEASURABLE = 65536  # a try that brings less than this is a failure, else a server that cuts every time never ends
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

Moved = Callable[[int], None]
"""Told how many bytes of the file are there."""

Pausing = Callable[[HubError, float], None]
"""Told why a try ended and how many seconds it waits."""


class Source(Struct, frozen=True):
    """Where a file is; `headers` carry the token."""

    url: str
    headers: Mapping[str, str]
    asked: Asked


class Transfer:
    """Fills a `PartFile`. Cancelling it keeps what came."""

    def __init__(
        self,
        client: AsyncClient,
        source: Source,
        *,
        file: HubFile,
        part: PartFile,
        patience: Patience,
        window: int = _WINDOW,
    ) -> None:
        self._client, self._source, self._file, self._part = client, source, file, part
        self._patience, self._window = patience, window

    async def run(self, moved: Moved, pausing: Pausing) -> None:
        """Returns when the part is whole and its checksum is right. Bytes that are wrong are thrown away and fetched once
        more; raises `HubError` (damaged) when they are wrong again, and for whatever outlasts the patience."""
        for attempt in (1, 2):
            await self._fill(moved, pausing)
            if self._part.matches:
                return
            self._part.rewind()
            moved(0)
            if attempt == 1:
                pausing(HubError("damaged", f"{self._file.path} came with wrong bytes; fetching it again."), 0.0)
        raise HubError(
            "damaged",
            f"{self._file.path} does not have the checksum that {self._source.asked.host} gives for it, twice. Nothing was "
            "kept. Try again later; if a proxy or mirror is in between (HF_ENDPOINT), try without it.",
        )

    async def _fill(self, moved: Moved, pausing: Pausing) -> None:
        import httpx2
        from huggingface_hub.errors import HfHubHTTPError

        failures = 0
        while (before := self._part.offset) < self._file.size:
            try:
                await self._read(moved)
                continue
            except (HubError, httpx2.HTTPError, HfHubHTTPError, OSError) as error:
                problem, cause = explain(error, self._source.asked), error
            failures = 1 if self._part.offset - before >= _MEASURABLE else failures + 1
            if (wait := self._patience.wait(problem, failures)) is None:
                raise problem from (None if cause is problem else cause)
            pausing(problem, wait)
            await asyncio.sleep(wait)

    async def _read(self, moved: Moved) -> None:
        """One request, for the next window of bytes."""
        from huggingface_hub.utils import hf_raise_for_status

        start = self._part.offset
        end = min(self._file.size, start + self._window)
        wanted = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        headers = {**self._source.headers, **wanted}
        async with self._client.stream("GET", self._source.url, headers=headers, timeout=_SILENCE) as response:
            if response.is_error:
                await response.aread()
                hf_raise_for_status(response)
            self._check(response, start)
            async for chunk in response.aiter_bytes():
                self._part.write(chunk)
                moved(self._part.offset)
        if self._part.offset == start:
            raise HubError(
                "hub_failed", f"{self._source.asked.host} sends nothing of {self._file.path}: try again later."
            )

    def _check(self, response: Response, start: int) -> None:
        """The answer has to continue where the part ends. Raises `HubError` (damaged)."""
        said: int | None = None
        if response.status_code == 206:
            found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != start:
                raise self._mismatch("another part of the file than was asked for")
            said = None if found[2] == "*" else int(found[2])
        elif start:
            self._part.rewind()  # a server that does not know ranges sends all of it again
        if said is None and response.status_code != 206:
            length = response.headers.get("Content-Length", "")
            said = int(length) if length.isdigit() else None
        if said is not None and said != self._file.size:
            raise self._mismatch(f"a file of {said} bytes instead of {self._file.size}")

    def _mismatch(self, what: str) -> HubError:
        host = self._source.asked.host
        return HubError("damaged", f"{host} sends {what} ({self._file.path}). Try again later, or another HF_ENDPOINT.")
