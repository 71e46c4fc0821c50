"""Where settings come from: flags over environment over `config.toml` over defaults.

Environment names are `UNSLOTH_STUDIO_` plus the field's name in capitals (`UNSLOTH_STUDIO_PORT`); lists and tables are
written there as JSON. The data folder is `UNSLOTH_STUDIO_HOME`; the file is `config.toml` in it. Tables of several sources
are joined, name by name. Every mistake is told at once, each in a sentence.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from unsloth_studio.clients.facts import KEY_VARIABLE
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.settings import PREFIX, Secret, Settings, data_home

FILE = "config.toml"
_SWITCH_WORDS = {"yes": True, "on": True, "no": False, "off": False}
"""Beside `true`, `false`, `1` and `0`."""


def config_file() -> Path:
    """Where the file of settings is, if there is one."""
    return data_home() / FILE


def given_by_environment() -> frozenset[str]:
    """Names of the settings that environment variables give."""
    return frozenset(_environment())


def given_by_file() -> frozenset[str]:
    """Names of the settings that `config.toml` gives; none when it cannot be read."""
    try:
        return frozenset(_file())
    except SettingsInvalid:
        return frozenset()


class SettingsInvalid(OperatorProblem):
    """A flag, a variable or a line of `config.toml` has a value that cannot be used."""

    exit_status = 2


def load_settings(**flags: Any) -> Settings:
    """Settings with `flags` (those that are not None) on top. Raises `SettingsInvalid` with a sentence per mistake."""
    if unknown := _unknown_variables():
        raise SettingsInvalid(
            f"{', '.join(unknown)}: there is no such setting; see docs/configuration.md for those there are."
        )
    given = {name: value for name, value in flags.items() if value is not None}
    return checked(_joined(_joined(_file(), _environment()), given))


def checked(values: Mapping[str, Any]) -> Settings:
    """The settings that `values` (as in `config.toml`) make. Raises `SettingsInvalid`."""
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    mistakes = [f"{name}: there is no such setting (in {data_home() / FILE})." for name in values if name not in fields]
    made: dict[str, Any] = {}
    for name in values.keys() & fields.keys():
        try:
            made[name] = msgspec.convert(values[name], fields[name].type, strict=False, dec_hook=_own_type)
        except msgspec.ValidationError as error:
            mistakes.append(_sentence(name, str(error), "..." if "Secret" in str(fields[name].type) else values[name]))
    if mistakes:
        raise SettingsInvalid("\n".join(sorted(mistakes)))
    return Settings(**made)


def _sentence(name: str, reason: str, value: object) -> str:
    """msgspec's reason (`Expected `int` <= 65535 - at `$.opus``), with the place in our words."""
    what, _, place = reason.partition(" - at `$")
    where = name + place.rstrip("`").replace("[...]", ".*")
    if unknown := what.partition("unknown field ")[2]:
        return f"{where}.{unknown.strip('`')}: there is no such setting (in {data_home() / FILE})."
    if word := what.partition("Invalid enum value ")[2]:
        return f"{where}: there is no {word}; docs/configuration.md has those there are."
    told = what.replace("`", "").removeprefix("Object contains ").removeprefix("Expected ")
    return f"{where}: must be {told} (given: {value!r}; variable {PREFIX}{name.upper()})."


def _own_type(kind: type, value: object) -> object:
    if kind in (Path, Secret) and isinstance(value, str):
        return Path(value).expanduser() if kind is Path else Secret(value)
    raise msgspec.ValidationError("Expected `str`")


def _file() -> dict[str, Any]:
    file = data_home() / FILE
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsInvalid(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise SettingsInvalid(f"{file} cannot be read: {error}") from error


def _environment() -> dict[str, Any]:
    """The variables that are set and not empty. A `.env` of the folder one stands in must not configure us."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        if text := os.environ.get(PREFIX + field.name.upper(), "").strip():
            found[field.name] = _SWITCH_WORDS.get(text.lower(), text) if _is_switch(field.type) else _read(text)
    return found


def _read(text: str) -> Any:
    """A list or a table, if it is written as one in JSON; else the text."""
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            pass
    return text


def _is_switch(kind: Any) -> bool:
    return "bool" in str(kind)


def _joined(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`; tables that both have are joined."""
    joined = dict(below)
    for name, value in above.items():
        old = joined.get(name)
        both = isinstance(old, dict) and isinstance(value, dict)
        joined[name] = _joined(cast("dict[str, Any]", old), cast("dict[str, Any]", value)) if both else value
    return joined


def _unknown_variables() -> list[str]:
    """Names that begin like a setting's and are none. The variable that clients find their key in is somebody else's."""
    known = {PREFIX + name.upper() for name in Settings.__struct_fields__} | {KEY_VARIABLE}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
