"""Our children: the client, which has the terminal, the signals and the last word on the exit status, and the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import IO

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_FROM_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_KILLED = 128
"""What shells add to the number of the signal that ended a program."""


@contextmanager
def ending_on_signals() -> Generator[None]:
    """SIGTERM and SIGHUP end the `with` by an exception, so that what was begun is put away."""

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        raise SystemExit(_KILLED + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def background(command: Sequence[str], *, stderr: IO[bytes]) -> Generator[subprocess.Popen[bytes]]:
    """Start `command` in a session of its own, without input; what it prints is dropped. An exception in the `with` ends it.

    Signals that end us wait until it can be ended too: none comes between its start and the `with`.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=_let_signals_in,
        )
        try:
            _let_signals_in()
            yield process
        except BaseException:
            process.terminate()
            process.wait()
            raise
    finally:
        _let_signals_in()


def _let_signals_in() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def run_child(program: str, words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `program` to its end, with our standard streams; its exit status as a shell counts. Raises `OSError`.

    What the terminal sends with Ctrl-C goes to every process in its foreground, so to the client by itself; what another
    process sends to us is passed on.
    """
    before = {number: signal.getsignal(number) for number in _PASSED_ON}
    child: subprocess.Popen[bytes] | None = None
    waiting: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        if number in _FROM_THE_TERMINAL and _in_foreground():
            return
        if child is None:
            waiting.append(number)
        else:
            child.send_signal(number)

    for number in _PASSED_ON:
        signal.signal(number, pass_on)
    try:
        child = subprocess.Popen([program, *words], env=dict(environment))
        for number in waiting:
            child.send_signal(number)
        status = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return _KILLED - status if status < 0 else status


def _in_foreground() -> bool:
    """Whether the terminal sends its signals to our process group, in which the client is too."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
