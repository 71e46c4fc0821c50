"""Which models could not be loaded, and why; remembered so that a broken one cannot drive out the good ones again and again.

The rule: a reason holds for the cool-down and is told until the next load succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil

from msgspec.structs import replace

from unsloth_studio.turn.errors import TurnError, TurnFailure


class FailedLoads:
    """`cool_down` in seconds of `clock`."""

    def __init__(self, cool_down: float, clock: Callable[[], float]) -> None:
        self._cool_down = cool_down
        self._clock = clock
        self._failed: dict[str, tuple[TurnError, float]] = {}

    def remember(self, name: str, error: TurnError) -> None:
        self._failed[name] = (error, self._clock() + self._cool_down)

    def forget(self, name: str) -> None:
        """It came up, or somebody wants another try at once."""
        self._failed.pop(name, None)

    def check(self, name: str) -> None:
        """Raise the reason as `TurnFailure`, with the seconds that are left, while `name` is not to be tried again."""
        error, until = self._failed.get(name, (None, 0.0))
        if error is not None and (left := until - self._clock()) > 0:
            raise TurnFailure(replace(error, retry_after=ceil(left)))

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why, by the model's id."""
        return {name: error.message for name, (error, _) in self._failed.items()}
