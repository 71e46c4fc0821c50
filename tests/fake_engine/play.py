"""A reply as a list of steps. Deciding what happens is here; sockets and clocks are in `connection`.

A step is bytes to send, or one of the classes below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.fake_engine import wire
from tests.fake_engine.script import Fault, Script, pieces


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Tick:
    """Wait for the next multiple of `seconds`, together with all streams of that pace."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Crash:
    """The process dies by SIGKILL."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection ends: with RST, or with FIN."""

    reset: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """The JSON reply of a request that is not streamed."""

    body: dict[str, Any]
    status: int = 200


@dataclass(frozen=True, slots=True)
class End:
    """The body ends properly here, whatever is missing from it."""


Step = bytes | Pause | Tick | Crash | Drop | Whole | End


def stream(script: Script, shape: wire.Shape, tally: wire.Tally, *, max_tokens: int | None) -> Iterator[Step]:
    """The steps of a streamed reply. The role rides in the same bytes as the first token, as in llama-server."""
    if shape.with_progress:
        yield shape.progress(tally.prompt_tokens, 0, time_ms=0)
    yield from _strike(script.fault, 0, stream=True)
    if script.prefill_ms:
        yield Pause(script.prefill_ms / 1000)
    if shape.with_progress:
        yield shape.progress(tally.prompt_tokens, tally.prompt_tokens, time_ms=int(script.prefill_ms))
    head = shape.start()
    tick = Tick(script.interval_ms / 1000) if script.interval_ms else None
    cut = False
    for piece in pieces(script):
        cut = max_tokens is not None and tally.completion_tokens >= max_tokens
        if cut:
            break
        tally.add(piece)
        yield head + shape.piece(piece, tally)
        head = b""
        if _strikes_now(script.fault, tally.completion_tokens):
            yield from _strike(script.fault, tally.completion_tokens, stream=True)
        if tick is not None:
            yield tick
    yield head + shape.end(_finish_reason(script, tally, cut=cut), tally)
    yield wire.DONE


def whole(script: Script, shape: wire.Shape, tally: wire.Tally, *, max_tokens: int | None) -> Iterator[Step]:
    """The steps of a reply in one piece: the same waits and the same faults."""
    yield from _strike(script.fault, 0, stream=False)
    if script.prefill_ms:
        yield Pause(script.prefill_ms / 1000)
    cut = False
    for piece in pieces(script):
        cut = max_tokens is not None and tally.completion_tokens >= max_tokens
        if cut:
            break
        tally.add(piece)
        if _strikes_now(script.fault, tally.completion_tokens):
            yield from _strike(script.fault, tally.completion_tokens, stream=False)
        if script.interval_ms:
            yield Tick(script.interval_ms / 1000)
    yield Whole(shape.whole(_finish_reason(script, tally, cut=cut), tally))


def _strikes_now(fault: Fault | None, tokens: int) -> bool:
    return fault is not None and fault.after_tokens == tokens


def _strike(fault: Fault | None, tokens: int, *, stream: bool) -> Iterator[Step]:
    """What `fault` does after `tokens` tokens. After all but `stall` nothing more is asked of the reply."""
    if fault is None or fault.after_tokens != tokens:
        return
    match fault.kind:
        case "stall":
            yield Pause(fault.seconds)
        case "crash":
            yield Crash()
        case "reset" | "close":
            yield Drop(reset=fault.kind == "reset")
        case "error_frame" | "ends_early" if not stream:
            yield Whole(wire.PARSER_ERROR, 500)
        case "error_frame":
            yield wire.ERROR_FRAME
            yield End()
        case "ends_early":
            yield End()
        case _:  # refusals are answered before a reply is begun
            return


def _finish_reason(script: Script, tally: wire.Tally, *, cut: bool) -> str:
    if script.finish_reason is not None:
        return script.finish_reason
    return "length" if cut else "tool_calls" if tally.tool_calls else "stop"
