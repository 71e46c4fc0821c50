"""Calls that wait until somebody allows them: the one room that those who ask and those who decide share.

The rule: no decision is a denial. A call is decided once, by whoever owns the request (or an administrator), within
`seconds`; afterwards its number means nothing. What is allowed for a session holds for one tool of one owner's session, and
is forgotten when the process ends.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from unsloth_studio.turn.messages import ToolCallPart

Decision = Literal["allow", "allow_session", "deny"]
"""`allow_session` also allows the further calls of the same tool in the same session; without a session it is `allow`."""
APPROVAL_SECONDS = 300.0
MOST_STANDING = 10_000
"""Permissions for sessions that are remembered; the oldest go first."""


class WaitingCall(Struct, frozen=True):
    """A call that waits. `id` is random (128 bits); `expires_at` is the Unix second at which it counts as denied."""

    id: str
    call: ToolCallPart
    owner: str
    session_id: str | None
    expires_at: int


class ApprovalRoom:
    """All calls of this process that wait. `clock` tells Unix seconds."""

    def __init__(self, seconds: float = APPROVAL_SECONDS, clock: Callable[[], float] = time.time) -> None:
        self._seconds, self._clock = seconds, clock
        self._waiting: dict[str, tuple[WaitingCall, asyncio.Future[Decision]]] = {}
        self._standing: dict[tuple[str, str | None, str], None] = {}

    async def decision(
        self, call: ToolCallPart, *, owner: str, session_id: str | None, tell: Callable[[WaitingCall], None]
    ) -> Decision | Literal["expired"]:
        """Wait for the decision; `tell` is called with what has to be shown, before the wait. When the caller is cancelled
        the call leaves the room. What was allowed for the session is neither told nor waited for."""
        if (owner, session_id, call.name) in self._standing:
            return "allow"
        expires = int(self._clock() + self._seconds)
        waiting = WaitingCall(secrets.token_urlsafe(16), call, owner, session_id, expires)
        decided: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._waiting[waiting.id] = waiting, decided
        try:
            tell(waiting)
            async with asyncio.timeout(self._seconds):
                return await decided
        except TimeoutError:
            return "expired"
        finally:
            del self._waiting[waiting.id]

    def waiting(self, owner: str | None) -> list[WaitingCall]:
        """What waits for `owner`; with None for anybody. The oldest first."""
        return [call for call, _ in self._waiting.values() if owner in (None, call.owner)]

    async def settled(self, approval_id: str) -> None:
        """Until the call no longer waits, however that comes; at once for one that does not wait."""
        _, decided = self._waiting.get(approval_id, (None, None))
        if decided is not None:
            await asyncio.wait({decided})

    def decide(self, approval_id: str, decision: Decision, *, owner: str | None) -> bool:
        """Give the decision; False when no such call waits, or it is another owner's (None: an administrator decides)."""
        waiting, decided = self._waiting.get(approval_id, (None, None))
        if waiting is None or decided is None or decided.done() or owner not in (None, waiting.owner):
            return False
        decided.set_result(decision)
        if decision == "allow_session" and waiting.session_id is not None:
            self._allow_all((waiting.owner, waiting.session_id, waiting.call.name))
        return True

    def _allow_all(self, allowed: tuple[str, str, str]) -> None:
        self._standing[allowed] = None
        while len(self._standing) > MOST_STANDING:
            del self._standing[next(iter(self._standing))]
        for waiting, decided in self._waiting.values():
            if (waiting.owner, waiting.session_id, waiting.call.name) == allowed and not decided.done():
                decided.set_result("allow")
