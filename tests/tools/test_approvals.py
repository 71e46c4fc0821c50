"""The room in which calls wait: who may decide, once, and what happens when nobody does."""

from __future__ import annotations

import asyncio

import pytest

from unsloth_studio.tools.approvals import ApprovalRoom, Decision, WaitingCall
from unsloth_studio.turn.messages import ToolCallPart

CALL = ToolCallPart("call_1", "python", '{"code": "1"}', "server")


async def asked(room: ApprovalRoom, owner: str = "key") -> tuple[asyncio.Task[str], WaitingCall]:
    """A call that waits in `room`."""
    told: list[WaitingCall] = []
    deciding = asyncio.create_task(room.decision(CALL, owner=owner, session_id="s", tell=told.append))
    await asyncio.sleep(0)
    return deciding, told[0]


@pytest.mark.parametrize("decision", ["allow", "deny"])
@pytest.mark.parametrize("decider", ["key", None], ids=["its key", "an administrator"])
async def test_a_decision_is_given_once(decision: Decision, decider: str | None) -> None:
    room = ApprovalRoom(clock=lambda: 1000.0)
    deciding, waiting = await asked(room)
    assert waiting.expires_at == 1300
    assert room.waiting(decider) == [waiting]
    assert room.decide(waiting.id, decision, owner=decider)
    assert not room.decide(waiting.id, "allow", owner=decider), "not in the moment before it leaves either"
    assert await deciding == decision
    assert room.waiting(None) == []
    assert not room.decide(waiting.id, "allow", owner=decider)


async def test_another_key_neither_sees_nor_decides() -> None:
    room = ApprovalRoom(seconds=0.05)
    deciding, waiting = await asked(room)
    assert room.waiting("other") == []
    assert not room.decide(waiting.id, "allow", owner="other")
    assert not room.decide("guess", "allow", owner=None)
    assert await deciding == "expired"
    assert not room.decide(waiting.id, "allow", owner="key")


async def test_a_call_whose_request_ended_is_gone() -> None:
    room = ApprovalRoom()
    deciding, waiting = await asked(room)
    deciding.cancel()
    await asyncio.wait((deciding,))
    assert room.waiting(None) == []
    assert not room.decide(waiting.id, "allow", owner="key")


async def test_what_is_allowed_for_a_session_is_not_asked_again() -> None:
    room = ApprovalRoom()
    first, one = await asked(room)
    beside, _ = await asked(room)
    other = ToolCallPart("call_2", "terminal", "{}", "server")
    unlike = asyncio.create_task(room.decision(other, owner="key", session_id="s", tell=lambda _: None))
    await asyncio.sleep(0)
    assert room.decide(one.id, "allow_session", owner=None)
    assert (await first, await beside) == ("allow_session", "allow")
    assert [waiting.call for waiting in room.waiting("key")] == [other], "another tool is still asked about"
    told: list[WaitingCall] = []
    assert await room.decision(CALL, owner="key", session_id="s", tell=told.append) == "allow"
    assert told == []
    for owner, session in (("key", "t"), ("other", "s"), ("key", None)):
        still = asyncio.create_task(room.decision(CALL, owner=owner, session_id=session, tell=told.append))
        await asyncio.sleep(0)
        assert room.decide(told[-1].id, "allow_session", owner=owner)
        await still
    assert len(told) == 3
    again = asyncio.create_task(room.decision(CALL, owner="key", session_id=None, tell=told.append))
    await asyncio.sleep(0)
    assert len(told) == 4, "without a session a decision holds for one call"
    again.cancel()
    unlike.cancel()
    await asyncio.wait((again, unlike))


async def test_one_can_wait_for_a_decision_of_others() -> None:
    room = ApprovalRoom(seconds=0.05)
    deciding, waiting = await asked(room)
    await asyncio.wait_for(room.settled(waiting.id), 5)
    assert await deciding == "expired"
    await room.settled("unknown")


async def test_calls_wait_side_by_side() -> None:
    room = ApprovalRoom()
    first, one = await asked(room)
    second, two = await asked(room)
    assert one.id != two.id, "the same id of a call in two turns"
    assert room.decide(two.id, "allow", owner="key")
    assert room.decide(one.id, "deny", owner="key")
    assert (await first, await second) == ("deny", "allow")
