"""What is done to a request between the lease of its model and the engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from msgspec.structs import replace
from tests.support.engines import RunningEngine

from unsloth_studio.engine.client import EngineClient
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream
from unsloth_studio.serving.admission import Admissions
from unsloth_studio.serving.run import Turns
from unsloth_studio.turn.events import TurnEnd, TurnStart
from unsloth_studio.turn.messages import Conversation, Message, Request, SamplingParams, TextPart
from unsloth_studio.turn.record import TurnRecord

pytestmark = pytest.mark.e2e

HELLO = Request(Conversation((Message("user", (TextPart("Hello"),)),)), model="gpt-4o")


@pytest.fixture
async def turns(engine_process: RunningEngine) -> AsyncGenerator[Turns]:
    async def cooler(request: Request, model_id: str) -> Request:
        assert model_id == "upstream"
        return replace(request, sampling=SamplingParams(temperature=0.125))

    shelf = SingleShelf(Upstream(engine_process.base_url), slots=1)
    pool = Pool(shelf, default=shelf.model.id)
    client = EngineClient(stall_seconds=5)
    yield Turns(pool, client, Admissions(queue_limit=1), 5.0, forget, cooler)
    await pool.stop()
    await client.close()


def forget(record: TurnRecord) -> None:
    pass


async def test_the_engine_gets_what_prepare_made_of_the_request(turns: Turns, engine_process: RunningEngine) -> None:
    events = [event async for batch in turns.run(HELLO, turn_id="1") for event in batch]
    assert isinstance(events[0], TurnStart)
    assert events[0].model == engine_process.get("/v1/models")["data"][0]["id"]
    assert isinstance(events[-1], TurnEnd)
    assert engine_process.state()["requests"][-1]["body"]["temperature"] == 0.125
