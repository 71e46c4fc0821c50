"""Tools that nobody has seen before: random names, parameters and types, with requests that name or paraphrase them."""

from __future__ import annotations

from dataclasses import dataclass

from demo.text import values
from demo.text.conversation import Parameter, Tool
from demo.text.draw import Draw
from demo.text.phrasing import capital, said
from demo.text.skills import Request, Skill, styled

_PARAMETERS = "city location name user item query id text place country topic code symbol title key word product customer file url target company person subject label address".split()
_TEXT_ONLY = ("city", "location", "name", "place", "country", "text", "query", "topic", "person")
_DESCRIPTIONS = ("{V} the {n}{e}.", "{V} {n}{e}", "{V}s the {n}{e}.", "Use this to {v} the {n}{e}.", "{V} a {n}{e}.", "Returns the {n}{e}.", "Tool for {n}: {v}{e}.", "{V} {n} records{e}.")  # fmt: skip
_FOR_ENTITY = (" for a {}", " of a {}", " by {}", " for the given {}", "")
_OPENINGS = ("{v} the {n}", "{v} the {n}", "{v} {n}", "what is the {n}", "I need the {n}", "show me the {n}", "tell me the {n}", "can you {v} the {n}", "find out the {n}", "give me the {n}", "I want to {v} a {n}", "{v} a {n}", "use {N}", "call {N}", "use the tool {N}")  # fmt: skip
_WITHOUT_VALUES = ("{v} the {n}", "{v} {n}", "what is the {n}", "I need the {n}", "show me the {n}", "tell me the {n}", "give me the {n}", "please {v} the {n}", "use {N}")  # fmt: skip
_SHORT = (
    "what {n} does {q} have",
    "{q}: what is the {n}",
    "for {q}, {v} the {n}",
    "{q} {n}",
    "in {q}, what is the {n}",
    "does {q} have a {n}",
)
_PAIRS = ("{p} {q}", "{p} {q}", "{p}={q}", "{p}: {q}", "{p} set to {q}", "{p} = {q}", "the {p} is {q}", "{p} of {q}")
_SYNONYMS = {
    "car": "vehicle", "picture": "photo", "movie": "film", "boat": "ship", "price": "cost", "salary": "wage", "street": "road", "song": "music", "client": "customer", "shop": "store",
    "job": "work", "house": "home", "doctor": "nurse", "trip": "journey", "sea": "ocean", "forest": "wood", "mistake": "error", "bill": "invoice", "meal": "food", "parcel": "package",
    "get": "fetch", "delete": "remove", "create": "add", "show": "display", "find": "locate", "buy": "order", "start": "launch", "stop": "end", "check": "verify", "send": "post",
    "update": "change", "rename": "relabel", "compute": "calculate", "book": "reserve", "watch": "monitor", "report": "tell", "merge": "join", "rank": "sort", "pay": "settle", "plan": "schedule",
}  # fmt: skip
"""A request may use the other word: the tool has to be found by what it means."""


@dataclass(frozen=True, slots=True)
class _Purpose:
    """What the tool does: its verb, its noun, and its name."""

    verb: str
    noun: str
    name: str

    def fill(self, form: str, *, draw: Draw | None = None, **more: str) -> str:
        verb, noun = self.verb, self.noun
        if draw and draw.chance(0.25):
            verb, noun = _SYNONYMS.get(verb, verb), _SYNONYMS.get(noun, noun)
        return form.format(v=verb, V=verb.capitalize(), n=noun, N=self.name, **more)


def unseen(draw: Draw) -> Skill:
    purpose, words = _purpose(draw)
    parameters = _parameters(draw, words)
    entity = parameters[0].name.replace("_", " ") if parameters else ""
    of_entity = draw.pick(_FOR_ENTITY).format(entity) if entity else ""
    description = "" if draw.chance(0.06) else purpose.fill(draw.pick(_DESCRIPTIONS), e=of_entity)
    if draw.chance(0.12):
        description += f" {draw.sentence(3, 8)}."
    tool = Tool(purpose.name, description, parameters)
    return Skill(tool, purpose.name, lambda: _request(draw, purpose, parameters))


def _purpose(draw: Draw) -> tuple[_Purpose, list[str]]:
    verb = draw.verb() if draw.chance(0.9) else draw.invented()
    words = draw.pick_by_weight(
        [
            (5, [draw.noun()]),
            (2, [draw.invented()]),
            (2, [draw.pick((draw.noun(), draw.adjective())), draw.noun()]),
            (1, [draw.invented(), draw.noun()]),
        ]
    )
    parts = draw.pick_by_weight([(85, [verb, *words]), (8, [*words, verb]), (7, [draw.invented(), *words])])
    return _Purpose(verb, " ".join(words), styled(draw, parts)), words


