"""Engines without a process, for the pool's tests: they come up when they are told, and note what is done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from unsloth_studio.engine.contract import EngineAddress, EngineState, EngineStatus
from unsloth_studio.engine.shelf import ModelEntry, PooledModel
from unsloth_studio.turn.errors import TurnError, TurnFailure


class PaperEngine:
    """Implements `engine.contract.Engine`. Comes up at once, or when `let_up` is called if it is `slow`; `fault` makes it
    fail instead."""

    def __init__(
        self, model_id: str, memory: Memory, size: int, *, slow: bool = False, fault: str | None = None
    ) -> None:
        self._id = model_id
        self._memory = memory
        self._size = size
        self._fault = fault
        self._up = asyncio.Event()
        if not slow:
            self._up.set()
        self.state: EngineState = "stopped"
        self.users = 0

    @property
    def status(self) -> EngineStatus:
        reason = "It went up in smoke." if self.state == "failed" else None
        return EngineStatus(self.state, self._id, context_length=4096, reason=reason)

    async def start(self) -> None:
        if self.state == "stopped":
            self.state = "starting"
            self._memory.take(self._id, self._size)

    async def ready(self, timeout: float) -> EngineAddress:
        try:
            await asyncio.wait_for(self._up.wait(), timeout)
        except TimeoutError:
            raise TurnFailure(
                TurnError("engine_unavailable", "The model is still loading (42%).", retry_after=2)
            ) from None
        if self._fault is not None:
            self.state = "failed"
            raise TurnFailure(TurnError("engine_unavailable", self._fault))
        self.state = "ready"
        return EngineAddress("http://127.0.0.1:9", None, self._id)

    def lost(self, address: EngineAddress) -> None:
        raise AssertionError("the pool never says so")

    async def stop(self) -> None:
        assert self.users == 0, f"{self._id} was stopped while it answered"
        self.state = "stopping"
        await asyncio.sleep(0)
        self._memory.give_back(self._id)
        self.state = "stopped"

    def let_up(self) -> None:
        self._up.set()

    def rename(self, model_id: str) -> None:
        """As when an upstream says for the first time what it serves."""
        self._id = model_id

    def break_down(self) -> None:
        """As after too many crashes in a row."""
        self.state = "failed"


@dataclass
class Memory:
    """Counts the bytes of all engines that were started and not stopped."""

    used: dict[str, int] = field(default_factory=dict[str, int])
    peak: int = 0
    history: list[str] = field(default_factory=list[str])

    def take(self, name: str, size: int) -> None:
        self.used[name] = size
        self.peak = max(self.peak, sum(self.used.values()))
        self.history.append(f"+{name}")

    def give_back(self, name: str) -> None:
        if self.used.pop(name, None) is not None:
            self.history.append(f"-{name}")


@dataclass
class PaperShelf:
    """Implements `engine.shelf.Shelf` over models that tests add."""

    memory: Memory = field(default_factory=Memory)
    models: dict[str, PooledModel] = field(default_factory=dict[str, PooledModel])
    engines: dict[str, PaperEngine] = field(default_factory=dict[str, PaperEngine])
    slow: set[str] = field(default_factory=set[str])
    faults: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, name: str, size: int = 10, *, pinned: bool = False, idle_seconds: float | None = None) -> PooledModel:
        def start() -> PaperEngine:
            slow, fault = name in self.slow, self.faults.get(name)
            self.engines[name] = PaperEngine(name, self.memory, size, slow=slow, fault=fault)
            return self.engines[name]

        self.models[name] = PooledModel(name, size, 2, start, pinned=pinned, idle_seconds=idle_seconds)
        return self.models[name]

    def find(self, asked: str | None, loaded: Sequence[str]) -> PooledModel:
        if asked in self.models:
            return self.models[asked]
        if len(loaded) == 1:
            return self.models[loaded[0]]
        raise TurnFailure(TurnError("not_found", f"no model {asked}", param="model", code="model_not_found"))

    def all(self) -> Sequence[ModelEntry]:
        return [ModelEntry(name, quantization="Q4_K_M") for name in self.models]
