"""Starts a native engine so that it dies with us: sets the parent-death signal on itself, then becomes the engine.

    python -m unsloth_studio.engine.guard PARENT_PID PROGRAM ARGUMENT...

The rule: imports nothing of the project, because it runs before every start. `prctl(PR_SET_PDEATHSIG)` survives `execv`
(prctl(2)); comparing the parent afterwards closes the race in which the parent died in between.
"""

from __future__ import annotations

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when `parent` dies; leave at once when it is already gone. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def main() -> None:
    """Replace this process by the engine."""
    parent, program, arguments = int(sys.argv[1]), sys.argv[2], sys.argv[2:]
    die_with_parent(parent)
    try:
        os.execv(program, arguments)  # noqa: S606 - starting the engine is the purpose
    except OSError as error:
        print(f"error: cannot run {program}: {error.strerror}", file=sys.stderr)
        sys.exit(126)


if __name__ == "__main__":
    main()
