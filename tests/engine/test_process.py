"""A child is listened to, stopped and reaped, however it behaves. The children are real."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import psutil
import pytest

from unsloth_studio.engine.plan import Command
from unsloth_studio.engine.process import TAIL_LINES, EngineProcess

SAYS_READY = "import time; print('ready', flush=True); "
IGNORES_SIGTERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SAYS_READY + "time.sleep(60)"
FORKS = (
    "import os, time, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); pid = os.fork(); "
    "pid and print('child', pid, flush=True); time.sleep(60)"
)


def python(code: str, stdin: bytes | None = None) -> Command:
    return Command((sys.executable, "-S", "-c", code), stdin=stdin)


async def first_line(command: Command) -> tuple[EngineProcess, str]:
    line: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    process = await EngineProcess.spawn(command, lambda text: None if line.done() else line.set_result(text))
    return process, await asyncio.wait_for(line, 10)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_exit_code_and_both_outputs_are_kept() -> None:
    process = await EngineProcess.spawn(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"))
    assert await asyncio.wait_for(process.exit_code, 10) == 3
    assert sorted(process.tail) == ["err", "out"]
    assert process.listening.cancelled()


async def test_tail_is_bounded() -> None:
    process = await EngineProcess.spawn(python("for n in range(1000): print(n); \nprint('x' * 100_000, end='')"))
    await asyncio.wait_for(process.exit_code, 10)
    assert len(process.tail) == TAIL_LINES
    assert process.tail[-2:] == ("999", "x" * 2000)


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ('{"event": "listening", "address": "http://127.0.0.1:4242"}', "http://127.0.0.1:4242"),
        ("main: server is listening on http://127.0.0.1:4242 - starting the main loop", "http://127.0.0.1:4242"),
        ("0.00.026.379 I srv          init: listening on http://127.0.0.1:4242", "http://127.0.0.1:4242"),
        ("main: HTTP server is listening, hostname: 127.0.0.1, port: 0", None),
    ],
    ids=["our child", "llama-server", "llama-server, newer", "not bound yet"],
)
async def test_the_address_is_read_from_the_output(line: str, address: str | None) -> None:
    process, _ = await first_line(python(f"import time; print({line!r}, flush=True); time.sleep(60)"))
    assert (process.listening.result() if process.listening.done() else None) == address
    await process.stop()


async def test_standard_input_is_written_and_stays_open() -> None:
    code = "import sys; print(sys.stdin.readline().strip(), flush=True); print('end', repr(sys.stdin.read()))"
    process, line = await first_line(python(code, stdin=b"hello\n"))
    assert line == "hello"
    assert not process.exit_code.done()
    assert await process.stop() == -signal.SIGTERM


async def test_stop_is_gentle_first_and_idempotent() -> None:
    code = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); " + SAYS_READY + "time.sleep(60)"
    process, _ = await first_line(python(code))
    assert await process.stop() == 0
    assert await process.stop() == 0
    assert not psutil.pid_exists(process.pid)


async def test_a_child_that_ignores_sigterm_is_killed_after_the_grace() -> None:
    process, _ = await first_line(python(IGNORES_SIGTERM))
    assert await process.stop(grace=0.1) == -signal.SIGKILL
    assert not psutil.pid_exists(process.pid)


async def test_a_forked_grandchild_goes_with_its_parent() -> None:
    process, line = await first_line(python(FORKS))
    grandchild = int(line.split()[1])
    assert not is_gone(grandchild)
    await process.stop(grace=0.1)
    for _ in range(100):
        if is_gone(grandchild):
            break
        await asyncio.sleep(0.01)
    assert is_gone(grandchild)


async def test_a_child_that_cannot_be_run_raises() -> None:
    with pytest.raises(FileNotFoundError):
        await EngineProcess.spawn(Command(("/nonexistent/llama-server",)))


async def test_our_secrets_and_stray_engine_settings_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UNSLOTH_API_KEY", "LLAMA_ARG_HOST", "LLAMA_API_KEY", "PLAIN"):
        monkeypatch.setenv(name, "x")
    names = "[n for n in ('UNSLOTH_API_KEY', 'LLAMA_ARG_HOST', 'LLAMA_API_KEY', 'PLAIN') if n in os.environ]"
    process = await EngineProcess.spawn(python(f"import os; print({names})"))
    await process.exit_code
    assert process.tail == ("['PLAIN']",)
    command = Command(
        (sys.executable, "-S", "-c", "import os; print(os.environ['LLAMA_API_KEY'])"), {"LLAMA_API_KEY": "k"}
    )
    process = await EngineProcess.spawn(command)
    await process.exit_code
    assert process.tail == ("k",)


async def test_the_guard_becomes_the_engine_and_leaves_when_its_parent_is_another() -> None:
    def guarded(parent: int) -> Command:
        guard = (sys.executable, "-P", "-m", "unsloth_studio.engine.guard", str(parent))
        return Command((*guard, sys.executable, "-S", "-c", "import os; print(os.getppid())"))

    process = await EngineProcess.spawn(guarded(os.getpid()))
    assert await process.exit_code == 0
    assert process.tail == (str(os.getpid()),)
    orphan = await EngineProcess.spawn(guarded(os.getpid() + 1))
    assert await orphan.exit_code == 1
    assert orphan.tail == ()


async def test_the_guard_says_why_a_program_cannot_be_run() -> None:
    guard = (sys.executable, "-P", "-m", "unsloth_studio.engine.guard", str(os.getpid()))
    process = await EngineProcess.spawn(Command((*guard, "/nonexistent")))
    assert await process.exit_code == 126
    assert process.tail == ("error: cannot run /nonexistent: No such file or directory",)
