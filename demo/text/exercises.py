"""Exercises without tools: repeat, spell, count, remember, say what is known, and say that something is not known."""

from __future__ import annotations

from dataclasses import dataclass

from demo.text import chinese, lexicon, values
from demo.text.draw import Draw
from demo.text.persona import CANNOT_CALCULATE, KNOWN, STARTS_OF_QUESTIONS, UNKNOWN
from demo.text.phrasing import capital, quoted, said


@dataclass(frozen=True, slots=True)
class Exercise:
    question: str
    answer: str
    kind: str


_REPEAT = """repeat: {}|repeat {}|say {}|echo {}|echo: {}|repeat after me: {}|repeat the following: {}|say exactly: {}|print {}|output {}
write {}|copy this: {}|repeat this text: {}|reply with exactly: {}|respond with {}|repeat this back to me: {}|say the words {}
just answer {}|return the text {}|type {}|repeat the text\n{}|repeat:\n{}|echo back {}|reply with {}|repeat exactly what I say: {}
reply with exactly this and nothing else: {}|say the following: {}|only say {}|copy: {}|please repeat: {}|repeat this: {}""".replace("\n{", "\0{").replace("\n", "|").replace("\0", "\n").split("|")  # fmt: skip
_SPELL = ("spell {}", "spell the word {}", "how do you spell {}", "spell out {}", "can you spell {}", "what are the letters of {}", "please spell {}", "how is {} spelled", "give me the letters of {}")  # fmt: skip
_COUNT = ("count to {1}", "count up to {1}", "count from {0} to {1}", "list the numbers from {0} to {1}", "can you count to {1}", "count {0} to {1}", "print the numbers {0} to {1}", "write the numbers from {0} to {1}")  # fmt: skip


def repeat(draw: Draw) -> Exercise:
    if draw.chance(0.05):
        text = draw.pick((values.chinese, values.value))(draw)
        return Exercise(draw.pick(chinese.REPEAT).format(text), text, "echo")
    text = values.value(draw)
    if draw.chance(0.2):
        text = f"{text} {values.value(draw)}"
    return Exercise(capital(draw, draw.pick(_REPEAT).format(quoted(draw, text))), text, "echo")


def repeat_rare(draw: Draw) -> Exercise:
    """What prose never contains, so that no piece of the vocabulary stays untrained."""
    text = draw.pick(
        (
            values.letters,
            values.fragments,
            values.any_character,
            values.any_character,
            values.accented,
            values.chinese,
            values.chinese,
            values.chinese,
            values.chinese,
            values.messy,
        )
    )(draw)
    return Exercise(capital(draw, draw.pick(_REPEAT).format(quoted(draw, text))), text, "echo")


def spell(draw: Draw) -> Exercise:
    word = draw.pick(
        (
            draw.noun,
            draw.noun,
            draw.given_name,
            draw.invented,
            draw.invented,
            lambda: draw.from_list(lexicon.CITIES),
            lambda: values.letters(draw),
        )
    )()
    word = word[:14]
    question = draw.pick(_SPELL).format(quoted(draw, word))
    return Exercise(said(draw, question, asks=question.startswith(("how", "can", "what"))), "-".join(word), "spell")


def count(draw: Draw) -> Exercise:
    low = draw.between(2, 30) if draw.chance(0.2) else 1
    high = low + draw.pick((2, 3, 4, 4, 5, 6, 7, 9, 9, 11, 14, 19, 19, 24, 29, 39, 49, draw.between(1, 49)))
    numbers = ", ".join(str(number) for number in range(low, high + 1))
    if low == 1 and draw.chance(0.06):
        return Exercise(draw.pick(chinese.COUNT).format(high), numbers, "count")
    forms = [form for form in _COUNT if "{0}" in form] if low > 1 else _COUNT
    return Exercise(said(draw, draw.pick(forms).format(low, high), asks=False), numbers, "count")


def known(draw: Draw) -> Exercise:
    one = draw.pick(KNOWN)
    question = draw.pick(one.questions)
    asks = question.split()[0] in STARTS_OF_QUESTIONS or draw.chance(0.3)
    text = said(draw, question, asks=asks)
    return Exercise(text.lower() if draw.chance(0.15) else text, one.answer, "known")


