"""Commands in the real sandbox: their ends, their limits, their leftovers. Each limit is struck by something real."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.support.patience import until

from unsloth_studio.tools.sandbox.launcher import Sandbox
from unsloth_studio.tools.sandbox.result import MIB, Limit, Limits, SandboxResult

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
SMALL = Limits(
    wall_seconds=20.0,
    memory_bytes=256 * MIB,
    processes=32,
    cpu_seconds=1,
    file_bytes=8 * MIB,
    folder_bytes=20 * MIB,
    folder_files=500,
    scratch_bytes=16 * MIB,
    output_bytes=2 * MIB,
)


async def bash(
    sandbox: Sandbox, folder: Path, command: str, limits: Limits = SMALL, stdin: bytes = b""
) -> SandboxResult:
    return await sandbox.run(("/bin/bash", "-c", command), folder=folder, limits=limits, stdin=stdin)


async def python(sandbox: Sandbox, folder: Path, code: str, limits: Limits = SMALL) -> SandboxResult:
    return await sandbox.run((sys.executable, "-I", "-S", "-c", code), folder=folder, limits=limits)


def marked(marker: str) -> list[int]:
    """Processes out here whose command line has `marker`, other than ours and zombies."""
    found: list[int] = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words: list[str] = process.info["cmdline"] or []
        if process.pid != os.getpid() and process.info["status"] != psutil.STATUS_ZOMBIE and marker in " ".join(words):
            found.append(process.pid)
    return found


async def test_output_and_exit_code(sandbox: Sandbox, folder: Path) -> None:
    result = await bash(sandbox, folder, "echo out; echo err >&2; exit 3")
    assert (result.exit_code, result.signal, result.output, result.limit) == (3, None, b"out\nerr\n", None)
    assert not result.timed_out
    assert not result.output_truncated
    assert 0 < result.duration_ms < 8000


async def test_a_signal_is_told_apart(sandbox: Sandbox, folder: Path) -> None:
    result = await bash(sandbox, folder, "kill -TERM $$")
    assert (result.exit_code, result.signal) == (None, signal.SIGTERM)


async def test_stdin_is_read_and_ends(sandbox: Sandbox, folder: Path) -> None:
    assert (await bash(sandbox, folder, "wc -c", stdin=b"x" * 200_000)).output.strip() == b"200000"
    assert (await bash(sandbox, folder, "cat")).output == b""


async def test_only_the_three_usual_files_are_open(sandbox: Sandbox, folder: Path) -> None:
    result = await python(
        sandbox, folder, "import os; print([f for f in range(256) if os.path.exists(f'/proc/self/fd/{f}')])"
    )
    assert result.output == b"[0, 1, 2]\n"
    result = await bash(sandbox, folder, "echo evil > /proc/self/fd/0", stdin=b"x")
    assert b"denied" in result.output or b"No such" in result.output


async def test_output_comes_live(sandbox: Sandbox, folder: Path) -> None:
    times: list[float] = []
    await sandbox.run(
        ("/bin/bash", "-c", "echo a; sleep 0.5; echo b"),
        folder=folder,
        limits=SMALL,
        on_output=lambda _: times.append(time.monotonic()),
    )
    assert times[-1] - times[0] > 0.4


async def test_files_stay_in_the_folder_and_belong_to_us_or_to_nobody(sandbox: Sandbox, folder: Path) -> None:
    assert (await bash(sandbox, folder, "echo text > note; pwd")).output == b"/mnt/data\n"
    assert (folder / "note").read_text() == "text\n"
    assert (folder / "note").stat().st_uid == (65534 if os.geteuid() == 0 else os.geteuid())


DEAF = (  # to every signal that can be ignored
    "import signal, time\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except Exception: pass\n"
    "while True: time.sleep(1)"
)
BOMB = ":(){ :|:& };:; sleep 20"
HOG = "x = []\nwhile True: x.append(bytearray(b'x' * (1 << 20)))"
FORKS = "import os, time\nfor _ in range(40):\n    if os.fork() == 0: time.sleep(5); os._exit(0)"
THREADS = (
    "import threading, time\nfor _ in range(40): threading.Thread(target=time.sleep, args=(5,), daemon=True).start()"
)
FAMILY = (
    "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        x = bytearray(b'x' * (100 << 20))\n"
    "        time.sleep(20)\ntime.sleep(20)"
)
SHARED = (
    "import mmap, os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
    "        m = mmap.mmap(-1, 100 << 20); m.write(b'x' * (100 << 20)); time.sleep(20)\ntime.sleep(20)"
)
FILL = "i = 0\nwhile True:\n    i += 1; open(str(i), 'wb').write(bytes(4 << 20))"
MANY = "import time\nfor i in range(5000): open(str(i), 'w')\ntime.sleep(20)"
DEEP = "import os, time\nfor i in range(200): os.mkdir('d'); os.chdir('d')\ntime.sleep(20)"
HIDDEN = (
    "import os, time\nos.mkdir('h')\nfiles = [open(f'h/{i}', 'wb') for i in range(10)]\nos.chmod('h', 0)\n"
    "for f in files: f.write(bytes(4 << 20)); f.flush()\ntime.sleep(20)"
)


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        pytest.param("import time; time.sleep(60)", "time", id="sleeps"),
        pytest.param(
            DEAF,
            "time",
            id="ignores every signal",
        ),
        pytest.param("while True: pass", "cpu", id="spins"),
        pytest.param(FAMILY, "memory", id="takes memory in many processes"),
        pytest.param(SHARED, "memory", id="takes shared memory in many processes"),
        pytest.param(
            "print('x' * (1 << 20), flush=True)\nwhile True: print('y' * 1000)", "output", id="prints without end"
        ),
        pytest.param(FILL, "disk", id="fills the disk"),
        pytest.param(MANY, "disk", id="makes many files"),
        pytest.param(DEEP, "disk", id="makes deep folders"),
        pytest.param(HIDDEN, "disk", id="hides what it writes in a closed folder"),
        pytest.param(
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); open('f', 'wb').write(bytes(20 << 20))",
            "file_size",
            id="writes too large a file",
        ),
    ],
)
async def test_a_limit_ends_it(sandbox: Sandbox, folder: Path, code: str, limit: Limit) -> None:
    limits = replace(SMALL, wall_seconds=1.5) if limit == "time" else SMALL
    result = await python(sandbox, folder, code, limits)
    assert (result.limit, result.exit_code) == (limit, None), result


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param(f'python3 -c "{HOG.replace(chr(10), chr(10))}"', b"MemoryError", id="one process takes memory"),
        pytest.param(f'python3 -c "{FORKS}"', b"Resource temporarily unavailable", id="many processes"),
        pytest.param(f'python3 -c "{THREADS}"', b"can't start new thread", id="many threads"),
        pytest.param("head -c 30000000 /dev/zero > /tmp/x", b"space left on device", id="fills tmp"),
        pytest.param("head -c 30000000 /dev/zero > /dev/shm/x", b"space left on device", id="fills shared memory"),
    ],
)
async def test_a_limit_makes_calls_fail(sandbox: Sandbox, folder: Path, command: str, said: bytes) -> None:
    limits = replace(SMALL, file_bytes=64 * MIB, wall_seconds=6)
    assert said in (await bash(sandbox, folder, command, limits)).output


async def test_a_fork_bomb_ends_with_its_time_and_others_can_fork(sandbox: Sandbox, folder: Path) -> None:
    limits = replace(SMALL, wall_seconds=2)
    bomb = asyncio.create_task(bash(sandbox, folder, BOMB, limits))
    await asyncio.sleep(0.7)
    assert (await bash(sandbox, folder, "for i in $(seq 20); do sleep 0.1 & done; wait; echo fine")).output == b"fine\n"
    result = await bomb
    assert result.limit == "time" or result.signal or result.exit_code
    assert result.duration_ms < 6000


DAEMON = "(setsid bash -c 'trap \"\" HUP TERM; nohup sleep 1234{n} >/dev/null 2>&1 </dev/null &'); exit 0"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("sleep 1234{n} & disown; exit 0", id="in the background"),
        pytest.param("setsid sleep 1234{n} & exit 0", id="in its own session"),
        pytest.param(
            DAEMON,
            id="daemon",
        ),
        pytest.param("exec >&- 2>&-; sleep 1234{n}", id="with its outputs closed"),
    ],
)
async def test_nothing_is_left_behind(sandbox: Sandbox, folder: Path, command: str) -> None:
    marker = f"{os.getpid() % 10000:04}"
    await bash(sandbox, folder, command.replace("{n}", marker), replace(SMALL, wall_seconds=1))
    assert marked(f"1234{marker}") == []


@pytest.mark.parametrize("delay", [0, 0.002, 0.01, 0.03, 0.1, 0.3])
async def test_cancelling_leaves_nothing(sandbox: Sandbox, folder: Path, delay: float) -> None:
    marker = f"98{os.getpid() % 10000:04}"
    running = asyncio.create_task(bash(sandbox, folder, f"sleep {marker} & sleep {marker}"))
    await asyncio.sleep(delay)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert marked(marker) == []


async def test_descriptors_and_threads_do_not_pile_up(sandbox: Sandbox, folder: Path) -> None:
    await bash(sandbox, folder, "true")
    before = psutil.Process().num_fds()
    for _ in range(5):
        await asyncio.gather(*(bash(sandbox, folder, "true") for _ in range(4)))
    assert psutil.Process().num_fds() == before


def runs(pid: int, program: str) -> bool:
    """Whether the process is this program, or a shell that became it."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).name() == program
    return False


