"""What tests that run code in the real sandbox share. Without a sandbox they fail, and say what to install."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.sandbox import without_sandbox

from unsloth_studio.tools.sandbox import policy
from unsloth_studio.tools.sandbox.launcher import Sandbox
from unsloth_studio.tools.sandbox.probe import SandboxFinder
from unsloth_studio.tools.sandbox.result import Unavailable


@pytest.fixture
async def finder(tmp_path: Path) -> AsyncIterator[SandboxFinder]:
    if sys.platform != "linux":
        pytest.skip("the sandbox of this system is not tested")
    found = SandboxFinder((tmp_path,))
    sandbox = await found.sandbox()
    if isinstance(sandbox, Unavailable):
        without_sandbox(f"{sandbox.reason} {sandbox.advice}")
    yield found
    found.close()


@pytest.fixture
async def sandbox(finder: SandboxFinder) -> Sandbox:
    found = await finder.sandbox()
    assert isinstance(found, Sandbox)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A session's folder as the server makes it."""
    made = tmp_path / "files"
    made.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(made, policy.UNPRIVILEGED, policy.UNPRIVILEGED)
    return made
