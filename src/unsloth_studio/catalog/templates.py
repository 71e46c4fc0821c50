"""What a chat template can do, judged from its text: tools, thinking and its switch, images, system messages.

The rule: every judgement is a row of `_TABLE`, with the model whose template it was taken from; only Jinja code and literal
text count, comments do not. A template is never run here: the engine does that. Pure.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from msgspec import Struct


class TemplateFacts(Struct, frozen=True):
    """`thinking_switch` is the template variable that turns thinking on and off (`enable_thinking`, `thinking`), None when
    there is none. `thinks_by_default` says what happens when nobody says anything; a model that thinks and has no switch
    always does. `reasoning_effort` says that the template reads that variable. `system_first` says that a system message
    is refused anywhere but at the beginning."""

    tools: bool = False
    thinking: bool = False
    thinking_switch: str | None = None
    thinks_by_default: bool = False
    reasoning_effort: bool = False
    vision: bool = False
    system: bool = False
    system_first: bool = False


class _Row(NamedTuple):
    """`pattern` found in a template's code (`{{ }}`, `{% %}`), in the errors it raises, or anywhere in it (`text`) means
    that `fact` holds."""

    fact: str
    where: str
    pattern: str
    seen_in: str


_TABLE = (
    _Row("tools", "code", r"\b(?:tools|available_tools|custom_tools)\b", "Qwen3, Llama 3.1, Mistral, gpt-oss, GLM-4.5"),
    _Row("thinking", "code", r"\benable_thinking\b", "Qwen3, GLM-4.5, Nemotron 3, SmolLM3, Gemma 4"),
    _Row("thinking", "code", r"(?<![\w.'\"])thinking\b(?!['\"])", "DeepSeek V3.1, Granite 3.2, Kimi K2.5"),
    _Row("thinking", "code", r"\breasoning_effort\b", "gpt-oss"),
    _Row("thinking", "code", r"\breasoning_content\b", "Qwen3, GLM-4.5, MiniMax M2"),
    _Row("thinking", "text", r"</?think>", "DeepSeek R1, QwQ"),
    _Row("thinking", "text", r"\[THINK\]", "Magistral, Ministral 3 Reasoning"),
    _Row("thinking", "text", r"<seed:think>", "Seed-OSS"),
    _Row("thinking", "text", r"<\|channel\|>analysis", "gpt-oss"),
    _Row("thinking", "text", r"<\|think\|>", "Gemma 4"),
    _Row("effort", "code", r"\breasoning_effort\b", "gpt-oss"),
    _Row("vision", "text", r"<\|(?:vision_start|image_pad|image(?:_1)?|begin_of_image|media_begin)\|>", "Qwen2-VL, GLM-V"),
    _Row("vision", "text", r"<(?:start_of_image|image_soft_token|image)>", "Gemma 3, LLaVA, SmolVLM"),
    _Row("vision", "text", r"\[IMG\]", "Pixtral, Mistral Small 3.1"),
    _Row("vision", "code", r"['\"]image(?:_url)?['\"]", "Qwen2.5-VL, Llama 3.2 Vision"),
    _Row("system", "code", r"['\"](?:system|developer)['\"]", "Llama 3.1, Qwen3, gpt-oss"),
    _Row("system", "code", r"[-{+~]\s*\w+(?:\.role|\[['\"]role['\"]\])", "ChatML, Llama 3, Phi-4"),
    _Row("no_system", "errors", r"(?i)system[^'\"]*not (?:be )?supported", "Gemma 1 and 2"),
    _Row("system_first", "errors", r"(?i)system message must be (?:at the beginning|first)", "Qwen3.5"),
)  # fmt: skip
"""The last column names models whose published template has the pattern."""

_ON = (
    r"\bV is defined and (?:not V\b|V is (?:false|sameas\(? ?false)|V == false)",  # Qwen3, Kimi K2.5
    r"\bV if V is defined else true",  # SmolLM3, Nemotron 3
    r"\bV ?\| ?default\(\s*(?:value=)?true",
    r"\b(?:not V is defined|V is not defined) or V\b",
    r"(?:\bnot V is defined|\bV is not defined|\bV is undefined)\b[^%]{0,80}%\}\s*\{%-?\s*set V ?= ?true",
    r"\bV is not (?:false|sameas)|\bV != false",
)
"""Ways to write that V has to be said to turn thinking off. Read without regard to case (`True`, `true`)."""

_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_DELIMITERS = re.compile(r"(\{\{|\{%|\{#|\}\}|%\}|#\})")
_SWITCHES = ("enable_thinking", "thinking")


def read_template(text: str | None, *, tool_template: str | None = None) -> TemplateFacts:
    """The facts of a chat template; `tool_template` is a second one for requests with tools, which some files carry."""
    if not text:
        return TemplateFacts()
    kept, blocks = _parts(text)
    errors = "\n".join(block for block in blocks if "raise_exception" in block)
    code = "\n".join(block for block in blocks if "raise_exception" not in block)
    places = {"text": kept, "errors": errors, "code": code}
    found = {row.fact for row in _TABLE if re.search(row.pattern, places[row.where])}
    switch = next((name for name in _SWITCHES if re.search(rf"(?<![\w.'\"]){name}\b(?!['\"])", code)), None)
    thinking = "thinking" in found
    return TemplateFacts(
        tools="tools" in found or bool(tool_template),
        thinking=thinking,
        thinking_switch=switch,
        thinks_by_default=thinking and (_on_by_default(switch, code) if switch else True),
        reasoning_effort="effort" in found,
        vision="vision" in found,
        system="system" in found and "no_system" not in found,
        system_first="system_first" in found,
    )


def _parts(text: str) -> tuple[str, list[str]]:
    """The template without its comments, and its code blocks. One pass, so that no template takes long."""
    kept: list[str] = []
    blocks: list[str] = []
    block: list[str] = []
    for piece in _DELIMITERS.split(text):
        if block:
            block.append(piece)
            if piece == _CLOSING[block[0]]:
                if block[0] != "{#":
                    blocks.append("".join(block))
                    kept.append(blocks[-1])
                block = []
        elif piece in _CLOSING:
            block = [piece]
        else:
            kept.append(piece)
    return "".join(kept), blocks


def _on_by_default(switch: str, code: str) -> bool:
    return any(re.search(pattern.replace("V", switch), code, re.IGNORECASE) for pattern in _ON)
