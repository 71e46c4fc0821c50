"""From what the model is, what the machine has and what the user said to a `LaunchPlan`. Pure.

The rule: what the user said always holds, and is warned about where it does not fit; every other value has its reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from unsloth_studio.engine.embedded_flags import settings_of
from unsloth_studio.engine.failures import EngineFailure, EngineTrouble
from unsloth_studio.engine.hardware import Hardware, default_cache_ram_mib, default_threads
from unsloth_studio.engine.memory import BITS, MAX_CHECKPOINTS, MIB, CacheShape, checkpoint_bytes, estimate
from unsloth_studio.engine.model_facts import ModelFacts
from unsloth_studio.engine.plan import Choice, EngineOptions, EngineProgram, LaunchPlan
from unsloth_studio.engine.sizing import UNKNOWN_CONTEXT, Room, Sized, Smaller, size_context

DEFAULT_SLOTS = 4
_MIN_CHECKPOINTS = 3


def make_plan(
    program: EngineProgram,
    options: EngineOptions,
    *,
    hardware: Hardware,
    facts: ModelFacts | None = None,
    smaller: Sequence[Smaller] = (),
) -> LaunchPlan:
    """Fill in what the user left open. `facts` None: only what does not depend on the model. `smaller` are other files of
    the same model, to be named when this one is too large.

    Raises `DoesNotFit` with numbers, and `EngineTrouble` (unknown_flag) when the embedded engine cannot take a flag.
    """
    if program.kind == "embedded":
        check_flags(options.extra_flags)
    if facts is None:
        slots = options.slots or DEFAULT_SLOTS
        return _plan(program, options, hardware, sized=_unsized(options, slots), shape=None)
    shape = _shape(options)
    room = Room(facts, shape, _available(options, hardware), smaller)
    sized = size_context(room, context=options.context_length, slots=options.slots, default_slots=DEFAULT_SLOTS)
    shape = replace(shape, context_length=sized.context_length, slots=sized.slots)
    return _plan(program, options, hardware, sized=sized, shape=shape, room=room)


def check_flags(flags: tuple[str, ...]) -> None:
    """Raises `EngineTrouble` with a sentence for the first flag the embedded engine cannot take."""
    try:
        settings_of(flags)
    except ValueError as error:
        advice = "Remove the option, or name a llama-server that knows it with --engine PATH."
        raise EngineTrouble(EngineFailure("unknown_flag", str(error), advice)) from error


def _unsized(options: EngineOptions, slots: int) -> Sized:
    context = options.context_length
    reason = "as asked" if context else "what the model was trained for is unknown"
    return Sized(
        context or UNKNOWN_CONTEXT, slots, context_reason=reason, slots_reason=_asked(options.slots, "the default")
    )


def _plan(
    program: EngineProgram,
    options: EngineOptions,
    hardware: Hardware,
    *,
    sized: Sized,
    shape: CacheShape | None,
    room: Room | None = None,
) -> LaunchPlan:
    memory = None
    checkpoints: int | None = None
    cache, cache_reason = _cache_ram(options, hardware, free=None)
    if room is not None and shape is not None:
        free = room.available - estimate(room.facts, shape).total
        cache, cache_reason = _cache_ram(options, hardware, free=free)
        checkpoints = _checkpoints(room.facts, shape, cache_bytes=cache * MIB)
        kept = shape.checkpoints if checkpoints is None else checkpoints
        memory = estimate(room.facts, replace(shape, checkpoints=kept, prompt_cache=max(0, cache) * MIB))
    threads = options.threads or default_threads(hardware.physical_cores)
    choices = (
        Choice("context", f"{sized.context_length} tokens per slot", sized.context_reason),
        Choice("slots", str(sized.slots), sized.slots_reason),
        Choice("threads", str(threads), _asked(options.threads, f"{hardware.physical_cores} physical cores less one")),
        _gpu(options, hardware),
        *_said(options),
        Choice("prompt cache", f"{cache} MiB", cache_reason),
        *(
            ()
            if checkpoints is None
            else (Choice("checkpoints", str(checkpoints), "copies kept of each slot's windows"),)
        ),
    )
    return LaunchPlan(
        program=program,
        model_path=options.model_path,
        model_id=options.model_id,
        context_length=sized.context_length * sized.slots,
        slots=sized.slots,
        threads=threads,
        cache_ram_mib=cache,
        sampling=options.sampling,
        extra_flags=options.extra_flags,
        no_repack=program.no_repack,
        projector=options.projector,
        checkpoints=checkpoints,
        choices=choices,
        memory=memory,
        available_bytes=None if room is None else room.available,
        warnings=sized.warnings,
    )


def _asked(value: object, reason: str) -> str:
    return reason if value is None else "as asked"


def _shape(options: EngineOptions) -> CacheShape:
    """What the user's own flags say about the cache; the context and the slots come later."""
    flags = options.extra_flags
    keys, values = _value(flags, "-ctk", "--cache-type-k"), _value(flags, "-ctv", "--cache-type-v")
    checkpoints = _value(flags, "-ctxcp", "--ctx-checkpoints", "--swa-checkpoints")
    return CacheShape(
        context_length=0,
        key_type=keys if keys in BITS else "f16",
        value_type=values if values in BITS else "f16",
        batch=int(_value(flags, "-ub", "--ubatch-size") or 512),
        flash_attention=_value(flags, "-fa", "--flash-attn") != "off",
        full_windows="--swa-full" in flags,
        checkpoints=MAX_CHECKPOINTS if checkpoints is None else int(checkpoints),
    )


