"""The tools as one: what is offered, and old session folders go by themselves."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from tests.support.patience import until

from unsloth_studio.tools.policy import ToolPolicy
from unsloth_studio.tools.search.provider import SearchSettings
from unsloth_studio.tools.toolbox import Toolbox


async def test_nothing_is_made_until_a_tool_is_used(tmp_path: Path) -> None:
    home = tmp_path / "home"
    toolbox = Toolbox.at(home, ToolPolicy(True, "why not"), search=SearchSettings())
    assert list(toolbox.tools) == ["python", "terminal", "web_search", "web_fetch"]
    await toolbox.close()
    assert not home.exists()


async def test_session_folders_that_nobody_used_for_long_are_removed(tmp_path: Path) -> None:
    toolbox = Toolbox.at(tmp_path, ToolPolicy(True, "why not"), search=SearchSettings())
    for name in ("old", "new"):
        async with toolbox.session("1", name) as session:
            folder = session.folder.parent
        if name == "old":
            past = time.time() - 8 * 24 * 3600
            for one in (*folder.rglob("*"), folder):
                os.utime(one, (past, past))
    tidying = asyncio.create_task(toolbox.keep_tidy())
    await until(lambda: len(list((tmp_path / "sessions").iterdir())) == 1)
    tidying.cancel()
    await asyncio.wait({tidying})
    await toolbox.close()
