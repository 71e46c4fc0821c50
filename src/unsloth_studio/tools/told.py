"""What the model is told about a run in the sandbox: one wording for all tools that run code. Pure."""

from __future__ import annotations

import codecs
import signal as signals
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from unsloth_studio.tools.contract import ToolImage, ToolOutput
from unsloth_studio.tools.sandbox.process import OnOutput
from unsloth_studio.tools.sandbox.result import MIB, Limits, SandboxResult, Unavailable
from unsloth_studio.tools.sessions import Settled

if TYPE_CHECKING:
    from unsloth_studio.tools.sandbox.gateway import Gateway

KEPT_OUTPUT_BYTES = 16_000


def refused(unavailable: Unavailable) -> ToolOutput:
    """There is no sandbox, so nothing is run."""
    return ToolOutput(
        f"Nothing was run: this server has no sandbox to run code in. {unavailable.reason}"
        f" The server's operator can change that: {unavailable.advice} Do not try again; answer without running code.",
        is_error=True,
        failure="unavailable",
    )


def network(gateway: Gateway | None) -> str:
    """What code can reach, for the descriptions of tools."""
    if gateway is None:
        return "There is no network."
    return f"There is no network but an HTTP proxy (set in the environment) to these hosts: {gateway.hosts}."


def ending(result: SandboxResult, limits: Limits) -> str:
    """How a command ended, as a sentence; empty when it ended well."""
    if result.limit is not None:
        return limit_struck(result, limits)
    if result.signal is not None:
        return f"Ended by {_signal_name(result.signal)}."
    return f"Exit code {result.exit_code}." if result.exit_code else ""


def limit_struck(result: SandboxResult, limits: Limits) -> str:
    """Which limit ended a command, and what would help."""
    match result.limit:
        case "time":
            return f"Ended: the time is up, after {limits.wall_seconds:.0f} s. Do less at once, or in smaller steps."
        case "memory":
            return f"Ended: it used more than {limits.memory_bytes // MIB} MiB of memory."
        case "cpu":
            return f"Ended: one process used more than {limits.cpu_seconds} s of CPU time."
        case "file_size":
            return f"Ended: a file grew beyond {limits.file_bytes // MIB} MiB."
        case "disk":
            most = f"{limits.folder_bytes // MIB} MiB or {limits.folder_files} files"
            return f"Ended: the session's folder held more than {most}."
        case "output":
            return f"Ended: it printed more than {limits.output_bytes // MIB} MiB."
        case None:
            return ""


def as_text(output: bytes, *remarks: str) -> str:
    """The output and, below it, what there is to say about it."""
    shown = output.decode("utf-8", errors="replace").rstrip("\n")
    said = [remark for remark in remarks if remark]
    return "\n".join([shown, *said] if shown else said) or "(no output)"


def number_of(images: Sequence[ToolImage]) -> str:
    """That there are images, which go beside the text."""
    return f"[{len(images)} image{'s' if len(images) > 1 else ''}]" if images else ""


def folder_changes(settled: Settled) -> str:
    """Which files a run left, and which had to go."""
    sentences: list[str] = []
    if settled.written:
        names = ", ".join(f"{_printable(file.path)} ({file.size} bytes)" for file in settled.written)
        sentences.append(f"[files written: {names}]")
    if settled.removed:
        names = ", ".join(map(_printable, settled.removed[:25]))
        sentences.append(f"[removed, because the session's folder was over its quota: {names}]")
    return "\n".join(sentences)


def decoding(on_output: Callable[[str], None] | None) -> OnOutput | None:
    """Live output as text, whatever the bytes are cut into."""
    if on_output is None:
        return None
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def take(piece: bytes) -> None:
        if text := decoder.decode(piece):
            on_output(text)

    return take


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)


def _signal_name(number: int) -> str:
    try:
        return signals.Signals(number).name
    except ValueError:
        return f"signal {number}"
