"""Gemma 4 and FunctionGemma: `call:name{key:value}` with a token around strings and no escapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from tests.conformance.case import Call
from tests.conformance.wire.family import Family, as_json


@dataclass(frozen=True, slots=True)
class GemmaForm:
    opener: str
    closer: str
    quote: str

    def write(self, calls: Sequence[Call]) -> str:
        return "".join(self.write_raw(f"call:{call.name}{self.value(call.arguments)}") for call in calls)

    def write_raw(self, body: str) -> str:
        return self.opener + body + self.closer

    def value(self, value: object) -> str:
        if isinstance(value, str):
            return self.quote + value + self.quote
        if isinstance(value, dict):
            members = cast(dict[str, Any], value)
            return "{" + ",".join(f"{key}:{self.value(member)}" for key, member in members.items()) + "}"
        if isinstance(value, list):
            return "[" + ",".join(self.value(item) for item in cast(list[Any], value)) + "]"
        return as_json(value)


FORMS = {
    "gemma-4": GemmaForm("<|tool_call>", "<tool_call|>", '<|"|>'),
    "functiongemma": GemmaForm("<start_function_call>", "<end_function_call>", "<escape>"),
}


def _gemma_4_reason(thought: str) -> str:
    return f"<|channel>thought\n{thought}\n<channel|>"


FAMILIES = [
    Family("gemma-4", FORMS["gemma-4"].write, "<tool_call|>", _gemma_4_reason, tokens=True),
    Family("functiongemma", FORMS["functiongemma"].write, "<end_function_call>", tokens=True),
]
