"""From a branch to a request: what the model sees of what was said, and how an answer goes on."""

from __future__ import annotations

import pytest
from tests.chat.messages import answered, asked, call

from unsloth_studio.chat.options import ChatOptions, Sampling
from unsloth_studio.chat.prompt import GO_ON, continuations, kept_parts, request_for, title_of
from unsloth_studio.store.thread import Image, Message, Part, Reasoning, Text
from unsloth_studio.turn.messages import (
    Conversation,
    ImagePart,
    Request,
    ServerTools,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def shown(path: list[Message], **options: object) -> list[str]:
    """Each message as `role: parts`, as the engine will see it."""
    request = request_for(path, ChatOptions(**options), images={"f": "data:image/png;base64,QQ=="}, session_id="t")  # pyright: ignore[reportArgumentType]
    return said(request)


def said(request: Request) -> list[str]:
    assert isinstance(request.prompt, Conversation)
    return [f"{one.role}: {' | '.join(map(part_text, one.parts))}" for one in request.prompt.messages]


def part_text(part: object) -> str:
    match part:
        case ImagePart(url):
            return f"<{url}>"
        case ToolCallPart(call_id=call_id):
            return f"call {call_id}"
        case ToolResultPart(call_id, (TextPart(text),), is_error):
            return f"{'failed' if is_error else 'result'} {call_id} {text}"
        case _:
            return str(getattr(part, "text", part))


PATHS: dict[str, tuple[list[Message], list[str]]] = {
    "a question": ([asked("Hi")], ["user: Hi"]),
    "an image": ([asked("What?", Image(file_id="f"))], ["user: What? | <data:image/png;base64,QQ==>"]),
    "an image that was deleted": ([asked(Image(file_id="x"))], ["user: [an image that was deleted]"]),
    "thoughts": ([asked("Hi"), answered(Reasoning(text="Hm."), "Yes.")], ["user: Hi", "assistant: Hm. | Yes."]),
    "two calls at once": (
        [answered("I look.", call("a", result="1"), call("b", result="error"), "Both.")],
        ["assistant: I look. | call id-a | call id-b", "tool: result id-a 1 | failed id-b error", "assistant: Both."],
    ),
    "one call after the other": (
        [answered(call("a", result="1"), call("b", result="2", round=1), "Done.")],
        ["assistant: call id-a", "tool: result id-a 1", "assistant: call id-b", "tool: result id-b 2", "assistant: Done."],
    ),
    "a call that was stopped": ([answered("I look.", call("a"))], ["assistant: I look."]),
    "an answer that failed": ([asked("Hi"), answered(), asked("Hello?")], ["user: Hi", "user: Hello?"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_what_the_model_sees(name: str) -> None:
    path, expected = PATHS[name]
    assert shown(path) == expected


def test_options_become_the_request() -> None:
    sampling = Sampling(temperature=0.5, top_k=3, max_tokens=7)
    options = ChatOptions(
        model="m", thinking=False, enabled_tools=["python", "python"], sampling=sampling, system="Be brief."
    )
    request = request_for([asked("Hi")], options, images={}, session_id="t")
    assert said(request) == ["system: Be brief.", "user: Hi"]
    assert (request.model, request.max_tokens, request.reasoning.enabled) == ("m", 7, False)
    assert (request.sampling.temperature, request.sampling.top_k, request.sampling.top_p) == (0.5, 3, None)
    assert request.server_tools == ServerTools(("python",), session_id="t", tells_live=True)
    asking = ChatOptions(enabled_tools=["python"], tool_approval="ask")
    tools = request_for([asked("Hi")], asking, images={}, session_id="t").server_tools
    assert tools == ServerTools(("python",), session_id="t", asks=True, tells_live=True)
    assert request_for([asked("Hi")], ChatOptions(), images={}, session_id="t").server_tools is None


KEPT: dict[str, tuple[list[Part], list[Part]]] = {
    "text": ([Text(text="a")], [Text(text="a")]),
    "a thought that led to nothing": ([Text(text="a"), Reasoning(text="b")], [Text(text="a")]),
    "nothing but a thought": ([Reasoning(text="b"), Text()], []),
    "a call without result": ([Text(text="a"), call("x")], [Text(text="a")]),
    "a call with result": ([call("x", result="1")], [call("x", result="1")]),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_to_go_on_from(name: str) -> None:
    parts, kept = KEPT[name]
    assert kept_parts(parts) == kept


def test_an_answer_goes_on_in_the_engine_or_because_it_is_asked_to() -> None:
    path = [asked("Hi"), answered("Once upon")]
    request = request_for(path, ChatOptions(), images={}, session_id="t")
    silent, told = continuations(request, path[-1], prefills=True)
    assert (said(silent), silent.reasoning.enabled) == (["user: Hi", "assistant: Once upon"], False)
    assert said(told) == ["user: Hi", "assistant: Once upon", f"user: {GO_ON}"]
    assert continuations(request, path[-1], prefills=False) == [told]
    after_tool = answered(call("x", result="1"))
    assert continuations(request, after_tool, prefills=True) == [request]


TITLES = {
    "Hello": "Hello",
    "  two\n lines ": "two lines",
    "word " * 20: "word " * 11 + "word…",
    "x" * 100: "x" * 60 + "…",
    "": "",
}


@pytest.mark.parametrize("text", TITLES)
def test_a_title_is_the_first_words(text: str) -> None:
    assert title_of([Text(text=text)]) == TITLES[text]
    assert title_of([Image(file_id="f"), Text(text=text)]) == (TITLES[text] or "Image")
