"""Our children: the client, which has the terminal, the signals and the last word on the exit status, and the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_FROM_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_SECONDS_TO_END = 20.0
_KILLED = 128
"""What shells add to the number of the signal that ended a program."""


@contextmanager
def ending_on_signals() -> Generator[None]:
    """The first of SIGINT, SIGTERM and SIGHUP ends the `with` by an exception, so that what was begun is put away; those
    that come after it, as from an impatient Ctrl-C, do not disturb that. One that was ignored before stays so."""
    before = _not_ignored(_ENDING)
    ended = False

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        nonlocal ended
        ended = True
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(_KILLED + number)

    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        if not ended:
            _set(before)


@contextmanager
def undisturbed() -> Generator[None]:
    """Signals that end us wait until the `with` is over."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
            _end(process)
            raise
    finally:
        _let_signals_in()


def _let_signals_in() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_child(program: str, words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `program` to its end, with our standard streams; its exit status as a shell counts. Raises `OSError`.

    What the terminal sends with Ctrl-C goes to every process in its foreground, so to the client by itself; what another
    process sends to us is passed on. Behind it signals that would end us are held back: all that is left is to put away.
    """
    before = _not_ignored(_PASSED_ON)
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

    for number in before:
        signal.signal(number, pass_on)
    try:
        child = subprocess.Popen([program, *words], env=dict(environment))
        for number in waiting:
            child.send_signal(number)
        status = child.wait()
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        _set(before)
    return _KILLED - status if status < 0 else status


def _not_ignored(numbers: Sequence[int]) -> dict[int, Any]:
    """The handlers of those signals that are not ignored, as SIGHUP is behind `nohup`."""
    handlers = {number: signal.getsignal(number) for number in numbers}
    return {number: handler for number, handler in handlers.items() if handler is not signal.SIG_IGN}


def _set(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _in_foreground() -> bool:
    """Whether the terminal sends its signals to our process group, in which the client is too."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
