"""Several turns as one stream: every batch arrives with its number, and one failure ends them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from unsloth_studio.serving.choices import choices_of, interleave
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.events import Event, TextDelta
from unsloth_studio.turn.messages import Conversation, Request, SamplingParams


class Source:
    """A run that gives `count` batches, then fails if told to; knows whether it was closed."""

    def __init__(self, count: int, *, fails: bool = False, hangs: bool = False) -> None:
        self._count, self._fails, self._hangs = count, fails, hangs
        self.closed = False

    async def run(self) -> AsyncGenerator[Sequence[Event]]:
        try:
            for number in range(self._count):
                await asyncio.sleep(0)
                yield [TextDelta(0, str(number))]
            if self._hangs:
                await asyncio.Event().wait()
            if self._fails:
                raise TurnFailure(TurnError("engine_unavailable", "gone"))
        finally:
            self.closed = True


def words(batches: list[tuple[int, Sequence[Event]]], number: int) -> list[str]:
    return [event.text for n, events in batches if n == number for event in events if isinstance(event, TextDelta)]


@pytest.mark.parametrize("counts", [[3], [2, 5], [0, 1, 4]], ids=["one", "two", "one of them empty"])
async def test_every_batch_arrives_in_order(counts: list[int]) -> None:
    sources = [Source(count) for count in counts]
    batches = [batch async for batch in interleave([source.run() for source in sources])]
    for number, count in enumerate(counts):
        assert words(batches, number) == [str(n) for n in range(count)]
    assert all(source.closed for source in sources)


@pytest.mark.parametrize("others", [0, 1, 2])
async def test_failure_of_one_ends_all(others: int) -> None:
    sources = [Source(1, fails=True), *(Source(1, hangs=True) for _ in range(others))]
    with pytest.raises(TurnFailure, match="gone"):
        async for _ in interleave([source.run() for source in sources]):
            pass
    assert all(source.closed for source in sources)


@pytest.mark.parametrize("count", [1, 3])
async def test_closing_closes_every_run(count: int) -> None:
    sources = [Source(1, hangs=True) for _ in range(count)]
    stream = interleave([source.run() for source in sources])
    await anext(stream)
    await stream.aclose()
    assert sources[0].closed
    assert all(source.closed for source in sources)


def test_choices_differ_in_their_seed_only() -> None:
    request = Request(Conversation(()), sampling=SamplingParams(seed=7, temperature=0.5))
    assert [choice.sampling.seed for choice in choices_of(request, 3)] == [7, 8, 9]
    assert {choice.sampling.temperature for choice in choices_of(request, 3)} == {0.5}
    unseeded = Request(Conversation(()))
    assert choices_of(unseeded, 2) == [unseeded, unseeded]
