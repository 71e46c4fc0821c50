"""One model that has memory: its engine from start to end, and how much it is used. The pool owns it and decides.

The rule: nothing here starts or stops by itself, and whatever goes wrong comes back as an error to tell, never as an
exception.
"""

from __future__ import annotations

import asyncio
import logging

from msgspec import Struct, field

from unsloth_studio.engine import refusals
from unsloth_studio.engine.contract import Engine
from unsloth_studio.engine.residency import Residence, Resident
from unsloth_studio.engine.shelf import PooledModel
from unsloth_studio.turn.errors import TurnError, TurnFailure

log = logging.getLogger(__name__)

_LOAD_LIMIT = 24 * 3600.0  # the engine's own start timeout is the one that counts


class Place(Struct, eq=False):
    """Times in seconds of the pool's clock. `leaving`: somebody asked for it to be put away. `task` is the load, later the
    unload; `gone` is set when the memory is free again."""

    model: PooledModel
    engine: Engine
    began: float
    state: Residence = "loading"
    active: int = 0
    leaving: bool = False
    ready_since: float = 0.0
    last_used: float = 0.0
    task: asyncio.Task[None] | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def broken(self) -> bool:
        """Whether its engine was given up. A pinned one is not: it stays and says why to everybody who asks."""
        return self.state == "ready" and self.engine.status.state == "failed" and not self.model.pinned

    @property
    def serves(self) -> bool:
        """Whether a further turn may begin here."""
        return self.state == "ready" and not self.leaving and not self.broken

    def as_resident(self, waiting: int) -> Resident:
        """What a decision has to know of it; `waiting` turns stand in line for it."""
        return Resident(
            self.model.id,
            self.model.memory_bytes,
            self.state,
            active=self.active,
            waiting=waiting,
            pinned=self.model.pinned,
            ready_since=self.ready_since,
            last_used=self.last_used,
            load_seconds=self.ready_since - self.began,
            idle_seconds=self.model.idle_seconds,
        )

    async def bring_up(self) -> TurnError | None:
        """Start the engine and wait until it answers; else the reason."""
        try:
            await self.engine.start()
            await self.engine.ready(_LOAD_LIMIT)
        except TurnFailure as failure:
            return failure.error
        except Exception:
            log.exception("the load of %s failed by a defect", self.model.id)
            return refusals.defect(self.model.id)
        return None

    async def take_down(self, loading: asyncio.Task[None] | None) -> None:
        """Stop the engine, and its load while that is under way."""
        if loading is not None:
            loading.cancel()
            await asyncio.wait((loading,))
        try:
            await self.engine.stop()
        except Exception:
            log.exception("the engine of %s did not stop properly", self.model.id)
