"""The tools of this server, and the folders they work in. One object per process; `close` ends what still runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from unsloth_studio.tools.approvals import APPROVAL_SECONDS, ApprovalRoom
from unsloth_studio.tools.contract import ServerTool
from unsloth_studio.tools.policy import ToolPolicy
from unsloth_studio.tools.python import PythonTool
from unsloth_studio.tools.sandbox.probe import SandboxFinder
from unsloth_studio.tools.search.provider import SearchSettings
from unsloth_studio.tools.sessions import Session, SessionFolders
from unsloth_studio.tools.terminal import TerminalTool
from unsloth_studio.tools.web import web_tools

if TYPE_CHECKING:
    from unsloth_studio.tools.sandbox.gateway import Gateway

FOLDER = "sessions"
"""Below the data folder."""
_TIDY_SECONDS = 3600.0

log = logging.getLogger(__name__)


class Toolbox(Struct, frozen=True):
    """`policy` says whether anybody gets them."""

    policy: ToolPolicy
    tools: dict[str, ServerTool]
    folders: SessionFolders
    finder: SandboxFinder
    python: PythonTool
    approvals: ApprovalRoom = field(default_factory=ApprovalRoom)

    @classmethod
    def at(
        cls,
        home: Path,
        policy: ToolPolicy,
        *,
        search: SearchSettings,
        allowed_hosts: Iterable[str] = (),
        network_hosts: Iterable[str] = (),
        approval_seconds: float = APPROVAL_SECONDS,
    ) -> Toolbox:
        """The tools of a server whose data folder is `home`; nothing is started or made until they are used. Code may reach
        `network_hosts`. Raises `ValueError` for one that is no host, and for a search provider that is not set up."""
        way_out = _gateway(tuple(network_hosts), tuple(allowed_hosts))
        finder, folders = SandboxFinder(hidden=(home,), gateway=way_out), SessionFolders(home / FOLDER)
        python = PythonTool(finder, folders)
        every: tuple[ServerTool, ...] = (
            python,
            TerminalTool(finder, folders),
            *web_tools(search, allowed_hosts=frozenset(allowed_hosts)),
        )
        return cls(policy, {tool.name: tool for tool in every}, folders, finder, python, ApprovalRoom(approval_seconds))

    @asynccontextmanager
    async def session(self, owner: str, session_id: str | None) -> AsyncGenerator[Session]:
        """The folder of one turn. Raises `OSError`."""
        async with self.folders.session(owner, session_id) as session:
            yield session

    async def keep_tidy(self) -> None:
        """Remove session folders that nobody used for long, now and then; never ends by itself."""
        while True:
            try:
                if removed := await self.folders.remove_expired():
                    log.info("%d session folders were removed: unused for long", removed)
            except OSError as error:
                log.warning("Session folders below %s cannot be removed: %s", self.folders.base, error.strerror)
            await asyncio.sleep(_TIDY_SECONDS)

    async def close(self) -> None:
        await self.python.close()
        self.finder.close()


def _gateway(hosts: tuple[str, ...], private: tuple[str, ...]) -> Gateway | None:
    if not hosts:
        return None
    from unsloth_studio.tools.sandbox.gateway import Gateway
    from unsloth_studio.tools.sandbox.host_list import read_rules

    return Gateway(read_rules(hosts), private=private)
