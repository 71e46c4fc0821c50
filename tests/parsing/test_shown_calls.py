"""Calls in tags that show or think them, in quotation marks and in code that opens the output: text, cut anywhere."""

# ruff: noqa: E501  texts stand as models write them

from __future__ import annotations

import time

import pytest
from tests.conformance.judge import cuts_that_matter
from tests.conformance.tools import TEXT, WHOLE, tool

from unsloth_studio.parsing import parse_output

TOOLS = [tool("delete_user", ("id",), id=WHOLE), tool("write", ("text",), text=TEXT)]
H = '<tool_call>{"name":"delete_user","arguments":{"id":3}}</tool_call>'
TAGGED = "<function=delete_user><parameter=id>3</parameter></function>"
WRAPPED = f"<tool_call>\n{TAGGED}\n</tool_call>"
HTML = '<tool_call>{"name":"write","arguments":{"text":"<code>x</code> <pre>y</pre> <!-- z --> <analysis>a</analysis>"}}</tool_call>'
THOUGHTS = ("thought", "reasoning", "analysis", "reflection", "scratchpad")

SHOWN: dict[str, str] = {
    **{f"a draft in {tag} at the beginning": f"<{tag}>Maybe {H}?</{tag}>No." for tag in THOUGHTS},
    **{f"a draft in {tag} behind words": f"Well. <{tag}>Maybe {H}?</{tag}> No." for tag in THOUGHTS},
    "Sky-T1's thought": f"<|begin_of_thought|>{H}<|end_of_thought|>No.",
    "Sky-T1's thought behind words": f"Well.\n<|begin_of_thought|>Maybe {H}<|end_of_thought|>No.",
    "Kimi-VL's thought": f"\u25c1think\u25b7{H}\u25c1/think\u25b7No.",
    "Kimi-VL's thought behind words": f"Well. \u25c1think\u25b7{H}\u25c1/think\u25b7No.",
    "a thought with bars": f"<|thinking|>{H}<|/thinking|>No.",
    "a quotation": f'He wrote "{H}" in the log.',
    "a longer quotation": f'He wrote "please {H} now" in the log.',
    "a quotation with words behind it": f'"{H}" was in the log.',
    "a quotation of tags": f'He wrote "<tool_call>{TAGGED}</tool_call>" in the log.',
    "typographic marks": f"He wrote \u201c{H}\u201d in the log.",
    "a quotation around all": f'"{H}"',
    "in brackets in a sentence": f"Well ({H}), that is it.",
    "a string in code": f'print("{H}")',
    "an HTML comment": f"<!-- {H} -->",
    "a comment of several lines": f"Well.\n<!--\n{WRAPPED}\n\n{H}\n-->\nDone.",
    "code": f"<code>{H}</code>",
    "code with a class": f'Like <code class="xml">{H}</code> there.',
    "code of tags": f"Like <code>{WRAPPED}</code> there.",
    "pre": f"<pre>{H}</pre>",
    "pre and code": f"<pre>\n<code>\n{WRAPPED}\n\n{H}\n</code>\n</pre>",
    "pre within pre": f"<pre>{H}<pre>{H}</pre>{H}</pre>",
    "samp": f"<samp>{H}</samp>",
    "kbd": f"Type <kbd>{H}</kbd>.",
    "blockquote": f"<blockquote>\n{H}\n</blockquote>",
    "indented code at the beginning": f"    {H}",
    "indented code behind a thought": f"<think>Hm.</think>\n\n    {H}",
}
MEANT: dict[str, tuple[str, int]] = {
    "a tag that is never closed": (f"I use the <code> tag. {H}", 1),
    "a comment that is never closed": (f"It begins with <!-- there. {H}", 1),
    "tags in the arguments, one before": (f"I use <code> and <pre> and <!-- and <analysis>. {HTML}", 1),
    "tags in the arguments": (HTML, 1),
    "behind a closed tag": (f"I use <code>x</code> and <!-- y --> for it. {H}", 1),
    "code that ends with its paragraph": (f"I use the <code> tag.\n\n{H}\n\nIt ends with </code>.", 1),
    "a tag in inline code": (f"I use `<pre>` for it. {H} It ends with `</pre>`.", 1),
    "a closed quotation before": (f'She said "go". {H}', 1),
    "inches": (f'The disk is 5" wide. {H}', 1),
    "behind a thought": (f"<analysis>Hm.</analysis>{H}", 1),
    "two thoughts": (f"<thought>Hm.</thought>\n<reflection>{H}</reflection>\n{H}", 1),
    "in a thought that is not closed": (f"<reasoning>Hm. {H}", 1),
    "in brackets": (f"Well. ({H}) That is it.", 1),
    "the next line": (f'He wrote "{H}" there.\n{H}', 1),
}  # fmt: skip
ALL = {**SHOWN, **{name: text for name, (text, _) in MEANT.items()}}


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_what_is_shown_is_text(text: str) -> None:
    assert parse_output(text, TOOLS).tool_calls == ()


@pytest.mark.parametrize(("text", "count"), MEANT.values(), ids=MEANT)
def test_what_is_meant_is_called(text: str, count: int) -> None:
    assert len(parse_output(text, TOOLS).tool_calls) == count


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_cuts_do_not_matter(text: str) -> None:
    assert cuts_that_matter(text, TOOLS, sizes=(1, 2, 7), step=3) == []


def test_a_thought_at_the_beginning_is_reasoning() -> None:
    output = parse_output(f"<analysis>Maybe {H}?</analysis>\nNo.", TOOLS)
    assert (output.content, output.reasoning) == ("No.", f"Maybe {H}?")


@pytest.mark.parametrize("text", [f"({H})", f"({H}) more", f"Well. ({H})"])
def test_a_bracket_around_a_call_is_closed(text: str) -> None:
    output = parse_output(text, TOOLS)
    assert len(output.tool_calls) == 1
    assert output.content.count("(") == output.content.count(")") == 1


def test_a_draft_in_a_thought_without_a_beginning_is_reasoning() -> None:
    output = parse_output(f"Maybe {H}?</think>No.", TOOLS)
    assert (output.content, output.reasoning, output.tool_calls) == ("No.", f"Maybe {H}?", ())


@pytest.mark.parametrize("before", ["<code>", "<pre>x", '5" ', "<!--", "<reasoning>", "x <analysis>", "<|user|>\n"])
@pytest.mark.parametrize("after", ["", "</code></pre>-->"])
def test_floods_take_linear_time(before: str, after: str) -> None:
    began = time.process_time()
    parse_output(before + "<tool_call>" * 4_000 + after, TOOLS)
    assert time.process_time() - began < 5
