"""Which models there are and what each needs, as the pool sees it; the catalog is behind `Shelf` and passed in from above.

The rule: names are resolved here and nowhere below, so the pool works with ids only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from unsloth_studio.engine.contract import Engine
from unsloth_studio.turn.errors import TurnError, TurnFailure


class PooledModel(Struct, frozen=True):
    """One model that can be loaded. `memory_bytes` is what it is expected to use once loaded (0: unknown, or not on this
    machine), `slots` how many turns it runs at once. `start` makes its engine, still stopped, and costs nothing.

    A pinned model is never put away to make room or for idleness; another one is after `idle_seconds` without a turn
    (None: never).
    """

    id: str
    memory_bytes: int
    slots: int
    start: Callable[[], Engine]
    pinned: bool = False
    idle_seconds: float | None = None


class ModelEntry(Struct, frozen=True):
    """What is told of a model that is here, loaded or not. `context_length` is per turn, in tokens, `native_context`
    what the model was trained for; `memory_bytes` is what it is expected to use. `removable`: its files are the hub's, not
    the user's. `settings` are the sampling values that hold for it, with their reasons."""

    id: str
    context_length: int | None = None
    quantization: str | None = None
    tools: bool = True
    vision: bool = False
    thinking: bool = False
    size_bytes: int | None = None
    parameters: int | None = None
    native_context: int | None = None
    memory_bytes: int | None = None
    pinned: bool = False
    removable: bool = False
    settings: Mapping[str, Any] | None = None


class Shelf(Protocol):
    def find(self, asked: str | None, loaded: Sequence[str]) -> PooledModel:
        """The model a request means by `asked`. `loaded` are ids, the one used last first (the default model's while none
        is loaded); None and names that no model here has mean the only one of them. With an empty `loaded` only a
        model's own names count, and those of models that are not to be loaded on request too: somebody looks it up.

        Raises `TurnFailure` (not_found, code `model_not_found`) with up to 8 near names.
        """
        ...

    def all(self) -> Sequence[ModelEntry]:
        """Every model, in the order in which to list them, under the ids that `find` gives. Quick: it is asked on the event
        loop."""
        ...


class SingleShelf:
    """One engine and nothing else: `--upstream`, and `unsloth run --model FILE`. The model is pinned, and whatever name a
    client uses, it is served. An upstream's name is known only once it has answered: it is read when asked for."""

    def __init__(self, engine: Engine, *, slots: int, memory_bytes: int = 0, entry: ModelEntry | None = None) -> None:
        self._engine = engine
        self._entry = entry or ModelEntry(engine.status.model_id or "upstream")
        self.model = PooledModel(self._entry.id, memory_bytes, slots, lambda: engine, pinned=True)

    def find(self, asked: str | None, loaded: Sequence[str]) -> PooledModel:
        if loaded or asked is None or self._is_called(asked):
            return self.model
        message = f"There is no model {asked!r} here. Available: {self._name}."
        raise TurnFailure(TurnError("not_found", message, param="model", code="model_not_found"))

    def all(self) -> Sequence[ModelEntry]:
        return (self._entry,)

    def _is_called(self, asked: str) -> bool:
        """By its name, with or without an owner before the name."""
        name, own = asked.casefold(), self._name.casefold()
        return own in (name, name.rpartition("/")[2]) or name == own.rpartition("/")[2]

    @property
    def _name(self) -> str:
        return self._engine.status.model_id or self._entry.id
