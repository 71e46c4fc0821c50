"""What will be started, decided before anything is: a `LaunchPlan` can be printed, compared and tested.

The rule: pure, and without secrets. The key of the child is made at the moment of the start and passed to `command`, which
hands it over by environment or standard input, never on the command line, where `ps` would show it.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from unsloth_studio.engine.failures import EngineFailure, EngineTrouble
from unsloth_studio.engine.flags import settings_of
from unsloth_studio.engine.hardware import Hardware, default_cache_ram_mib, default_threads
from unsloth_studio.turn.messages import SamplingParams

EngineKind = Literal["embedded", "llama-server"]

MAX_DEFAULT_CONTEXT = 32768
UNKNOWN_CONTEXT = 8192
NO_ORIGIN = "https://cors.invalid"
"""An origin nobody has: a page in a browser may not read the engine's answers."""

_SAMPLING_FLAGS = {
    "temperature": "--temp",
    "top_p": "--top-p",
    "top_k": "--top-k",
    "min_p": "--min-p",
    "repeat_penalty": "--repeat-penalty",
    "presence_penalty": "--presence-penalty",
    "frequency_penalty": "--frequency-penalty",
    "seed": "--seed",
}


@dataclass(frozen=True, slots=True)
class EngineProgram:
    """A program that can be the engine. `path` is None for the embedded one; `missing_flags` are optional flags that this
    build's `--help` does not list; `no_repack` says that it only runs without repacked CPU kernels."""

    kind: EngineKind
    path: Path | None = None
    version: str | None = None
    no_repack: bool = False
    missing_flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What the user asked for. `context_length` is per slot, in tokens; None leaves a value to the plan.

    `extra_flags` are llama-server's own, as on its command line.
    """

    model_path: Path
    model_id: str
    context_length: int | None = None
    slots: int = 1
    threads: int | None = None
    cache_ram_mib: int | None = None
    sampling: SamplingParams = SamplingParams()
    extra_flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """What `EngineProcess` runs. `stdin` None means /dev/null; otherwise it is written and the pipe stays open.

    `environment` is added to ours. Only `argv` may be shown.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    stdin: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """Everything about a start except its key. `context_length` is the total over all slots, in tokens."""

    program: EngineProgram
    model_path: Path
    model_id: str
    context_length: int
    slots: int
    threads: int
    cache_ram_mib: int
    sampling: SamplingParams = SamplingParams()
    extra_flags: tuple[str, ...] = ()
    no_repack: bool = False

    @property
    def context_per_slot(self) -> int:
        return self.context_length // self.slots

    def without_repack(self) -> LaunchPlan:
        """The same start without repacked CPU kernels, which crash some builds on some CPUs (llama.cpp #20824)."""
        return replace(self, no_repack=True)

    def flags(self) -> tuple[str, ...]:
        """The flags both kinds of engine understand, in llama-server's spelling; the user's own come last and win."""
        sampling = ((flag, getattr(self.sampling, name)) for name, flag in _SAMPLING_FLAGS.items())
        return (
            *("-c", str(self.context_length), "-np", str(self.slots), "--no-kv-unified"),
            *("-t", str(self.threads), "-tb", str(self.threads), "--cache-ram", str(self.cache_ram_mib), "--metrics"),
            *(text for flag, value in sampling if value is not None for text in (flag, str(value))),
            *(("--no-repack",) if self.no_repack else ()),
            *self.extra_flags,
        )

    def command(self, *, api_key: str, parent: int) -> Command:
        """The program to run, for the parent process `parent` (its id), guarded by `api_key`."""
        if self.program.kind == "embedded":
            return self._embedded(api_key, parent)
        return self._native(api_key, parent)

    def describe(self) -> str:
        """For `--dry-run` and the log: one fact per line."""
        where = self.program.path or "xllamacpp (embedded)"
        return "\n".join(
            (
                f"engine   {where} {self.program.version or ''}".rstrip(),
                f"model    {self.model_path} as {self.model_id}",
                f"context  {self.context_per_slot} tokens in each of {self.slots} slots",
                f"flags    {shlex.join(self.flags())}",
            )
        )

    def _embedded(self, api_key: str, parent: int) -> Command:
        settings: dict[str, Any] = {
            "model.path": str(self.model_path),
            "model_alias": [self.model_id],
            "hostnames": ["127.0.0.1"],
            "port": 0,
            "api_keys": [api_key],
            "ui": False,
            "offline": True,
            "cors_origins": NO_ORIGIN,
            **settings_of(self.flags()),
        }
        config = json.dumps({"parent": parent, "settings": settings}).encode() + b"\n"
        return Command((sys.executable, "-P", "-m", "unsloth_studio.engine.embedded"), stdin=config)

    def _native(self, api_key: str, parent: int) -> Command:
        fixed = ("--host", "127.0.0.1", "--port", "0", "-m", str(self.model_path), "--alias", self.model_id)
        wanted = ("--jinja", "--no-ui", "--offline", "--cors-origins", NO_ORIGIN, *self.flags())
        guard = (sys.executable, "-P", "-m", "unsloth_studio.engine.guard", str(parent), str(self.program.path))
        argv = (*guard, *fixed, *without_flags(wanted, self.program.missing_flags))
        return Command(argv, {"LLAMA_API_KEY": api_key})


OPTIONAL_FLAGS = ("--jinja", "--no-ui", "--offline", "--cors-origins", "--no-kv-unified", "--cache-ram", "--metrics")
"""Flags that make an engine better but that an older or newer build may lack."""


_FLAG = re.compile(r"--?[A-Za-z]")


def without_flags(arguments: tuple[str, ...], missing: tuple[str, ...]) -> tuple[str, ...]:
    """`arguments` less the flags in `missing` and their values."""
    kept: list[str] = []
    dropping = False
    for argument in arguments:
        if _FLAG.match(argument):
            dropping = argument in missing
        if not dropping:
            kept.append(argument)
    return tuple(kept)


def make_plan(
    program: EngineProgram, options: EngineOptions, *, hardware: Hardware, native_context: int | None
) -> LaunchPlan:
    """Fill in what the user left open. `native_context` is what the model was trained for, in tokens, None when unknown.

    Raises `EngineTrouble` (unknown_flag) when the embedded engine cannot take one of the user's flags.
    """
    per_slot = options.context_length or min(native_context or UNKNOWN_CONTEXT, MAX_DEFAULT_CONTEXT)
    if program.kind == "embedded":
        check_flags(options.extra_flags)
    cache_ram = options.cache_ram_mib
    return LaunchPlan(
        program=program,
        model_path=options.model_path,
        model_id=options.model_id,
        context_length=per_slot * options.slots,
        slots=options.slots,
        threads=options.threads or default_threads(hardware.physical_cores),
        cache_ram_mib=default_cache_ram_mib(hardware.memory_mib) if cache_ram is None else cache_ram,
        sampling=options.sampling,
        extra_flags=options.extra_flags,
        no_repack=program.no_repack,
    )


def check_flags(flags: tuple[str, ...]) -> None:
    """Raises `EngineTrouble` with a sentence for the first flag the embedded engine cannot take."""
    try:
        settings_of(flags)
    except ValueError as error:
        advice = "Remove the option, or use a llama-server that knows it with --engine PATH."
        raise EngineTrouble(EngineFailure("unknown_flag", str(error), advice)) from error
