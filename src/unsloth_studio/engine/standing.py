"""How the models of a pool stand, as told to people and programs. Values only."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from unsloth_studio.engine.contract import EngineState, EngineStatus
from unsloth_studio.engine.residency import Residence
from unsloth_studio.engine.shelf import PooledModel

ModelState = Literal["available", "queued", "loading", "ready", "unloading", "failed"]
"""`available`: here, not loaded. `queued`: asked for, waits for memory. `loading` is also said of an engine that crashed and
is being started again."""


class Counters(Struct, frozen=True):
    """Since the pool was made. `loads` counts those begun, `failures` those that failed and engines that were given up."""

    loads: int = 0
    failures: int = 0
    unloads: int = 0


class ModelStatus(Struct, frozen=True):
    """`id` is the pool's, `name` what the engine itself calls the model (an upstream's name is known once it answered).
    `context_length` is per turn, in tokens, None while unknown; `progress` runs from 0 to 1 while loading; `active` turns
    are running."""

    id: str
    state: ModelState
    context_length: int | None = None
    progress: float | None = None
    reason: str | None = None
    memory_bytes: int = 0
    active: int = 0
    pinned: bool = False
    name: str = ""

    @property
    def note(self) -> str:
        """A line for who waits, empty when there is nothing to wait for."""
        if self.state == "loading":
            done = f" ({self.progress:.0%})" if self.progress else ""
            return f"loading {self.id}{done}"
        return f"{self.id} waits for memory to be loaded into" if self.state in ("queued", "unloading") else ""


_OF_ENGINE: dict[EngineState, ModelState] = {"ready": "ready", "failed": "failed"}


def standing(model: PooledModel, engine: EngineStatus, residence: Residence, *, active: int) -> ModelStatus:
    """The status of a model that has memory."""
    state: ModelState = _OF_ENGINE.get(engine.state, "loading") if residence == "ready" else residence
    return ModelStatus(
        model.id,
        state,
        context_length=engine.context_length,
        progress=engine.progress,
        reason=engine.reason,
        memory_bytes=model.memory_bytes,
        active=active,
        pinned=model.pinned,
        name=engine.model_id,
    )
