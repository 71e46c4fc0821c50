"""Arguments of MiniMax-M3: a tag named after each one, objects as nested tags, lists as `<item>`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import orjson

from unsloth_studio.parsing.schema_fit import fit_text, schema_of
from unsloth_studio.parsing.tags import STANDS, TORN_END, restored
from unsloth_studio.patterns import pattern

_CHILD = pattern(rf"{STANDS}?<([\w.\-]+)>")
_PREFIXED_CHILD = pattern(rf"{STANDS}<([\w.\-]+)>")
"""In a value, where the family has a prefix: a tag without it is text, such as HTML."""
_BLANK = pattern(r"\s*")
_DEPTH = 16


def children(
    inner: str, schema: Mapping[str, Any], own: Mapping[str, Any], *, prefix: str, cut: bool
) -> dict[str, Any] | None:
    """The arguments in `inner`, typed; `{}` for a call without any, None when it says something else.

    `own` are the keys that the tool declares; `prefix` is what stands before each tag.
    """
    rest = inner.strip()
    torn = TORN_END.search(rest, max(0, len(rest) - 80))
    rest = (rest[: torn.start()] if torn else rest).strip().strip(STANDS)
    if not rest:
        return {}
    first = _CHILD.match(rest)
    if first is None or first.group(1) not in own or cut:
        return None
    found = _element(rest, 0, prefix)
    if not isinstance(found, dict):
        return None
    named = cast("dict[str, Any]", found)
    return {
        key: fit_text(value, schema_of(schema, key), schema) if isinstance(value, str) else value
        for key, value in named.items()
    }


def _element(text: str, depth: int, prefix: str) -> Any:
    """Nested tags as objects, `<item>` as lists; text stays text, None where tags do not match."""
    if depth > _DEPTH:
        return None
    stripped = text.strip()
    child = _PREFIXED_CHILD if prefix and depth else _CHILD
    text = stripped if child.match(stripped) else text
    if not child.match(text):
        return restored(text.removesuffix(STANDS) if prefix else text, prefix)
    members: dict[str, Any] = {}
    items: list[Any] = []
    stands = STANDS if prefix else ""
    pos = 0
    while pos < len(text):
        opened = child.match(text, pos)
        if opened is None:
            if text[pos:].strip(f" \t\r\n{STANDS}"):
                return None
            break
        name = opened.group(1)
        end = _closing(text, opened.end(), f"{stands}<{name}>", f"{stands}</{name}>")
        value = None if end < 0 else _element(text[opened.end() : end], depth + 1, prefix)
        if value is None:
            return None
        if name == "item":
            items.append(_scalar(value))
        else:
            members[name] = value if depth == 0 else _scalar(value)
        blank = _BLANK.match(text, end + len(f"{stands}</{name}>"))
        assert blank
        pos = blank.end()
    return items if items and not members else members


def _closing(text: str, pos: int, opener: str, closer: str) -> int:
    """Where the element that was opened before `pos` is closed, others of its name inside counted; -1 nowhere."""
    depth = 1
    for found in re.compile(f"{re.escape(opener)}|{re.escape(closer)}").finditer(text, pos):
        depth += 1 if found.group() == opener else -1
        if not depth:
            return found.start()
    return -1


def _scalar(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except ValueError:
        return value
