"""When an agent goes in circles, and when it only waits."""

from __future__ import annotations

import pytest

from unsloth_studio.serving.loop_guard import LoopLimits, judge, with_hint
from unsloth_studio.turn.messages import Conversation, ImagePart, Message, TextPart, ToolCallPart, ToolResultPart

GO = Message("user", (TextPart("Go"),))
LIMITS = LoopLimits(hint=3, stop=5)


def screens(*urls: str) -> list[Message]:
    """One look at the screen each."""
    messages: list[Message] = []
    for number, url in enumerate(urls):
        messages.append(Message("assistant", (ToolCallPart(str(number), "screenshot", "{}"),)))
        messages.append(Message("tool", (ToolResultPart(str(number), (ImagePart(url),)),)))
    return messages


def rounds(*calls: tuple[str, str, str]) -> list[Message]:
    """One round each: name, arguments, result."""
    messages: list[Message] = []
    for number, (name, arguments, said) in enumerate(calls):
        messages.append(Message("assistant", (ToolCallPart(str(number), name, arguments),)))
        messages.append(Message("tool", (ToolResultPart(str(number), (TextPart(said),)),)))
    return messages


SAME = ("read", '{"path": "a"}', "no such file")
OTHER = ("list", "{}", "nothing")

VERDICTS: dict[str, tuple[list[Message], str]] = {
    "nothing yet": ([GO], "none"),
    "twice is no loop": ([GO, *rounds(SAME, SAME)], "none"),
    "three times is told": ([GO, *rounds(SAME, SAME, SAME)], "hint"),
    "five times is the end": ([GO, *rounds(*[SAME] * 5)], "stop"),
    "spelling of the arguments does not matter": (
        [GO, *rounds(SAME, ("read", '{"path":"a"}', "no such file"), SAME)], "hint"),
    "arguments deeper than can be written": (
        [GO, *rounds(*[("read", '{"x": ' + "[" * 900 + "]" * 900 + "}", "no")] * 3)], "hint"),
    "two in turns": ([GO, *rounds(*[SAME, OTHER] * 3)], "hint"),
    "polling whose result changes": ([GO, *rounds(*[("status", "{}", f"{n} %") for n in range(9)])], "none"),
    "a screen that changes": ([GO, *screens(*[f"data:image/png;base64,{n}AAA" for n in range(9)])], "none"),
    "a screen that stays": ([GO, *screens(*["data:image/png;base64,AAAA"] * 5)], "stop"),
    "other arguments": ([GO, *rounds(*[("read", f'{{"path": "{n}"}}', "no") for n in range(9)])], "none"),
    "the user said something since": ([GO, *rounds(*[SAME] * 5), GO, *rounds(SAME)], "none"),
    "something else came last": ([GO, *rounds(*[SAME] * 4, OTHER)], "none"),
}  # fmt: skip


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict(name: str) -> None:
    messages, kind = VERDICTS[name]
    assert judge(Conversation(tuple(messages)), LIMITS).kind == kind


def test_zero_is_never() -> None:
    assert judge(Conversation((GO, *rounds(*[SAME] * 20))), LoopLimits(0, 0)).kind == "none"


def test_hint_is_the_last_words_of_the_last_result() -> None:
    conversation = Conversation((GO, *rounds(SAME, SAME, SAME)))
    verdict = judge(conversation, LIMITS)
    hinted = with_hint(conversation, verdict.text)
    assert hinted.messages[:-1] == conversation.messages[:-1]
    (result,) = hinted.messages[-1].parts
    assert isinstance(result, ToolResultPart)
    assert result.parts == (TextPart("no such file"), TextPart(verdict.text))
    assert "read was called 3 times" in verdict.text


def test_two_in_turns_are_both_named() -> None:
    text = judge(Conversation((GO, *rounds(*[SAME, OTHER] * 3))), LIMITS).text
    assert "read and list were called in turns 3 times" in text
