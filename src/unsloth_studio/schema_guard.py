"""Refuses what is known to hang or crash the engine's grammar compiler: schemas and grammars that no text can satisfy, that
go in circles, or that are nested without measure.

The rule: only what cannot work is refused; whatever else a schema says is lowered (`schemas/lower.py`), as everything in a
tool's schema is. Evidence: a minimum above
its maximum makes llama.cpp allocate until the machine is out of memory, a `$ref` that leads only to itself and a grammar of
50,000 brackets overflow its stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from unsloth_studio.turn.errors import invalid

MAX_DEPTH = 128
MAX_REPETITION = 10_000
MAX_PATTERN = 4096  # characters
MAX_GRAMMAR = 256 * 1024  # characters
MAX_BRACKETS = 256  # open at once in a grammar

_BOUNDS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)
_COUNTS = ("minLength", "minItems", "minProperties")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_STANDS_FOR = ("allOf", "anyOf", "oneOf")

_OTHER_DIALECT = re.compile(r"\\[pPcu]|\(\?<[A-Za-z_]|\[\^?\]")  # good in ECMA-262, though not here

Json = Mapping[str, Any]


def check_schema(schema: Json, path: str) -> None:
    """Raises `TurnFailure` (invalid_request) that names the place below `path`, the field in which the schema came."""
    for place, part in _objects(schema, path, 0):
        _check_bounds(part, place)
        if isinstance(pattern := part.get("pattern"), str):
            _check_pattern(pattern, f"{place}.pattern")
        if "$ref" in part:
            _check_circle(schema, part, place)


def check_grammar(grammar: str, path: str) -> None:
    """Raises `TurnFailure` when a GBNF grammar is too long or nested too deeply."""
    if len(grammar) > MAX_GRAMMAR:
        raise invalid(
            f"{path}: the grammar has {len(grammar)} characters; at most {MAX_GRAMMAR} are taken.", param=path
        )
    depth = deepest = 0
    for character in grammar:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if deepest > MAX_BRACKETS:
        raise invalid(f"{path}: the grammar's brackets are nested {deepest} deep; write it flatter.", param=path)
    _check_repeats(grammar, path)


def _objects(value: Any, place: str, depth: int) -> Iterator[tuple[str, Json]]:
    """Every object inside `value`, with its path."""
    if depth > MAX_DEPTH:
        raise invalid(
            f"{place[:80]}...: the schema is nested too deeply (more than {MAX_DEPTH} levels).", param=place[:80]
        )
    if isinstance(value, Mapping):
        part = cast("Json", value)
        yield place, part
        for key, inner in part.items():
            yield from _objects(inner, f"{place}.{key}", depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(cast("list[Any]", value)):
            yield from _objects(inner, f"{place}[{number}]", depth + 1)


def _check_bounds(part: Json, place: str) -> None:
    for low, high in _BOUNDS:
        least, most = part.get(low), part.get(high)
        if _is_number(least) and _is_number(most) and cast("float", least) > cast("float", most):
            raise invalid(f"{place}: {low} ({least}) is larger than {high} ({most}).", param=f"{place}.{low}")
    for name in (*_COUNTS, *(high for _, high in _BOUNDS[:3])):
        count = part.get(name)
        if _is_number(count) and not 0 <= cast("float", count) <= (MAX_REPETITION if name in _COUNTS else 2**31):
            raise invalid(f"{place}: {name} must be from 0 to {MAX_REPETITION}.", param=f"{place}.{name}")


def _check_pattern(pattern: str, place: str) -> None:
    if len(pattern) > MAX_PATTERN:
        raise invalid(
            f"{place}: the pattern has {len(pattern)} characters; at most {MAX_PATTERN} are taken.", param=place
        )
    _check_repeats(pattern, place)
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        if _OTHER_DIALECT.search(pattern):
            return  # `schemas.lower` leaves it out
        raise invalid(f"{place}: this is no regular expression: {error}.", param=place) from error


def _check_repeats(text: str, place: str) -> None:
    for found in _REPEAT.finditer(text):
        least, most = int(found[1][:10]), int(found[2][:10]) if found[2] else None
        if max(least, most or 0) > MAX_REPETITION or (most is not None and least > most):
            raise invalid(f"{place}: the repetition {found[0][:40]} cannot be used.", param=place)


def _check_circle(schema: Json, part: Json, place: str) -> None:
    """A `$ref` must arrive at something else than itself, by way of what merely stands for something."""
    seen: set[int] = set()
    ways: list[Json] = [part]
    while ways:
        here = ways.pop()
        if "$ref" in here:
            if id(here) in seen:
                raise invalid(f"{place}.$ref: this reference leads in a circle.", param=f"{place}.$ref")
            seen.add(id(here))
            if (target := _target(schema, here["$ref"])) is not None:
                ways.append(target)
        for key in _STANDS_FOR:
            if isinstance(inner := here.get(key), list):
                ways += [cast("Json", one) for one in cast("list[Any]", inner) if isinstance(one, Mapping)]


def _target(schema: Json, reference: Any) -> Json | None:
    """What a local reference (`#/$defs/x`) points at; None when it points nowhere."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    here: Any = schema
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping):
            here = cast("Json", here).get(name)
        elif isinstance(here, list) and name.isdigit() and int(name) < len(cast("list[Any]", here)):
            here = cast("list[Any]", here)[int(name)]
        else:
            return None
    return cast("Json", here) if isinstance(here, Mapping) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
