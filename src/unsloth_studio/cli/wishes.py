"""What the command line asks for, for the model it names."""

from __future__ import annotations

from dataclasses import dataclass

from unsloth_studio.engine.flags import EngineFlags


@dataclass(frozen=True, slots=True)
class Wishes:
    """`flags` are the engine's own words, read already."""

    context_length: int | None = None
    parallel: int | None = None
    threads: int | None = None
    flags: EngineFlags = EngineFlags()
