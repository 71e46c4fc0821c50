"""From the bytes of a request body to a typed wire shape, with an error that names the field.

One rule: `dict[str, Any]` ends here. A shape is a `msgspec.Struct`; what it does not name comes back as `extras`, so that
fields which only the engine understands can ride along.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import orjson

from unsloth_studio.schema_guard import check_grammar
from unsloth_studio.turn.errors import invalid

T = TypeVar("T", bound=msgspec.Struct)

Count = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
"""A number of tokens or of choices."""
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
NonNegative = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Penalty = Annotated[float, msgspec.Meta(ge=-100, le=100)]
Seed = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<field>[^`]+)`")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # both halves
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)

_Whole = Annotated[int, msgspec.Meta(ge=-1, le=1_000_000)]  # the engine allocates by some of these
_Real = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]

ENGINE_SAMPLING: dict[str, Any] = {
    **dict.fromkeys(
        ("dynatemp_range", "dynatemp_exponent", "top_n_sigma", "typical_p", "xtc_probability", "xtc_threshold",
         "mirostat_tau", "mirostat_eta", "dry_multiplier", "dry_base", "adaptive_target", "adaptive_decay"), _Real),
    **dict.fromkeys(
        ("mirostat", "dry_allowed_length", "dry_penalty_last_n", "repeat_last_n", "min_keep", "n_probs"), _Whole),
    **dict.fromkeys(("ignore_eos", "cache_prompt"), bool),
    "reasoning_budget_tokens": Annotated[int, msgspec.Meta(ge=-1, le=2**31 - 1)],
    "reasoning_format": Literal["auto", "none", "deepseek", "deepseek-legacy"],
    "samplers": list[str] | str,
    "dry_sequence_breakers": list[str],
    "grammar": str,
    "chat_template_kwargs": dict[str, Any],
}  # fmt: skip
"""Request fields of llama-server's own (its README, "POST /completion") that every dialect lets through, by type."""


def read_shape(body: bytes, shape: type[T]) -> tuple[T, dict[str, Any]]:
    """Decode `body` as `shape`; the second value holds the top-level fields that `shape` does not name.

    Raises `TurnFailure` (invalid_request) with the field's path as `param`, for example `messages[0].content`.
    """
    try:
        raw = _decoded(body)
    except orjson.JSONDecodeError as error:
        where = f" (line {error.lineno}, column {error.colno})" if body else ""
        what = str(error).split(":", 1)[0] if body else "the body is empty"
        raise invalid(f"The request body is not valid JSON: {what}{where}.", code="invalid_json") from error
    try:
        value = msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        message, param = _explain(str(error))
        raise invalid(message, param=param) from error
    named = shape.__struct_encode_fields__
    return value, {key: raw[key] for key in raw if key not in named}


def shaped(raw: object, shape: type[T], *, at: str) -> T:
    """`raw`, JSON that was decoded before, as `shape`. Raises `TurnFailure` (invalid_request) whose `param` is the path from
    the body's top; `at` is where `raw` stands (`input[3]`)."""
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        message, param = _explain(str(error), at)
        raise invalid(message, param=param) from error


def engine_extras(extras: dict[str, Any]) -> dict[str, Any]:
    """The fields of `extras` that are the engine's own sampling settings; the others are accepted and ignored.

    Raises `TurnFailure` for one that the engine could not use.
    """
    named = {key: value for key, value in extras.items() if key in ENGINE_SAMPLING and value is not None}
    for key, value in named.items():
        try:
            msgspec.convert(value, ENGINE_SAMPLING[key])
        except msgspec.ValidationError as error:
            message, _ = _explain(f"{error} - at `$.{key}`" if " - at " not in str(error) else str(error))
            raise invalid(message, param=key) from error
    if "grammar" in named:
        check_grammar(named["grammar"], "grammar")
    thinking = named.get("chat_template_kwargs", {}).get("enable_thinking")
    if thinking is not None and not isinstance(thinking, bool):
        path = "chat_template_kwargs.enable_thinking"
        raise invalid(f"{path}: Expected 'bool'.", param=path)
    return named


def tuple_of_stops(stop: str | list[str] | None) -> tuple[str, ...]:
    """Stop sequences as a tuple; empty strings stop nothing and are dropped."""
    if stop is None:
        return ()
    return tuple(s for s in ([stop] if isinstance(stop, str) else stop) if s)


def _decoded(body: bytes) -> Any:
    """The JSON of a body. One that begins with a byte order mark, or holds halves of letters (`\\ud83d` alone, as JavaScript
    writes a text that was cut within an emoji), is read without them: such a text stays in an agent's history."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        plain = _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], body.removeprefix(_BYTE_ORDER_MARK))
        if plain == body:
            raise
        return orjson.loads(plain)


def _explain(text: str, top: str = "") -> tuple[str, str | None]:
    """msgspec's message as a sentence, and the path of the field it is about; `top` is where that path begins."""
    at = _AT.search(text)
    path = ".".join(filter(None, (top, at["path"] if at else "")))
    what = text[: at.start()] if at else text
    if missing := _MISSING.match(what):
        path = f"{path}.{missing['field']}" if path else missing["field"]
        return f"{path}: this field is required.", path
    what = what.replace("`", "'")
    return (f"{path}: {what}.", path) if path else (f"The request body: {what}.", None)
