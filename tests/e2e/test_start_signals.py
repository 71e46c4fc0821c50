"""`unsloth start` that is interrupted, ended and killed, with real processes: nothing is left of it."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.support.engines import RunningEngine, fake_engine
from tests.support.start_desk import SECONDS, Desk, launched, processes_of, waiting_client, workplace
from tests.support.workplace import Workplace

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with fake_engine("--context-length", "65536") as engine:
        yield engine


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, engine: RunningEngine) -> Iterator[Workplace]:
    """A data folder with a server that runs."""
    place = workplace(tmp_path_factory.mktemp("served"), engine)
    with place.serve():
        yield place


@pytest.fixture
def desk(tmp_path: Path, served: Workplace) -> Desk:
    return Desk(tmp_path, served)


@pytest.fixture
def lone_desk(tmp_path: Path, engine: RunningEngine) -> Desk:
    """With a data folder of its own, on which no server runs."""
    return Desk(tmp_path, workplace(tmp_path, engine))


def test_signals_reach_the_client_and_what_is_killed_is_swept(desk: Desk) -> None:
    with waiting_client(desk) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 42
    assert desk.states() == ["revoked"]
    with waiting_client(desk) as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(SECONDS)
    assert desk.states() == ["revoked", "active"]
    assert desk.start("claude").returncode == 7
    assert desk.states() == ["revoked"] * 3


def test_ctrl_c_at_the_terminal_is_the_client_s_and_comes_once(desk: Desk) -> None:
    terminal, its_end = os.openpty()
    try:
        control: dict[str, Any] = {"stdin": its_end, "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}
        with waiting_client(desk, "interrupt", **control) as process:
            os.write(terminal, b"\x03")
            assert process.wait(SECONDS) == 41
    finally:
        os.close(its_end)
        os.close(terminal)
    assert desk.states() == ["revoked"]


def nothing_is_left_of(desk: Desk) -> None:
    assert desk.states() == ["revoked"]
    assert [path.name for path in (desk.place.home / "sessions").iterdir()] == ["lock"]
    psutil.wait_procs(processes_of(desk.place.home), timeout=SECONDS)
    assert processes_of(desk.place.home) == []


def interrupt_until_it_ends(process: subprocess.Popen[Any]) -> None:
    """Ctrl-C, again and again: it is not safe to be hasty once only."""
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        process.send_signal(signal.SIGINT)
        time.sleep(0.001)
    assert process.poll() is not None


def test_a_start_that_is_ended_leaves_no_server(lone_desk: Desk) -> None:
    """While the server is still on its way, here to an upstream that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        upstream = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        environment = {**lone_desk.environment(), "UNSLOTH_STUDIO_UPSTREAM": upstream}
        with launched(lone_desk, "claude", env=environment, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            assert b"starting one" in process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 128 + signal.SIGTERM
    assert lone_desk.states() == ["revoked"]
    psutil.wait_procs(processes_of(lone_desk.place.home), timeout=SECONDS)
    assert processes_of(lone_desk.place.home) == []


def test_hasty_interrupts_while_the_server_starts_leave_nothing(lone_desk: Desk) -> None:
    with launched(lone_desk, "claude", stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"starting one" in process.stderr.readline()
        while len(processes_of(lone_desk.place.home)) < 2:
            time.sleep(0.01)
        interrupt_until_it_ends(process)
        assert process.returncode == 128 + signal.SIGINT
    nothing_is_left_of(lone_desk)


def test_hasty_interrupts_while_the_client_ends_leave_nothing(lone_desk: Desk) -> None:
    with waiting_client(lone_desk, "interrupt") as process:
        interrupt_until_it_ends(process)
        assert process.returncode > 40
    nothing_is_left_of(lone_desk)
