"""What running tools print, on its way to a client that may read more slowly than they print.

The rule: nothing waits here without a bound. Of one call at most `MOST_WAITING` characters wait to be sent and at most
`MOST_OF_A_CALL` are sent; what is beyond that is counted and left out, for the result has the beginning and the end.
"""

from __future__ import annotations

from collections.abc import Callable

from unsloth_studio.turn.events import ToolOutputDelta

MOST_WAITING = 16 * 1024
MOST_OF_A_CALL = 256 * 1024
_NO_MORE = "\n[... further output is not shown while it runs ...]\n"


class LiveOutput:
    """The output of one call. `wake` is told that something waits; it and `add` return at once."""

    def __init__(self, call_id: str, wake: Callable[[], None]) -> None:
        self._call_id = call_id
        self._wake = wake
        self._pieces: list[str] = []
        self._waiting = self._sent = self._left_out = 0
        self._over = False

    def add(self, text: str) -> None:
        """Take a piece as it was printed; nothing after `end`."""
        if self._over:
            return
        taken = text[: max(0, min(MOST_WAITING - self._waiting, MOST_OF_A_CALL - self._sent - self._waiting))]
        if taken:
            self._pieces.append(taken)
            self._waiting += len(taken)
        self._left_out += len(text) - len(taken)
        self._wake()

    def end(self) -> None:
        """The call has ended: what is printed from now on (by what it left running) is of no call."""
        self._over = True

    def taken(self) -> list[ToolOutputDelta]:
        """What waits, as one event or none."""
        text, self._pieces = "".join(self._pieces), []
        self._sent += self._waiting
        self._waiting = 0
        if self._sent >= MOST_OF_A_CALL:
            text += _NO_MORE if text else ""
        elif self._left_out:
            text += f"\n[... {self._left_out} characters came too fast to be shown ...]\n"
        self._left_out = 0
        return [ToolOutputDelta(self._call_id, text)] if text else []