SERVER = """
import asyncio, sys
from pathlib import Path
from unsloth_studio.tools.sandbox.probe import find_sandbox
from unsloth_studio.tools.sandbox.result import Limits
async def main():
    sandbox = await find_sandbox()
    await sandbox.run(("/bin/bash", "-c", f"sleep {sys.argv[2]}"), folder=Path(sys.argv[1]), limits=Limits())
asyncio.run(main())
"""


@pytest.mark.parametrize("sign", ["bwrap", "sleep"], ids=["while it is built", "when the command runs"])
async def test_it_dies_with_the_server(sandbox: Sandbox, folder: Path, sign: str) -> None:
    marker = f"77{os.getpid() % 10000:04}"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(folder), marker], env=environment)  # noqa: ASYNC220
    try:
        await until(lambda: any(runs(pid, sign) for pid in marked(f"sleep {marker}")), timeout=20)
    finally:
        server.kill()
        server.wait()
    await until(lambda: marked(marker) == [], timeout=5)


async def test_the_middle_of_much_output_is_left_out(sandbox: Sandbox, folder: Path) -> None:
    result = await bash(sandbox, folder, "echo first; head -c 300000 /dev/zero | tr '\\0' x; echo last")
    assert result.output_truncated
    assert result.output.startswith(b"first\n")
    assert result.output.endswith(b"last\n")
    assert b"bytes of output left out here" in result.output
    assert len(result.output) < 66_000


async def test_sixteen_at_once_do_not_hold_up_the_event_loop(sandbox: Sandbox, folder: Path) -> None:
    """The aim is 20 ms; the test allows for a busy machine."""
    delays: list[float] = []

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            delays.append(time.perf_counter() - began - 0.005)

    ticking = asyncio.create_task(tick())
    results = await asyncio.gather(*(bash(sandbox, folder, "echo done") for _ in range(16)))
    ticking.cancel()
    assert {result.output for result in results} == {b"done\n"}
    assert sorted(delays)[len(delays) * 95 // 100] < 0.1
