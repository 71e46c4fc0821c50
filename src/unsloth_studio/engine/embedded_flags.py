"""llama-server's flags as settings of the embedded engine: the same words for both kinds of engine.

The rule: a flag that is not in the table is refused, never dropped. `embedded.py` says what the values may be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from unsloth_studio.engine.embedded_table import ROWS, SWITCHES


class Setting(NamedTuple):
    """Where a flag goes: attribute paths of `CommonParams`, and how its text is read. `read` None: the flag stands alone.

    `bit` marks a sampling value as the user's, so that the file's own recommendation does not replace it
    (`common_params_sampling_config`).
    """

    paths: tuple[str, ...]
    read: Callable[[str], Any] | None
    alone: Any = True
    bit: int = 0


_SAMPLING_BITS = ("samplers", "top_k", "top_p", "min_p", "xtc_probability", "xtc_threshold", "temp", "penalty_last_n",
                  "penalty_repeat", "mirostat", "mirostat_tau", "mirostat_eta")  # fmt: skip
_USERS = "sampling.user_sampling_config"


def _table() -> dict[str, Setting]:
    bits = {f"sampling.{name}": 1 << place for place, name in enumerate(_SAMPLING_BITS)}
    table: dict[str, Setting] = {}
    for flags, paths, read in ROWS:
        table |= dict.fromkeys(flags.split(), Setting(tuple(paths.split()), read, bit=bits.get(paths, 0)))
    for flags, path, alone in SWITCHES:
        table |= dict.fromkeys(flags.split(), Setting((path,), None, alone))
    return table


SETTINGS: Mapping[str, Setting] = _table()
"""Every spelling of every flag the embedded engine understands."""


def settings_of(arguments: Sequence[str]) -> dict[str, Any]:
    """Command-line arguments of llama-server as settings of the embedded engine, `{"n_ctx": 4096, ...}`.

    The last value wins; adapters, template arguments and tensor overrides add up. Raises `ValueError` with a sentence that
    names the flag when it has no counterpart, no value, or a bad one.
    """
    settings: dict[str, Any] = {}
    rest = iter(arguments)
    for flag in rest:
        setting = SETTINGS.get(flag)
        if setting is None:
            raise ValueError(f"The embedded engine cannot honour the option {flag}.")
        value = setting.alone if setting.read is None else _read(flag, setting.read, next(rest, None))
        for path in setting.paths:
            settings[path] = _joined(path, settings.get(path), value)
        if setting.bit:
            settings[_USERS] = settings.get(_USERS, 0) | setting.bit
    return settings


def _read(flag: str, read: Callable[[str], Any], text: str | None) -> Any:
    if text is None:
        raise ValueError(f"The engine option {flag} needs a value.")
    try:
        return read(text)
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"The engine option {flag} cannot be '{text}': {error}.") from error


def _joined(path: str, before: Any, value: Any) -> Any:
    """A later value beside an earlier one."""
    if before is None:
        return value
    if path == "lora_adapters":
        return before + value
    if path == "default_template_kwargs":
        return before | value
    return f"{before},{value}" if path.endswith("tensor_buft_overrides") else value
