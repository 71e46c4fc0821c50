"""What an engine's last words are taken to mean. The lines are real ones, of llama.cpp b11434 and b11549."""

from __future__ import annotations

import signal

import pytest

from unsloth_studio.engine.failures import Cause, Retry, diagnose, not_started, signal_of

LOAD_FAILED = (
    "0.00.004.853 E cmn  common_init_: failed to load model 'm.gguf'",
    "0.00.005.069 E srv          init: exiting due to model loading error",
)

LINES: dict[str, tuple[str, Cause, Retry]] = {
    "the file is not there": (
        "0.00.003.753 E gguf_init_from_file: failed to open GGUF file 'm.gguf' (No such file or directory)",
        "missing_file",
        "never",
    ),
    "the file may not be read": (
        "E gguf_init_from_file: failed to open GGUF file 'm.gguf' (Permission denied)",
        "unreadable_file",
        "never",
    ),
    "the file is text": (
        "0.00.003.470 E gguf_init_from_reader: invalid magic characters: 'hell', expected 'GGUF'",
        "not_gguf",
        "never",
    ),
    "the file is empty": ("0.00.003.571 E gguf_init_from_reader: failed to read magic", "not_gguf", "never"),
    "the format is newer": (
        "E gguf_init_from_reader: this GGUF file is version 99 but this software only supports up to version 3",
        "newer_gguf",
        "never",
    ),
    "the data is cut": (
        "E llama_model_load: error loading model: tensor 'blk.1.ffn_down.weight' data is not within the file bounds, "
        "model is corrupted or incomplete",
        "corrupt_file",
        "never",
    ),
    "the header is cut": ("E read: string length 20 exceeds remaining file size 3 bytes", "corrupt_file", "never"),
    "the header is garbled": (
        "E read: string length 18374686479671623689 exceeds maximum 1073741824",
        "corrupt_file",
        "never",
    ),
    "a tensor is missing": (
        "E llama_model_load: error loading model: check_tensor_dims: tensor 'blk.0.attn_q.weight' not found\n"
        "E srv          init: exiting due to model loading error",
        "corrupt_file",
        "never",
    ),
    "the architecture is unknown": (
        "E llama_model_load: error loading model: unknown model architecture: 'qwen9'",
        "unsupported_architecture",
        "never",
    ),
    "the port is taken": (
        "0.00.002.347 E srv         start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 45999",
        "port_taken",
        "backoff",
    ),
    "a value is none": ('error while handling argument "--numa": invalid value', "bad_value", "never"),
    "the context does not fit": ("E common_init_from_params: failed to create context", "out_of_memory", "never"),
    "the flag is unknown": ("error: invalid argument: --frobnicate", "unknown_flag", "never"),
    "the setting is unknown": ("error: unknown engine setting 'frobnicate'", "unknown_flag", "never"),
    "a library is missing": (
        "llama-server: error while loading shared libraries: libssl.so.3: cannot open shared object file",
        "missing_library",
        "never",
    ),
}


@pytest.mark.parametrize(("line", "cause", "retry"), LINES.values(), ids=LINES.keys())
def test_the_useful_line_is_found_before_the_last_ones(line: str, cause: Cause, retry: Retry) -> None:
    failure = diagnose((line, *LOAD_FAILED), 1, model="m.gguf")
    assert (failure.cause, failure.retry) == (cause, retry)
    assert failure.reason.endswith(".")
    assert failure.advice.endswith(".")
    assert "{" not in failure.reason + failure.advice


@pytest.mark.parametrize(
    ("exit_code", "cause", "retry", "said"),
    [
        (-signal.SIGKILL, "killed", "backoff", "SIGKILL"),
        (137, "killed", "backoff", "SIGKILL"),
        (-signal.SIGILL, "died_by_signal", "no_repack", "SIGILL"),
        (132, "died_by_signal", "no_repack", "SIGILL"),
        (-signal.SIGSEGV, "died_by_signal", "no_repack", "SIGSEGV"),
        (-signal.SIGTERM, "died_by_signal", "backoff", "SIGTERM"),
        (7, "exited", "backoff", "exit code 7 without saying why"),
    ],
    ids=["killed", "killed behind a shell", "SIGILL", "SIGILL behind a shell", "SIGSEGV", "terminated", "exit code"],
)
def test_the_exit_code_speaks_when_no_line_does(exit_code: int, cause: Cause, retry: Retry, said: str) -> None:
    failure = diagnose(
        ("0.00.018.860 I cmn          init: llama threadpool init, n_threads = 2",), exit_code, model="m"
    )
    assert (failure.cause, failure.retry) == (cause, retry)
    assert said in failure.reason


def test_an_unknown_error_is_quoted_without_the_log_prefix() -> None:
    failure = diagnose(("0.00.001.000 E srv  init: error: the moon is full", "0.00.001.100 I bye"), 1, model="m")
    assert failure.reason == "The engine ended with exit code 1: srv  init: error: the moon is full."


def test_the_model_and_the_finding_are_named() -> None:
    line = "error loading model: unknown model architecture: 'qwen9'"
    assert diagnose((line,), 1, model="m.gguf").reason == "This engine does not know the model architecture 'qwen9'."
    assert diagnose(LOAD_FAILED[:0], -9, model="m.gguf").advice.startswith("Lower the context length")


def test_a_program_that_cannot_run_is_explained() -> None:
    failure = not_started(PermissionError(13, "Permission denied"), "the-engine")
    assert failure.reason == "The engine program the-engine cannot be run: Permission denied."


@pytest.mark.parametrize(("code", "number"), [(0, None), (1, None), (129, None), (139, 11), (-15, 15)])
def test_signal_of_an_exit_code(code: int, number: int | None) -> None:
    assert signal_of(code) == number
