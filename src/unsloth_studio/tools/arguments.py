"""Arguments of tools, as models write them: checked, and mended where only one thing can be meant.

The rule: what is wrong is a sentence that names the argument, what it takes, and what came instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast


class BadArgument(Exception):  # noqa: N818 - the model's doing
    """The message is a sentence for the model."""


def text(arguments: dict[str, Any], name: str, *, longest: int, default: str | None = None) -> str:
    """A string that is not blank. Raises `BadArgument`."""
    value: Any = arguments.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value.strip():
        if default is not None and value == "":
            return default
        raise BadArgument(f"`{name}` must be a text that is not empty.")
    if len(value) > longest:
        raise BadArgument(f"`{name}` has {len(value)} characters; at most {longest} are taken.")
    return value.strip()


def number(arguments: dict[str, Any], name: str, *, default: int, lowest: int, highest: int) -> int:
    """A whole number, brought into its bounds. Raises `BadArgument`."""
    value: Any = arguments.get(name)
    if value is None or value == "":
        return default
    try:
        whole = int(float(value)) if not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None:
        raise BadArgument(f"`{name}` must be a whole number from {lowest} to {highest}.")
    return min(max(whole, lowest), highest)


def one_of(arguments: dict[str, Any], name: str, choices: Sequence[str], *, default: str) -> str:
    """One of `choices`, in small letters. Raises `BadArgument`."""
    value: Any = arguments.get(name)
    if value is None or value == "":
        return default
    if not isinstance(value, str) or value.strip().lower() not in choices:
        raise BadArgument(f"`{name}` must be one of {', '.join(choices)}.")
    return value.strip().lower()


def flag(arguments: dict[str, Any], name: str) -> bool:
    """True or false; false when it is missing. Raises `BadArgument`."""
    value: Any = arguments.get(name)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if value is None or isinstance(value, bool):
        return bool(value)
    raise BadArgument(f"`{name}` must be true or false.")


def texts(arguments: dict[str, Any], name: str, *, most: int, longest: int) -> list[str]:
    """One string or several, each once, in order. Raises `BadArgument`."""
    value: Any = arguments.get(name)
    several = cast("list[Any]", value) if isinstance(value, list) else [value]
    if not several:
        raise BadArgument(f"`{name}` must name at least one.")
    found = list(dict.fromkeys(text({name: one}, name, longest=longest) for one in several))
    if len(found) > most:
        raise BadArgument(f"`{name}` names {len(found)}; at most {most} are read at once.")
    return found