def known_in_chinese(draw: Draw) -> Exercise:
    answer, questions = draw.pick(chinese.KNOWN)
    return Exercise(draw.pick(questions) + draw.pick(("", "", "？", "。", "！", "?")), answer, "known")


def unknown_in_chinese(draw: Draw) -> Exercise:
    if draw.chance(0.15):
        question = draw.pick(chinese.CALCULATE).format(f"{draw.integer()}{draw.pick('+-*/')}{draw.integer()}")
        return Exercise(question + draw.pick(("", "？")), chinese.CANNOT_CALCULATE, "calculate")
    question = draw.pick(chinese.QUESTIONS_UNKNOWN).format(draw.pick(chinese.SUBJECTS), draw.pick(chinese.SUBJECTS))
    return Exercise(question + draw.pick(("", "？", "。", "？")), chinese.UNKNOWN, "unknown")


_UNKNOWN = """what is the capital of {place}|who is {person}|who was the first {noun} of {place}|when was {thing} {made}|who {made} the {noun}
how {size} is {thing}|why is the {noun} {adjective}|what is {thing}|what is a {noun}|what does {noun} mean|explain {thing}|explain the {noun} of {thing}
where is {place}|how do I {verb} a {noun}|what are the {noun} of {thing}|how many {noun} are in {thing}|write an essay about {thing}|describe {thing}
which {noun} is the best|which {noun} is the {adjective}|is {thing} {adjective}|should I {verb} my {noun}|translate {thing} to {language}
what do you think about {thing}|give me advice on {thing}|compare {thing} and {noun}|what is the weather in {place}|what is the {noun} of {thing}
what is the {noun} {noun} of {thing}|summarize the {noun} {thing}|do you like {thing}|can you {verb} the {noun}|tell me about {thing}
tell me more about {thing}|did {person} {verb} the {noun}|how does {thing} work|recommend a {noun}|what happened in {year}|who won the {noun} in {year}
what happened to {thing} in {year}|what time is it|what day is it today|what is the meaning of life|why is the sky {adjective}
write a haiku about {thing}|write a poem about {thing}|write a story about {thing}|how do I bake a {noun}|what's your opinion on {thing}
give me three ideas for a {noun}|suggest a name for my {noun}|how old is {person}|what is the population of {place}|who wrote {thing}
what is the best {noun} in {place}|what are the rules of {noun}|plan a trip to {place}|write a {noun} for my {noun}|fix my {noun}
explain {thing} in simple terms|what is the difference between {thing} and {noun}|why do {noun} {verb}|is it {adjective} in {place}
what should I {verb} today|how far is {place} from {place}|what is the {adjective} {noun}|{verb} the {noun} of the {noun}|tell me a fact about {thing}
debug this {noun}|review my {noun}|which {noun} should I {verb}|how much does a {noun} cost|I have a problem with my {noun}""".replace("\n", "|").split("|")  # fmt: skip
_MADE = ("born", "built", "founded", "invented", "discovered", "painted", "won")
_SIZES = ("tall", "old", "far", "big", "deep", "long", "heavy", "fast", "cold", "hot")


_WORK_ON_TEXT = (
    "Summarize this text",
    "summarize",
    "Translate this",
    "Explain this text",
    "What does this mean",
    "Improve this",
    "Shorten the following",
)


def question_unknown(draw: Draw) -> str:
    """A question about the world, without capital letter and question mark."""
    thing = draw.pick((draw.place, draw.given_name, draw.word, draw.noun, lambda: draw.phrase(1, 3)))
    facts = {
        "place": draw.place(), "person": draw.full_name(), "noun": draw.noun(), "adjective": draw.adjective(), "verb": draw.verb(), "thing": thing(),
        "made": draw.pick(_MADE), "size": draw.pick(_SIZES), "language": draw.pick(lexicon.LANGUAGES), "year": draw.between(1000, 2030),
    }  # fmt: skip
    return draw.pick(_UNKNOWN).format(**facts)


