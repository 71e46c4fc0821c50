"""The marks by which models announce calls, thoughts and the ends of both: one table, and a matcher over it.

The rule: a mark is found by its letters alone; case, full-width bars, the blanks of DeepSeek's markers and blanks just
inside a bracket do not matter. Source of the forms: the chat templates and model cards of the families in docs/healing.md.
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal, NamedTuple

from msgspec import Struct, field

from unsloth_studio.patterns import pattern

MarkKind = Literal["open", "head", "close", "think", "unthink", "harmony", "drop", "turn", "echo", "unecho"]
"""`open` announces a call behind it, `head` is the first part of a call itself, `close` ends one; `harmony` opens a header
of gpt-oss; `drop` is a control token that nobody wants to see, `turn` begins the turn of a role (`roles.py`); between
`echo` and `unecho` others' words are repeated."""

_OPEN = """
<tool_call> <tool_calls> <toolcall> <toolcalls> <tool-call> <function_calls> <function_call> <seed:tool_call>
<minimax:tool_call> <longcat_tool_call> <|tool_call|> <|tool_call> <|tool_calls|> <|python_tag|> <|python_start|>
[tool_calls] [tool_call] <|tool_calls_begin|> <|tool_call_begin|> <|tool_calls_section_begin|>
<|tool_call_section_begin|> <|dsml|function_calls> <|dsml|tool_calls> <|dsml|toolcalls> <|dsml|functioncalls>
<|dsml|tool_call>
]<]minimax[>[<tool_call> <|tool_call_start|> <|tool_calls_start|> <start_function_call> <|start_action|> <|tools_prefix|>
<|action_start|> <|plugin|>
"""
_HEAD = """
<function= <function_name= <invoke_name= <|dsml|invoke_name= ]<]minimax[>[<invoke_name= <steptml:invoke_name=
"""
_CLOSE = """
</tool_call> </tool_calls> </toolcall> </toolcalls> </tool-call> </function_calls> </function_call> </seed:tool_call>
</minimax:tool_call> </longcat_tool_call> <|/tool_call|> <tool_call|> <|python_end|> <|tool_calls_end|> <|tool_call_end|>
<|tool_calls_section_end|> <|tool_call_section_end|> </|dsml|function_calls> </|dsml|tool_calls> </|dsml|toolcalls>
</|dsml|functioncalls>
</|dsml|tool_call> </|dsml|invoke> ]<]minimax[>[</tool_call> ]<]minimax[>[</invoke> <|tool_calls_end|> <end_function_call>
<|end_action|> <|tools_suffix|> <|action_end|> </function> </invoke> </steptml:invoke> </parameter> </arg_value>
</arguments> </tools>
"""
_THINK = """
<think> <thinking> <seed:think> <mm:think> [think] <|start_thinking|> <|inner_prefix|> <longcat_think> <|channel>thought
]<]minimax[>[<mm:think>
"""
_UNTHINK = """
</think> </thinking> </seed:think> </mm:think> [/think] <|end_thinking|> <|inner_suffix|> </longcat_think> <channel|>
]<]minimax[>[</mm:think>
"""
_HARMONY = "<|channel|> <|start|>"
_DROP = """
<|im_start|> <|im_end|> <|eot_id|> <|eom_id|> <|endoftext|> <|end_of_text|> <|begin_of_text|> <|start_header_id|>
<|end_header_id|> <end_of_turn> <start_of_turn> <|end_of_turn|> <|start_of_turn|> <|start_response|> <|end_response|>
<|end|> <|return|> <|call|> <|message|> <|end_of_sentence|> <|begin_of_sentence|> <|tool_sep|> <|tool_call_argument_begin|>
<|end_of_role|> <|start_of_role|> <turn|> <|turn> <|observation|> <|endofturn|> <|eot|> <|eom|> <|header_start|>
<|header_end|> <|start_of_turn_token|> <|end_of_turn_token|> <|im_middle|>
"""
_TURN = """
<|user|> <|system|> <|tool|> <|im_user|> <|im_system|> <|user_token|> <|system_token|> <|user_start|> <|system_start|>
<|developer_start|> [inst] [system_prompt] [available_tools]
<|assistant|> <|im_assistant|> <|chatbot_token|> <|assistant_start|> [/inst] [/system_prompt] [/available_tools]
"""

