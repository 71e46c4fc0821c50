"""The quick look at a history says "nothing to mend" only where mending changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsloth_studio.serving.history import mended
from unsloth_studio.serving.history_check import is_well_formed
from unsloth_studio.turn.messages import (
    Conversation,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

_IDS = st.sampled_from(["a", "b", "a_", ""])
_TEXTS = st.sampled_from(["", "x"])
_PART = st.one_of(
    st.builds(TextPart, _TEXTS),
    st.builds(ReasoningPart, _TEXTS),
    st.builds(ImagePart, st.just("data:image/png;base64,")),
    st.builds(ToolCallPart, _IDS, st.sampled_from(["f", ""]), st.sampled_from(["{}", '{"a": 1}', "", "[]", "{"])),
    st.builds(ToolResultPart, _IDS, st.just((TextPart("r"),))),
)
_MESSAGE = st.builds(
    Message, st.sampled_from(["system", "user", "assistant", "tool"]), st.lists(_PART, max_size=3).map(tuple)
)


@settings(max_examples=400)
@given(st.lists(_MESSAGE, min_size=1, max_size=6))
def test_what_is_well_formed_is_left_as_it_is(messages: list[Message]) -> None:
    conversation = Conversation(tuple(messages))
    if is_well_formed(conversation.messages):
        assert mended(conversation) == (conversation, ())


def _asked(*ids: str) -> Message:
    return Message("assistant", (TextPart("I look."), *(ToolCallPart(one, "f", '{"a": 1}') for one in ids)))


def _told(*ids: str) -> Message:
    return Message("tool", tuple(ToolResultPart(one, (TextPart("r"),)) for one in ids))


def _said(role: str, *parts: Part) -> Message:
    return Message("user" if role == "user" else "assistant", parts or (TextPart("Hello"),))


_USER, _MODEL = _said("user"), _said("assistant")


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([_USER], True, id="a question"),
        pytest.param([_USER, _USER, _MODEL, _USER], True, id="two questions in a row"),
        pytest.param([_USER, _asked("1", "2"), _told("1", "2"), _MODEL], True, id="a round"),
        pytest.param([_USER, _asked("1", "2"), _told("1"), _told("2"), _asked("3"), _told("3")], True, id="two rounds"),
        pytest.param([_USER, _asked("1"), _USER, _told("1")], False, id="a late result"),
        pytest.param([_USER, _asked("1", "2"), _told("2", "1")], False, id="results in another order"),
        pytest.param([_USER, _asked("1")], False, id="no result"),
        pytest.param([_USER, _told("1")], False, id="no call"),
        pytest.param([_USER, _asked("1"), _told("1"), _asked("1"), _told("1")], False, id="an id twice"),
        pytest.param([_USER, _MODEL, _MODEL], False, id="two answers in a row"),
        pytest.param([_said("user", TextPart())], False, id="an empty text"),
    ],
)
def test_what_is_well_formed(messages: list[Message], *, expected: bool) -> None:
    assert is_well_formed(tuple(messages)) is expected
