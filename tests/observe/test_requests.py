"""The log of requests: what it remembers, what it counts, whom it tells; and the bodies that it keeps only when told to."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from unsloth_studio.observe.bodies import KeptBodies
from unsloth_studio.observe.request_shapes import RequestKey, RequestStatus
from unsloth_studio.observe.requests import RequestLog, Wanted
from unsloth_studio.observe.watched_request import LONGEST_REPAIR, MOST_REPAIRS, Arrival
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import Event, Timings, TurnEnd, TurnFailed, Usage
from unsloth_studio.turn.record import CallRepair, TurnRecord


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> RequestLog:
    return RequestLog(most=5, bodies=KeptBodies(most_bytes=100, largest=60), wall=clock, clock=clock)


def arrival(name: str, *, client: str = "curl 8") -> Arrival:
    return Arrival(name, "/v1/messages", client, RequestKey(3, "laptop"))


def record(last: Event | None, *repairs: CallRepair) -> TurnRecord:
    return TurnRecord("a", last, 0.0, 0.0, repairs)


END = TurnEnd("tool_calls", Usage(50, 40, 10), Timings(1.0, 1.0, 1.0, 77.77))


def test_a_request_from_its_arrival_to_its_end(log: RequestLog, clock: Clock) -> None:
    request = log.begin(arrival("a"))
    trace = log.trace("a")
    seen: list[RequestStatus] = [request.status]
    for stage in ("loading", "reading", "writing", "tool", "queued", "reading", "writing"):
        clock.now += 1
        trace.reached(stage)
        seen.append(request.status)
    trace.model, trace.written, trace.calls = "qwen", 7, 1
    trace.ended(record(END, CallRepair("quotes", "{'a'}", '{"a"}')))
    trace.ended(record(TurnEnd("stop", Usage(120, 5, 60))))
    clock.now += 1
    request.finish(200)
    assert seen == ["queued", "loading", "reading", "writing", "tool", "queued", "reading", "writing"]
    told = request.summary()
    assert (told.status, told.at, told.http_status, told.model, told.client) == ("done", 100.0, 200, "qwen", "curl 8")
    assert (told.queued_seconds, told.first_token_seconds, told.total_seconds) == (2.0, 3.0, 8.0)
    assert (told.input_tokens, told.cached_tokens, told.output_tokens) == (120, 60, 45)
    assert (told.tokens_per_second, told.tools, told.repairs, told.finish_reason) == (77.8, 1, 1, "stop")
    assert [repair.kind for repair in request.detail().repairs_list] == ["quotes"]
    assert log.written == 7
    log.trace("a").written += 5
    assert log.written == 7, "what comes after the end counts no more"


ENDS = {
    "answered": (200, False, END, "done"),
    "refused": (429, False, None, "failed"),
    "broke while it was streamed": (200, False, TurnFailed(TurnError("engine_lost", "It died.")), "failed"),
    "the client left": (200, True, None, "cancelled"),
    "the client left before its body was here": (0, True, None, "cancelled"),
}


@pytest.mark.parametrize("name", ENDS)
def test_how_a_request_ends(log: RequestLog, name: str) -> None:
    http_status, left, last, status = ENDS[name]
    request = log.begin(arrival("a"))
    request.streamed = True
    if last is not None:
        request.ended(record(last))
    request.finish(http_status, left=left)
    assert (request.status, request.http_status) == (status, http_status or None)
    assert request.error == ("It died." if isinstance(last, TurnFailed) else None)


def test_a_second_try_that_failed_changes_nothing_of_a_whole_reply(log: RequestLog) -> None:
    request = log.begin(arrival("a"))
    request.ended(record(END))
    request.ended(record(TurnFailed(TurnError("engine_error", "It could not."))))
    request.finish(200)
    assert (request.status, request.error, request.finish_reason) == ("done", None, "tool_calls")


def test_the_oldest_are_forgotten(log: RequestLog) -> None:
    for number in range(8):
        log.begin(arrival(str(number))).finish(200)
    assert [request.id for request in log.list()] == ["7", "6", "5", "4", "3"]
    assert log.get("2") is None


FOUND: dict[str, tuple[Wanted, list[str]]] = {
    "the newest": (Wanted(limit=2), ["d", "c"]),
    "those before": (Wanted(before=102.0), ["b", "a"]),
    "of a status": (Wanted(status="failed"), ["c"]),
    "of a client": (Wanted(text="CLAUDE"), ["b"]),
    "of a key": (Wanted(text="laptop", limit=1), ["d"]),
    "with an error": (Wanted(text="no slot"), ["c"]),
    "of nothing": (Wanted(text="nope"), []),
}


@pytest.mark.parametrize("name", FOUND)
def test_which_requests_are_found(log: RequestLog, clock: Clock, name: str) -> None:
    for letter in "abcd":
        request = log.begin(arrival(letter, client="claude-cli 1" if letter == "b" else "curl 8"))
        if letter == "c":
            request.failed("There is no slot.")
            request.finish(429)
        clock.now += 1
    wanted, ids = FOUND[name]
    assert [request.id for request in log.list(wanted)] == ids


def test_clearing_keeps_what_runs(log: RequestLog) -> None:
    log.begin(arrival("over")).finish(200)
    log.begin(arrival("runs")).reached("reading")
    log.clear()
    assert [request.id for request in log.list()] == ["runs"]
    assert (log.active, log.queued) == (1, 0)


async def test_a_watcher_is_told_of_each_request_once_however_often_it_changed(log: RequestLog) -> None:
    with log.watch() as changes:
        first = log.begin(arrival("a"))
        log.begin(arrival("b"))
        first.reached("reading")
        first.reached("writing")
        assert [(one.id, one.status) for one in await changes.take(1)] == [("a", "writing"), ("b", "queued")]
        assert list(await changes.take(0)) == []
        for number in range(9):
            log.begin(arrival(str(number)))
        assert [one.id for one in await changes.take(1)] == ["4", "5", "6", "7", "8"]
    log.begin(arrival("later"))
    assert list(await changes.take(0)) == []


def test_bodies_are_kept_only_when_that_is_switched_on(log: RequestLog) -> None:
    before = log.begin(arrival("before"))
    log.bodies.switch(on=True)
    after = log.begin(arrival("after"))
    for request in (before, after):
        request.received(b"asked")
        request.asked(b'{"messages": [{"role": "user"}]}')
        request.sent(b"data: 1\n\n")
        request.sent(b"data: 2\n\n")
    told = after.detail()
    assert (told.request_body, told.response_body) == ("asked", "data: 1\n\ndata: 2\n\n")
    assert told.messages == [{"role": "user"}]
    assert before.detail().request_body is before.detail().messages is None
    log.bodies.switch(on=False)
    assert (after.detail().request_body, log.bodies.size) == (None, 0)


def test_kept_bodies_are_bounded(log: RequestLog) -> None:
    log.bodies.switch(on=True)
    for name in ("old", "new"):
        request = log.begin(arrival(name))
        for _ in range(20):
            request.sent(b"0123456789")
    assert log.bodies.size == 60
    assert log.bodies.of("old") is None
    new = log.get("new")
    assert new is not None
    new.asked(b'{"messages": [' + b"1, " * 50 + b"1]}")
    assert new.detail().messages is None, "a body that is cut is no JSON"
    assert log.bodies.size <= 100


def test_what_is_kept_of_repairs_is_bounded(log: RequestLog) -> None:
    request = log.begin(arrival("a"))
    request.ended(record(END, *[CallRepair("quotes", "x" * 10_000, "y")] * 50))
    told = request.detail()
    assert (told.repairs, len(told.repairs_list), len(told.repairs_list[0].before)) == (
        50,
        MOST_REPAIRS,
        LONGEST_REPAIR,
    )
