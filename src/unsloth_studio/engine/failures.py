"""What can go wrong with an engine: one row per cause, with the advice a person needs and what to try next.

The rule: the useful line is seldom the last one (llama.cpp ends with "failed to load model" whatever happened), so rows are
tried in order over the whole tail, and the exit code speaks only when no line did. Texts were seen in llama.cpp b11434 and
b11549.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from unsloth_studio.problem import OperatorProblem

Retry = Literal["never", "backoff", "no_repack"]
"""`never`: trying again gives the same; `backoff`: may pass; `no_repack`: at once, without the repacked CPU kernels."""

Cause = Literal[
    "missing_file", "unreadable_file", "not_gguf", "corrupt_file", "newer_gguf", "unsupported_architecture", "port_taken",
    "out_of_memory", "unknown_flag", "bad_value", "missing_library", "killed", "died_by_signal", "not_started",
    "start_timeout", "unresponsive", "no_engine", "exited",
]  # fmt: skip


class EngineFailure(Struct, frozen=True):
    """`reason` says what happened, `advice` what to do; both are sentences."""

    cause: Cause
    reason: str
    advice: str
    retry: Retry = "never"


class EngineTrouble(OperatorProblem):
    """Raised while a start is planned and made; callers of `Engine` see a `TurnFailure` instead."""

    def __init__(self, failure: EngineFailure) -> None:
        super().__init__(f"{failure.reason} {failure.advice}")
        self.failure = failure


class _Row(Struct, frozen=True):
    """`reason` may use `{model}` and `{found}` (the pattern's group)."""

    cause: Cause
    pattern: re.Pattern[str]
    reason: str
    advice: str
    retry: Retry = "never"


_ROWS = (
    _Row(
        "missing_file",
        re.compile(r"failed to open GGUF file '.*' \((?P<found>No such file[^)]*)\)"),
        "There is no model file at {model}.",
        "Check the path given with --model.",
    ),
    _Row(
        "unreadable_file",
        re.compile(r"failed to open GGUF file '.*' \((?P<found>[^)]*)\)"),
        "The model file {model} cannot be opened: {found}.",
        "Check that you may read the file.",
    ),
    _Row(
        "newer_gguf",
        re.compile(r"this GGUF file is version (?P<found>\d+) but"),
        "{model} is written in GGUF version {found}, which this engine does not know.",
        "Update the engine, or use a file made for an older one.",
    ),
    _Row(
        "not_gguf",
        re.compile(r"invalid magic characters|failed to read magic"),
        "{model} is not a GGUF file.",
        "Choose a file that ends in .gguf; a small file is often an error page saved by a failed download.",
    ),
    _Row(
        "unsupported_architecture",
        re.compile(r"unknown model architecture: '(?P<found>[^']*)'"),
        "This engine does not know the model architecture '{found}'.",
        "Update the engine (a newer llama.cpp may know it), or choose another model.",
    ),
    _Row(
        "corrupt_file",
        re.compile(
            r"not within the file bounds|corrupted or incomplete|exceeds (?:remaining file size|maximum)"
            r"|failed to read (?:key-value pairs|tensor|header)"
            r"|error loading model: (?:\w+: )?(?:missing tensor|tensor '.*' (?:has wrong|not found))"
        ),
        "The model file {model} is damaged or incomplete.",
        "Download it again and compare its size with the one shown where it came from.",
    ),
    _Row(
        "port_taken",
        re.compile(r"couldn't bind HTTP server socket|[Aa]ddress already in use"),
        "The engine's port was taken by another program.",
        "A free one is tried next.",
        "backoff",
    ),
    _Row(
        "out_of_memory",
        re.compile(
            r"failed to create context|out of memory|[Cc]annot allocate memory|bad_alloc|cudaMalloc failed"
            r"|ErrorOutOf(?:Device|Host)Memory|(?:failed|unable) to allocate|failed to initialize the context"
        ),
        "There is not enough memory for {model} with this context length.",
        "Lower the context length (-c) or the number of slots (-np), or choose a smaller quantization.",
    ),
    _Row(
        "unknown_flag",
        re.compile(r"error: (?:invalid|unknown) argument: (\S+)|unknown engine setting '([^']+)'"),
        "The engine does not know the option {found}.",
        "Remove the option, or use an engine that knows it.",
    ),
    _Row(
        "bad_value",
        re.compile(r'error while handling argument "(?P<found>[^"]+)"'),
        "The engine cannot use the value given to the option {found}.",
        "Run with --verbose to see what it says; llama-server --help lists the values.",
    ),
    _Row(
        "missing_library",
        re.compile(r"error while loading shared libraries: (?P<found>[^:\s]+)"),
        "The engine needs the library {found}, which is not on this machine.",
        "Install the library, or choose the embedded engine with --engine embedded.",
    ),
)  # fmt: skip

_LOG_PREFIX = re.compile(r"^[\d.]+ [A-Z] ")
_TROUBLE = re.compile(r"error|fail|exception|abort|assert", re.IGNORECASE)


def diagnose(tail: Iterable[str], exit_code: int, *, model: str) -> EngineFailure:
    """Why an engine process ended. `tail` is the end of its output, `exit_code` as `asyncio` gives it (negative: signal)."""
    lines = tuple(tail)
    text = "\n".join(lines)
    for row in _ROWS:
        if match := row.pattern.search(text):
            found = next((group for group in match.groups() if group), "")
            return EngineFailure(row.cause, row.reason.format(model=model, found=found), row.advice, row.retry)
    if number := signal_of(exit_code):
        return _by_signal(number)
    last = next((_LOG_PREFIX.sub("", line) for line in reversed(lines) if _TROUBLE.search(line)), "")
    said = f": {last.strip()[:300]}" if last else " without saying why"
    return EngineFailure(
        "exited",
        f"The engine ended with exit code {exit_code}{said}.",
        "Run with --verbose to see everything the engine says.",
        "backoff",
    )


def signal_of(exit_code: int) -> int | None:
    """The signal that ended a process: -11 from asyncio, 139 (128 + 11) when a shell stood between."""
    if exit_code < 0:
        return -exit_code
    return exit_code - 128 if exit_code - 128 in _CRASHES or exit_code == 128 + signal.SIGKILL else None


def not_started(error: OSError, program: str) -> EngineFailure:
    """The program could not even be run."""
    return EngineFailure(
        "not_started",
        f"The engine program {program} cannot be run: {error.strerror or error}.",
        "Check that it is a program for this kind of machine, or choose the embedded engine with --engine embedded.",
    )


def start_timeout(seconds: float) -> EngineFailure:
    """Loading took too long; the process was stopped."""
    return EngineFailure(
        "start_timeout",
        f"The engine did not become ready within {seconds:g} seconds.",
        "The model may be too large for this machine: choose a smaller one, or allow more time.",
    )


def unresponsive(seconds: float) -> EngineFailure:
    """Alive but silent; the process is stopped and started again."""
    return EngineFailure(
        "unresponsive",
        f"The engine did not answer for {seconds:g} seconds.",
        "It is being restarted; a smaller model or fewer slots put less load on the machine.",
        "backoff",
    )


_CRASHES = frozenset({signal.SIGILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGABRT, signal.SIGTRAP})


def _by_signal(number: int) -> EngineFailure:
    if number == signal.SIGKILL:
        return EngineFailure(
            "killed",
            "The engine was killed by the operating system (SIGKILL); most often the machine ran out of memory.",
            "Lower the context length (-c) or the number of slots (-np), or choose a smaller quantization.",
            "backoff",
        )
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    return EngineFailure(
        "died_by_signal",
        f"The engine crashed ({name}).",
        "If it happens again, choose the embedded engine with --engine embedded, or update the engine.",
        "no_repack" if number in _CRASHES else "backoff",
    )
