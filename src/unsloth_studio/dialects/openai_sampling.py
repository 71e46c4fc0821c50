"""The request fields that Chat Completions and Completions share, and what of them reaches the engine.

One rule: a field is typed here or it is one of `body.ENGINE_SAMPLING`; everything else a client sends is accepted and goes
nowhere. Names and bounds: OpenAI API reference; `top_k`, `min_p`, `repeat_penalty` as in llama.cpp's server.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import orjson

from unsloth_studio.dialects.body import (
    Count,
    NonNegative,
    Penalty,
    Probability,
    Seed,
    engine_extras,
    tuple_of_stops,
)
from unsloth_studio.dialects.server_tools import ServerToolFields
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import SamplingParams

TopK = Annotated[int, msgspec.Meta(ge=-1, le=1_000_000)]
Choices = Annotated[int, msgspec.Meta(ge=1, le=128)]
Alternatives = Annotated[int, msgspec.Meta(ge=0, le=20)]

MAX_CHOICES = 8
"""How many answers one prompt may ask for: each is a turn of its own and takes a slot of the engine."""


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class SharedFields(ServerToolFields, kw_only=True):
    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Choices | None = None
    max_tokens: Count | None = None
    stop: str | list[str] | None = None
    seed: Seed | None = None
    temperature: NonNegative | None = None
    top_p: Probability | None = None
    top_k: TopK | None = None
    min_p: Probability | None = None
    repeat_penalty: NonNegative | None = None
    repetition_penalty: NonNegative | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: dict[str, Penalty] | None = None


def read_sampling(shape: SharedFields) -> SamplingParams:
    """`repeat_penalty` (llama.cpp's name) wins over `repetition_penalty` (vLLM's)."""
    repeat = shape.repeat_penalty if shape.repeat_penalty is not None else shape.repetition_penalty
    return SamplingParams(
        temperature=shape.temperature,
        top_p=shape.top_p,
        top_k=shape.top_k,
        min_p=shape.min_p,
        repeat_penalty=repeat,
        presence_penalty=shape.presence_penalty,
        frequency_penalty=shape.frequency_penalty,
        seed=shape.seed,
        stop=tuple_of_stops(shape.stop),
        logit_bias=shape.logit_bias,
    )


def read_choices(shape: SharedFields) -> int:
    """How many answers to one prompt, 1 to `MAX_CHOICES`. Raises `TurnFailure` above that."""
    n = shape.n or 1
    if n > MAX_CHOICES:
        raise invalid(
            f"n: this server gives at most {MAX_CHOICES} answers to one prompt; {n} were asked for.", param="n"
        )
    return n


def wants_usage(shape: SharedFields) -> bool:
    return shape.stream_options is not None and bool(shape.stream_options.include_usage)


def read_extras(unnamed: dict[str, Any]) -> dict[str, Any]:
    """The engine's own settings among the fields that the shape does not name; null means "not sent"."""
    extras = {key: value for key, value in engine_extras(unnamed).items() if value is not None}
    kwargs = extras.get("chat_template_kwargs", {})
    if not isinstance(kwargs, dict):
        raise invalid("chat_template_kwargs: an object is expected.", param="chat_template_kwargs")
    for key, value in extras.items():
        require_shallow(value, key)
    return extras


def require_shallow(value: object, param: str) -> None:
    """Refuse what is nested so deep that it could not be written out again on its way to the engine.

    orjson writes 254 levels; the engine's request puts a few of its own around `value`.
    """
    try:
        orjson.dumps([[[[[[[[value]]]]]]]])
    except TypeError as error:
        raise invalid(f"{param}: this value is nested too deep; at most 200 levels are read.", param=param) from error
