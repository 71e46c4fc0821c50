"""`system` and `messages` of a request as the messages of a conversation.

The rule: equal content reads to equal values. A string is one text block and cache markers are nothing, so that the
engine's prompt cache holds; `serving.prefix` sees to what changes between requests without meaning.
Call ids stay what the client sends, missing ones too: `serving.history` finds each result its call, by id or by place.
"""

from __future__ import annotations

from typing import assert_never, cast

from unsloth_studio.dialects.anthropic.blocks import (
    RESULT_TYPES,
    Block,
    CompactionBlock,
    DocumentBlock,
    ImageBlock,
    RedactedThinkingBlock,
    ResultBlock,
    SearchResultBlock,
    ServerResultBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolReferenceBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from unsloth_studio.dialects.anthropic.media import document_parts, image_part, search_result_part
from unsloth_studio.dialects.anthropic.native_tools import our_name
from unsloth_studio.dialects.anthropic.nesting import json_text
from unsloth_studio.dialects.anthropic.server_results import readable
from unsloth_studio.dialects.anthropic.wire import Turn
from unsloth_studio.dialects.body import shaped
from unsloth_studio.dialects.lenient import arguments_text, json_or_text, unshown_part
from unsloth_studio.turn.errors import TurnFailure, invalid
from unsloth_studio.turn.messages import (
    DocumentPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def system_messages(system: str | list[TextBlock | str] | None) -> list[Message]:
    """The instructions as one message; none when they are empty."""
    blocks = [system] if isinstance(system, str) else system or ()
    texts = [block if isinstance(block, str) else block.text for block in blocks]
    parts = tuple(TextPart(text) for text in texts if text)
    return [Message("system", parts)] if parts else []


def turn_messages(turn: Turn, path: str) -> list[Message]:
    """One entry of `messages`: a user's splits into tool results and the rest, an assistant's where a server tool ran.

    `path` is that of the entry; `TurnFailure` names the block that cannot be read.
    """
    listed = [turn.content] if isinstance(turn.content, str) else turn.content or ()
    blocks = [TextBlock(block or "") if isinstance(block, str | None) else block for block in listed]
    path = f"{path}.content"
    match turn.role:
        case "user":
            return _user(blocks, path)
        case "assistant":
            return _assistant(blocks, path)
        case "system":
            return _system(blocks, path)
        case _:
            assert_never(turn.role)


def _system(blocks: list[Block], path: str) -> list[Message]:
    for at, block in enumerate(blocks):
        if not isinstance(block, TextBlock):
            raise _misplaced("system", f"{path}[{at}]")
    parts = tuple(TextPart(block.text) for block in cast("list[TextBlock]", blocks))
    return [Message("system", parts)] if parts else []


def _user(blocks: list[Block], path: str) -> list[Message]:
    """Results first, whatever their place: chat templates want them right behind the calls."""
    results: list[Part] = []
    parts: list[Part] = []
    for at, block in enumerate(blocks):
        match block:
            case TextBlock():
                parts.append(TextPart(block.text))
            case ToolResultBlock():
                results.append(_tool_result(block, f"{path}[{at}]"))
            case ImageBlock():
                parts.append(image_part(block, f"{path}[{at}]"))
            case DocumentBlock():
                parts.extend(document_parts(block, f"{path}[{at}]"))
            case SearchResultBlock():
                parts.append(search_result_part(block))
            case _:
                raise _misplaced("user", f"{path}[{at}]")
    messages = [Message("tool", tuple(results))] if results else []
    return [*messages, Message("user", tuple(parts))] if parts or not messages else messages


def _assistant(blocks: list[Block], path: str) -> list[Message]:
    """One message, or several where results of server tools stand between what the model wrote."""
    answered = {block.tool_use_id for block in blocks if isinstance(block, ServerResultBlock)}
    called: set[str] = set()
    runs: list[tuple[Role, list[Part]]] = [("assistant", [])]
    for at, block in enumerate(blocks):
        part = _assistant_part(block, f"{path}[{at}]")
        if isinstance(part, ToolCallPart) and part.runs_on == "server":
            if part.call_id not in answered:  # a chat template would wait for its result
                continue
            called.add(part.call_id)
        if part is None or (isinstance(part, ToolResultPart) and part.call_id not in called):
            continue
        role: Role = "tool" if isinstance(part, ToolResultPart) else "assistant"
        if runs[-1][0] != role:
            runs.append((role, []))
        said = runs[-1][1]
        before = said[-1] if said else None
        if isinstance(part, TextPart) and isinstance(before, TextPart) and _cites(blocks[at - 1 : at + 1]):
            said[-1] = TextPart(before.text + part.text)
        else:
            said.append(part)
    return [Message(role, tuple(parts)) for role, parts in runs if parts]


def _cites(blocks: list[Block]) -> bool:
    """Whether these neighbours are one text, cut where it cites."""
    return any(isinstance(block, TextBlock) and block.citations for block in blocks)


def _assistant_part(block: Block, path: str) -> Part | None:
    match block:
        case TextBlock():
            return TextPart(block.text)
        case ThinkingBlock():
            return ReasoningPart(block.thinking or "", block.signature or "")
        case ToolUseBlock():
            return ToolCallPart(block.id or "", block.name or "", arguments_text(block.input))
        case ServerToolUseBlock():
            return ToolCallPart(block.id, our_name(block.name), arguments_text(block.input), "server")
        case RedactedThinkingBlock():
            return None  # encrypted for somebody else
        case CompactionBlock():
            return TextPart(block.content) if block.content else None
        case ImageBlock() | DocumentBlock() | SearchResultBlock() | ToolResultBlock():
            raise _misplaced("assistant", path)
        case _:
            return _server_result(block, f"{path}.content")


def _tool_result(block: ToolResultBlock, path: str) -> ToolResultPart:
    blocks = _result_blocks(block.content, f"{path}.content")
    parts: list[TextPart | ImagePart | DocumentPart] = []
    for at, inner in enumerate(blocks):
        match inner:
            case TextBlock():
                parts.append(TextPart(inner.text))
            case ImageBlock():
                parts.append(image_part(inner, f"{path}.content[{at}]"))
            case DocumentBlock():
                parts.extend(document_parts(inner, f"{path}.content[{at}]"))
            case SearchResultBlock():
                parts.append(search_result_part(inner))
            case ToolReferenceBlock():
                parts.append(TextPart(f"The tool {inner.tool_name} can be called now.", (inner.tool_name,)))
            case _:
                assert_never(inner)
    return ToolResultPart(block.tool_use_id or "", tuple(parts), bool(block.is_error))


def _result_blocks(content: object, path: str) -> list[ResultBlock]:
    if content is None or isinstance(content, str):
        return [TextBlock(content)] if content else []
    if not isinstance(content, list):
        return [TextBlock(json_or_text(content))]
    return [_result_block(raw, f"{path}[{at}]") for at, raw in enumerate(cast("list[object]", content))]


def _result_block(raw: object, path: str) -> ResultBlock:
    if raw is None or isinstance(raw, str):
        return TextBlock(raw or "")
    kind = cast("dict[str, object]", raw).get("type") if isinstance(raw, dict) else None
    if isinstance(kind, str) and kind not in RESULT_TYPES:
        return TextBlock(unshown_part(kind))
    return shaped(cast("object", raw), cast("type[ResultBlock]", ResultBlock), at=path)


def _server_result(block: ServerResultBlock, path: str) -> ToolResultPart:
    json_text(block.content, path)
    text, is_error = readable(block.content)
    return ToolResultPart(block.tool_use_id, (TextPart(text),), is_error)


def _misplaced(role: str, path: str) -> TurnFailure:
    return invalid(
        f"{path}.type: a block of this type cannot stand in a message of role '{role}'.", param=f"{path}.type"
    )
