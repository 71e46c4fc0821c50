"""One request as the monitor sees it: the trace its turns report to, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import orjson
from msgspec import Struct

from unsloth_studio.observe.bodies import Bodies, KeptBodies
from unsloth_studio.observe.request_shapes import Repair, RequestDetail, RequestKey, RequestStatus, RequestSummary
from unsloth_studio.turn.events import TurnEnd, TurnFailed
from unsloth_studio.turn.record import TurnRecord
from unsloth_studio.turn.trace import Stage

MOST_REPAIRS = 20
LONGEST_REPAIR = 4000
"""Letters that are kept of what was mended."""


class Arrival(Struct, frozen=True):
    """What is known when a request comes. `client` is the short name of the program that asks."""

    id: str
    endpoint: str
    client: str
    key: RequestKey | None = None
    streamed: bool = False


class Log(Protocol):
    """What a request reports to."""

    @property
    def bodies(self) -> KeptBodies: ...

    def changed(self, request: WatchedRequest) -> None: ...

    def finished(self, request: WatchedRequest) -> None: ...


class WatchedRequest:
    """Implements `turn.trace.Trace`. `at` is in seconds since 1970."""

    __slots__ = (
        *("arrival", "id", "key", "streamed", "at", "status", "model", "written", "calls", "repairs", "usage", "rate"),
        *(
            "finish_reason",
            "error",
            "http_status",
            "_log",
            "_kept",
            "_clock",
            "_began",
            "_queued",
            "_first_token",
            "_end",
        ),
        "_repairs",
    )

    def __init__(self, arrival: Arrival, log: Log, *, at: float, clock: Callable[[], float]) -> None:
        self.arrival = arrival
        self.id = arrival.id
        self.key = arrival.key
        self.streamed = arrival.streamed
        self.at = at
        self.status: RequestStatus = "queued"
        self.model = ""
        self.written = 0
        self.calls = 0
        self.repairs = 0
        self.usage: tuple[int, int, int] | None = None
        """Tokens of the prompt as it was last, those of it from the cache, and all that were written."""
        self.rate: float | None = None
        self.finish_reason: str | None = None
        self.error: str | None = None
        self.http_status: int | None = None
        self._log = log
        self._kept = log.bodies.on
        self._clock = clock
        self._began = clock()
        self._queued: float | None = None
        self._first_token: float | None = None
        self._end: float | None = None
        self._repairs: list[Repair] = []

    def reached(self, stage: Stage) -> None:
        if stage == self.status or self._end is not None:
            return
        self.status = stage
        if stage == "reading" and self._queued is None:
            self._queued = self._since()
        elif stage == "writing" and self._first_token is None:
            self._first_token = self._since()
        self._log.changed(self)

    def asked(self, body: bytes) -> None:
        if self._kept:
            self._log.bodies.asked(self.id, body)

    def ended(self, record: TurnRecord) -> None:
        self.repairs += len(record.repairs)
        for repair in record.repairs[: MOST_REPAIRS - len(self._repairs)]:
            self._repairs.append(Repair(repair.kind, repair.before[:LONGEST_REPAIR], repair.after[:LONGEST_REPAIR]))
        self.error = None
        if isinstance(record.last, TurnFailed):
            self.error = record.last.error.message
        elif isinstance(record.last, TurnEnd):
            usage, before = record.last.usage, self.usage or (0, 0, 0)
            self.usage = (usage.prompt_tokens, usage.cached_tokens, before[2] + usage.completion_tokens)
            self.finish_reason = record.last.finish_reason
            if record.last.timings is not None:
                self.rate = record.last.timings.predicted_per_second

    def received(self, body: bytes) -> None:
        """The request's body is here."""
        if self._kept:
            self._log.bodies.request(self.id, body)

    def sent(self, piece: bytes) -> None:
        """A piece of the reply goes out."""
        if self._kept:
            self._log.bodies.sent(self.id, piece)

    def failed(self, message: str) -> None:
        """The client is told of an error."""
        self.error = message

    def finish(self, http_status: int, *, left: bool = False) -> None:
        """It is over; `left`: the client went away before its end."""
        if self._end is not None:
            return
        self._end = self._since()
        self.http_status = http_status or None
        if http_status < 400 and not self.streamed:
            self.error = None  # of a second try, which changed nothing
        self.status = "failed" if http_status >= 400 or self.error else "done"
        if left or not http_status:
            self.status = "cancelled"
        self._log.finished(self)

    @property
    def live_rate(self) -> float:
        """Tokens per second while it is written, about; 0 else."""
        if self.status != "writing" or self._first_token is None:
            return 0.0
        return self.written / max(0.1, self._since() - self._first_token)

    @property
    def words(self) -> str:
        """What a search looks through, in small letters."""
        key = self.key.name if self.key else ""
        return "\n".join(
            (self.model, self.arrival.client, key, self.arrival.endpoint, self.id, self.error or "")
        ).casefold()

    def summary(self) -> RequestSummary:
        return RequestSummary(**self._fields())

    def detail(self) -> RequestDetail:
        bodies = self._log.bodies.of(self.id) or Bodies()
        asked = _asked(bodies.asked)
        response = b"".join(bodies.response)
        return RequestDetail(
            **self._fields(),
            repairs_list=tuple(self._repairs),
            messages=asked.get("messages"),
            tool_definitions=asked.get("tools"),
            request_body=bodies.request.decode(errors="replace") if bodies.request else None,
            response_body=response.decode(errors="replace") if response else None,
        )

    def _fields(self) -> dict[str, Any]:
        prompt, cached, output = self.usage or (None, None, None)
        return {
            "id": self.id,
            "at": self.at,
            "client": self.arrival.client,
            "key": self.key,
            "endpoint": self.arrival.endpoint,
            "model": self.model,
            "status": self.status,
            "http_status": self.http_status,
            "queued_seconds": _rounded(self._queued),
            "first_token_seconds": _rounded(self._first_token),
            "total_seconds": round(self._since() if self._end is None else self._end, 3),
            "input_tokens": prompt,
            "cached_tokens": cached,
            "output_tokens": output,
            "tokens_per_second": self._rate(output),
            "streamed": self.streamed,
            "tools": self.calls,
            "repairs": self.repairs,
            "finish_reason": self.finish_reason,
            "error": self.error,
        }

    def _rate(self, output: int | None) -> float | None:
        """The engine's own, else what we saw."""
        if self.rate is not None or output is None or self._first_token is None or self._end is None:
            return None if self.rate is None else round(self.rate, 1)
        took = self._end - self._first_token
        return round(output / took, 1) if took > 0 else None

    def _since(self) -> float:
        return self._clock() - self._began


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _asked(body: bytes) -> dict[str, list[Any]]:
    """The lists of the engine's body; nothing when it was too long to be kept whole."""
    try:
        fields: dict[str, list[Any]] = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        return {}
    return {name: fields[name] for name in ("messages", "tools") if name in fields}
