"""Chains for scripted GGUFs, and the tool they call. What the engine makes of each is proved in `test_gguf.py`."""

from __future__ import annotations

from typing import Any

PLAIN_TEXT = ("Hello", " from", " the", " script", ".")
REASONING_THEN_TEXT = ("<think>", "Let me", " think", ".", "</think>", "It is", " done", "!")
TEXT_THEN_TOOL_CALL = (
    "Let me check.",
    "<tool_call>",
    '\n{"name": "get_',
    'weather", "arguments": ',
    '{"city": "',
    'Paris"}',
    "}\n",
    "</tool_call>",
)
# Without a newline after the tag: with one the engine's grammar begins and forces what follows into valid JSON.
BROKEN_TOOL_CALL = (
    "Let me check.",
    "<tool_call>",
    '{"name": "get_weather", ',
    '"arguments": {"city": ',
    "Paris}}",
    "</tool_call>",
)
ENDLESS = ("tick", " tock", ", ")

WEATHER_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
