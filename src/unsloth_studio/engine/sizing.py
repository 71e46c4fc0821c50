"""How much context and how many slots fit into the memory there is. Pure; sizes in bytes, context in tokens.

The rule: the model's own context is worth more than slots (a request that waits succeeds, one that does not fit fails),
and a context nobody asked for takes at most three quarters of what the weights leave, so that other programs have room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.engine.failures import EngineFailure, EngineTrouble
from unsloth_studio.engine.memory import MIB, CacheShape, estimate, size
from unsloth_studio.engine.model_facts import ModelFacts

UNKNOWN_CONTEXT = 8192
ENOUGH_CONTEXT = 32768
"""What a coding agent works well with; below it slots are given up for context."""
LEAST_CONTEXT = 4096
_UNUSABLE_BELOW = 1024
_STEP = 1024
_RESERVE_BYTES = 256 * MIB


class Smaller(Struct, frozen=True):
    """Another file of the same model: its quantization's label and its size."""

    label: str
    bytes: int


class DoesNotFit(EngineTrouble):
    """Not even the least context fits; the message has the numbers and a file that would. `needed_bytes` is what the model
    takes with the least context."""

    def __init__(self, failure: EngineFailure, *, needed_bytes: int) -> None:
        super().__init__(failure)
        self.needed_bytes = needed_bytes


class Sized(Struct, frozen=True):
    """`context_length` is per slot."""

    context_length: int
    slots: int
    context_reason: str
    slots_reason: str
    warnings: tuple[str, ...] = ()


class Room(Struct, frozen=True):
    """A model and the memory it may use. `shape` says everything but context and slots; `available` is what is free."""

    facts: ModelFacts
    shape: CacheShape
    available: int
    smaller: Sequence[Smaller] = ()

    @property
    def usable(self) -> int:
        """Less a reserve for what is not counted: a twentieth, at least 256 MiB and at most a quarter."""
        return self.available - min(max(_RESERVE_BYTES, self.available // 20), self.available // 4)

    @property
    def generous(self) -> int:
        """As far as a context goes that nobody asked for."""
        fixed = self.needs(256, 1)
        return fixed + max(0, self.usable - fixed) * 3 // 4

    def needs(self, context: int, slots: int) -> int:
        return estimate(self.facts, replace(self.shape, context_length=context, slots=slots)).total

    def largest(self, slots: int, *, most: int, limit: int) -> int:
        """The largest context up to `most` that `limit` bytes hold: `most` itself, else a multiple of 1024; 0 for none."""
        if self.needs(most, slots) <= limit:
            return most
        low, high = 0, max(0, (most - 1) // _STEP)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.needs(middle * _STEP, slots) <= limit else (low, middle - 1)
        return low * _STEP


def size_context(room: Room, *, context: int | None, slots: int | None, default_slots: int) -> Sized:
    """Context and slots. What the user said (`context` per slot, `slots`) is kept and warned about where it does not fit.

    Raises `DoesNotFit` when the model itself is too large, or when less than 1024 tokens would fit.
    """
    if room.needs(256, 1) > room.available:
        raise too_large(room)
    counts = (slots,) if slots else tuple(range(default_slots, 0, -1))
    if context:
        return _as_asked(room, context, slots, counts=counts)
    native = room.facts.native_context or UNKNOWN_CONTEXT
    known = "the model's own" if room.facts.native_context else "what the model was trained for is unknown"
    for count in counts:
        if room.needs(native, count) <= room.generous:
            return _sized(native, count, slots, why=known, default=default_slots)
    for count in counts:
        if room.needs(min(native, ENOUGH_CONTEXT), count) <= room.generous:
            fits = room.largest(count, most=native, limit=room.generous)
            return _sized(
                fits, count, slots, why=_less_than(native, "three quarters of the free memory"), default=default_slots
            )
    return _short(room, native, counts[-1], asked=slots, default=default_slots)


def too_large(room: Room) -> DoesNotFit:
    """Numbers, and the largest other file that would fit."""
    needed = room.needs(min(LEAST_CONTEXT, room.facts.native_context or LEAST_CONTEXT), 1)
    fitting = [other for other in room.smaller if needed - room.facts.weight_bytes + other.bytes <= room.usable]
    best = max(fitting, key=lambda other: other.bytes, default=None)
    advice = f"Try {best.label}, {size(best.bytes)}." if best else "Close other programs, or choose a smaller model."
    reason = f"{room.facts.name} needs {size(needed)}, {size(max(0, room.available))} available."
    return DoesNotFit(EngineFailure("out_of_memory", reason, advice), needed_bytes=needed)


def _as_asked(room: Room, context: int, slots: int | None, *, counts: Sequence[int]) -> Sized:
    """The user's context; slots are given up for it if the user did not name them, too."""
    count = next((count for count in counts if room.needs(context, count) <= room.usable), counts[-1])
    warnings = tuple(_warnings(room, context, count))
    return _sized(context, count, slots, why="as asked", default=counts[0], warnings=warnings)


def _warnings(room: Room, context: int, slots: int) -> Iterator[str]:
    needed, native = room.needs(context, slots), room.facts.native_context
    if needed > room.usable:
        where = f"{slots} slot{'s' if slots > 1 else ''}"
        yield (
            f"A context of {context} tokens in {where} needs {size(needed)}, {size(room.available)} available: the machine "
            "may run out of memory. Lower -c or -np, or use -ctk q8_0 -ctv q8_0."
        )
    if native and context > native:
        yield f"The model was trained for {native} tokens; beyond that its answers get worse."


def _short(room: Room, native: int, count: int, *, asked: int | None, default: int) -> Sized:
    """Little memory: all of it may be used, but only up to the least context."""
    least = min(LEAST_CONTEXT, native)
    fits = room.largest(count, most=native, limit=room.generous)
    if fits < least:
        fits = room.largest(count, most=least, limit=room.usable)
    if fits < min(_UNUSABLE_BELOW, native):
        raise too_large(room)
    text = f"Only {fits} tokens of context fit into the free memory; long conversations and coding agents need more."
    warnings = (text,) if fits < least else ()
    why = _less_than(native, "the free memory")
    return _sized(fits, count, asked, why=why, default=default, warnings=warnings)


def _less_than(native: int, place: str) -> str:
    return f"the most that fits into {place}; the model's own is {native}"


def _sized(
    context: int, slots: int, asked: int | None, *, why: str, default: int, warnings: tuple[str, ...] = ()
) -> Sized:
    lowered = f"{default} would leave each too little context"
    reason = "as asked" if asked else "the default" if slots == default else lowered
    return Sized(context, slots, why, reason, warnings)
