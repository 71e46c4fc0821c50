"""Python code in a process of its own: what another `unsloth` does on the same data folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OPEN = """
import sys
from pathlib import Path
from unsloth_studio.store.database import Database
from unsloth_studio.store.keys import KeyStore
database = Database.open(Path(sys.argv[1]))
store = KeyStore(database)
"""
"""Opens the store of the folder that is the first argument."""


def begin(code: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, str(folder), *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def output(process: subprocess.Popen[str]) -> str:
    """Waits for the end; what it printed. Fails with its error output unless it exited with 0."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def run(code: str, folder: Path, *arguments: str) -> str:
    return output(begin(code, folder, *arguments))


def run_together(count: int, code: str, folder: Path) -> list[str]:
    """What `count` processes print that have imported everything and then start `code` at the same moment."""
    wait = (
        "import sys, unsloth_studio.store.schema.migration, unsloth_studio.store.run_key\n"
        "print('ready', flush=True), sys.stdin.read()\n"
    )
    processes = [begin(wait + code, folder) for _ in range(count)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    return [output(process) for process in processes]
