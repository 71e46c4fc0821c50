"""What every server-side tool is: a name, a JSON schema, and one coroutine.

The rule: what goes wrong inside a tool is an answer the model reads (`is_error`), not an exception.
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
class ToolOutput:
    """What the model reads in its next round."""

    content: str
    is_error: bool = False
    images: tuple[ToolImage, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The circumstances of one call: its folder and state, how long it may take, and who watches the output live.

    `session` is None for tools that need no folder. `on_output` gets text as it appears and must return at once.
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