def unknown(draw: Draw) -> Exercise:
    if draw.chance(0.12):
        question = draw.pick((draw.sentence(2, 9), draw.phrase(1, 4)))
        return Exercise(said(draw, question, asks=draw.chance(0.4)), UNKNOWN, "unknown")
    if draw.chance(0.05):
        return Exercise(
            f"{draw.pick(_WORK_ON_TEXT)}:{draw.pick((' ', chr(10)))}{values.sentences(draw, 9)}", UNKNOWN, "unknown"
        )
    return Exercise(said(draw, question_unknown(draw), asks=True), UNKNOWN, "unknown")


_OPERATORS = (("+", ("+", " + ", " plus ")), ("-", ("-", " - ", " minus ")), ("*", ("*", " * ", " times ", " x ", " multiplied by ")), ("/", ("/", " / ", " divided by ")), ("**", ("**", "^", " to the power of ")), ("%", (" % ", " mod ")))  # fmt: skip
_ASK_FOR_SUM = ("what is {}", "what is {}", "what's {}", "calculate {}", "compute {}", "how much is {}", "{}", "{} =", "evaluate {}", "solve {}", "tell me {}", "what is the result of {}", "I need to know {}", "can you compute {}")  # fmt: skip


def arithmetic(draw: Draw) -> tuple[str, str]:
    """A sum in a person's words, and the Python expression for it."""

    def operand() -> str:
        return draw.integer() if draw.chance(0.85) else draw.decimal()

    first, second, third = operand(), operand(), operand()
    at = draw.random.random()
    if at < 0.07:
        return f"the square root of {first}", f"{first}**0.5"
    if at < 0.14:
        return f"{first}% of {second}", f"{first}*{second}/100"
    if at < 0.18:
        inner, outer, space = draw.pick("+-"), draw.pick("*/"), draw.pick(("", " "))
        return (
            f"({first}{space}{inner}{space}{second}){space}{outer}{space}{third}",
            f"({first}{inner}{second}){outer}{third}",
        )
    words = expression = first
    for _ in range(draw.pick((1, 1, 1, 1, 1, 2, 2, 3))):
        operator, spoken = draw.pick(_OPERATORS if draw.chance(0.3) else _OPERATORS[:4])
        number = operand()
        words += draw.pick(spoken) + number
        expression += operator + number
    return words, expression


def asked_sum(draw: Draw) -> tuple[str, str]:
    words, expression = arithmetic(draw)
    return draw.pick(_ASK_FOR_SUM).format(words), expression


def calculate(draw: Draw) -> Exercise:
    question = said(draw, asked_sum(draw)[0], asks=True)
    if draw.chance(0.35):  # asked to use a tool that is not there
        question += draw.pick((" Use Python.", " Use the Python tool.", " Use a calculator."))
    return Exercise(question, CANNOT_CALCULATE, "calculate")


_REMEMBER = ("my {} is {}", "remember that my {} is {}", "remember: my {} is {}", "please note that my {} is {}", "hi, my {} is {}", "by the way, my {} is {}", "note: my {} is {}")  # fmt: skip
_RECALL = ("what is my {}", "what's my {}", "do you remember my {}", "what was my {}", "tell me my {}", "which {} did I tell you", "can you tell me my {}")  # fmt: skip


def remember(draw: Draw) -> tuple[Exercise, Exercise]:
    """Something the user says, and the later question about it."""
    key = draw.pick(
        (
            "name",
            "name",
            "favorite color",
            "city",
            "lucky number",
            "favorite animal",
            "code",
            "favorite food",
            "secret word",
            draw.noun(),
            draw.invented(),
        )
    )
    value = {
        "name": draw.given_name,
        "city": draw.place,
        "lucky number": draw.integer,
        "code": lambda: values.code(draw),
    }.get(key, draw.word)()
    told = draw.pick(_REMEMBER).format(key, value)
    if key == "name":
        told = draw.pick((told, told, f"I am {value}", f"I'm {value}", f"call me {value}"))
    noted = f"Nice to meet you, {value}!" if key == "name" else f"OK, your {key} is {value}."
    asked = said(draw, draw.pick(_RECALL).format(key), asks=True)
    return Exercise(said(draw, told, asks=False), noted, "known"), Exercise(asked, f"Your {key} is {value}.", "memory")
