"""What the command line asks for, for the model it names."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.engine.flags import EngineFlags, parse_engine_flags
from unsloth_studio.engine.known_flags import KNOWN_FLAGS
from unsloth_studio.turn.messages import SamplingParams

_FIELDS = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty", "seed")


class Wishes(Struct, frozen=True):
    """`flags` are the engine's own words, read already."""

    context_length: int | None = None
    parallel: int | None = None
    threads: int | None = None
    flags: EngineFlags = EngineFlags()


def over(first: Wishes, second: Wishes) -> Wishes:
    """`first` where it says something, else `second`; of the engine's own words the later win, so `first` comes last."""
    mine, theirs = first.flags, second.flags
    flags = EngineFlags(
        sampling=sampling_over(mine.sampling, theirs.sampling),
        context_length=mine.context_length or theirs.context_length,
        slots=mine.slots or theirs.slots,
        threads=mine.threads or theirs.threads,
        mmproj=mine.mmproj or theirs.mmproj,
        rest=(*theirs.rest, *mine.rest),
    )
    return Wishes(
        first.context_length or mine.context_length or second.context_length,
        first.parallel or mine.slots or second.parallel,
        first.threads or mine.threads or second.threads,
        flags,
    )


def read_flags(words: Sequence[str], engine: str | None) -> EngineFlags:
    """The engine's words; those that only the engine at the path `engine` has are asked of it. Raises `FlagProblem`."""
    known = KNOWN_FLAGS
    if engine and any(word.startswith("--") and word not in known for word in words):
        from unsloth_studio.engine.discovery import flags_of

        known = flags_of(engine)
    return parse_engine_flags(words, known=known)


def sampling_over(first: SamplingParams, second: SamplingParams) -> SamplingParams:
    """`first` where it says something, else `second`."""
    named = {name: value for name in _FIELDS if (value := getattr(first, name)) is not None}
    return replace(second, **named)
