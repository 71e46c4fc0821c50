"""The normal forms under which two spellings are one word.

The rule: only case and joints are set aside. `getWeather`, `get-weather`, `Get Weather` and `get_weather` are one;
`get_wether` is another word.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from unsloth_studio.patterns import pattern

_KEPT = 512
"""Names whose forms are kept: a client offers the same tools turn after turn."""
_HUMP = pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINT = pattern(r"[\s_\-]+")


@lru_cache(_KEPT)
def folded(name: str) -> str:
    """The normal form in which `getWeather`, `get-weather`, `Get Weather` and `get_weather` are one."""
    return _JOINT.sub("_", _HUMP.sub("_", name.strip())).strip("_").lower()


@lru_cache(_KEPT)
def unjoined(name: str) -> str:
    """A coarser form without joints: `getweather`."""
    return _JOINT.sub("", name).lower()


def same_word(written: str, known: Iterable[str]) -> list[str]:
    """Those of `known` that `written` can be: by words first, without joints second."""
    words = list(known)
    for form in (folded, unjoined):
        if wanted := form(written):
            found = [word for word in words if form(word) == wanted]
            if found:
                return found
    return []
