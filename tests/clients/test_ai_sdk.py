"""Vercel's AI SDK, in Node (`make clients`): the two-tool loop over all three dialects, and tools that the server runs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.clients.two_tools import QUESTION, Loop
from tests.fake_engine.script import Script, ToolCall
from tests.support.engines import RunningEngine
from tests.support.search_site import search_site
from tests.support.server import studio

pytestmark = [pytest.mark.e2e, pytest.mark.clients]

FOLDER = Path(__file__).with_name("ai_sdk")
PROGRAM = FOLDER / "two_tools.mjs"


@pytest.mark.parametrize("way", ["whole", "streamed"])
@pytest.mark.parametrize("dialect", ["compatible", "chat", "responses", "messages"])
def test_tool_loop(loop: Loop, dialect: str, way: str) -> None:
    server = loop.server
    done = subprocess.run(
        ["node", str(PROGRAM), dialect, way],
        cwd=loop.bench.folder,
        env={
            "PATH": os.environ["PATH"],
            "BASE_URL": server.openai_base_url,
            "API_KEY": server.api_key,
            "MODEL": server.model,
            "QUESTION": QUESTION,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    # it says that it leaves out reasoning without a signature or encrypted content; no other warning is expected
    assert [line for line in done.stderr.splitlines() if "easoning" not in line] == []
    loop.check(done.stdout)


def calling(name: str, **arguments: Any) -> Script:
    return Script(tool_call=ToolCall(name, json.dumps(arguments)))


def test_tools_that_the_server_runs(scripted_engine: RunningEngine, tmp_path: Path) -> None:
    """Search, page and code in one turn; it validates each event and each call's arguments."""
    with (
        search_site() as site,
        studio(tmp_path, "--upstream", scripted_engine.base_url, environment=site.settings) as server,
    ):
        for dialect, way in (
            ("messages", "whole"),
            ("messages", "streamed"),
            ("responses", "whole"),
            ("responses", "streamed"),
        ):
            scripted_engine.set_turns(
                calling("web_search", query="llamas", depth="basic"),
                calling("web_fetch", url=f"{site.url}/page"),
                calling("python", code="6*7"),
                Script(text="Llamas hum [1]."),
            )
            address = {"BASE_URL": server.openai_base_url, "API_KEY": server.api_key, "MODEL": server.model}
            done = subprocess.run(
                ["node", str(FOLDER / "native_tools.mjs"), dialect, way],
                env={"PATH": os.environ["PATH"], **address},
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
            said = json.loads(done.stdout)
            assert said["text"] == "Llamas hum [1]."
            assert said["sources"][-1] == "https://llamas.example/hum"
            kinds = [kind for kind in said["kinds"] if kind != "source"]
            assert kinds == ["tool-call", "tool-result"] * 3 + ["text"], (dialect, way)
