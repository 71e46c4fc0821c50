"""An answer from its beginning to its end: kept, told, stopped, failed, and asked for in another way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from tests.chat.messages import answered

from unsloth_studio.chat.answer import DEFECT, Answer, Surroundings
from unsloth_studio.chat.keeper import Keeper
from unsloth_studio.chat.trace import AnswerTrace
from unsloth_studio.observe.requests import RequestLog
from unsloth_studio.observe.watched_request import Arrival
from unsloth_studio.sse import SseDecoder
from unsloth_studio.store.errors import DatabaseUnusable
from unsloth_studio.store.thread import Message, Text, ToolCall
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.events import (
    Event,
    PartEnd,
    PartStart,
    ResultImage,
    TextDelta,
    ToolApprovalAsked,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import RawPrompt, Request, TextPart, ToolCallPart

Step = Sequence[Event] | Exception | asyncio.Event
BEGIN: list[Event] = [TurnStart("x", "m"), PartStart(0, TextPart()), TextDelta(0, "Once")]
END: list[Event] = [PartEnd(0), TurnEnd("stop", Usage(3, 2, 0))]


@dataclass
class Stage:
    """What an answer works with, scripted: the steps of each request; what was kept, as JSON."""

    scripts: list[Sequence[Step]]
    kept: list[Message] = field(default_factory=list[Message])
    asked: list[Request] = field(default_factory=list[Request])
    closed: int = 0
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    fault: Exception | None = None
    log: RequestLog = field(default_factory=RequestLog)

    def answer(self, message: Message | None = None, *, requests: int = 1) -> Answer:
        keeper = Keeper(lambda message: {"json": msgspec.json.encode(message)}, self._save)
        around = Surroundings(
            self._run, keeper, self._images, self._decided, lambda _: (0.5, "loading m (50%)"), lambda _: 4096
        )
        trace = AnswerTrace(self.log.begin(Arrival("turn", "/api/threads", "studio", streamed=True)))
        made = message or answered(status="running")
        return Answer(made, [Request(RawPrompt(str(number))) for number in range(requests)], around, trace)

    async def _run(self, request: Request, trace: AnswerTrace) -> AsyncGenerator[Sequence[Event]]:
        self.asked.append(request)
        try:
            for step in self.scripts.pop(0):
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    trace.written += len(step)
                    yield step
        finally:
            self.closed += 1

    async def _save(self, row: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        self.kept.append(msgspec.json.decode(row["json"], type=Message))

    async def _decided(self, approval_id: str) -> None:
        assert approval_id == "b2s"
        await self.decided.wait()

    async def _images(self, images: Sequence[ResultImage]) -> list[str]:
        return [f"file-{number}" for number, _ in enumerate(images)]


def nothing() -> None:
    pass


async def seen(answer: Answer, until: Callable[[str], bool] = lambda _: False) -> list[tuple[str, Any]]:
    """What a watcher is told, up to the event `until`."""
    decoder, told = SseDecoder(), list[tuple[str, Any]]()
    watching = answer.watch()
    async for frames in watching:
        told += [(frame.event.decode(), msgspec.json.decode(frame.data)) for frame in decoder.feed(frames)]
        if any(until(name) for name, _ in told):
            await watching.aclose()
            break
    return told


async def test_an_answer_is_told_and_kept() -> None:
    stage = Stage([[BEGIN, END]])
    answer = stage.answer()
    over: list[bool] = []
    answer.begin(then=lambda: over.append(answer.over))
    told = await seen(answer)
    assert [name for name, _ in told] == ["snapshot", "progress", "progress", "part_start", "delta", "part_end", "done"]
    last = stage.kept[-1]
    assert (last.status, last.parts, last.model, last.error) == ("done", [Text(text="Once")], "m", None)
    assert last.stats is not None
    assert last.stats.context_length == 4096
    assert told[-1][1]["message"] == msgspec.to_builtins(last)
    await answer.wait()
    await asyncio.sleep(0)
    assert over == [True]
    assert [one.status for one in stage.log.list()] == ["done"]


async def test_a_late_watcher_gets_what_there_is_and_leaving_changes_nothing() -> None:
    gate = asyncio.Event()
    stage = Stage([[BEGIN, gate, [TextDelta(0, " more")], END]])
    answer = stage.answer()
    answer.begin(then=nothing)
    first = await seen(answer, until=lambda name: name == "delta")
    assert first[-1] == ("delta", {"index": 0, "text": "Once"})
    late = asyncio.create_task(seen(answer))
    await asyncio.sleep(0.01)
    gate.set()
    told = await late
    assert told[0][1]["message"]["parts"] == [{"type": "text", "text": "Once"}]
    assert told[1] == ("delta", {"index": 0, "text": " more"})
    assert (await seen(answer))[0][1]["message"]["parts"] == [{"type": "text", "text": "Once more"}]


async def test_stop_frees_the_engine_and_keeps_what_is_written() -> None:
    stage = Stage([[BEGIN, asyncio.Event()]])
    answer = stage.answer()
    answer.begin(then=nothing)
    await seen(answer, until=lambda name: name == "delta")
    await asyncio.gather(answer.stop(), answer.stop("too late to say why"))
    assert stage.closed == 1
    last = stage.kept[-1]
    assert (last.status, last.parts, last.error) == ("stopped", [Text(text="Once")], None)
    assert (await seen(answer))[-1][0] == "done"
    assert [one.status for one in stage.log.list()] == ["cancelled"]


async def test_every_watcher_is_told_that_a_call_waits_and_that_it_does_no_more() -> None:
    call: list[Event] = [
        TurnStart("x", "m"),
        PartStart(0, ToolCallPart("c", "python")),
        PartEnd(0),
        ToolApprovalAsked("c", "b2s", "python", "", 1_800_000_000),
    ]
    stage = Stage([[call, asyncio.Event()]])
    answer = stage.answer()
    answer.begin(then=nothing)
    await seen(answer, until=lambda name: name == "tool_approval")
    late = asyncio.create_task(seen(answer, until=lambda name: name == "tool_approval"))
    await asyncio.sleep(0)
    stage.decided.set()
    told = await late
    assert told[0][1]["message"]["parts"][0]["approval"]["approval_id"] == "b2s"
    assert told[-1] == ("tool_approval", {"index": 0, "approval": None})
    await answer.stop()


async def test_stop_before_anything_came() -> None:
    stage = Stage([[asyncio.Event()]])
    answer = stage.answer()
    answer.begin(then=nothing)
    await answer.stop("The server ends.")
    assert (stage.kept[-1].status, stage.kept[-1].error) == ("stopped", "The server ends.")


FAILURES: dict[str, tuple[Step, str]] = {
    "refused": (TurnFailure(TurnError("engine_unavailable", "Still loading.")), "Still loading."),
    "lost": ([TurnFailed(TurnError("engine_lost", "Lost."))], "Lost."),
    "a defect": (ValueError("secret detail"), DEFECT),
}


@pytest.mark.parametrize("begun", [False, True], ids=["at once", "in the middle"])
@pytest.mark.parametrize("name", FAILURES)
async def test_a_failure_is_told_with_its_reason(name: str, *, begun: bool) -> None:
    step, words = FAILURES[name]
    stage = Stage([[BEGIN, step] if begun else [step]])
    answer = stage.answer()
    answer.begin(then=nothing)
    told = await seen(answer)
    last = stage.kept[-1]
    assert (last.status, last.error) == ("failed", words)
    assert last.parts == ([Text(text="Once")] if begun else [])
    assert (told[-1][0], told[-1][1]["message"]["error"]) == ("done", words)
    assert [(one.status, one.error) for one in stage.log.list()] == [("failed", words)]


async def test_what_the_engine_refuses_is_asked_in_another_way() -> None:
    refusal = TurnFailure(TurnError("invalid_request", "No prefill."))
    stage = Stage([[refusal], [BEGIN, END]])
    answer = stage.answer(requests=2)
    answer.begin(then=nothing)
    await answer.wait()
    assert [request.prompt for request in stage.asked] == [RawPrompt("0"), RawPrompt("1")]
    assert stage.kept[-1].status == "done"
    stage = Stage([[BEGIN, refusal], [BEGIN, END]])
    answer = stage.answer(requests=2)
    answer.begin(then=nothing)
    await answer.wait()
    assert (len(stage.asked), stage.kept[-1].status) == (1, "failed")


async def test_what_cannot_be_kept_is_told_all_the_same() -> None:
    stage = Stage([[BEGIN, END]], fault=DatabaseUnusable("The disk is full."))
    answer = stage.answer()
    answer.begin(then=nothing)
    told = await seen(answer)
    message = told[-1][1]["message"]
    assert message["parts"] == [{"type": "text", "text": "Once"}]
    assert "The disk is full." in message["error"]


async def test_it_is_kept_when_a_part_ends_and_pictures_have_their_files() -> None:
    gate = asyncio.Event()
    image = ResultImage("image/png", "aGk=")
    call: list[Event] = [PartStart(0, ToolCallPart("c", "python")), PartEnd(0)]
    stage = Stage([[call, gate, [ToolResultReady("c", "ok", images=(image, image))], END[1:]]])
    answer = stage.answer()
    answer.begin(then=nothing)
    await seen(answer, until=lambda name: name == "part_end")
    await asyncio.sleep(0.01)
    assert stage.kept[-1].status == "running"
    gate.set()
    await answer.wait()
    part = stage.kept[-1].parts[0]
    assert isinstance(part, ToolCall)
    assert part.result is not None
    assert part.result.file_ids == ["file-0", "file-1"]


async def test_while_its_model_is_loaded_that_is_told() -> None:
    gate = asyncio.Event()
    stage = Stage([[gate, BEGIN, END]])
    answer = stage.answer()
    answer.begin(then=nothing)
    await asyncio.sleep(0)
    answer.trace.reached("loading")
    told = await seen(answer, until=lambda name: name == "progress")
    assert told[-1] == ("progress", {"stage": "loading", "fraction": None, "text": None})
    await asyncio.sleep(0.01)
    told = await seen(answer, until=lambda name: name == "progress")
    assert told[-1] == ("progress", {"stage": "loading", "fraction": 0.5, "text": "loading m (50%)"})
    answer.trace.reached("reading")
    gate.set()
    await answer.wait()
