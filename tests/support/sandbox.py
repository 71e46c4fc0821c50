"""What a test does that needs the sandbox and finds none."""

from __future__ import annotations

import shutil
from typing import NoReturn

import pytest

_FORBIDDEN = ("operation not permitted", "permission denied", "no permissions", "namespace")


def without_sandbox(why: str) -> NoReturn:
    """Fail when something can be installed; skip, saying so, where the kernel or a container forbids what a sandbox is made
    of, since then no one could run the test."""
    if shutil.which("bwrap") and any(words in why.lower() for words in _FORBIDDEN):
        pytest.skip(f"this machine forbids sandboxes, so nothing about ours is tested: {why}")
    pytest.fail(f"There is no sandbox, so nothing about it is tested: {why}")
