"""From what a body says to calls that may be made: the name is offered, the arguments fit the tool's schema.

The rule: a repaired call must be right in every part, else it is text. A call that the model wrote properly behind its
own mark, with arguments that do not fit, is passed on: the client can tell the model what is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from unsloth_studio.parsing.envelope import RawCall
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.output import ToolCall
from unsloth_studio.parsing.schema_fit import fit, lift
from unsloth_studio.patterns import pattern

_DECODER = json.JSONDecoder()
_ARGUMENTS = pattern(r'"(?:arguments|parameters)"\s*:\s*(?=\{)')


class Ended(NamedTuple):
    """Where a body ends, and its calls; none: it is text after all. `loose`: nothing of the family's own closed it."""

    calls: tuple[ToolCall, ...]
    end: int
    loose: bool = False


_NATURAL = pattern(r"(?:functions\.|default_api\.)?(?P<name>.*?)(?:\.call|:\d+)?", re.DOTALL)


def natural(written: str, name: str) -> bool:
    """Whether `written` is the family's own way to spell the tool `name`, so that nothing had to be mended."""
    found = _NATURAL.fullmatch(written.strip())
    return found is not None and found["name"] == name


def accepted(raws: Sequence[RawCall], names: ToolNames, source: str, *, marked: bool = True) -> tuple[ToolCall, ...]:
    """The calls, or none of them. `source` is the text they were read from."""
    calls: list[ToolCall] = []
    at = 0
    for raw in raws:
        arguments = raw.arguments
        if "closed_brackets" in raw.repairs:
            lifted = lift(arguments, names.schema(raw.name))
            if lifted is None:
                return ()
            arguments = lifted
        fitted = fit(arguments, names.schema(raw.name))
        repairs = tuple(dict.fromkeys((*raw.repairs, *fitted.repairs)))
        if fitted.problems and (repairs or not marked):
            return ()
        text, at = _as_written(source, at, arguments) if not fitted.repairs else (None, at)
        calls.append(ToolCall(raw.name, text or json_text_of(fitted.arguments), repairs, source))
    return tuple(calls)


def json_text_of(value: object) -> str:
    """JSON, also of whole numbers that orjson does not write (beyond 64 bits)."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _as_written(source: str, at: int, arguments: object) -> tuple[str | None, int]:
    """The arguments' own text in `source` at or behind `at`, if they stand there as valid JSON."""
    if source[:1] == "{" and (whole := _loads(source)) is not None and whole == arguments:
        return source, len(source)
    found = _ARGUMENTS.search(source, at)
    if found is None:
        return None, at
    try:
        _, end = _DECODER.raw_decode(source, found.end())
    except (ValueError, RecursionError):
        return None, at
    text = source[found.end() : end]
    return (text, end) if _loads(text) == arguments else (None, at)


def _loads(text: str) -> object:
    try:
        return orjson.loads(text)
    except ValueError:
        return None
