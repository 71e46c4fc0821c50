"""The settings of a running server for its API: values, where they come from, and nothing secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct

from unsloth_studio.api.settings_shapes import EngineFacts, KnownSettings, SettingRow, Source
from unsloth_studio.catalog.hub import default_cache
from unsloth_studio.cli.wishes import Wishes
from unsloth_studio.engine.discovery import SmokeTests, find_engine
from unsloth_studio.engine.hardware import read_hardware
from unsloth_studio.engine.local import demo_model
from unsloth_studio.settings import Secret, Settings
from unsloth_studio.settings_sources import config_file, given_by_environment, given_by_file

LIVE = frozenset({"model_folders", "load_on_request", "aliases", "tiers", "models", "pin", "idle_minutes"})
"""Settings that follow the file while the server runs; the others hold until the next start."""


class SettingsInUse(Struct, frozen=True):
    """`settings` are those of the start, `now` gives those that the file says by now; `flags` and `wishes` are what the
    command line said."""

    settings: Settings
    now: Callable[[], Settings]
    flags: Mapping[str, Any]
    wishes: Wishes

    async def report(self) -> KnownSettings:
        """Everything there is to tell. Raises nothing."""
        rows = await asyncio.to_thread(self._rows)
        folders = [default_cache(), *(folder.expanduser() for folder in self.now().model_folders)]
        return KnownSettings(
            settings=rows,
            home=str(self.settings.home),
            config_file=str(config_file()),
            engine=await self._engine(),
            model_folders=[str(folder) for folder in folders],
        )

    def _rows(self) -> list[SettingRow]:
        environment, file = given_by_environment(), given_by_file()
        rows: list[SettingRow] = []
        for field in msgspec.structs.fields(Settings):
            name = field.name
            value, source = self._value(name), _source(name, environment, file)
            if self._said(name) or (source == "default" and value != _default(field)):
                source = "flag"
            rows.append(SettingRow(name, _shown(value), source, _description(field)))
        return rows

    def _value(self, name: str) -> Any:
        wished = getattr(self.wishes, name, None) if name in ("context_length", "parallel", "threads") else None
        return wished or getattr(self.now() if name in LIVE else self.settings, name)

    def _said(self, name: str) -> bool:
        """Whether it stands on the command line."""
        return self.flags.get(name) is not None or getattr(self.wishes, name, None) is not None

    async def _engine(self) -> EngineFacts:
        if self.settings.upstream is not None:
            return EngineFacts("upstream", _shown(self.settings.upstream))
        tests = SmokeTests(demo_model(), (await asyncio.to_thread(read_hardware)).features_digest)
        program = (await find_engine(self.settings.home, tests, explicit=self.settings.engine)).program
        if program is None:
            return EngineFacts("none")
        return EngineFacts(program.kind, None if program.path is None else str(program.path), program.version)


def _source(name: str, environment: frozenset[str], file: frozenset[str]) -> Source:
    return "environment" if name in environment else "file" if name in file else "default"


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _description(field: msgspec.structs.FieldInfo) -> str:
    metas = (meta for meta in getattr(field.type, "__metadata__", ()) if isinstance(meta, msgspec.Meta))
    return next((meta.description for meta in metas if meta.description), "")


def _shown(value: Any) -> Any:
    """As JSON. Of a secret only that it is there; an address without a password in it."""
    match value:
        case Secret():
            return "set"
        case str() if "://" in value and "@" in value:
            parts = urlsplit(value)
            return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        case None | bool() | int() | float() | str():
            return value
        case dict():
            return {str(key): _shown(one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case tuple():
            return [_shown(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        case msgspec.Struct():
            return {name: _shown(one) for name, one in msgspec.structs.asdict(value).items() if one is not None}
        case _:
            return str(value)
