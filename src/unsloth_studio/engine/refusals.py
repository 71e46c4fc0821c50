"""What a client is told when the pool cannot give it a model. Every text says who must act and how."""

from __future__ import annotations

from collections.abc import Sequence

from unsloth_studio.engine.contract import EngineStatus
from unsloth_studio.engine.shelf import PooledModel
from unsloth_studio.turn.errors import TurnError

RETRY_AFTER = 5
"""Seconds until a client is asked to come back while other models are busy."""

SHUTTING_DOWN = TurnError("engine_unavailable", "The model server is shutting down.")


def too_large(model: PooledModel, budget: int, pinned: Sequence[str]) -> TurnError:
    """`model` cannot fit beside the `pinned` ones, whatever is put away."""
    beside = f", of which {_names(pinned)} must keep theirs" if pinned else ""
    text = (
        f"The model {model.id} needs {_gb(model.memory_bytes)} of memory, and {_gb(budget)} are meant for models{beside}. "
        "Ask for a smaller model or quantization, or give the server a larger memory budget."
    )
    return TurnError("invalid_request", text, param="model", code="model_too_large")


def no_room_yet(name: str, busy: Sequence[str]) -> TurnError:
    """The wait for `name` was not long enough; `busy` are the models that are answering."""
    why = f" {_names(busy)} {'is' if len(busy) == 1 else 'are'} still answering." if busy else ""
    text = f"The model {name} is waiting for memory to be loaded into.{why} Try again in a moment."
    return TurnError("engine_unavailable", text, code="model_loading", retry_after=RETRY_AFTER)


def unloaded(name: str) -> TurnError:
    """Somebody unloaded `name` while it was loading."""
    text = f"The model {name} was unloaded before it was ready. Send the request again to load it."
    return TurnError("engine_unavailable", text)


def given_up(status: EngineStatus) -> TurnError:
    """The engine crashed so often that it is not started again by itself."""
    said = " ".join(text for text in (status.reason, status.advice) if text)
    return TurnError("engine_unavailable", f"The model {status.model_id} crashed. {said}".rstrip())


def defect(name: str) -> TurnError:
    return TurnError("engine_unavailable", f"The model {name} could not be loaded; the server's log has the details.")


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
