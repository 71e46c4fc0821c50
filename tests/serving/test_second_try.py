"""What is missing or wrong in a whole turn is asked for once more, and each second try is counted."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import pytest

from unsloth_studio.serving.second_try import SecondTries
from unsloth_studio.turn.accumulate import Turn, events_of
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.events import Event, TurnFailed, Usage
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    Request,
    StreamedPart,
    TextPart,
    ToolCallPart,
    ToolChoice,
    ToolDefinition,
)
from unsloth_studio.turn.record import SecondTry

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}, "required": ["n"]}
GOOD, BAD = ToolCallPart("1", "step", '{"n": 3}'), ToolCallPart("1", "step", '{"n": 30}')
LOST = TurnError("engine_lost", "gone")


def asked(choice: ToolChoice = "auto") -> Request:
    tools = (ToolDefinition("step", parameters=SCHEMA),)
    return Request(Conversation((Message("user", (TextPart("Go"),)),), tools, choice))


def said(*parts: StreamedPart, usage: Usage = Usage(10, 4), by_model: bool = True) -> Turn:
    return Turn(id="t", parts=list(parts), usage=usage, by_model=by_model)


class Model:
    """Answers with one of `turns` each time; an error ends the turn instead."""

    def __init__(self, *turns: Turn | TurnError) -> None:
        self._turns = list(turns)

    async def run(self, request: Request) -> AsyncGenerator[Sequence[Event]]:
        del request
        turn = self._turns.pop(0)
        yield [TurnFailed(turn)] if isinstance(turn, TurnError) else events_of(turn)


@pytest.mark.parametrize(
    ("request_", "turns", "call", "steps"),
    [
        (asked(), [said(GOOD)], GOOD, []),
        (asked(), [said(TextPart("No."))], None, []),
        (asked("required"), [said(GOOD)], GOOD, []),
        (
            asked(), [said(BAD), said(TextPart('{"n": 3}'))],
            ToolCallPart("1", "step", '{"n":3}'), ["call asked", "call succeeded"],
        ),
        (asked(), [said(BAD), said(TextPart('{"n": 31}'))], BAD, ["call asked", "call failed"]),
        (asked(), [said(BAD), LOST], BAD, ["call asked", "call failed"]),
        (asked(), [said(BAD, usage=Usage()), LOST], BAD, ["call asked", "call failed"]),
        (asked(), [said(BAD, by_model=False)], BAD, []),
        (
            asked("required"),
            [said(TextPart("No.")), said(TextPart('{"name": "step", "arguments": {"n": 3}}'))],
            ToolCallPart("call_t_forced", "step", '{"n":3}'),
            ["missing_call asked", "missing_call succeeded"],
        ),
        (
            asked("required"),
            [said(TextPart("No."), usage=Usage()), said(TextPart("No!"))],
            None,
            ["missing_call asked", "missing_call failed"],
        ),
        (
            asked("required"),
            [said(TextPart("No.")), said(BAD), said(TextPart('{"n": 3}'))],
            ToolCallPart("1", "step", '{"n":3}'),
            ["missing_call asked", "missing_call succeeded", "call asked", "call succeeded"],
        ),
    ],
    ids=[
        "a good call", "no call where none is demanded", "the demanded call", "a bad call made again",
        "no better the second time", "the engine is lost", "a server that sends no usage", "words of our own",
        "a missing call made", "none the second time, and no usage", "the demanded call is bad itself",
    ],
)  # fmt: skip
async def test_second_tries(
    request_: Request, turns: list[Turn | TurnError], call: ToolCallPart | None, steps: list[str]
) -> None:
    told: list[SecondTry] = []
    turn = await SecondTries(True, told.append).whole(request_, Model(*turns).run)
    assert turn.tool_calls == ([] if call is None else [call])
    assert [f"{step.kind} {step.outcome}" for step in told] == steps


async def test_first_try_that_fails_is_the_turns_failure() -> None:
    with pytest.raises(TurnFailure, match="gone"):
        await SecondTries(True, lambda step: None).whole(asked(), Model(LOST).run)


async def test_without_healing_only_what_is_demanded_is_asked_again() -> None:
    told: list[SecondTry] = []
    await SecondTries(False, told.append).whole(asked(), Model(said(BAD)).run)
    assert told == []
