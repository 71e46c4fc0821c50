"""Texts at whose first words it is not plain yet what they are: every cut in two, and single letters, give the whole's result."""

# ruff: noqa: E501  texts stand as models write them

from __future__ import annotations

import pytest
from tests.conformance.judge import cuts_that_matter
from tests.conformance.tools import TEXT, tool

from unsloth_studio.parsing import ContentDelta, OutputParser, parse_output

TOOLS = [tool("get_weather", ("city",), city=TEXT)]
ARGUMENTS = '{"city":"Oslo"}'

CALLS = {
    "two words in one": f"assistantcommentary to=functions.get_weather json{ARGUMENTS}",
    "only the recipient": f"to=functions.get_weather {ARGUMENTS}",
    "the role and the recipient": f"assistantto=functions.get_weather{ARGUMENTS}",
    "a thought's channel": f"analysisto=functions.get_weather code{ARGUMENTS}",
    "the call's channel": f"commentaryto=functions.get_weather<|message|>{ARGUMENTS}",
    "the role in its own line": f"assistant\ncommentary to=functions.get_weather json{ARGUMENTS}",
    "all parts": f"assistant commentary to=functions.get_weather <|channel|>commentary <|constrain|>json<|message|>{ARGUMENTS}",
    "a role behind its mark": f"<|im_start|>assistantcommentary to=functions.get_weather json{ARGUMENTS}",
    "a line behind a mark": f"<|im_start|>assistant\ncommentary to=functions.get_weather json{ARGUMENTS}",
    "Mistral without its mark": f"get_weather[ARGS]{ARGUMENTS}",
    "Mistral with an id": f"get_weather[CALL_ID]a1b2c3d4e[ARGS]{ARGUMENTS}",
    "a fence behind DeepSeek's separator": f"<\uff5ctool\u2581call\u2581begin\uff5c>get_weather<\uff5ctool\u2581sep\uff5c>```json\n{ARGUMENTS}\n```",
    "a fence behind a name": f"<tool_call>get_weather\n```json\n{ARGUMENTS}\n```",
    "a head without its end": "<function=get_weather\n<parameter=city>Oslo</parameter></function>",
    "a name in other joints": f"get-weather[ARGS]{ARGUMENTS}",
    "a name with a prefix": f"functions.get_weather[ARGS]{ARGUMENTS}",
}  # fmt: skip
TEXTS = {
    "a role before a name": f"assistant:get_weather[ARGS]{ARGUMENTS}",
    "a namespace": f"weather.get_weather[ARGS]{ARGUMENTS}",
    "an id that is too long": f"get_weather[CALL_ID]{'a' * 60}[ARGS]{ARGUMENTS}",
    "a long prefix": f"call:{'a' * 200}{{city:1}}",
    "a word": "assistant to the manager",
    "a question": "to=be or not to=be",
    "MiniMax's prefix in a head": "[THINK\n]\nTh<function=r]<]minimax[>[<e>[/THINK]\n[TOOL_CALLS]get_weather",
    "backticks behind a thought's end": "`</think></think>``t",
    "backticks in two pieces": f"`<tool_call>``{ARGUMENTS}``",
    "a fence behind a mark that was none": "thi<\uff5ctool\u2581calls\u2581begin\uff5c>s:\n\n```\n<|chann<|message|>{}<|call|>",
    "a word that announces a call, behind blanks": f'Well.\n   Action:\n```json\n[{{"tool_name": "get_weather", "parameters": {ARGUMENTS}}}]\n```',
    "a line that begins with many points": f"{'- ' * 34}> <tool_call>{ARGUMENTS}</tool_call>",
    "a fence in a refuted body": f"<tool_call>no\n```\n<tool_call>{ARGUMENTS}</tool_call>\n```\n",
    "an index": "get_weather[0] is the first forecast of the list, and so on.",
}


@pytest.mark.parametrize("text", [*CALLS.values(), *TEXTS.values()], ids=[*CALLS, *TEXTS])
def test_cuts_do_not_matter(text: str) -> None:
    assert cuts_that_matter(text, TOOLS, sizes=(1,), step=1) == []


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS)
def test_these_are_calls(text: str) -> None:
    (call,) = parse_output(text, TOOLS).tool_calls
    assert (call.name, call.arguments) == ("get_weather", ARGUMENTS)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_these_are_none(text: str) -> None:
    assert parse_output(text, TOOLS).tool_calls == ()


@pytest.mark.parametrize("size", [1, 3, 8, 40, 1_000])
def test_cuts_do_not_matter_at_the_limit_of_tokens(size: int) -> None:
    text = f"<|tool_call>call:get_weather{{city:{'Oslo ' * 200}}}"
    parser = OutputParser(TOOLS)
    for at in range(0, len(text), size):
        parser.feed(text[at : at + size])
    parser.finish(length=True)
    assert len(parser.output.tool_calls) == 1


@pytest.mark.parametrize(
    "prose",
    [
        "Assistant commentary on the analysis to be given: " * 3,
        "to=be or not to=be " * 8,
        "get_weather[0] is the first " * 6,
    ],
)
def test_prose_is_held_back_for_forty_characters_at_most(prose: str) -> None:
    parser = OutputParser(TOOLS)
    said = 0
    for fed, letter in enumerate(prose, 1):
        said += sum(len(piece.text) for piece in parser.feed(letter) if isinstance(piece, ContentDelta))
        assert fed - said <= 40