_ECHO = """
<tool_response> <tool_result> <function_results> <tool_output> [tool_results] <|tool_response> <|tool_outputs_begin|>
<|tool_output_begin|> <|start_tool_result|> <start_function_response>
"""
_UNECHO = """
</tool_response> </tool_result> </function_results> </tool_output> [/tool_results] <tool_response|> <|tool_outputs_end|>
<|tool_output_end|> <|end_tool_result|> <end_function_response>
"""

_FAMILIES: tuple[tuple[MarkKind, str], ...] = (
    ("open", _OPEN), ("head", _HEAD), ("close", _CLOSE), ("think", _THINK), ("unthink", _UNTHINK), ("harmony", _HARMONY),
    ("drop", _DROP), ("turn", _TURN), ("echo", _ECHO), ("unecho", _UNECHO),
)  # fmt: skip

LONGEST: Final = 64
"""Characters that a mark may take in a text, blanks and escapes included."""


class Mark(NamedTuple):
    """`name` is its spelling in the table, `end` where the text goes on behind it.

    A tuple, for very many are made.
    """

    kind: MarkKind
    name: str
    end: int


MAYBE: Final = "maybe"
"""The text ends inside what may become a mark."""


class _Node(Struct):
    next: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    mark: tuple[MarkKind, str] | None = None


@cache
def _tree() -> _Node:
    root = _Node()
    for kind, names in _FAMILIES:
        for name in names.split():
            node = root
            for letter in name:
                node = node.next.setdefault(letter, _Node())
            node.mark = (kind, name)
    return root


@cache
def _exact() -> dict[str, tuple[MarkKind, str]]:
    """Marks as their families write them, where the first `>`, `=` or `]` ends them; the common case."""
    found: dict[str, tuple[MarkKind, str]] = {}
    for kind, names in _FAMILIES:
        for name in names.split():
            ends = _END.search(name, 1)
            if ends and ends.end() == len(name):
                found[name] = (kind, name)
                if kind == "head":
                    found[name.replace("_", " ")] = (kind, name)
    return found


@cache
def _second(first: str) -> frozenset[str]:
    """What can follow the first letter of a mark; most of what begins like one is settled here."""
    node = _tree().next.get(first)
    letters = "".join(node.next) if node else ""
    return frozenset(letters + letters.upper() + "".join(_SAME) + " \t\\")


_END = pattern("[>=\\]]")
_SAME: Final = {"｜": "|", "▁": "_", "\u00a0": " "}  # noqa: RUF001
_SAME_LETTERS: Final = str.maketrans(_SAME)


def mark_at(text: str, start: int) -> Mark | Literal["maybe"] | None:
    """The longest mark that begins at `start`, `MAYBE` when more text is needed to tell, None when there is none."""
    if start + 1 < len(text) and text[start + 1] not in _second(text[start]):
        return None
    ends = _END.search(text, start + 1, start + LONGEST)
    if ends is not None:
        written, exact = text[start : ends.end()], _exact()
        known = exact.get(written) or exact.get(written.lower().translate(_SAME_LETTERS))
        if known is not None:
            return Mark(known[0], known[1], ends.end())
    node, found, pos = _tree(), None, start
    before = ""
    while pos < len(text):
        letter = _SAME.get(text[pos], text[pos].lower())
        if letter in " \t" or letter == "\\":
            follower = node.next.get("_") if letter == " " else None
            if follower is not None and not _skips(before):
                letter = "_"
            elif before and (
                _skips(before) or letter == "\\" or "_" in node.next or ">" in node.next or "|" in node.next
            ):
                pos += 1  # `< tool_call >`, `tool\_call`
                if pos - start > LONGEST:
                    return found
                continue
        following = node.next.get(letter)
        if following is None:
            return found
        node, before = following, letter
        pos += 1
        if node.mark is not None:
            found = Mark(node.mark[0], node.mark[1], pos)
            if not node.next:
                return found
        if pos - start > LONGEST:
            return found
    return MAYBE if node.next and before else found


def _skips(before: str) -> bool:
    return before in "<|/["
