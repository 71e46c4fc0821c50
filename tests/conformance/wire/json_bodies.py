"""Families whose arguments are a JSON object: inside an envelope with the name, or after a name that stands outside."""

# ruff: noqa: RUF001 - the wide bars are what models write

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.conformance.case import Call
from tests.conformance.wire.family import Family, as_json, thinks


@dataclass(frozen=True, slots=True)
class JsonForm:
    """The wire form around `arguments`, which are text already: so that a case can put a defect into them.

    `one(name, arguments)` writes a call, `join` makes one text of several. `envelope`: the name is a JSON key.
    """

    one: Callable[[str, str], str]
    join: Callable[[list[str]], str]
    envelope: tuple[str, str] | None = None
    has_end: bool = True

    def write(self, calls: Sequence[Call]) -> str:
        return self.join([self.one(call.name, as_json(call.arguments)) for call in calls])

    def write_raw(self, name: str, arguments: str) -> str:
        return self.join([self.one(name, arguments)])

    def write_body(self, body: str) -> str:
        """Another text in the place of the envelope."""
        return self.join([body])


def enveloped(name_key: str, arguments_key: str, extra: str = "") -> Callable[[str, str], str]:
    return lambda name, arguments: f'{{{extra}"{name_key}": {as_json(name)}, "{arguments_key}": {arguments}}}'


def around(before: str, after: str, between: str = ", ") -> Callable[[list[str]], str]:
    return lambda calls: before + between.join(calls) + after


def each(before: str, after: str, between: str = "\n") -> Callable[[list[str]], str]:
    return lambda calls: between.join(before + call + after for call in calls)


NAME_ARGUMENTS = ("name", "arguments")
NAME_PARAMETERS = ("name", "parameters")
COHERE = ("tool_name", "parameters")


def _in_list(before: str, after: str, *, keys: tuple[str, str] = NAME_ARGUMENTS, extra: str = "") -> JsonForm:
    return JsonForm(enveloped(*keys, extra), around(before, after), keys)


def _deepseek_r1(name: str, arguments: str) -> str:
    return f"<｜tool▁call▁begin｜>function<｜tool▁sep｜>{name}\n```json\n{arguments}\n```<｜tool▁call▁end｜>"


def _harmony_reason(thought: str) -> str:
    return f"<|channel|>analysis<|message|>{thought}<|end|><|start|>assistant"


def _harmony_preamble(prose: str) -> str:
    return f"<|channel|>commentary<|message|>{prose}<|end|><|start|>assistant"


