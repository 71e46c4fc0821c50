"""When an answer counts as right. All of it has to be: the tool's name and every argument, every word of a sentence."""

from __future__ import annotations

import json
from typing import Any, cast

from demo.evaluation.asking import Answer
from demo.evaluation.cases import Case

_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}


def is_right(case: Case, answer: Answer) -> bool:
    match case.measure:
        case "no call when none fits":
            return not answer.calls
        case "answer from a result":
            return not answer.calls and reported(case.wanted.text) in answer.text
        case "Python task end to end":
            return answer.before == case.wanted.calls and answer.output in answer.text
        case "JSON by a schema":
            return follows_schema(answer.text, _schema_in(case.conversation.turns[0].text))
        case _:
            return answer.calls == case.wanted.calls if case.wanted.calls else answer.text == case.wanted.text


def switch_obeyed(case: Case, answer: Answer) -> bool:
    """Thoughts exactly when they were asked for, and none of their markers in the text."""
    return bool(answer.reasoning) == case.conversation.thinking and "think>" not in answer.text


def reported(sentence: str) -> str:
    """The tool's result in the wanted answer, without the words around it."""
    for start in ("The result is ", "Here is the result: ", "The tool reported an error: "):
        if sentence.startswith(start):
            return sentence.removeprefix(start).removesuffix(".")
    if sentence.startswith("Here is the output:"):
        return sentence.split("```\n", 1)[1].removesuffix("\n```")
    return sentence.split(" (Source: ")[0]


def _schema_in(question: str) -> dict[str, Any]:
    return json.JSONDecoder().raw_decode(question, question.index('{"type"'))[0]


def follows_schema(text: str, schema: dict[str, Any]) -> bool:
    """Whether the text is an object with exactly the schema's keys, of its types and choices."""
    try:
        value: Any = json.loads(text)
    except ValueError:
        return False
    if not isinstance(value, dict):
        return False
    held = cast("dict[str, object]", value)
    return set(held) == set(schema["required"]) and all(
        _fits(held[key], one) for key, one in schema["properties"].items()
    )


def _fits(value: object, schema: dict[str, Any]) -> bool:
    if schema["type"] != "boolean" and isinstance(value, bool):
        return False
    return isinstance(value, _TYPES[schema["type"]]) and value in schema.get("enum", [value])
