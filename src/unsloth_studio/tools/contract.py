"""What every server-side tool takes and returns.

The rule: a tool never raises for bad arguments or for what it finds in the world; it answers with `is_error` and a sentence
that the model can act on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from unsloth_studio.turn.messages import ImagePart


@dataclass(frozen=True, slots=True)
class ToolContext:
    """`session` is the folder of the session's files, for tools that have some. `timeout` is in seconds and for the whole
    call. `on_output` takes pieces of live output for the person who watches; the model does not see them."""

    session: Path | None = None
    timeout: float = 300.0
    on_output: Callable[[str], None] | None = None

    def say(self, text: str) -> None:
        """Gives `text` to whoever watches, if somebody does."""
        if self.on_output is not None:
            self.on_output(text)


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was found, for citation. `date` is as its page gives it (`2026-03-01`), or empty; `passage` is what
    was found there."""

    title: str
    url: str
    date: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """`content` is what the model reads. `sources` are in the order of their numbers in it, from 1."""

    content: str
    is_error: bool = False
    images: tuple[ImagePart, ...] = ()
    sources: tuple[Source, ...] = field(default=())


class ServerTool(Protocol):
    """A tool; `parameters` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: dict[str, Any]

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        """Does it. Does not raise for anything in `arguments`."""
        ...
