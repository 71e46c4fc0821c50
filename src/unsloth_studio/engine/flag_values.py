"""How the text of a flag's value is read: one small function per shape of value.

The rule: each takes the text and returns the value, or raises `ValueError` saying what it must be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

MIB = 1 << 20
_DEVICES = 128  # the length of llama.cpp's per-device arrays


def member(prefix: str) -> Callable[[str], str]:
    return lambda text: prefix + text.upper().replace("-", "_").replace("+", "_")


def choice(members: Mapping[str, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text not in members:
            raise ValueError(f"it must be one of {', '.join(members)}")
        return members[text]

    return read


def layers(text: str) -> int:
    return {"auto": -1, "all": -2}[text] if text in ("auto", "all") else int(text)


def numbers(text: str) -> list[float]:
    values = [float(part) for part in text.replace("/", ",").split(",")]
    return (values + [0.0] * _DEVICES)[:_DEVICES]


def margins(text: str) -> list[int]:
    """MiB for each device; a single value holds for all."""
    values = [int(part) * MIB for part in text.split(",")]
    return (values + values[-1:] * _DEVICES)[:_DEVICES]


def template_arguments(text: str) -> dict[str, str]:
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise ValueError('it must be a JSON object, {"name": value}')
    arguments = cast("dict[str, Any]", value)
    return {name: json.dumps(each) for name, each in arguments.items()}


def adapters(text: str) -> list[dict[str, Any]]:
    return [{"path": path, "scale": 1.0} for path in text.split(",")]


def scaled_adapters(text: str) -> list[dict[str, Any]]:
    adapters: list[dict[str, Any]] = []
    for part in text.split(","):
        path, colon, scale = part.rpartition(":")
        if not colon:
            raise ValueError("it must be FILE:SCALE")
        adapters.append({"path": path, "scale": float(scale)})
    return adapters