def _parameters(draw: Draw, taken: list[str]) -> tuple[Parameter, ...]:
    parameters: list[Parameter] = []
    amount = draw.pick((0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4))
    while len(parameters) < amount:
        name = _parameter_name(draw)
        if name in taken or any(name == one.name for one in parameters):
            continue
        first = not parameters
        kind = (
            "string"
            if name in _TEXT_ONLY or (first and draw.chance(0.8))
            else draw.pick(("string", "string", "integer", "integer", "number", "boolean"))
        )
        choices = (
            tuple(draw.word() for _ in range(draw.between(2, 4))) if kind == "string" and draw.chance(0.08) else ()
        )
        parameters.append(Parameter(name, kind, first or draw.chance(0.5), choices))
    return tuple(parameters)


def _parameter_name(draw: Draw) -> str:
    at = draw.random.random()
    if at < 0.40:
        return draw.pick(_PARAMETERS)
    if at < 0.62:
        return draw.noun()
    if at < 0.84:
        return f"{draw.pick((draw.noun(), draw.adjective()))}_{draw.pick(('id', 'name', 'code', 'count', 'date', draw.noun(), draw.noun()))}"
    return draw.invented() if at < 0.95 else f"{draw.invented()}_{draw.invented()}"


def _value(draw: Draw, parameter: Parameter) -> tuple[str, str | int | float | bool]:
    """In the user's words, and as the argument."""
    if parameter.choices:
        choice = draw.pick(parameter.choices)
        return choice, choice
    if parameter.type == "integer":
        words = draw.integer()
        return words, int(words)
    if parameter.type == "number":
        words = (
            draw.integer() if draw.chance(0.5) else f"{draw.between(0, 9999)}.{draw.between(0, 9)}{draw.between(1, 9)}"
        )
        return words, float(words) if "." in words else int(words)
    if parameter.type == "boolean":
        yes = draw.chance(0.5)
        return draw.pick(
            ("true", "true", "true", "yes", "on") if yes else ("false", "false", "false", "no", "off")
        ), yes
    words = values.name_like(draw)
    return words, words


def _request(draw: Draw, purpose: _Purpose, parameters: tuple[Parameter, ...]) -> Request:
    used = [one for one in parameters if one.required or draw.chance(0.4)]
    if not used:
        return Request(said(draw, purpose.fill(draw.pick(_WITHOUT_VALUES), draw=draw), asks=draw.chance(0.5)), {})
    drawn = {one.name: _value(draw, one) for one in used}
    arguments = {name: value for name, (_, value) in drawn.items()}
    words = {one.name: _as_written(draw, one, drawn[one.name][0], crowded=len(used) > 1) for one in used}
    first, rest = used[0], used[1:]
    if len(used) == 1 and draw.chance(0.12):
        form = draw.pick(_SHORT)
        text = purpose.fill(form, draw=draw, q=words[first.name])
        starts_with_value = form.startswith("{q}")  # which must stay as it is
        return Request((text if starts_with_value else capital(draw, text)) + draw.pick(("?", "")), arguments)
    text = purpose.fill(draw.pick(_OPENINGS), draw=draw)
    if draw.chance(0.6) and first.type != "boolean" and not first.choices:
        text += draw.pick((" for ", " of ", " in ", " for ", " with ", ": ", " on ", " at ")) + words[first.name]
    else:
        rest = used
    text = capital(draw, text + _named_values(draw, rest, words))
    ends_open = text[-1] in ".!?" or (rest and "=" in text)
    return Request(text if ends_open else text + draw.pick(("?", ".", "", "", "")), arguments)


def _as_written(draw: Draw, parameter: Parameter, words: str, *, crowded: bool) -> str:
    if parameter.type != "string" or "'" in words:
        return words
    if not draw.chance(0.75 if crowded and " " in words else 0.2):
        return words
    return draw.pick(('"{}"', '"{}"', "'{}'", "`{}`")).format(words)


def _named_values(draw: Draw, parameters: list[Parameter], words: dict[str, str]) -> str:
    """` with size 3 and colour "red"`, in random order."""
    order = parameters[:]
    draw.random.shuffle(order)
    form, start = draw.pick(_PAIRS), draw.pick((" with", ",", " and", " using", " -", ";"))
    text = ""
    for at, one in enumerate(order):
        name = one.name if "=" in form or draw.chance(0.6) else one.name.replace("_", " ")
        text += (start if at == 0 else draw.pick((",", " and", ", and"))) + " " + form.format(p=name, q=words[one.name])
    return text
