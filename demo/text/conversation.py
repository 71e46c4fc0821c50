"""What a conversation is made of, and how it reads as text: exactly as `template.jinja` renders it.

The one rule: only the assistant's words are trained on; a conversation in thinking mode trains its last answer alone,
because the template drops the thoughts of earlier turns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

CALL_STARTS = "<tool_call>"
DESCRIPTION_LENGTH = 120
"""So many characters of a tool's description does the template keep."""


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: str = "string"
    required: bool = True
    choices: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        return {"type": self.type, "enum": list(self.choices)} if self.choices else {"type": self.type}


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    description: str
    parameters: tuple[Parameter, ...] = ()

    def schema(self) -> dict[str, Any]:
        """The tool as an OpenAI client sends it."""
        properties = {one.name: one.schema() for one in self.parameters}
        required = [one.name for one in self.parameters if one.required]
        parameters = {"type": "object", "properties": properties, "required": required}
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.description, "parameters": parameters},
        }

    def signature(self) -> str:
        parameters = ", ".join(
            f"{one.name}{'' if one.required else '?'}: {'|'.join(one.choices) or one.type}" for one in self.parameters
        )
        return f"{self.name}({parameters}): {self.description[:DESCRIPTION_LENGTH]}"


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: dict[str, Any]

    def text(self) -> str:
        return f"{CALL_STARTS}\n{to_json({'name': self.name, 'arguments': self.arguments})}\n</tool_call>"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. An assistant's has either text or calls; `thought` is what it thinks before, in thinking mode."""

    role: Literal["user", "tool", "assistant"]
    text: str = ""
    calls: tuple[Call, ...] = ()
    thought: str = ""
    kind: str = ""

    def written(self) -> str:
        return "\n".join(call.text() for call in self.calls) if self.calls else self.text


@dataclass(frozen=True, slots=True)
class Conversation:
    turns: tuple[Turn, ...]
    system: str | None = None
    tools: tuple[Tool, ...] = ()
    thinking: bool = False
    keeps_thoughts: bool = False
    """Whether the client sent back the thought before a tool call, as good clients do."""


@dataclass(frozen=True, slots=True)
class Segment:
    text: str
    trained: bool = False


def to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def segments(conversation: Conversation) -> Iterator[Segment]:
    """The conversation as text, in pieces that are trained on or not."""
    if conversation.system is not None or conversation.tools:
        yield Segment(_opening(conversation.system, conversation.tools))
    last_question = max(at for at, turn in enumerate(conversation.turns) if turn.role == "user")
    for at, turn in enumerate(conversation.turns):
        if turn.role == "user":
            yield Segment(f"<|im_start|>user\n{turn.text}<|im_end|>\n")
        elif turn.role == "tool":
            yield Segment(f"<|im_start|>user\n<tool_response>\n{turn.text}\n</tool_response><|im_end|>\n")
        elif conversation.thinking:
            last = at == len(conversation.turns) - 1
            thinks = last or (at > last_question and conversation.keeps_thoughts)
            thought = f"{turn.thought}\n</think>\n\n" if thinks else ""
            yield Segment("<|im_start|>assistant\n" + ("<think>\n" if thinks else ""))
            yield Segment(f"{thought}{turn.written()}<|im_end|>", last)
            yield Segment("\n")
        else:
            yield Segment("<|im_start|>assistant\n")
            yield Segment(f"{turn.written()}<|im_end|>", True)
            yield Segment("\n")


def _opening(system: str | None, tools: tuple[Tool, ...]) -> str:
    text = "<|im_start|>system\n" + (system or "")
    if tools:
        listed = "\n".join(tool.signature() for tool in tools)
        text += ("\n\n" if system else "") + f"<tools>\n{listed}\n</tools>"
    return text + "<|im_end|>\n"
