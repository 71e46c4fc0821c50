"""What the rest of the program may know of an engine: where it is, in which state, and what it serves.

`Engine` is implemented by `supervisor.Supervisor` (a child of ours) and `upstream.Upstream` (one that already runs).
"""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct

EngineState = Literal["stopped", "starting", "ready", "stopping", "failed"]


class EngineAddress(Struct, frozen=True):
    """Where to send requests: `base_url` without a trailing slash and without `/v1`; `api_key` None when it has none.

    `speaks_llama` says that it is llama.cpp's server, with its own fields (`return_progress`, `/input_tokens`, ...).
    `model` is the name the engine itself wants in a request; `managed` says that we start it again when it dies.
    """

    base_url: str
    api_key: str | None
    model: str
    speaks_llama: bool = True
    managed: bool = True


class EngineStatus(Struct, frozen=True):
    """A snapshot. `context_length` is per slot, in tokens, None while unknown; `progress` runs from 0 to 1 while starting;
    `reason` (and `advice`) say why it failed or why it is starting again; `restarts` counts crashes survived."""

    state: EngineState
    model_id: str
    context_length: int | None = None
    slots: int = 1
    progress: float | None = None
    reason: str | None = None
    advice: str | None = None
    restarts: int = 0
    engine_version: str | None = None


class Engine(Protocol):
    @property
    def status(self) -> EngineStatus:
        """The state right now; never waits."""
        ...

    async def start(self) -> None:
        """Begin to start and return at once; `ready` waits for the outcome. Idempotent."""
        ...

    async def ready(self, timeout: float) -> EngineAddress:
        """The address, once the engine answers. From `ready`: at once. From `starting`: waits up to `timeout` seconds.
        From `stopped`: starts it, then waits. From `failed` and `stopping`: raises at once.

        Raises `TurnFailure` with `engine_unavailable` (and `retry_after` where waiting longer helps).
        """
        ...

    def lost(self, address: EngineAddress) -> None:
        """Tell the owner that `address` stopped answering, so that it looks at once instead of at its next check."""
        ...

    async def stop(self) -> None:
        """Stop it and free everything; returns when nothing is left. Idempotent."""
        ...