def _value(flags: Sequence[str], *names: str) -> str | None:
    """The last value given to any of `names`."""
    places = [at for at, word in enumerate(flags[:-1]) if word in names]
    return flags[places[-1] + 1] if places else None


def _available(options: EngineOptions, hardware: Hardware) -> int:
    have = (hardware.available_mib + hardware.device_mib) * MIB
    return have if options.memory_limit_bytes is None else min(have, options.memory_limit_bytes)


def _cache_ram(options: EngineOptions, hardware: Hardware, *, free: int | None) -> tuple[int, str]:
    """MiB for prompts that left their slot, and why. `free` is what nothing else needs, in bytes."""
    if (said := _value(options.extra_flags, "-cram", "--cache-ram")) is not None:
        return int(said), "as asked"
    if options.cache_ram_mib is not None:
        return options.cache_ram_mib, "as asked"
    usual = default_cache_ram_mib(hardware.memory_mib)
    if free is None or usual * MIB <= free // 2:
        return usual, "a tenth of the memory, at most 2 GiB"
    return max(0, free // 2 // MIB), "half of what the model leaves"


def _checkpoints(facts: ModelFacts, shape: CacheShape, *, cache_bytes: int) -> int | None:
    """How many copies of each slot may stay; None leaves it to the engine, which keeps 32 whatever they weigh."""
    each = checkpoint_bytes(facts, shape) * shape.slots
    if not each or shape.checkpoints != MAX_CHECKPOINTS:
        return None
    count = max(_MIN_CHECKPOINTS, cache_bytes // each)
    return count if count < MAX_CHECKPOINTS else None


def _gpu(options: EngineOptions, hardware: Hardware) -> Choice:
    if said := _value(options.extra_flags, "-ngl", "--gpu-layers", "--n-gpu-layers"):
        return Choice("GPU layers", said, "as asked")
    if hardware.device_mib:
        return Choice("GPU layers", "as many as fit", "the engine's own --fit counts them on the device")
    return Choice("GPU layers", "0", "this engine sees no GPU")


def _said(options: EngineOptions) -> tuple[Choice, ...]:
    """What the user's flags decide, and what else would hold."""
    shape, flags = _shape(options), options.extra_flags
    types = (
        shape.key_type if shape.key_type == shape.value_type else f"{shape.key_type} keys, {shape.value_type} values"
    )
    asked_types = _value(flags, "-ctk", "--cache-type-k") or _value(flags, "-ctv", "--cache-type-v")
    batch, flash = _value(flags, "-ub", "--ubatch-size"), _value(flags, "-fa", "--flash-attn")
    return (
        Choice("KV cache type", types, _asked(asked_types, "exact; q8_0 (-ctk q8_0 -ctv q8_0) takes half")),
        Choice("batch", str(shape.batch), _asked(batch, "the engine's default")),
        Choice("flash attention", flash or "auto", _asked(flash, "the engine uses it where it can")),
    )