_DEEPSEEK = around("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "\n")
_KIMI = around("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "")

FORMS: dict[str, JsonForm] = {
    "hermes": JsonForm(enveloped(*NAME_ARGUMENTS), each("<tool_call>\n", "\n</tool_call>"), NAME_ARGUMENTS),
    "llama-json": JsonForm(enveloped(*NAME_PARAMETERS), around("", "", "; "), NAME_PARAMETERS, has_end=False),
    "llama-python-tag": JsonForm(
        enveloped(*NAME_PARAMETERS, '"type": "function", '),
        around("<|python_tag|>", "<|eom_id|>", "; "),
        NAME_PARAMETERS,
    ),
    "functionary": JsonForm(lambda name, arguments: f"<function={name}>{arguments}</function>", around("", "", "")),
    "mistral-v3": _in_list("[TOOL_CALLS] [", "]"),
    "mistral-v11": JsonForm(lambda n, a: f"[TOOL_CALLS]{n}{a}", around("", "", ""), has_end=False),
    "mistral-v13": JsonForm(lambda n, a: f"[TOOL_CALLS]{n}[ARGS]{a}", around("", "", ""), has_end=False),
    "mistral-v13-ids": JsonForm(
        lambda n, a: f"[TOOL_CALLS]{n}[CALL_ID]a1B2c3D4e[ARGS]{a}", around("", "", ""), has_end=False
    ),
    "deepseek-r1": JsonForm(_deepseek_r1, _DEEPSEEK),
    "deepseek-v3.1": JsonForm(lambda n, a: f"<｜tool▁call▁begin｜>{n}<｜tool▁sep｜>{a}<｜tool▁call▁end｜>", _DEEPSEEK),
    "kimi": JsonForm(
        lambda n, a: f"<|tool_call_begin|>functions.{n}:0<|tool_call_argument_begin|>{a}<|tool_call_end|>", _KIMI
    ),
    "harmony": JsonForm(
        lambda n, a: f"<|channel|>commentary to=functions.{n} <|constrain|>json<|message|>{a}<|call|>",
        around("", "", "<|start|>assistant"),
    ),
    "command-r7b": _in_list("<|START_ACTION|>[", "]<|END_ACTION|>", keys=COHERE, extra='"tool_call_id": "0", '),
    "command-r": _in_list("Action:\n```json\n[", "]\n```", keys=COHERE),
    "granite-3": _in_list("<|tool_call|>[", "]"),
    "nemotron-nano": _in_list("<TOOLCALL>[", "]</TOOLCALL>"),
    "hunyuan": _in_list("<tool_calls>[", "]</tool_calls>"),
    "phi-4-mini": _in_list("<|tool_call|>[", "]<|/tool_call|>"),
    "functools": _in_list("functools[", "]"),
    "apertus": JsonForm(lambda n, a: f'{{"{n}": {a}}}', around("<|tools_prefix|>[", "]<|tools_suffix|>")),
    "internlm": JsonForm(
        enveloped(*NAME_PARAMETERS), each("<|action_start|><|plugin|>", "<|action_end|>"), NAME_PARAMETERS
    ),
    "longcat": JsonForm(
        enveloped(*NAME_ARGUMENTS), each("<longcat_tool_call>\n", "\n</longcat_tool_call>"), NAME_ARGUMENTS
    ),
    "xlam": _in_list("[", "]"),
}

_THINK = thinks()
_OPTIONS: dict[str, dict[str, Any]] = {
    "hermes": {"reason": _THINK},
    "llama-json": {"prose_before": False, "prose_after": False},
    "llama-python-tag": {"prose_after": False, "tokens": True},
    "mistral-v3": {"prose_after": False, "tokens": True},
    "mistral-v11": {"prose_after": False, "tokens": True, "reason": thinks("[THINK]", "[/THINK]")},
    "mistral-v13": {"prose_after": False, "tokens": True, "reason": thinks("[THINK]", "[/THINK]")},
    "mistral-v13-ids": {"prose_after": False, "tokens": True, "reason": thinks("[THINK]", "[/THINK]")},
    "deepseek-r1": {"reason": _THINK, "tokens": True, "fence": "~~~"},
    "deepseek-v3.1": {"reason": thinks("", "</think>"), "tokens": True, "prompt_opens_reasoning": True},
    "kimi": {"reason": _THINK, "tokens": True},
    "harmony": {
        "reason": _harmony_reason,
        "say": _harmony_preamble,
        "prose_after": False,
        "tokens": True,
    },
    "command-r7b": {
        "reason": thinks("<|START_THINKING|>", "<|END_THINKING|>"), "prose_before": False, "prose_after": False,
        "tokens": True,
    },
    "command-r": {"prose_after": False, "fence": "~~~"},
    "granite-3": {"prose_after": False, "tokens": True},
    "nemotron-nano": {"reason": _THINK},
    "hunyuan": {"reason": _THINK},
    "phi-4-mini": {"tokens": True},
    "functools": {"prose_before": False, "prose_after": False},
    "apertus": {"tokens": True},
    "internlm": {"tokens": True},
    "longcat": {"reason": thinks("<longcat_think>", "</longcat_think>")},
    "xlam": {"prose_before": False, "prose_after": False},
}  # fmt: skip
_CLOSERS = {
    "hermes": "</tool_call>", "functionary": "</function>", "deepseek-r1": "<｜tool▁call▁end｜>",
    "deepseek-v3.1": "<｜tool▁call▁end｜>", "kimi": "<|tool_call_end|>", "harmony": "<|call|>",
    "command-r7b": "<|END_ACTION|>", "nemotron-nano": "</TOOLCALL>", "hunyuan": "</tool_calls>",
    "phi-4-mini": "<|/tool_call|>", "apertus": "<|tools_suffix|>", "internlm": "<|action_end|>",
    "longcat": "</longcat_tool_call>", "llama-python-tag": "<|eom_id|>",
}  # fmt: skip

FAMILIES = [
    Family(name, form.write, _CLOSERS.get(name, "]}"), **_OPTIONS.get(name, {})) for name, form in FORMS.items()
]
