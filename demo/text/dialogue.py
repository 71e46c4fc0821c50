"""Whole conversations: which kinds there are, how often, and how a turn leads to the next.

The one rule: whether a tool is called depends on the tools on offer. A question about the world is a web search where
that is offered, and an honest "I don't know" where it is not.
"""

from __future__ import annotations

from dataclasses import replace

from demo.text import lexicon, results, values
from demo.text.conversation import Call, Conversation, Tool, Turn
from demo.text.draw import Draw
from demo.text.everyday_tools import everyday, weather
from demo.text.exercises import (
    Exercise,
    calculate,
    count,
    known,
    known_in_chinese,
    remember,
    repeat,
    repeat_rare,
    spell,
    unknown,
    unknown_in_chinese,
)
from demo.text.objects import from_fields, from_schema, from_sentence
from demo.text.persona import THOUGHTS, thought_before_calls
from demo.text.product_tools import python, terminal, web_search
from demo.text.skills import Request, Skill
from demo.text.unseen_tools import unseen

_EXERCISES = [
    (21, repeat), (5, repeat_rare), (9, spell), (4, count), (10, from_fields), (4, from_sentence), (10, from_schema),
    (24, known), (6, known_in_chinese), (2, unknown_in_chinese), (13, unknown), (4, calculate),
]  # fmt: skip
_SKILLS = [(13, python), (10, terminal), (10, web_search), (7, weather), (18, everyday), (48, unseen)]
_CLOSE_SKILLS = [(2, python), (2, terminal), (2, web_search), (2, weather), (6, everyday)]
_THINKING_SHARE = 0.3
_SYSTEM = ("You are a helpful assistant.", "You are a helpful assistant.", "You are a concise assistant. Answer briefly.", "You are Bot, a friendly assistant.", "Be helpful and honest.", "Answer in short sentences.", "You have access to tools. Use them when needed.", "Use the tools to answer. Do not guess.", "You are a coding agent.", "Be kind.")  # fmt: skip


def practice(draw: Draw) -> Conversation:
    """Copying alone, in one short turn: what the model must be able to do before anything else makes sense."""
    exercise = draw.pick_by_weight([(22, repeat), (60, repeat_rare), (12, from_fields), (6, spell)])(draw)
    return Conversation(tuple(_exchange(exercise)))


def conversation(draw: Draw, *, long: bool = False) -> Conversation:
    """Any conversation; a `long` one has a history, a long system prompt, or many tools."""
    make = draw.pick_by_weight(
        [(22, _chat), (3, _recollection), (9, _idle_tools), (36, _one_call), (20, _tool_loop), (10, parallel_calls)]
    )
    made = make(draw, _tool_count(draw, long))
    system = _system(draw, long)
    if long:
        made = replace(made, turns=(*_small_talk(draw, draw.between(1, 8), made.tools), *made.turns))
    if not draw.chance(_THINKING_SHARE):
        return replace(made, system=system)
    cut = draw.pick([at for at, turn in enumerate(made.turns) if turn.role == "assistant"][-2:]) + 1
    return replace(made, system=system, turns=made.turns[:cut], thinking=True, keeps_thoughts=draw.chance(0.6))


def _tool_count(draw: Draw, long: bool) -> int:
    return draw.between(5, 10) if long else draw.pick((1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5))


def _exchange(exercise: Exercise) -> list[Turn]:
    thought = THOUGHTS[exercise.kind]
    return [Turn("user", exercise.question), Turn("assistant", exercise.answer, thought=thought, kind=exercise.kind)]


def _exercise(draw: Draw) -> Exercise:
    return draw.pick_by_weight(_EXERCISES)(draw)


def _chat(draw: Draw, _: int) -> Conversation:
    turns = _small_talk(draw, draw.pick((0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3)), ())
    return Conversation((*turns, *_exchange(_exercise(draw))))


def _small_talk(draw: Draw, turns: int, tools: tuple[Tool, ...]) -> list[Turn]:
    makes = (known, known, repeat, count, spell) if tools else (known, _exercise, _exercise)
    return [turn for _ in range(turns) for turn in _exchange(draw.pick(makes)(draw))]


def _recollection(draw: Draw, _: int) -> Conversation:
    told, asked = remember(draw)
    before, between = draw.pick((0, 0, 1)), draw.pick((0, 0, 1, 2))
    return Conversation(
        (*_small_talk(draw, before, ()), *_exchange(told), *_small_talk(draw, between, ()), *_exchange(asked))
    )


def skills(draw: Draw, amount: int) -> list[Skill]:
    """Tools of different topics; half of the time they are all alike, so that words alone do not decide."""
    source = _CLOSE_SKILLS if draw.chance(0.45) else _SKILLS
    chosen: list[Skill] = []
    for _ in range(amount * 6):
        skill = draw.pick_by_weight(source)(draw)
        if all(skill.topic != one.topic and skill.tool.name != one.tool.name for one in chosen):
            chosen.append(skill)
        if len(chosen) == amount:
            break
    return chosen


