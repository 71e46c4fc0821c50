"""When the evaluation counts an answer as right."""

from __future__ import annotations

from typing import Any

import pytest
from demo.evaluation.asking import Answer, run_sum
from demo.evaluation.cases import Case
from demo.evaluation.table import Score, markdown, scores
from demo.evaluation.verdicts import follows_schema, is_right, reported, switch_obeyed
from demo.text.conversation import Call, Conversation, Turn

OSLO = Call("get_weather", {"city": "Oslo"})


def _case(measure: str, question: str, wanted: Turn, *, thinking: bool = False) -> Case:
    return Case(measure, Conversation((Turn("user", question),), thinking=thinking), wanted)


def _said(text: str, *calls: Call, reasoning: str = "") -> Answer:
    return Answer(text, calls, reasoning)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (_said("", OSLO), True),
        (_said("", Call("get_weather", {"city": "Olso"})), False),
        (_said("", Call("weather", {"city": "Oslo"})), False),
        (_said("", OSLO, OSLO), False),
        (_said("Rain."), False),
    ],
    ids=["exact", "another value", "another name", "called twice", "not called"],
)
def test_a_call_is_right_when_all_of_it_is(answer: Answer, right: bool) -> None:
    assert is_right(_case("call: unseen tools", "Weather in Oslo?", Turn("assistant", calls=(OSLO,))), answer) == right


def test_the_result_must_be_in_the_answer() -> None:
    case = _case("answer from a result", "?", Turn("assistant", "The result is 56088."))
    assert is_right(case, _said("It is 56088, I think."))
    assert not is_right(case, _said("The result is 5608."))


@pytest.mark.parametrize(
    ("sentence", "result"),
    [
        ("The result is 7.", "7"),
        ("Here is the result: a: 1, b: x.", "a: 1, b: x"),
        ("Here is the output:\n\n```\na\nb\n```", "a\nb"),
        ("It is small. (Source: T, https://x.org)", "It is small."),
    ],
)
def test_what_was_reported(sentence: str, result: str) -> None:
    assert reported(sentence) == result


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "s": {"type": "string", "enum": ["a", "b"]}},
    "required": ["n", "s"],
}


@pytest.mark.parametrize(
    ("text", "follows"),
    [
        ('{"n": 1, "s": "a"}', True),
        ('{"n": true, "s": "a"}', False),
        ('{"n": 1, "s": "c"}', False),
        ('{"n": 1}', False),
        ('{"n": 1, "s": "a", "x": 1}', False),
        ("[]", False),
        ("n is 1", False),
    ],
)
def test_schema(text: str, follows: bool) -> None:
    assert follows_schema(text, SCHEMA) == follows


def test_thoughts_only_when_asked_for() -> None:
    wanted = Turn("assistant", "Hi")
    assert switch_obeyed(_case("repeat", "?", wanted, thinking=True), _said("Hi", reasoning="Hm."))
    assert not switch_obeyed(_case("repeat", "?", wanted, thinking=True), _said("Hi"))
    assert not switch_obeyed(_case("repeat", "?", wanted), _said("<think>Hi"))


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("print(123*456)", "56088\n"),
        ("print(1/0)", "Error: ZeroDivisionError: division by zero"),
        ("import os", "Error: only sums are run here"),
        ("print(open('/etc/passwd'))", "Error: only sums are run here"),
    ],
)
def test_only_sums_are_run(code: str, output: str) -> None:
    assert run_sum(code) == output


def test_the_table_has_every_promise() -> None:
    case = _case("repeat", "Repeat: a", Turn("assistant", "a"))
    table = scores([case], [_said("a")])
    assert Score("repeat", 1, 1) in table
    assert "| thinking switch obeyed | 1 of 1 | 100.0% | 100% |" in markdown(table)
