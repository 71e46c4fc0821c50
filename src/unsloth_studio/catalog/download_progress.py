"""How a download goes, a few times per second."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from msgspec import Struct

_EVERY = 0.1  # seconds between two reports
_MEMORY = 5.0  # seconds over which the speed is measured


class DownloadProgress(Struct, frozen=True):
    """`file` is the one that moved last. Bytes are those of all files together, what was there before included; `speed` is
    in bytes per second over the last few seconds; `seconds_left` is None while nothing moves. `note` says what a person
    would wonder about: a wait, another try."""

    file: str
    bytes_done: int
    bytes_total: int
    speed: float = 0.0
    seconds_left: float | None = None
    note: str | None = None

    @property
    def finished(self) -> bool:
        return self.bytes_done == self.bytes_total


OnProgress = Callable[[DownloadProgress], None]


class ProgressMeter:
    """Adds the files up. Reports at most ten times per second, and always the end and every note."""

    def __init__(
        self, sizes: dict[str, int], report: OnProgress, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`sizes` are bytes by path of the file."""
        self._total = sum(sizes.values())
        self._done = dict.fromkeys(sizes, 0)
        self._report, self._clock = report, clock
        self._sum = 0
        self._came = 0
        self._last_report = float("-inf")
        self._marks: deque[tuple[float, int]] = deque()
        self._latest = next(iter(sizes), "")

    def found(self, file: str, offset: int, *, note: str | None = None) -> None:
        """`offset` bytes of `file` were there already: they count as done and not towards the speed."""
        self._move(file, offset)
        self._tell(file, note)

    def moved(self, file: str, offset: int) -> None:
        """`file` reaches to `offset` now; less than before when its bytes had to be thrown away."""
        self._came += max(0, offset - self._done[file])
        self._move(file, offset)
        if self._clock() - self._last_report >= _EVERY:
            self._tell(file, None)

    def note(self, file: str, text: str) -> None:
        self._tell(file, text)

    def tick(self) -> None:
        """Report where it stands although nothing moves: a stall must show as one."""
        if self._clock() - self._last_report >= _EVERY:
            self._tell(self._latest, None)

    def _move(self, file: str, offset: int) -> None:
        self._sum += offset - self._done[file]
        self._done[file] = offset
        self._latest = file

    def _tell(self, file: str, note: str | None) -> None:
        self._last_report = now = self._clock()
        self._marks.append((now, self._came))
        while now - self._marks[0][0] > _MEMORY and len(self._marks) > 2:
            self._marks.popleft()
        since, came = self._marks[0]
        speed = (self._came - came) / (now - since) if now > since else 0.0
        left = (self._total - self._sum) / speed if speed > 0 else None
        self._report(DownloadProgress(file, self._sum, self._total, speed, left, note))
