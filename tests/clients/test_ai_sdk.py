"""The two-tool loop with Vercel's AI SDK over all three dialects, in Node (`make clients`)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.clients.two_tools import QUESTION, Loop

pytestmark = [pytest.mark.e2e, pytest.mark.clients]

PROGRAM = Path(__file__).with_name("ai_sdk") / "two_tools.mjs"


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
