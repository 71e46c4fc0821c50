"""The cache doctor: which request goes on with which, and what it says where a prompt changed."""

from __future__ import annotations

import time
from array import array

import pytest
from tests.serving.test_prefix import request_of
from tests.support.agent_sessions import CLIENTS, VOLATILE, Session, prose
from tests.support.busters import BUSTERS

from unsloth_studio.serving.conversations import Conversations
from unsloth_studio.serving.prompt_blocks import MOST_BLOCKS, Blocks, blocks_of
from unsloth_studio.serving.readied import readied
from unsloth_studio.turn.messages import Conversation, Message, Origin, Request, TextPart
from unsloth_studio.turn.record import PromptReuse


def arrived(memory: Conversations, request: Request, *, steadied: bool = True) -> PromptReuse:
    ready = readied(request, heals=True)
    prompt = ready.request.prompt if steadied else request.prompt
    assert isinstance(prompt, Conversation)
    return memory.arrive("m", request.origin, prompt, ready.removed).reuse


@pytest.mark.parametrize("client", CLIENTS)
def test_a_session_that_only_goes_on_differs_nowhere(client: str) -> None:
    memory, session = Conversations(), Session(client, volatile=frozenset(VOLATILE))
    told = [arrived(memory, request_of(session, session.body(turn))) for turn in range(4)]
    assert [(one.conversation, one.turn, one.difference) for one in told] == [(1, turn, "") for turn in range(1, 5)]
    assert [one.kept for one in told] == [None, 1, 1, 1]
    assert all(one.possible is not None and 0.6 < one.possible < 1 for one in told[1:])
    assert {"billing line", "token countdown"} <= set(told[3].removed)


@pytest.mark.parametrize("name", BUSTERS)
def test_every_buster_is_named(name: str) -> None:
    buster = BUSTERS[name]
    memory, session = Conversations(), Session("Claude Code", words=30)
    for turn in range(3):
        told = arrived(memory, request_of(session, buster.body(session, turn)))
        assert told.difference == ""
    found = arrived(memory, request_of(session, buster.body(session, 3)))
    assert (found.conversation, found.turn, found.difference) == (1, 4, buster.told)
    assert found.kept is not None
    assert found.kept < 1


RESTLESS = {"billing": "system block 0: billing line", "countdown": "system block 1: token countdown"}


@pytest.mark.parametrize("part", RESTLESS)
def test_what_is_taken_out_would_be_named_too(part: str) -> None:
    memory, session = Conversations(), Session("Claude Code", volatile=frozenset([part]))
    told = [arrived(memory, request_of(session, session.body(turn)), steadied=False) for turn in range(1, 4)]
    assert [one.difference for one in told] == ["", RESTLESS[part], RESTLESS[part]]


def talk(*texts: str, system: str = "Help.") -> Conversation:
    said = [Message("user" if at % 2 == 0 else "assistant", (TextPart(text),)) for at, text in enumerate(texts)]
    return Conversation((Message("system", (TextPart(system),)), *said))


def numbers(*asked: tuple[Origin, Conversation]) -> list[int]:
    memory = Conversations()
    return [memory.arrive("m", origin, prompt).seat.conversation for origin, prompt in asked]


def test_a_message_in_another_role_is_named() -> None:
    memory, said = Conversations(), talk("Go", "Yes", "On", "Done")
    memory.arrive("m", ONE, said)
    other = tuple(Message("assistant", one.parts) if at == 1 else one for at, one in enumerate(said.messages))
    assert memory.arrive("m", ONE, Conversation(other)).reuse.difference == "message 0: role changed"


NOBODY, ONE, AGENT = Origin(), Origin("s"), Origin("s", "a")


def test_without_ids_the_prompts_tell_conversations_apart() -> None:
    first, other = talk("Go", "Yes", "On"), talk("Stop", "No", "Off")
    assert numbers((NOBODY, talk("Go")), (NOBODY, talk("Stop")), (NOBODY, first), (NOBODY, other)) == [1, 2, 1, 2]


def test_sub_agents_and_titles_of_a_session_are_conversations_of_their_own() -> None:
    long = prose(40, 1)
    assert numbers(
        (ONE, talk(f"{long}\nBuild it")),
        (AGENT, talk(f"{long}\nSearch it")),
        (ONE, talk("A title for: Build it", system="Write titles.")),
        (ONE, talk(f"{long}\nBuild it", "Yes", "On")),
        (AGENT, talk(f"{long}\nSearch it", "Found", "On")),
    ) == [1, 2, 3, 1, 2]  # fmt: skip


def test_the_oldest_conversations_are_forgotten() -> None:
    memory = Conversations(most=2)
    prompts = [talk(f"Task {at}") for at in range(3)]
    for prompt in prompts:
        memory.arrive("m", NOBODY, prompt)
    assert [memory.arrive("m", NOBODY, prompt).reuse.turn for prompt in reversed(prompts)] == [2, 2, 1]


def test_no_text_is_kept_and_little_memory_taken() -> None:
    session = Session("Claude Code", words=20_000)
    prompt = readied(request_of(session, session.body(3)), heals=True).request.prompt
    assert isinstance(prompt, Conversation)
    blocks = blocks_of(prompt)
    arrays = (blocks.digests, blocks.sizes, blocks.owners, blocks.messages)
    assert {type(getattr(blocks, name)) for name in Blocks.__struct_fields__} == {array, int, tuple}
    assert blocks.size > 100_000
    assert sum(one.itemsize * len(one) for one in arrays) < 1000


@pytest.mark.parametrize(
    "line",
    ["7-bottles" * 30_000, "tokens 7 " * 30_000, " " * 300_000, "?! " * 100_000, "12." * 100_000, "a1b2" * 80_000],
    ids=["digits", "words of a countdown", "spaces", "marks", "dates", "hexadecimal"],
)
def test_a_line_of_any_length_is_looked_at_in_no_time(line: str) -> None:
    """Once the doctor looked for a countdown in such a line for a minute, and the whole server waited."""
    memory = Conversations()
    memory.arrive("m", ONE, talk("Go", "Yes", "On", "Well"))
    began = time.process_time()
    told = memory.arrive("m", ONE, talk("Go", line, "On", "Well")).reuse
    assert time.process_time() - began < 0.5
    assert told.difference.startswith("message 1")


def test_a_prompt_of_endless_lines_is_cut() -> None:
    prompts = [talk("Go", system="\n".join(f"{at}" for at in range(2 * MOST_BLOCKS)) + end) for end in ("", "?")]
    assert [len(blocks_of(prompt).digests) for prompt in prompts] == [MOST_BLOCKS, MOST_BLOCKS]
    assert blocks_of(prompts[0]).common(blocks_of(prompts[1])) == MOST_BLOCKS
