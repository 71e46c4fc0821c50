"""From a branch of a thread to the request that is asked. Pure.

The rule: what the model sees of earlier answers is what it wrote and what its tools returned, round by round, so that the
engine's prompt cache keeps its worth. A call that was stopped before its result is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from unsloth_studio.chat.options import ChatOptions
from unsloth_studio.store.thread import Image, Message, Part, Reasoning, Text, ToolCall
from unsloth_studio.turn import messages as turn
from unsloth_studio.turn.messages import Conversation, ReasoningConfig, Request, ServerTools

GO_ON = "Go on exactly where you stopped. Repeat nothing, and do not mention this request."
TITLE_LENGTH = 60
"""Characters; a title is made of a thread's first words."""


def request_for(
    path: Sequence[Message], options: ChatOptions, *, images: Mapping[str, str], session_id: str
) -> Request:
    """What to ask for the answer to `path`. `images` has a `data:` URL for each file that a user sent; `session_id` names
    the folder of the tools."""
    system = [turn.Message("system", (turn.TextPart(options.system),))] if options.system else []
    said = [one for message in path for one in _messages(message, images)]
    tools = tuple(dict.fromkeys(options.enabled_tools))
    asks = options.tool_approval == "ask"
    return Request(
        prompt=Conversation((*system, *said)),
        model=options.model,
        sampling=options.sampling.params(),
        reasoning=ReasoningConfig(enabled=options.thinking),
        max_tokens=options.sampling.max_tokens,
        server_tools=ServerTools(tools, session_id=session_id, asks=asks, tells_live=True) if tools else None,
    )


def continuations(request: Request, message: Message, *, prefills: bool) -> list[Request]:
    """What to ask so that `message`, the last of the request's branch, goes on; the next one when the engine refuses one.

    An engine that `prefills` goes on writing in a message that ends the conversation, but not while it may think.
    """
    if not (message.parts and isinstance(message.parts[-1], Text)):
        return [request]
    assert isinstance(request.prompt, Conversation)
    asked = turn.Message("user", (turn.TextPart(GO_ON),))
    told = replace(request, prompt=replace(request.prompt, messages=(*request.prompt.messages, asked)))
    silent = replace(request, reasoning=ReasoningConfig(enabled=False))
    return [silent, told] if prefills else [told]


def kept_parts(parts: Sequence[Part]) -> list[Part]:
    """What stays of a message that was stopped, to go on from: without a thought that led to nothing, and without calls
    that have no result."""
    kept = [part for part in parts if not (isinstance(part, ToolCall) and part.result is None)]
    while kept and (isinstance(kept[-1], Reasoning) or (isinstance(kept[-1], Text) and not kept[-1].text)):
        kept.pop()
    return kept


def title_of(parts: Sequence[Part]) -> str:
    """The first words of a message, on one line."""
    words = " ".join(" ".join(part.text for part in parts if isinstance(part, Text)).split())
    if not words:
        return "Image" if any(isinstance(part, Image) for part in parts) else ""
    if len(words) <= TITLE_LENGTH:
        return words
    head = words[:TITLE_LENGTH]
    whole, space, _ = head.rpartition(" ")
    return f"{whole if space and len(whole) > TITLE_LENGTH // 2 else head}…"


def _messages(message: Message, images: Mapping[str, str]) -> list[turn.Message]:
    if message.role == "user":
        parts = tuple(_said(part, images) for part in message.parts if isinstance(part, Text | Image))
        return [turn.Message("user", parts)]
    found: list[turn.Message] = []
    for written in _rounds(message.parts):
        calls = [part for part in written if isinstance(part, ToolCall)]
        found.append(turn.Message("assistant", tuple(_written(part) for part in written)))
        if calls:
            found.append(turn.Message("tool", tuple(_result(call) for call in calls)))
    return found


def _said(part: Text | Image, images: Mapping[str, str]) -> turn.Part:
    if isinstance(part, Text):
        return turn.TextPart(part.text)
    url = images.get(part.file_id)
    return turn.TextPart("[an image that was deleted]") if url is None else turn.ImagePart(url)


def _rounds(parts: Sequence[Part]) -> list[list[Text | Reasoning | ToolCall]]:
    """What was written between one set of results and the next."""
    rounds: list[list[Text | Reasoning | ToolCall]] = []
    called: int | None = None
    for part in parts:
        if isinstance(part, Image) or (isinstance(part, ToolCall) and part.result is None):
            continue
        number = part.round if isinstance(part, ToolCall) else None
        if not rounds or (called is not None and number != called):
            rounds.append([])
        rounds[-1].append(part)
        called = number
    return rounds


def _written(part: Text | Reasoning | ToolCall) -> turn.StreamedPart:
    match part:
        case Text():
            return turn.TextPart(part.text)
        case Reasoning():
            return turn.ReasoningPart(part.text)
        case ToolCall():
            return turn.ToolCallPart(part.call_id, part.name, part.arguments, "server")


def _result(call: ToolCall) -> turn.ToolResultPart:
    assert call.result is not None
    return turn.ToolResultPart(call.call_id, (turn.TextPart(call.result.content),), call.result.is_error)
