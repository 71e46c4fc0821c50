"""How deep the JSON that clients hand through us may nest.

The rule: whatever reaches the engine as nested JSON is checked here, because orjson reads 1024 levels but writes only 254.
"""

from __future__ import annotations

from typing import Any

import orjson

from unsloth_studio.turn.errors import invalid

MOST = 128
_LEVELS_WRITTEN = 254


def json_text(value: Any, param: str) -> str:
    """`value` as JSON text. Raises `TurnFailure` naming `param` when it nests more than `MOST` levels."""
    levels = _LEVELS_WRITTEN - MOST
    wrapped = value
    for _ in range(levels):
        wrapped = [wrapped]
    try:
        return orjson.dumps(wrapped)[levels:-levels].decode()
    except orjson.JSONEncodeError as error:
        raise invalid(f"{param}: this is nested more than {MOST} levels deep; flatten it.", param=param) from error


def check_nesting(value: Any, param: str) -> None:
    """Raise `TurnFailure` naming `param` when `value` nests more than `MOST` levels."""
    json_text(value, param)
