"""What an agent's requests get, as far as its conversation has come."""

from __future__ import annotations

from typing import Any

from tests.fake_engine.plan import Job, Plan
from tests.fake_engine.script import Script

TURNS = (Script(text="first"), Script(text="second"), Script(text="last"))
ASIDE, LONG = Script(text="aside"), Script(text="long")


def asked(*roles: str, tool: str = "read") -> dict[str, Any]:
    return {"tools": [{"function": {"name": tool}}], "messages": [{"role": role} for role in roles]}


RESULT = ("user", "assistant", "tool")


def test_turns_follow_the_results_and_all_else_is_an_aside() -> None:
    job = Job(Plan("read", TURNS, ASIDE))
    conversations = [asked(*RESULT[:1]), asked(*RESULT), asked(*RESULT, *RESULT), asked(*RESULT, *RESULT, *RESULT)]
    assert [job.reply(body, 9) for body in conversations] == [*TURNS, TURNS[-1]]
    assert [job.reply(body, 9) for body in (asked("user", tool="other"), asked(tool="other"))] == [ASIDE, ASIDE]


def test_a_conversation_that_became_too_long_has_to_get_shorter() -> None:
    job = Job(Plan("read", TURNS, ASIDE, too_long=LONG))
    assert job.reply(asked("user"), 10) == LONG
    assert job.reply(asked(*RESULT), 50) is None
    assert job.context_length == 49
    assert job.reply(asked(*RESULT), 50) is None
    assert job.reply(asked(*RESULT, "user"), 40) == ASIDE  # asks for a summary, with the tools
    assert [job.reply(asked("user"), 20), job.reply(asked(*RESULT), 30)] == list(TURNS[:2])
