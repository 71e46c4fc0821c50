"""JSON on demand: objects from fields, from a sentence, and from a small JSON schema with no grammar to help."""

from __future__ import annotations

from dataclasses import dataclass

from demo.text import values
from demo.text.conversation import to_json
from demo.text.draw import Draw
from demo.text.exercises import Exercise
from demo.text.phrasing import capital, quoted

_KEYS = """name age city country email phone title color size price count id date status type score level language year author rating
quantity address role team temperature weight height active enabled admin description category owner summary answer result value""".split()
_REQUESTS = ("give me a JSON object with{}", "return a JSON object with{}", "create JSON with{}", "JSON with{}", "answer in JSON:{}", "make a JSON object:{}", "write a JSON object with the fields{}", "produce JSON for{}", "convert to JSON:{}", "output only JSON with{}", "respond with JSON only:{}", "reply with a JSON object containing{}", "extract as JSON:{}", "turn this into JSON:{}")  # fmt: skip
_FIELDS = (" {} {}", " {} {}", " {}={}", " {}: {}", " {} = {}", " {} set to {}", ' {} "{}"', ' "{}": {}', " {} is {}")


@dataclass(frozen=True, slots=True)
class Field:
    """A key, its value in the user's words and in JSON, and the JSON type of the value."""

    key: str
    words: str
    value: str | int | float | bool
    type: str


def key(draw: Draw) -> str:
    at = draw.random.random()
    if at < 0.45:
        return draw.pick(_KEYS)
    if at < 0.7:
        return draw.noun()
    if at < 0.85:
        return f"{draw.pick((draw.adjective(), draw.noun(), draw.verb()))}_{draw.noun()}"
    return draw.invented() if at < 0.93 else f"{draw.invented()}_{draw.invented()}"


def field(draw: Draw, name: str) -> Field:
    at = draw.random.random()
    if at < 0.30:
        words = draw.integer()
        return Field(name, words, int(words), "integer")
    if at < 0.37:
        yes = draw.chance(0.5)
        return Field(name, "true" if yes else "false", yes, "boolean")
    if at < 0.44:
        words = f"{draw.between(0, 999)}.{draw.between(1, 9)}"
        return Field(name, words, float(words), "number")
    words = values.name_like(draw)
    words = f"id-{words}" if words.replace(".", "").replace("-", "").replace("e", "").isdigit() else words
    return Field(name, words, words, "string")


def fields(draw: Draw, amount: int) -> list[Field]:
    keys: list[str] = []
    while len(keys) < amount:
        name = key(draw)
        if name not in keys:
            keys.append(name)
    return [field(draw, name) for name in keys]


def listed(draw: Draw, chosen: list[Field]) -> str:
    """` name Anna, age 30 and city Oslo`, in one of many styles; starts with a space."""
    form = draw.pick(_FIELDS)
    spoken = "=" not in form and '"{' not in form and draw.chance(0.3)
    last = draw.pick((",", " and", ", and"))
    text = ""
    for at, one in enumerate(chosen):
        text += "" if at == 0 else last if at == len(chosen) - 1 else ","
        text += form.format(one.key.replace("_", " ") if spoken else one.key, one.words)
    return text


def from_fields(draw: Draw) -> Exercise:
    chosen = fields(draw, draw.pick((1, 2, 2, 2, 3, 3, 4)))
    question = capital(draw, draw.pick(_REQUESTS).format(listed(draw, chosen)))
    return Exercise(question + draw.pick(("", "", ".")), to_json({one.key: one.value for one in chosen}), "json")


_PEOPLE = ("{0} is {1} years old and lives in {2}.", "{0}, {1}, from {2}.", "My name is {0}, I am {1} and I live in {2}.", "{0} lives in {2}. {0} is {1}.", "{0} ({1}) moved to {2}.", "In {2} there lives {0}, aged {1}.")  # fmt: skip
_EXTRACT = ("extract {0} as JSON: {1}", "extract the {0} as JSON from: {1}", "extract {0} from this text as JSON: {1}", "give me {0} as a JSON object. Text: {1}", "return JSON with the keys {0} for: {1}", "{1} Give me {0} as JSON.")  # fmt: skip


def from_sentence(draw: Draw) -> Exercise:
    name, age, city = draw.given_name(), draw.between(1, 120), draw.place()
    facts: list[tuple[str, str | int]] = [("name", name), ("age", age), ("city", city)]
    sentence = draw.pick(_PEOPLE).format(name, age, city)
    wanted = draw.random.sample(facts, draw.pick((1, 2, 2, 3, 3)))
    keys = ", ".join(one for one, _ in wanted[:-1]) + (" and " if len(wanted) > 1 else "") + wanted[-1][0]
    return Exercise(capital(draw, draw.pick(_EXTRACT).format(keys, sentence)), to_json(dict(wanted)), "json")


_FOLLOW = ("Reply with JSON that follows this schema: {0}\n{1}", "{1}\nAnswer in JSON with this schema: {0}", "JSON schema: {0}\nText: {1}", "Use this JSON schema: {0}\n\n{1}", "Return JSON matching the schema {0} for: {1}", "Extract as JSON. Schema: {0}\nText: {1}")  # fmt: skip
_STATED = ("The {} is {}.", "{} is {}.", "{}: {}.", "{} = {};", "the {} was {},")


def schema_of(chosen: list[Field], choices: dict[str, list[str]]) -> dict[str, object]:
    properties = {
        one.key: {"type": one.type, "enum": choices[one.key]} if one.key in choices else {"type": one.type}
        for one in chosen
    }
    return {"type": "object", "properties": properties, "required": [one.key for one in chosen]}


def from_schema(draw: Draw) -> Exercise:
    """The schema decides on keys, their order and types; a number where it wants text becomes text."""
    chosen = fields(draw, draw.pick((1, 2, 2, 3, 3)))
    choices: dict[str, list[str]] = {}
    for at, one in enumerate(chosen):
        if one.type == "string" and draw.chance(0.2):
            options = [draw.word() for _ in range(draw.between(2, 3))]
            choices[one.key] = options
            picked = draw.pick(options)
            chosen[at] = Field(one.key, picked, picked, "string")
        elif one.type == "integer" and draw.chance(0.15):
            chosen[at] = Field(one.key, one.words, one.words, "string")
    form = draw.pick(_STATED)
    said_first = chosen[:]
    draw.random.shuffle(said_first)
    text = " ".join(form.format(one.key, quoted(draw, one.words, 0.15)) for one in said_first)
    text = capital(draw, text) if draw.chance(0.6) else listed(draw, said_first).strip()
    schema = to_json(schema_of(chosen, choices))
    return Exercise(draw.pick(_FOLLOW).format(schema, text), to_json({one.key: one.value for one in chosen}), "json")
