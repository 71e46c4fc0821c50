"""What a tool found, as far as more than the model needs to know of it: where, and why nothing was found."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ToolFailure = Literal["invalid_input", "unavailable", "max_uses", "time", "not_allowed", "not_accessible"]
"""Why a tool did nothing: wrong arguments, nobody there to do it, called too often, took too long, a site that the client
does not allow, a page that cannot be read. The APIs have codes for these."""


class Source(Struct, frozen=True):
    """Where something was found, for citation. `date` is as its page or the provider gives it (`2026-03-01`), or empty;
    `passage` is what was found there; `number` is the one that the model knows it by, from 1, 0 while it has none."""

    title: str
    url: str
    date: str = ""
    passage: str = ""
    number: int = 0
