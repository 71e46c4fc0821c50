"""Nothing gets out of the sandbox: every attempt of `escapes/` fails, whoever runs the server, and no harm is left.

The real ones succeed without a sandbox, in the same world: so they would be seen to succeed here.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.sandbox import without_sandbox
from tests.tools.escapes.attempt import Attempt
from tests.tools.escapes.driver import NAME, all_attempts
from tests.tools.escapes.world import SECRET_VARIABLE

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="the attempts are on Linux's own doors"),
]

ROOT = Path(__file__).parents[2]
ATTEMPTS = all_attempts(platform.machine())
PLAIN_USER = "65533"  # not nobody: that is who code in the sandbox is when the server runs as root


def python_for_everybody() -> str:
    """A Python that a user without rights can start; ours may lie in a folder that is closed to others."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        found = "os.path.exists(os.path.realpath(sys.executable))"  # not another one, by some shim
        asked = f"import os, sys; sys.exit(sys.version_info < (3, 11) or not {found})"
        if subprocess.run([*as_plain_user(), candidate, "-c", asked], capture_output=True, check=False).returncode == 0:
            return candidate
    pytest.fail(
        "No Python 3.11 can be started by a plain user: install python3 for all users, to test the sandbox as one."
    )


def as_plain_user() -> list[str]:
    assert shutil.which("setpriv"), "install util-linux: the tests of the sandbox run as another user, too"
    return ["setpriv", f"--reuid={PLAIN_USER}", f"--regid={PLAIN_USER}", "--clear-groups"]


@pytest.fixture(scope="module", params=["as we are", "as a plain user"])
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the driver says after all attempts."""
    command = [sys.executable, "-m", NAME]
    if request.param == "as a plain user":
        if os.geteuid() != 0:
            pytest.skip("we are a plain user already: `as we are` was that")
        command = [*as_plain_user(), python_for_everybody(), "-m", NAME]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        SECRET_VARIABLE: "6b7f0d5c2e9a4138",
    }
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    if "unavailable" in said:
        without_sandbox(f"{request.param}: {said['unavailable']}")
    return said


def by_title(attempt: Attempt) -> str:
    return attempt.title


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=by_title)
def test_it_fails_in_the_sandbox(report: dict[str, Any], attempt: Attempt) -> None:
    happened = report["inside"][attempt.title]
    assert not happened.startswith("ESCAPED"), happened
    assert not happened.startswith(("NameError", "SyntaxError", "TypeError", "AttributeError", "ArgumentError")), (
        happened
    )
    assert happened != "took too long"


@pytest.mark.parametrize("attempt", [attempt for attempt in ATTEMPTS if attempt.outside], ids=by_title)
def test_it_succeeds_without_a_sandbox(report: dict[str, Any], attempt: Attempt) -> None:
    assert report["outside"][attempt.title].startswith("ESCAPED")


def test_afterwards_everything_outside_is_as_it_was(report: dict[str, Any]) -> None:
    assert report["damage"] == []


def test_all_walls_stood(report: dict[str, Any]) -> None:
    assert "seccomp, Landlock ABI" in report["confinement"]


def test_titles_are_unique() -> None:
    assert len({attempt.title for attempt in ATTEMPTS}) == len(ATTEMPTS) >= 150
