"""What every server-side tool is: a name, a JSON schema, and one coroutine.

The rule: a tool never raises for bad arguments or for what it finds in the world; it answers with `is_error` and a sentence
that the model can act on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from unsloth_studio.tools.sessions import Session

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
    """`content` is what the model reads in its next round. `sources` are in the order of their numbers in it, from 1."""

    content: str
    is_error: bool = False
    images: tuple[ToolImage, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The circumstances of one call: its folder and state, how long it may take, and who watches the output live.

    `session` is None for tools that need no folder. `on_output` gets text as it appears and must return at once; the model
    does not see it.
    """

    session: Session | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    on_output: Callable[[str], None] | None = None


class ServerTool(Protocol):
    """One tool. `parameters` is the JSON schema of `arguments`; the caller has checked them against it or not: a tool
    checks what it uses. `run` ends within `context.timeout_seconds` and a little, and cleans up when it is cancelled."""

    name: str
    description: str
    parameters: dict[str, Any]

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput: ...