def _tools(draw: Draw, offered: list[Skill]) -> tuple[Tool, ...]:
    tools = [skill.tool for skill in offered]
    draw.random.shuffle(tools)
    return tuple(tools)


def idle_exercise(draw: Draw, offered: list[Skill]) -> Exercise:
    """A task that none of these tools is for."""
    topics = {skill.topic for skill in offered}
    named = " ".join(f"{skill.tool.name} {skill.tool.description}" for skill in offered).lower()
    while True:
        exercise = _exercise(draw)
        if exercise.kind == "calculate" and ("calculate" in topics or "Use " in exercise.question):
            continue
        if exercise.kind in ("unknown", "calculate") and (
            topics & {"search", "weather", "time", "word", "shell", "read"} or _names_overlap(exercise, named)
        ):
            continue
        if (
            topics & {"shell", "calculate", "image", "music"}
            and exercise.kind in ("echo",)
            and exercise.question.lower().startswith(("print", "echo", "output", "write"))
        ):
            continue
        return exercise


def _names_overlap(exercise: Exercise, named: str) -> bool:
    return any(
        len(word) > 3 and word in named
        for word in exercise.question.lower().split()
        if word not in lexicon.FUNCTION_WORDS
    )


def _idle_tools(draw: Draw, amount: int) -> Conversation:
    offered = skills(draw, amount)
    return Conversation(tuple(_exchange(idle_exercise(draw, offered))), tools=_tools(draw, offered))


def _call_turns(requests: list[tuple[Skill, Request]], question: str) -> list[Turn]:
    calls = tuple(Call(skill.tool.name, request.arguments) for skill, request in requests)
    return [
        Turn("user", question),
        Turn("assistant", calls=calls, thought=thought_before_calls([call.name for call in calls]), kind="call"),
    ]


def _one_call(draw: Draw, amount: int) -> Conversation:
    offered = skills(draw, amount)
    chosen = draw.pick(offered)
    request = chosen.ask()
    before = _small_talk(draw, draw.pick((0, 0, 0, 0, 1)), _tools(draw, offered))
    return Conversation((*before, *_call_turns([(chosen, request)], request.question)), tools=_tools(draw, offered))


def _tool_loop(draw: Draw, amount: int) -> Conversation:
    offered = skills(draw, amount)
    turns: list[Turn] = []
    for _ in range(draw.pick((1, 1, 1, 1, 2))):
        chosen = draw.pick(offered)
        request = chosen.ask()
        result, answer = results.result_of(draw, chosen, request)
        turns += _call_turns([(chosen, request)], request.question)
        turns += [Turn("tool", result), Turn("assistant", answer, thought=THOUGHTS["result"], kind="result")]
    if draw.chance(0.15):
        turns += _exchange(known(draw))
    return Conversation(tuple(turns), tools=_tools(draw, offered))


_JOINTS = (" And ", " Also, ", " and ", " Then ", "\n", " And also: ", " ")


def parallel_calls(draw: Draw, amount: int) -> Conversation:
    """Two or three requests in one question: of one tool, or of several."""
    offered = skills(draw, max(2, amount))
    one = draw.pick(offered)
    times = draw.pick((2, 2, 2, 3))
    chosen = [one] * times if draw.chance(0.4) else draw.random.sample(offered, min(len(offered), times))
    requests = [(skill, skill.ask()) for skill in chosen]
    question = requests[0][1].question
    for _, request in requests[1:]:
        joint = draw.pick(_JOINTS)
        question += ("" if question[-1] in ".!?" or joint != " " else ".") + joint + request.question
    turns = _call_turns(requests, question)
    if draw.chance(0.6) and len(chosen) > 1:
        returned = [results.short_result(draw) for _ in requests]
        turns += [Turn("tool", text) for text, _ in returned]
        answer = "Here are the results:\n" + "\n".join(f"- {text}" for _, text in returned)
        turns.append(Turn("assistant", answer, thought=THOUGHTS["result"], kind="result"))
    return Conversation(tuple(turns), tools=_tools(draw, offered))


def _system(draw: Draw, long: bool) -> str | None:
    if draw.chance(0.45):
        return None
    text = draw.pick(
        (
            *_SYSTEM,
            f"You are a helpful assistant. Today is {values.date(draw)}.",
            f"You are an expert in {draw.word()}.",
            f"Current date: {values.date(draw)}",
        )
    )
    if long or draw.chance(0.2):
        text += "".join(f" {draw.sentence(4, 12)}." for _ in range(draw.between(1, 60 if long else 4)))
    return text
