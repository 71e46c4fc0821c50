"""The training text: repeatable, split from the evaluation's, and sound."""

from __future__ import annotations

import json

import pytest
from demo.evaluation.cases import Case, cases
from demo.text import lexicon
from demo.text.chinese import CHARACTERS
from demo.text.conversation import Conversation, segments
from demo.text.dialogue import conversation, skills
from demo.text.draw import Draw, is_held_out
from demo.text.persona import KNOWN

SAMPLE = 400


def _text(made: Conversation) -> str:
    return "".join(segment.text for segment in segments(made))


def _sample(seed: int, *, long: bool = False) -> list[Conversation]:
    draw = Draw(seed)
    return [conversation(draw, long=long) for _ in range(SAMPLE)]


def test_equal_seeds_give_equal_text_and_others_do_not() -> None:
    first, again, other = ([_text(made) for made in _sample(seed)] for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.mark.parametrize("draws", [Draw.noun, Draw.given_name, Draw.invented, Draw.place])
def test_evaluation_and_training_share_no_name(draws: object) -> None:
    assert callable(draws)
    seen, held_out = ({draws(draw) for _ in range(3000)} for draw in (Draw(1), Draw(1, held_out=True)))
    assert not seen & held_out


def test_both_sides_of_the_split_have_words_of_every_list() -> None:
    for words in (lexicon.NOUNS, lexicon.GIVEN_NAMES, lexicon.CITIES, lexicon.COUNTRIES):
        assert len(words) == len(set(words))
        assert {is_held_out(word) for word in words} == {True, False}


def test_held_out_tools_have_names_that_training_has_not() -> None:
    draw = Draw(5)
    seen = {skill.tool.name for _ in range(500) for skill in skills(draw, 4)}
    unseen = [case for case in cases() if case.measure == "call: unseen tools"]
    assert len(unseen) >= 200
    assert not seen & {call.name for case in unseen for call in case.wanted.calls}


def test_there_are_a_thousand_held_out_questions_and_they_are_the_same_every_time() -> None:
    asked = cases()
    assert len([case for case in asked if case.measure != "listed questions"]) >= 1000
    assert asked == cases()


def _called_arguments(case: Case) -> list[str]:
    return [value for call in case.wanted.calls for value in call.arguments.values() if isinstance(value, str)]


def test_arguments_of_unseen_tools_can_be_copied_from_the_question() -> None:
    for case in cases():
        if case.measure == "call: unseen tools":
            assert all(value in case.conversation.turns[-1].text for value in _called_arguments(case))


def test_calls_name_a_tool_that_is_offered_and_fill_what_it_requires() -> None:
    for made in _sample(6):
        offered = {tool.name: tool for tool in made.tools}
        for call in (call for turn in made.turns for call in turn.calls):
            names = {parameter.name for parameter in offered[call.name].parameters}
            required = {parameter.name for parameter in offered[call.name].parameters if parameter.required}
            assert required <= set(call.arguments) <= names


def test_only_the_assistant_is_trained_on_and_only_once_when_it_thinks() -> None:
    for made in _sample(7):
        trained = [segment.text for segment in segments(made) if segment.trained]
        assert len(trained) == (1 if made.thinking else sum(turn.role == "assistant" for turn in made.turns))
        assert all(text.endswith("<|im_end|>") for text in trained)


def test_json_answers_are_json() -> None:
    for turn in (turn for made in _sample(8) for turn in made.turns if turn.kind == "json"):
        assert isinstance(json.loads(turn.text), dict)


def test_long_conversations_are_long() -> None:
    lengths = sorted(len(_text(made)) for made in _sample(9, long=True))
    assert lengths[len(lengths) // 2] > 1500


def test_no_question_has_two_answers() -> None:
    questions = [question.lower() for one in KNOWN for question in one.questions]
    assert len(questions) == len(set(questions))


def test_chinese_characters_are_pieces_of_three_bytes() -> None:
    assert 200 < len(CHARACTERS) < 500
    assert all(len(character.encode()) == 3 for character in CHARACTERS)
