"""What a model wrote, read: content, thoughts and tool calls of every family, repaired where the schema leaves no doubt.

    from unsloth_studio.parsing import OutputParser, parse_output

    output = parse_output(text, tools)      # tools: the OpenAI list; nothing else has to be told about the model
    output.content, output.reasoning        # str, str | None
    output.tool_calls                       # each: name, arguments (JSON text), repairs (short words)

    parser = OutputParser(tools)            # the same while it streams
    pieces = parser.feed(chunk)             # ContentDelta, ReasoningDelta, Call
    pieces = parser.finish()
    output = parser.output

These names are stable. The package needs only `orjson` and nothing else of this program; it never raises on any text.
"""

from unsloth_studio.parsing.machine import OutputParser, parse_output
from unsloth_studio.parsing.output import Call, ContentDelta, Output, Piece, ReasoningDelta, ToolCall

__all__ = ["Call", "ContentDelta", "Output", "OutputParser", "Piece", "ReasoningDelta", "ToolCall", "parse_output"]
