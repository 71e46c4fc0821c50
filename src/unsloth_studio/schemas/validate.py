"""A value against its full schema, after generation (`jsonschema`, imported when it is first needed).

The rule: never raises, never fetches, never takes long. What cannot be checked (a foreign reference, a pattern that is no
regular expression or that could match for minutes, words in the wrong form) is left out of the check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, cast

import orjson
from msgspec import Struct

from unsloth_studio.schemas.patterns import checked_length
from unsloth_studio.schemas.readable import readable

Json = Mapping[str, Any]

MAX_MESSAGE = 240  # characters
_STEPS = 20_000  # references followed for one value
_CACHED = 128  # schemas

_left: ContextVar[list[int]] = ContextVar("references left to follow")


class Violation(Struct, frozen=True):
    """Where (`a.b[0]`; empty for the whole value) and what."""

    path: str
    message: str


class _Enough(Exception):  # noqa: N818 - it ends a check, it is no failure
    """More references were followed than one check is worth."""


def first_violation(value: Any, schema: Any) -> Violation | None:
    """The violation nearest to the root, or None: the value is as the schema wants it, or cannot be judged."""
    if not isinstance(schema, Mapping) or not schema:
        return None
    token = _left.set([_STEPS])
    try:
        validator = _validator(orjson.dumps(schema, default=str))
        error = _best(validator.iter_errors(value))
    except Exception:  # a schema is the client's: whatever it upsets, the answer goes out
        return None
    finally:
        _left.reset(token)
    return None if error is None else Violation(_path(error.absolute_path), _message(error))


@lru_cache(maxsize=_CACHED)
def _validator(schema: bytes) -> Any:
    import referencing

    registry: Any = cast("Any", referencing).Registry()  # it knows nothing and fetches nothing
    return _checker()(readable(orjson.loads(schema)), registry=registry)


@cache
def _checker() -> Any:
    """Draft 2020-12 with an eye on time."""
    import jsonschema.validators

    drafts = cast("Any", jsonschema.validators)
    original: Any = drafts.Draft202012Validator.VALIDATORS

    def reference(validator: Any, target: Any, instance: Any, schema: Any) -> Iterator[Any]:
        left = _left.get()
        left[0] -= 1
        if left[0] < 0:
            raise _Enough
        yield from original["$ref"](validator, target, instance, schema) or ()

    def pattern(validator: Any, text: str, instance: Any, schema: Any) -> Iterator[Any]:
        if isinstance(instance, str) and len(instance) <= checked_length(text) and not re.search(text, instance):
            yield from original["pattern"](validator, text, instance, schema)

    return drafts.extend(drafts.Draft202012Validator, {"$ref": reference, "pattern": pattern})


def _best(errors: Iterator[Any]) -> Any:
    """The error nearest to the root; of a union, that of the branch which fits best."""
    import jsonschema.exceptions

    return cast("Any", jsonschema.exceptions).best_match(errors)


def _path(steps: Any) -> str:
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text[:200]


def _message(error: Any) -> str:
    text = str(error.message)
    if len(text) <= MAX_MESSAGE:
        return text
    return f"{text[: MAX_MESSAGE // 2]} ... {text[-MAX_MESSAGE // 2 :]}"
