"""Whose turn a mark begins: the model's own, or that of a user, a system, a tool.

The rule: what stands in another role's turn was not said by the model in this one, so nothing in it is a call. A mark in the
middle of a sentence, behind a blank or a quote and with more of the line behind it, is only spoken of. Source of the marks:
the chat templates of the families in docs/healing.md.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from msgspec import Struct

from unsloth_studio.parsing.marks import Mark
from unsloth_studio.patterns import pattern

Whose = Literal["own", "other", "nobody"]

_NAMED_BEHIND: Final = frozenset(
    {
        "<|im_start|>", "<|start_header_id|>", "<|header_start|>", "<start_of_turn>", "<|start_of_turn|>", "<|turn>",
        "<|start_of_role|>",
    }
)  # fmt: skip
"""Marks behind which the role stands as a word."""
_OWN_MARKS: Final = frozenset(
    {
        "<|assistant|>", "<|im_assistant|>", "<|assistant_start|>", "<|chatbot_token|>", "[/inst]", "[/system_prompt]",
        "[/available_tools]",
    }
)  # fmt: skip
_OWN: Final = frozenset({"assistant", "model", "gpt", "bot", "chatbot", "ai"})
_OTHERS: Final = frozenset(
    {
        "user", "human", "system", "developer", "tool", "tools", "tool_response", "tool_result", "tool_results",
        "observation", "ipython", "function", "environment", "available_tools", "documents", "context",
    }
)  # fmt: skip
_WORD = pattern(r"\s{0,8}(?P<role>[A-Za-z_][\w\-]{0,40})?")
_AUTHOR = pattern(r"<\|start\|>\s*(?P<author>[\w.\-]+)", re.IGNORECASE)
_TO_ASSISTANT = pattern(r"to=assistant\b", re.IGNORECASE)
_PROSE = frozenset(" \t\"'(`*[\u201c\u2018\u00ab")

ECHOES: Final[dict[str, str]] = {
    "<tool_response>": "</tool_response>",
    "<tool_result>": "</tool_result>",
    "<function_results>": "</function_results>",
    "<tool_output>": "</tool_output>",
    "[tool_results]": "[/tool_results]",
    "<|tool_response>": "<tool_response|>",
    "<|tool_outputs_begin|>": "<|tool_outputs_end|>",
    "<|tool_output_begin|>": "<|tool_output_end|>",
    "<|start_tool_result|>": "<|end_tool_result|>",
    "<start_function_response>": "<end_function_response>",
}
"""The marks around results, and which closes which."""


class Turn(Struct, frozen=True):
    """`end` is where the turn's text begins; `own_line` when the mark ends its line."""

    whose: Whose
    end: int
    own_line: bool = False


def may_begin_a_turn(mark: Mark) -> bool:
    return mark.kind == "turn" or mark.name in _NAMED_BEHIND or mark.name == "<|observation|>"


def turn_at(text: str, mark: Mark, *, final: bool) -> Turn | None:
    """The turn that `mark`, of the kind `drop` or `turn`, begins; None when more text is needed to tell."""
    if not may_begin_a_turn(mark):
        return Turn("nobody", mark.end)
    if mark.name not in _NAMED_BEHIND:
        if mark.end >= len(text) and not final:
            return None
        whose: Whose = "own" if mark.name in _OWN_MARKS else "other"
        return Turn(whose, mark.end, text[mark.end : mark.end + 1] in ("\n", ""))
    found = _WORD.match(text, mark.end)
    assert found
    if found.end() >= len(text) and not final:
        return None
    role, after = (found["role"] or "").lower(), text[found.end() : found.end() + 1]
    own_line = after in ("\n", "<", "")
    if role in _OTHERS:
        return Turn("other", mark.end, own_line)
    if role in _OWN:
        return Turn("own", found.end() + (after == "\n") if own_line else mark.end, own_line)
    return Turn("nobody", mark.end)


def is_spoken_of(before: str) -> bool:
    """Whether a mark behind `before`, the end of what was said, stands in a sentence."""
    line = before.rpartition("\n")[2]
    return bool(line.strip()) and line[-1] in _PROSE


def author_of(head: str, *, is_tool: bool) -> Whose:
    """Who wrote a message of gpt-oss with this header; `is_tool`: whether its author is an offered tool."""
    found = _AUTHOR.match(head)
    if found is None:
        return "nobody"
    author = found["author"].lower()
    if author in _OTHERS or author.startswith(("functions.", "browser.")) or is_tool or _TO_ASSISTANT.search(head):
        return "other"
    return "own" if author.startswith("assistant") else "nobody"


def author_name(head: str) -> str:
    found = _AUTHOR.match(head)
    return found["author"] if found else ""
