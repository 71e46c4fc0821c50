"""A download as a person sees it: a bar on a terminal, a line now and then elsewhere.

Give an instance as the `on_progress` of a download; the rule: one bar for the whole download, whatever its files.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from unsloth_studio.catalog.download_progress import DownloadProgress

_LINE_EVERY = 10.0  # seconds between two lines where there is no terminal


class DownloadDisplay:
    """`with DownloadDisplay("name") as show: await fetch(download, show)`. Writes to standard error by default."""

    def __init__(
        self, name: str, *, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._last_line: float | None = None
        self._last_note: str | None = None
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TextColumn("{task.fields[state]}", markup=False),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task(self._name, total=None, state="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __call__(self, progress: DownloadProgress) -> None:
        if progress.note and progress.note != self._last_note:
            self._console.print(progress.note, markup=False, highlight=False)
        self._last_note = progress.note or self._last_note
        if self._bar is not None:
            done, total = progress.bytes_done, progress.bytes_total
            self._bar.update(self._task, completed=done, total=total, state=state_text(progress))
        elif self._is_time(progress):
            self._console.print(f"{self._name}: {state_text(progress)}", markup=False, highlight=False, soft_wrap=True)

    def _is_time(self, progress: DownloadProgress) -> bool:
        now = self._clock()
        if progress.finished or self._last_line is None or now - self._last_line >= _LINE_EVERY:
            self._last_line = now
            return True
        return False


def state_text(progress: DownloadProgress) -> str:
    """For example `3.2 of 18.2 GB, 45.0 MB/s, 5 min 33 s left` (decimal units, as disks and networks are sold)."""
    parts = [f"{size_text(progress.bytes_done)} of {size_text(progress.bytes_total)}"]
    if progress.finished:
        return parts[0]
    if progress.speed > 0:
        parts.append(f"{size_text(progress.speed)}/s")
    if progress.seconds_left is not None:
        parts.append(f"{_duration_text(progress.seconds_left)} left")
    return ", ".join(parts)


def size_text(size: float) -> str:
    """Bytes with three digits or so: `999 B`, `12.3 kB`, `4.0 GB`."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"


def _duration_text(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
