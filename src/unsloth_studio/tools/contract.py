"""What every server-side tool is: a name, a JSON schema, and one coroutine.

The rule: a tool never raises for bad arguments or for what it finds in the world; it answers with `is_error` and a sentence
that the model can act on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

from unsloth_studio.tools.sites import EVERY_SITE, Sites
from unsloth_studio.tools.source_numbers import SourceNumbers
from unsloth_studio.turn.sources import Source, ToolFailure

if TYPE_CHECKING:
    from unsloth_studio.tools.sessions import Session

DEFAULT_TIMEOUT_SECONDS = 300.0


class ToolImage(Struct, frozen=True):
    """A picture a tool made: `media_type` such as `image/png`, and the file's bytes."""

    media_type: str
    content: bytes


class ToolOutput(Struct, frozen=True):
    """`content` is what the model reads in its next round. `sources` are those that it numbers. `failure` says why there is
    only an error, where an API has a word for that."""

    content: str
    is_error: bool = False
    images: tuple[ToolImage, ...] = ()
    sources: tuple[Source, ...] = ()
    failure: ToolFailure | None = None


class ToolContext(Struct, frozen=True):
    """The circumstances of one call: its folder and state, how long it may take, and who watches the output live.

    `session` is None for tools that need no folder. `on_output` gets text as it appears and must return at once; the model
    does not see it. `numbers` gives the sources of one turn their numbers; `sites` are those that may be used.
    """

    session: Session | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    on_output: Callable[[str], None] | None = None
    numbers: SourceNumbers = field(default_factory=SourceNumbers)
    sites: Sites = EVERY_SITE


class ServerTool(Protocol):
    """One tool. `parameters` is the JSON schema of `arguments`; the caller has checked them against it or not: a tool
    checks what it uses. `run` ends within `context.timeout_seconds` and a little, and cleans up when it is cancelled."""

    name: str
    description: str
    parameters: dict[str, Any]

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput: ...
