"""Families that write calls as Python does: keyword arguments and literals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tests.conformance.case import Call
from tests.conformance.wire.family import Family, as_json


def double_quoted(value: object) -> str:
    """A Python literal with double quotes around strings."""
    if isinstance(value, str):
        return as_json(value)
    if isinstance(value, dict):
        members = cast(dict[str, Any], value)
        return "{" + ", ".join(f"{as_json(k)}: {double_quoted(v)}" for k, v in members.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(double_quoted(item) for item in cast(list[Any], value)) + "]"
    return repr(value)


@dataclass(frozen=True, slots=True)
class PythonForm:
    """`opener`, the calls with `between` them, `closer`; `call` writes one of a name and the text in the parentheses."""

    opener: str
    closer: str
    between: str = ", "
    literal: Callable[[object], str] = double_quoted
    call: Callable[[str, str], str] = lambda name, inner: f"{name}({inner})"
    has_end: bool = True

    def write(self, calls: Sequence[Call]) -> str:
        return self.opener + self.between.join(self._one(call) for call in calls) + self.closer

    def write_raw(self, name: str, inner: str) -> str:
        return self.opener + self.call(name, inner) + self.closer

    def _one(self, call: Call) -> str:
        return self.call(call.name, ", ".join(f"{k}={self.literal(v)}" for k, v in call.arguments.items()))


FORMS: dict[str, PythonForm] = {
    "llama-4": PythonForm("<|python_start|>[", "]<|python_end|>"),
    "pythonic-list": PythonForm("[", "]"),
    "llama-3.1-call": PythonForm(
        "<|python_tag|>", "<|eom_id|>", "; ", call=lambda name, inner: f"{name}.call({inner})"
    ),
    "gemma-3": PythonForm("```tool_code\n", "\n```", "\n", literal=repr),
    "gemma-3-print": PythonForm(
        "```tool_code\n", "\n```", "\n", literal=repr, call=lambda name, inner: f"print(default_api.{name}({inner}))"
    ),
    "lfm2": PythonForm("<|tool_call_start|>[", "]<|tool_call_end|>", literal=repr),
    "olmo-3": PythonForm("<function_calls>\n", "\n</function_calls>", "\n"),
}

_OPTIONS: dict[str, dict[str, Any]] = {
    "llama-4": {"tokens": True},
    "pythonic-list": {"prose_before": False, "prose_after": False},
    "llama-3.1-call": {"tokens": True, "prose_after": False},
    "gemma-3": {"prose_before": False, "prose_after": False, "fence": ""},
    "gemma-3-print": {"prose_before": False, "prose_after": False, "fence": ""},
    "lfm2": {"tokens": True},
}

FAMILIES = [
    Family(name, form.write, form.closer.strip() if form.closer.strip() != "```" else ")", **_OPTIONS.get(name, {}))
    for name, form in FORMS.items()
]
