"""What the command line tells the API of settings. Values only."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Source = Literal["flag", "environment", "file", "default"]


class SettingRow(msgspec.Struct, frozen=True):
    """One setting. Of a secret the value is `set` or null."""

    name: str
    value: Any
    source: Source
    description: str


class EngineFacts(msgspec.Struct, frozen=True):
    """`kind` is `embedded`, `llama-server`, `upstream`, or `none` when no engine is usable."""

    kind: str
    path: str | None = None
    version: str | None = None


class KnownSettings(msgspec.Struct, kw_only=True, frozen=True):
    """What the command line knows."""

    settings: list[SettingRow]
    home: str
    config_file: str
    engine: EngineFacts
    model_folders: list[str]
