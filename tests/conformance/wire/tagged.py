"""Families that put every value into its own tags; the schema says what the text of a value means."""

# ruff: noqa: RUF001 - the wide bars are what models write

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tests.conformance.case import Call
from tests.conformance.wire.family import Family, as_json, thinks


def as_text(value: object) -> str:
    return value if isinstance(value, str) else as_json(value)


@dataclass(frozen=True, slots=True)
class TaggedForm:
    """The pieces of the wire form. `each_wrapped`: every call has a wrapper of its own; otherwise one holds them all."""

    opener: str
    closer: str
    call: Callable[[str], str]
    call_end: str
    key: Callable[[str, object], str]
    value_end: str
    each_wrapped: bool = False
    value: Callable[[object], str] = as_text
    key_end: Callable[[str], str] | None = None

    def parameter(self, key: str, value: object) -> str:
        end = self.key_end(key) if self.key_end is not None else self.value_end
        return self.key(key, value) + self.value(value) + end

    def inner(self, name: str, arguments: Mapping[str, Any]) -> str:
        return self.call(name) + "".join(self.parameter(k, v) for k, v in arguments.items()) + self.call_end

    def write(self, calls: Sequence[Call]) -> str:
        inner = [self.inner(call.name, call.arguments) for call in calls]
        if self.each_wrapped:
            return "\n".join(self.opener + one + self.closer for one in inner)
        return self.opener + "".join(inner) + self.closer


def _m3(tag: str) -> str:
    return f"]<]minimax[>[<{tag}>"


def _m3_value(value: object) -> str:
    """Objects are tags again, lists are items."""
    if isinstance(value, dict):
        members = cast(dict[str, Any], value)
        return "".join(_m3(key) + _m3_value(member) + _m3(f"/{key}") for key, member in members.items())
    if isinstance(value, list):
        return "".join(_m3("item") + _m3_value(item) + _m3("/item") for item in cast(list[Any], value))
    return as_text(value)


def _dsml(block: str) -> TaggedForm:
    def key(name: str, value: object) -> str:
        return f'<｜DSML｜parameter name="{name}" string="{"true" if isinstance(value, str) else "false"}">'

    return TaggedForm(
        f"<｜DSML｜{block}>\n",
        f"</｜DSML｜{block}>",
        lambda n: f'<｜DSML｜invoke name="{n}">\n',
        "</｜DSML｜invoke>\n",
        key,
        "</｜DSML｜parameter>\n",
    )


def _invoke(opener: str, closer: str) -> TaggedForm:
    return TaggedForm(
        f"{opener}\n",
        closer,
        lambda n: f'<invoke name="{n}">\n',
        "</invoke>\n",
        lambda k, _: f'<parameter name="{k}">',
        "</parameter>\n",
    )


FORMS: dict[str, TaggedForm] = {
    "qwen3-coder": TaggedForm(
        "<tool_call>\n",
        "\n</tool_call>",
        lambda n: f"<function={n}>\n",
        "</function>",
        lambda k, _: f"<parameter={k}>\n",
        "\n</parameter>\n",
        each_wrapped=True,
    ),
    "seed-oss": TaggedForm(
        "<seed:tool_call>\n",
        "\n</seed:tool_call>",
        lambda n: f"<function={n}>\n",
        "</function>",
        lambda k, _: f"<parameter={k}>",
        "</parameter>\n",
        each_wrapped=True,
    ),
    "deepseek-v3.2": _dsml("function_calls"),
    "deepseek-v4": _dsml("tool_calls"),
    "glm-4.5": TaggedForm(
        "<tool_call>",
        "</tool_call>",
        lambda n: f"{n}\n",
        "",
        lambda k, _: f"<arg_key>{k}</arg_key>\n<arg_value>",
        "</arg_value>\n",
        each_wrapped=True,
    ),
    "glm-4.7": TaggedForm(
        "<tool_call>",
        "</tool_call>",
        lambda n: n,
        "",
        lambda k, _: f"<arg_key>{k}</arg_key><arg_value>",
        "</arg_value>",
        each_wrapped=True,
    ),
    "minimax-m2": _invoke("<minimax:tool_call>", "</minimax:tool_call>"),
    "minimax-m3": TaggedForm(
        _m3("tool_call"),
        _m3("/tool_call"),
        lambda n: _m3(f'invoke name="{n}"'),
        _m3("/invoke"),
        lambda k, _: _m3(k),
        "",
        value=_m3_value,
        key_end=lambda k: _m3(f"/{k}"),
    ),
    "step-3": TaggedForm(
        "<｜tool_calls_begin｜>",
        "<｜tool_calls_end｜>",
        lambda n: f'<｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="{n}">',
        "</steptml:invoke><｜tool_call_end｜>",
        lambda k, _: f'<steptml:parameter name="{k}">',
        "</steptml:parameter>",
    ),
    "minicpm-5": TaggedForm(
        "", "", lambda n: f'<function name="{n}">', "</function>", lambda k, _: f'<param name="{k}">', "</param>"
    ),
    "anthropic": _invoke("<function_calls>", "</function_calls>"),
}

_THINK = thinks()
_CLOSED_ONLY = thinks("", "</think>")
_OPTIONS: dict[str, dict[str, Any]] = {
    "qwen3-coder": {"reason": _THINK},
    "seed-oss": {"reason": thinks("<seed:think>", "</seed:think>")},
    "deepseek-v3.2": {"reason": _CLOSED_ONLY, "prompt_opens_reasoning": True, "tokens": True},
    "deepseek-v4": {"reason": _CLOSED_ONLY, "prompt_opens_reasoning": True, "tokens": True},
    "glm-4.5": {"reason": _THINK},
    "glm-4.7": {"reason": _CLOSED_ONLY, "prompt_opens_reasoning": True},
    "minimax-m2": {"reason": _THINK},
    "minimax-m3": {"reason": thinks("<mm:think>", "</mm:think>"), "tokens": True},
    "step-3": {"reason": _THINK, "tokens": True},
    "minicpm-5": {"reason": _THINK},
}
_CLOSERS = {"glm-4.5": "</arg_value>", "glm-4.7": "</arg_value>", "minicpm-5": "</param>", "minimax-m3": "</invoke>"}

FAMILIES = [
    Family(name, form.write, _CLOSERS.get(name, form.value_end.strip()), **_OPTIONS.get(name, {}))
    for name, form in FORMS.items()
]
