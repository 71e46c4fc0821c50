"""The smoke test every native engine passes before it is adopted: say your version, name your devices, answer four tokens.

The rule: the model must be *quantised*, because builds that crash on AMX machines do so only with quantised weights. A
death by signal is tried once more without repacked kernels; the test trusts nothing, so everything has a time limit.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.engine.failures import EngineFailure, EngineTrouble, diagnose, not_started
from unsloth_studio.engine.health import ask
from unsloth_studio.engine.plan import OPTIONAL_FLAGS, Command, EngineProgram, LaunchPlan
from unsloth_studio.engine.process import EngineProcess

_VERSION = re.compile(r"version: (?P<version>.+)")
_TOKENS = 4


class SmokeResult(Struct, frozen=True):
    """`program` is None when the test failed; `reason` is a sentence either way. `devices` as the engine lists them."""

    program: EngineProgram | None
    reason: str
    devices: tuple[str, ...] = ()


async def smoke_test(path: Path, model: Path, *, seconds: float = 20.0) -> SmokeResult:
    """Try the llama-server at `path` on the small quantised GGUF `model`; `seconds` limits each of the steps."""
    try:
        version = _VERSION.search(await _say(path, "--version", seconds=seconds))
        if version is None:
            return SmokeResult(None, "It does not say its version as llama-server does.")
        text = await _say(path, "--help", seconds=seconds)
        devices = await _say(path, "--list-devices", seconds=seconds)
    except EngineTrouble as error:
        return SmokeResult(None, error.failure.reason)
    missing = tuple(flag for flag in OPTIONAL_FLAGS if flag not in text)
    program = EngineProgram("llama-server", path, version["version"].strip(), missing_flags=missing)
    return replace(await _run(program, model, seconds), devices=_devices(devices))


async def _run(program: EngineProgram, model: Path, seconds: float) -> SmokeResult:
    """Four tokens, with the retry."""
    plan = LaunchPlan(program, model, "smoke", context_length=256, slots=1, threads=1, cache_ram_mib=0)
    failure = await _answer(plan, seconds)
    if failure is None:
        return SmokeResult(program, f"It answered {_TOKENS} tokens.")
    if failure.failure.retry != "no_repack":
        return SmokeResult(None, failure.failure.reason)
    if await _answer(plan.without_repack(), seconds) is None:
        reason = "It crashes with repacked kernels and works without them (--no-repack)."
        return SmokeResult(replace(program, no_repack=True), reason)
    return SmokeResult(None, f"{failure.failure.reason} It does so without repacked kernels, too.")


async def _answer(plan: LaunchPlan, seconds: float) -> EngineTrouble | None:
    """Start `plan`, ask for four tokens, stop it. None when that went well."""
    key = secrets.token_urlsafe(16)
    process = await EngineProcess.spawn(plan.command(api_key=key, parent=os.getpid()))
    try:
        await asyncio.wait((process.listening, process.exit_code), timeout=seconds, return_when="FIRST_COMPLETED")
        if process.listening.done() and not process.listening.cancelled():
            tokens = await _complete(process.listening.result(), key, seconds)
            if tokens >= 1:
                return None
        elif not process.exit_code.done():
            return _trouble(f"It was not ready within {seconds:g} seconds.")
        await asyncio.wait((process.exit_code,), timeout=1)
        if process.exit_code.done():
            return EngineTrouble(diagnose(process.tail, process.exit_code.result(), model=str(plan.model_path)))
        return _trouble("It started but did not answer a request for four tokens.")
    finally:
        await process.stop(grace=1.0)


async def _complete(address: str, key: str, seconds: float) -> int:
    """How many tokens the engine answers; waits while it says that it is loading (503)."""
    body = {"prompt": "Hello", "n_predict": _TOKENS, "temperature": 0, "ignore_eos": True}
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        answer = await ask(f"{address}/completion", api_key=key, timeout=seconds, post=body)
        if answer.status != 503 or asyncio.get_running_loop().time() > deadline:
            return int(answer.body.get("tokens_predicted", 0)) if answer.status == 200 else 0
        await asyncio.sleep(0.05)


async def _say(path: Path, flag: str, *, seconds: float) -> str:
    """What the program prints for `flag`. Raises `EngineTrouble` when it cannot be run, hangs or fails."""
    lines: list[str] = []
    try:
        process = await EngineProcess.spawn(Command((str(path), flag)), lines.append)
    except OSError as error:
        raise EngineTrouble(not_started(error, str(path))) from error
    try:
        await asyncio.wait((process.exit_code,), timeout=seconds)
        if not process.exit_code.done():
            raise _trouble(f"It did not answer {flag} within {seconds:g} seconds.")
    finally:
        code = await process.stop(grace=0.5)
    if code != 0:
        raise EngineTrouble(diagnose(lines[-200:], code, model=str(path)))
    return "\n".join(lines)


def _devices(text: str) -> tuple[str, ...]:
    _, _, listed = text.partition("Available devices:")
    return tuple(line.strip() for line in listed.splitlines() if line.strip())


def _trouble(reason: str) -> EngineTrouble:
    return EngineTrouble(EngineFailure("not_started", reason, "Choose the embedded engine with --engine embedded."))
