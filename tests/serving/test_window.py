"""What is left of a context, and conversations that are made to fit: whole groups, always at the same places."""

from __future__ import annotations

import pytest

from unsloth_studio.serving.window import Window, shorten
from unsloth_studio.turn.messages import Conversation, Message, Overflow, TextPart, ToolCallPart, ToolResultPart


def test_more_than_is_left_is_told() -> None:
    assert Window(4096).clamp_notice(32000, 4000) == "max_tokens=96; asked=32000; prompt=4000; context=4096"
    assert [Window(4096).clamp_notice(*asked) for asked in ((96, 4000), (None, 4000), (9, None))] == ["", "", ""]


@pytest.mark.parametrize(
    ("prompt", "answer", "fits"),
    [(700, None, True), (769, None, False), (960, 64, True), (961, 64, False), (750, 9999, True), (770, 9999, False)],
)
def test_room_for_an_answer_is_kept(prompt: int, answer: int | None, fits: bool) -> None:
    assert Window(1024).takes(prompt, answer) == fits


def long(turns: int) -> Conversation:
    """Instructions, then rounds of a question, a call, its two results and an answer; 100 letters each, numbered."""

    def text(name: str) -> TextPart:
        return TextPart(name.ljust(100, "."))

    messages = [Message("system", (text("rules"),))]
    for at in range(turns):
        messages += [
            Message("user", (text(f"q{at}"),)),
            Message("assistant", (ToolCallPart(f"a{at}", "t", "{}"), ToolCallPart(f"b{at}", "t", "{}"))),
            Message("tool", (ToolResultPart(f"a{at}", (text(f"ra{at}"),)),)),
            Message("tool", (ToolResultPart(f"b{at}", (text(f"rb{at}"),)),)),
            Message("assistant", (text(f"a{at}"),)),
        ]
    return Conversation(tuple(messages))


def names(conversation: Conversation) -> list[str]:
    """What each message begins with; a call is `call`, the note of what is left out its first words."""
    told: list[str] = []
    for message in conversation.messages:
        part = message.parts[0]
        inner = part.parts[0] if isinstance(part, ToolResultPart) else part
        told.append(inner.text.rstrip(".") if isinstance(inner, TextPart) else "call")
    return told


NOTE = "[{} earlier messages left out here: the conversation is longer than the context.]"


@pytest.mark.parametrize(
    ("how", "letters", "left"),
    [
        ("truncate_oldest", 100, ["rules", "[1 earlier message left out", "call", "ra0", "rb0", "a0", "q1"]),
        ("truncate_oldest", 101, ["rules", "[4 earlier messages left out", "a0", "q1", "call", "ra1", "rb1"]),
        ("truncate_middle", 1, ["rules", "q0", "[3 earlier messages left out", "a0", "q1", "call", "ra1"]),
        ("truncate_middle", 500, ["rules", "q0", "[8 earlier messages left out", "a1"]),
    ],
)
def test_whole_groups_are_left_out(how: Overflow, letters: int, left: list[str]) -> None:
    shorter = shorten(long(2), how, letters)
    assert [name.split(" here")[0] for name in names(shorter.conversation)][: len(left)] == left
    assert not shorter.exhausted


@pytest.mark.parametrize("how", ["truncate_oldest", "truncate_middle"])
def test_a_conversation_that_grows_keeps_its_cut(how: Overflow) -> None:
    before = shorten(long(4), how, 700).conversation.messages
    assert shorten(long(9), how, 700).conversation.messages[: len(before)] == before


def test_the_last_group_is_never_left_out() -> None:
    shorter = shorten(long(2), "truncate_oldest", 10**6)
    assert shorter.exhausted
    assert names(shorter.conversation)[0] == "rules"
    assert names(shorter.conversation)[-1] == "a1"
    assert shorten(Conversation((Message("user", (TextPart("Go"),)),)), "truncate_middle", 9).dropped == 0


@pytest.mark.parametrize("how", ["truncate_oldest", "truncate_middle"])
def test_instructions_in_the_middle_stay(how: Overflow) -> None:
    whole = long(3)
    later = Message("system", (TextPart("keep to English"),))
    messages = (*whole.messages[:3], *whole.messages[3:8], later, *whole.messages[8:])
    shorter = shorten(Conversation(messages), how, 800)
    assert "keep to English" in names(shorter.conversation)
    assert shorter.dropped == len(messages) + 1 - len(shorter.conversation.messages)
