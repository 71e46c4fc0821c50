"""The shapes of content blocks, told apart by `type` (Anthropic API reference, "Messages"; Python SDK 2.12).

The rule: a block is listed here when this server can show it to a model; any other type is refused by its path.
Fields that say nothing to a model (`cache_control`, `caller`, ...) are not named and so are dropped.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

MediaType = Annotated[str, msgspec.Meta(pattern=r"^[a-z]+/[A-Za-z0-9.+-]+\Z", max_length=100)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


class TextBlock(msgspec.Struct, tag_field="type", tag="text"):
    """`citations` tell that an answer was cut into blocks where it cites."""

    text: str
    citations: Any = None


class Base64Source(msgspec.Struct, tag_field="type", tag="base64"):
    media_type: MediaType
    data: str


class UrlSource(msgspec.Struct, tag_field="type", tag="url"):
    url: str


class FileSource(msgspec.Struct, tag_field="type", tag="file"):
    file_id: str


class PlainTextSource(msgspec.Struct, tag_field="type", tag="text"):
    data: str


class ImageBlock(msgspec.Struct, tag_field="type", tag="image"):
    source: Base64Source | UrlSource | FileSource


class ContentSource(msgspec.Struct, tag_field="type", tag="content"):
    content: str | list[TextBlock | ImageBlock]


class DocumentBlock(msgspec.Struct, tag_field="type", tag="document"):
    source: PlainTextSource | ContentSource | Base64Source | UrlSource | FileSource
    title: str | None = None
    context: str | None = None


class SearchResultBlock(msgspec.Struct, tag_field="type", tag="search_result"):
    source: str
    title: str
    content: list[TextBlock]


class ToolReferenceBlock(msgspec.Struct, tag_field="type", tag="tool_reference"):
    """Inside the result of a tool search: the tool it found, which `tools` now holds in full."""

    tool_name: str


ResultBlock = TextBlock | ImageBlock | DocumentBlock | SearchResultBlock | ToolReferenceBlock
"""What the result of a client's tool can hold."""
RESULT_TYPES = frozenset({"text", "image", "document", "search_result", "tool_reference"})


class ToolUseBlock(msgspec.Struct, tag_field="type", tag="tool_use"):
    """A call of an earlier turn, as badly as a model wrote it or a client kept it."""

    id: str | None = None
    name: str | None = None
    input: Any = None


class ToolResultBlock(msgspec.Struct, tag_field="type", tag="tool_result"):
    """`content` is a text or a list whose objects are read one by one: one of no known type must not end a conversation."""

    tool_use_id: str | None = None
    content: Any = None
    is_error: bool | None = None


class ThinkingBlock(msgspec.Struct, tag_field="type", tag="thinking"):
    thinking: str | None = None
    signature: str | None = None


class RedactedThinkingBlock(msgspec.Struct, tag_field="type", tag="redacted_thinking"):
    pass


class CompactionBlock(msgspec.Struct, tag_field="type", tag="compaction"):
    """A summary that stands for what was said before."""

    content: str | None = None


class ServerToolUseBlock(msgspec.Struct, tag_field="type", tag="server_tool_use"):
    """A call that a server ran in an earlier turn: ours, or Anthropic's when a conversation moves over to us."""

    id: Id
    name: str
    input: Any = None


class McpToolUseBlock(ServerToolUseBlock, tag="mcp_tool_use"):
    pass


class WebSearchResultBlock(msgspec.Struct, tag_field="type", tag="web_search_tool_result"):
    """The result of such a call. Its inner shape differs from tool to tool; only its readable text is used."""

    tool_use_id: Id
    content: Any = None


class WebFetchResultBlock(WebSearchResultBlock, tag="web_fetch_tool_result"):
    pass


class CodeExecutionResultBlock(WebSearchResultBlock, tag="code_execution_tool_result"):
    pass


class BashResultBlock(WebSearchResultBlock, tag="bash_code_execution_tool_result"):
    pass


class TextEditorResultBlock(WebSearchResultBlock, tag="text_editor_code_execution_tool_result"):
    pass


class ToolSearchResultBlock(WebSearchResultBlock, tag="tool_search_tool_result"):
    pass


class McpToolResultBlock(WebSearchResultBlock, tag="mcp_tool_result"):
    pass


ServerResultBlock = (
    WebSearchResultBlock
    | WebFetchResultBlock
    | CodeExecutionResultBlock
    | BashResultBlock
    | TextEditorResultBlock
    | ToolSearchResultBlock
    | McpToolResultBlock
)

Block = (
    TextBlock
    | ImageBlock
    | DocumentBlock
    | SearchResultBlock
    | ToolUseBlock
    | ToolResultBlock
    | ThinkingBlock
    | RedactedThinkingBlock
    | CompactionBlock
    | ServerToolUseBlock
    | McpToolUseBlock
    | ServerResultBlock
)
"""What a message can hold."""
