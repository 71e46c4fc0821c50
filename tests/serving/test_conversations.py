"""The cache doctor: which request goes on with which, and what it says where a prompt changed."""

from __future__ import annotations

from array import array
from collections.abc import Callable

import orjson
import pytest
from tests.serving.test_prefix import request_of
from tests.support.agent_sessions import CLIENTS, TOOLS, VOLATILE, Json, Session, prose

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


Change = Callable[[Json], None]


def swapped(old: str, new: str) -> Change:
    """Other words, wherever they stand in the body."""

    def change(body: Json) -> None:
        text = orjson.dumps(body).decode()
        assert old in text
        fresh = orjson.loads(text.replace(old, new))
        body.clear()
        body.update(fresh)

    return change


def tool_added(at: int) -> Change:
    def change(body: Json) -> None:
        body["tools"].insert(at, {"name": "mcp__new", "input_schema": {"type": "object", "properties": {}}})

    return change


def tools_turned(body: Json) -> None:
    body["tools"].reverse()


def without_tools(body: Json) -> None:
    body["tool_choice"] = {"type": "none"}


def result_edited(body: Json) -> None:
    body["messages"][4]["content"][0]["content"] = "[cleared]"


def round_left_out(body: Json) -> None:
    del body["messages"][1:3]


def compacted(body: Json) -> None:
    body["messages"][1:-1] = []


def thought(turn: int) -> Change:
    """The client keeps what the model thought for one turn only."""

    def change(body: Json) -> None:
        if turn == 2:
            body["messages"][3]["content"].insert(0, {"type": "thinking", "thinking": "Hm.", "signature": ""})

    return change


def block_added(body: Json) -> None:
    body["system"].append({"type": "text", "text": "And be quick."})


BUSTERS: dict[str, tuple[Change, str]] = {
    "the date": (swapped("2026-11-30", "2026-12-01"), "system block 1: date line"),
    "the time": (swapped("Today's date is 2026-11-30.", "It is 14:03 now."), "system block 1: date line"),
    "the folder": (swapped("Working folder: /srv/project", "Working folder: /srv/other"),
                   "system block 1: folder or Git line"),
    "an id": (swapped("Working folder: /srv/project", "Id: 123e4567-e89b-12d3-a456-426614174000"),
              "system block 1: id line"),
    "any other line": (swapped("You help with programs.", "You help with texts."), "system block 0: line 1"),
    "one more block": (block_added, "system block 2: longer"),
    "a countdown of no known form": (
        swapped("Today's date is 2026-11-30.", "You have 4000 tokens left."), "system block 1: token countdown"),
    "a tool more": (tool_added(2), "tool list changed at 2"),
    "a tool more at the end": (tool_added(3), "tool list changed at 3"),
    "tools in another order": (tools_turned, "tool list changed at 0"),
    "a tool described otherwise": (swapped(TOOLS[1][1], "Write it."), "tool 1 (write_file) changed"),
    "tools that may not be called": (without_tools, "tools left out"),
    "the first message": (swapped("Look through the project.", "Look at 2026-11-30."), "message 0: date line"),
    "a result that was cleared": (result_edited, "message 4 edited"),
    "a round that was left out": (round_left_out, "messages 1 to 2 left out"),
    "a compaction": (compacted, "history rewritten from message 1 on"),
    "thoughts": (thought(3), "message 3: thoughts changed"),
}  # fmt: skip


@pytest.mark.parametrize("name", BUSTERS)
def test_every_buster_is_named(name: str) -> None:
    change, told = BUSTERS[name]
    memory, session = Conversations(), Session("Claude Code", words=30)
    for turn in range(3):
        body = session.body(turn)
        if name == "thoughts":
            thought(turn)(body)
        first = arrived(memory, request_of(session, body))
        assert first.difference == ""
    body = session.body(3)
    change(body)
    found = arrived(memory, request_of(session, body))
    assert (found.conversation, found.turn, found.difference) == (1, 4, told)
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


def test_a_prompt_of_endless_lines_is_cut() -> None:
    prompts = [talk("Go", system="\n".join(f"{at}" for at in range(2 * MOST_BLOCKS)) + end) for end in ("", "?")]
    assert [len(blocks_of(prompt).digests) for prompt in prompts] == [MOST_BLOCKS, MOST_BLOCKS]
    assert blocks_of(prompts[0]).common(blocks_of(prompts[1])) == MOST_BLOCKS
