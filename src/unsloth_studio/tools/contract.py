"""What every server-side tool takes and returns.

The rule: a tool never raises for bad arguments or for what it finds in the world; it answers with `is_error` and a sentence
that the model can act on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

DEFAULT_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class ToolImage:
    """A picture a tool made: `media_type` such as `image/png`, and the file's bytes."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was found, for citation. `date` is as its page or the provider gives it (`2026-03-01`), or empty;
    `passage` is what was found there."""

    title: str
    url: str
    date: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """`content` is what the model reads. `sources` are in the order of their numbers in it, from 1."""

    content: str
    is_error: bool = False
    images: tuple[ToolImage, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolContext:
    """`session` is the session's folder and state, for tools that have some. `timeout_seconds` is for the whole call.
    `on_output` takes pieces of live output for the person who watches; the model does not see them."""

    session: object | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    on_output: Callable[[str], None] | None = None


class ServerTool(Protocol):
    """A tool; `parameters` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: dict[str, Any]

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        """Does it. Does not raise for anything in `arguments`."""
        ...
