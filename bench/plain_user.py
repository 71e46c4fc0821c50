"""The start of a sandbox for a server of an ordinary user, measured as one, beside a bare process: milliseconds as JSON.

    setpriv --reuid=65533 --regid=65533 --clear-groups python3 -m bench.plain_user TIMES

A program of its own that needs nothing but the standard library, so that any Python that everybody may start can run it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from unsloth_studio.tools.sandbox.probe import find_sandbox
from unsloth_studio.tools.sandbox.result import Limits, Unavailable

SHELL = "/bin/bash"
USER = 65533


def command(times: int) -> list[str] | None:
    """How to run this as somebody else, for root; None where that cannot be done."""
    setpriv, python = shutil.which("setpriv"), Path("/usr/bin/python3")
    if setpriv is None or not python.exists():
        return None
    return [setpriv, f"--reuid={USER}", f"--regid={USER}", "--clear-groups", str(python), "-m", __name__, str(times)]


async def measure(times: int) -> dict[str, list[float]] | None:
    """`bare` and `confined` starts, in turn; None where there is no sandbox."""
    sandbox = await find_sandbox()
    if isinstance(sandbox, Unavailable):
        return None
    took: dict[str, list[float]] = {"bare": [], "confined": []}
    with tempfile.TemporaryDirectory(prefix="unsloth-bench-") as folder:
        for _ in range(times):
            began = time.perf_counter()
            await asyncio.to_thread(subprocess.run, [SHELL, "-c", "true"], check=True)
            between = time.perf_counter()
            result = await sandbox.run((SHELL, "-c", "true"), folder=Path(folder), limits=Limits())
            if result.exit_code != 0:
                raise SystemExit(f"the sandbox failed: {result}")
            took["bare"].append((between - began) * 1e3)
            took["confined"].append((time.perf_counter() - between) * 1e3)
    sandbox.close()
    return took


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1])))))
