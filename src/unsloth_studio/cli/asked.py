"""What was asked for single models since the start: by the command line for the first, by the API for any.

The rule: it lasts as long as the server; what should last longer stands in `config.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from unsloth_studio.api.model_desk import LoadSettings
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.cli.shelf import Stocked
from unsloth_studio.cli.wishes import Wishes, over, read_flags
from unsloth_studio.settings import Settings


class Asked:
    """By the model's main file. `given` is what the command line says."""

    def __init__(self, given: Mapping[Path, Wishes]) -> None:
        self._given = given
        self._settings: dict[Path, LoadSettings] = {}
        self._pins: dict[Path, bool] = {}

    def settings(self, model: LocalModel) -> LoadSettings | None:
        return self._settings.get(model.main_file)

    def note(self, model: LocalModel, settings: LoadSettings | None) -> None:
        """From now on it is to be loaded so; None: as at the start."""
        if settings is None:
            self._settings.pop(model.main_file, None)
        else:
            self._settings[model.main_file] = settings

    def pin(self, model: LocalModel, *, pinned: bool) -> None:
        self._pins[model.main_file] = pinned

    def wishes(self, model: LocalModel, settings: Settings) -> Wishes:
        """What holds now. Raises `FlagProblem`."""
        asked = self.settings(model)
        given = self._given.get(model.main_file, Wishes())
        return given if asked is None else over(wishes_of(asked, settings), given)

    def pinned(self, entry: Stocked) -> Stocked:
        """The entry, pinned or not as was asked."""
        pinned = self._pins.get(entry.sheet.model.main_file)
        return entry if pinned is None else replace(entry, pooled=replace(entry.pooled, pinned=pinned))


def wishes_of(asked: LoadSettings, settings: Settings) -> Wishes:
    """The same as the command line would say it. Raises `FlagProblem`."""
    words = [*asked.flags]
    if asked.cache_type is not None:
        words += ["--cache-type-k", asked.cache_type, "--cache-type-v", asked.cache_type]
    if asked.gpu_layers is not None:
        words += ["--n-gpu-layers", str(asked.gpu_layers)]
    return Wishes(asked.context_length, asked.parallel, None, read_flags(words, settings.engine))
