"""What an answer's turns report: to the answer itself, and to the monitor beside it."""

from __future__ import annotations

from collections.abc import Callable

from unsloth_studio.observe.watched_request import WatchedRequest
from unsloth_studio.store.thread import Message
from unsloth_studio.turn.record import CallRepair, TurnRecord
from unsloth_studio.turn.trace import Stage


def _no_stage(stage: Stage) -> None:
    del stage


def _nothing() -> None:
    pass


class AnswerTrace:
    """A `turn.trace.Trace`. `repairs` are those of the turn that ended last."""

    def __init__(self, watched: WatchedRequest) -> None:
        self._watched = watched
        self.on_stage: Callable[[Stage], None] = _no_stage
        self.on_repairs: Callable[[], None] = _nothing
        self.repairs: tuple[CallRepair, ...] = ()

    @property
    def turn_id(self) -> str:
        return self._watched.id

    @property
    def model(self) -> str:
        return self._watched.model

    @model.setter
    def model(self, model: str) -> None:
        self._watched.model = model

    @property
    def written(self) -> int:
        return self._watched.written

    @written.setter
    def written(self, written: int) -> None:
        self._watched.written = written

    @property
    def calls(self) -> int:
        return self._watched.calls

    @calls.setter
    def calls(self, calls: int) -> None:
        self._watched.calls = calls

    def reached(self, stage: Stage) -> None:
        self._watched.reached(stage)
        self.on_stage(stage)

    def asked(self, body: bytes) -> None:
        self._watched.asked(body)

    def noticed(self, text: str) -> None:
        self._watched.noticed(text)

    def ended(self, record: TurnRecord) -> None:
        self._watched.ended(record)
        self.repairs = record.repairs
        if self.repairs:
            self.on_repairs()

    def finish(self, message: Message) -> None:
        """The answer is over."""
        if message.status == "failed" and message.error:
            self._watched.failed(message.error)
        self._watched.finish(200, left=message.status == "stopped")
