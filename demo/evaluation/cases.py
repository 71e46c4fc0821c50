"""The questions of the evaluation, drawn from the held-out side of the split.

The one rule: a case is a conversation up to an answer, and that answer. The listed questions about the model itself are the
one measure whose questions training has seen; what the model says to them is fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from demo.text import chinese, results
from demo.text.conversation import Call, Conversation, Parameter, Tool, Turn
from demo.text.dialogue import idle_exercise, parallel_calls, skills
from demo.text.draw import Draw
from demo.text.everyday_tools import everyday, weather
from demo.text.exercises import (
    Exercise,
    arithmetic,
    calculate,
    count,
    remember,
    repeat,
    spell,
    unknown,
)
from demo.text.objects import from_fields, from_schema
from demo.text.persona import KNOWN
from demo.text.product_tools import python, terminal, web_search
from demo.text.skills import Skill
from demo.text.unseen_tools import unseen

PYTHON = Tool("python", "Run Python code and return its output.", (Parameter("code"),))
_ASK_PYTHON = (
    "What is {}? Use Python.", "Use Python to compute {}", "Calculate {} with Python.",
    "How much is {}? Use the python tool.",
    "What's {}? Please use Python.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """`wanted` is the assistant's turn that answers `conversation`."""

    measure: str
    conversation: Conversation
    wanted: Turn

    def thinking(self, thinks: bool) -> Case:
        return replace(self, conversation=replace(self.conversation, thinking=thinks))


def cases(seed: int = 7, *, scale: float = 1.0) -> list[Case]:
    """All cases; every fifth of the generated ones in thinking mode. A smaller `scale` draws fewer of each."""
    draw = Draw(seed, held_out=True)
    made: list[Case] = []
    for measure, (amount, make) in _MEASURES.items():
        for at in range(max(1, round(amount * scale))):
            conversation, wanted = make(draw)
            made.append(Case(measure, conversation, wanted).thinking(at % 5 == 4))
    return made + (listed() if scale >= 1 else listed()[:: round(1 / scale)])


def listed() -> list[Case]:
    """Every question about the model and the product that has a fixed answer."""
    english = [(question, one.answer) for one in KNOWN for question in one.questions]
    known = [(question, answer) for answer, questions in chinese.KNOWN for question in questions]
    return [_plain("listed questions", Exercise(question, answer, "known")) for question, answer in english + known]


def _plain(measure: str, exercise: Exercise) -> Case:
    return Case(measure, Conversation((Turn("user", exercise.question),)), Turn("assistant", exercise.answer))


def _exercise(make: Callable[[Draw], Exercise]) -> Callable[[Draw], tuple[Conversation, Turn]]:
    def made(draw: Draw) -> tuple[Conversation, Turn]:
        exercise = make(draw)
        return Conversation((Turn("user", exercise.question),)), Turn("assistant", exercise.answer)

    return made


def _offered(draw: Draw, skill: Skill, others: int) -> tuple[Tool, ...]:
    beside = [one.tool for one in skills(draw, others) if one.topic != skill.topic and one.tool.name != skill.tool.name]
    tools = [skill.tool, *beside]
    draw.random.shuffle(tools)
    return tuple(tools)


def _call(make: Callable[[Draw], Skill], most: int = 3) -> Callable[[Draw], tuple[Conversation, Turn]]:
    def made(draw: Draw) -> tuple[Conversation, Turn]:
        skill = make(draw)
        request = skill.ask()
        tools = _offered(draw, skill, draw.between(0 if most < 4 else 4, most))
        wanted = Turn("assistant", calls=(Call(skill.tool.name, request.arguments),))
        return Conversation((Turn("user", request.question),), tools=tools), wanted

    return made


def _idle(draw: Draw) -> tuple[Conversation, Turn]:
    offered = skills(draw, draw.between(1, 4))
    exercise = idle_exercise(draw, offered)
    conversation = Conversation((Turn("user", exercise.question),), tools=tuple(one.tool for one in offered))
    return conversation, Turn("assistant", exercise.answer)


def _result(draw: Draw) -> tuple[Conversation, Turn]:
    skill = draw.pick((python, terminal, web_search, weather, everyday, unseen, unseen))(draw)
    request = skill.ask()
    result, answer = results.result_of(draw, skill, request)
    call = Turn("assistant", calls=(Call(skill.tool.name, request.arguments),))
    turns = (Turn("user", request.question), call, Turn("tool", result))
    return Conversation(turns, tools=_offered(draw, skill, draw.between(0, 3))), Turn("assistant", answer)


def _python_task(draw: Draw) -> tuple[Conversation, Turn]:
    """Sums whose code can be run; the wanted call is what is run."""
    while True:
        words, expression = arithmetic(draw)
        if "**" not in expression and len(expression) < 30:
            break
    code = Call("python", {"code": f"print({expression})"})
    skill = Skill(PYTHON, "calculate", lambda: python(draw).ask())
    tools = _offered(draw, skill, draw.between(0, 3))
    return Conversation((Turn("user", draw.pick(_ASK_PYTHON).format(words)),), tools=tools), Turn(
        "assistant", calls=(code,)
    )


def _memory(draw: Draw) -> tuple[Conversation, Turn]:
    told, asked = remember(draw)
    turns = (Turn("user", told.question), Turn("assistant", told.answer), Turn("user", asked.question))
    return Conversation(turns), Turn("assistant", asked.answer)


def _parallel(draw: Draw) -> tuple[Conversation, Turn]:
    made = parallel_calls(draw, draw.between(2, 4))
    return replace(made, turns=made.turns[:1]), made.turns[1]


_MEASURES: dict[str, tuple[int, Callable[[Draw], tuple[Conversation, Turn]]]] = {
    "call: unseen tools": (200, _call(unseen)),
    "call: everyday tools": (60, _call(lambda draw: draw.pick((weather, everyday, everyday))(draw))),
    "call: the product's tools": (60, _call(lambda draw: draw.pick((python, terminal, web_search))(draw))),
    "call: 5 to 10 tools offered": (40, _call(unseen, most=9)),
    "several calls at once": (40, _parallel),
    "no call when none fits": (200, _idle),
    "answer from a result": (150, _result),
    "Python task end to end": (80, _python_task),
    "JSON by a schema": (100, _exercise(from_schema)),
    "JSON from fields": (40, _exercise(from_fields)),
    "repeat": (80, _exercise(repeat)),
    "spell": (60, _exercise(spell)),
    "count": (20, _exercise(count)),
    "honest about not knowing": (60, _exercise(lambda draw: draw.pick((unknown, unknown, calculate))(draw))),
    "remember over turns": (30, _memory),
}
