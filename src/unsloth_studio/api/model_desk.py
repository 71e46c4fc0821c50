"""What the routes ask of models beyond the pool: settings for a load, plans, removal, the hub. `cli/model_desk.py` does it.

The rule: the API knows neither settings nor the catalog's folders; a server in front of an upstream has no desk.
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

import msgspec

from unsloth_studio.catalog.running_downloads import RunningDownloads
from unsloth_studio.engine.shelf import PooledModel

ModelName = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
"""As in a request: id, repository (with :QUANT), or alias."""
CacheType = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{2,10}$")]
Flag = Annotated[str, msgspec.Meta(max_length=4096)]


class LoadSettings(msgspec.Struct, kw_only=True, frozen=True):
    """How to load a model; what is left out is decided by the plan. `context_length` is per request, in tokens, `parallel`
    how many run at once, `cache_type` that of keys and values (`f16`, `q8_0`, ...), `flags` are llama-server's own words."""

    context_length: Annotated[int, msgspec.Meta(ge=256, le=2**27)] | None = None
    parallel: Annotated[int, msgspec.Meta(ge=1, le=4096)] | None = None
    cache_type: CacheType | None = None
    gpu_layers: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None
    flags: Annotated[tuple[Flag, ...], msgspec.Meta(max_length=256)] = ()


class PlanRow(msgspec.Struct, frozen=True):
    """One choice of a plan and its reason."""

    name: str
    value: str
    reason: str


class LoadPlan(msgspec.Struct, kw_only=True, frozen=True):
    """What a load would do. `memory_bytes` is what the model would use, `available_bytes` what is free now; null where the
    model's file could not be read."""

    rows: list[PlanRow]
    memory_bytes: int | None
    available_bytes: int | None
    warnings: list[str]


class FoundModel(msgspec.Struct, kw_only=True, frozen=True):
    """A repository of the hub. `updated_at` is in seconds since 1970."""

    repository: str
    downloads: int | None
    likes: int | None
    updated_at: float | None
    gated: bool


class HubVariant(msgspec.Struct, kw_only=True, frozen=True):
    """One quantization of a repository, with whether this machine's memory holds it."""

    quantization: str
    size_bytes: int
    fit: Literal["fits", "tight", "too_big"]
    on_disk: bool
    recommended: bool


class HubRepository(msgspec.Struct, kw_only=True, frozen=True):
    """The largest variant first. `gated`: the licence has to be accepted at the hub first."""

    repository: str
    gated: bool | None
    variants: list[HubVariant]


class ModelDesk(Protocol):
    """Every method raises `OperatorProblem` with what to do."""

    downloads: RunningDownloads

    async def wish(self, model_id: str, settings: LoadSettings | None) -> LoadSettings | None:
        """From now on the model is loaded so (None: as at the start); what held before is returned."""
        ...

    async def plan(self, model_id: str, settings: LoadSettings) -> LoadPlan: ...

    async def pin(self, model_id: str, *, pinned: bool) -> PooledModel:
        """From now on the model is never put away to make room, or may be; until the server stops."""
        ...

    async def remove(self, model_id: str) -> int:
        """Delete the model's files; the bytes that are free now."""
        ...

    async def search(self, text: str, *, limit: int) -> list[FoundModel]: ...

    async def repository(self, name: str) -> HubRepository: ...
