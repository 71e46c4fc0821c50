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
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from unsloth_studio.engine import embedded
from unsloth_studio.engine.embedded_flags import settings_of
from unsloth_studio.engine.memory import MemoryEstimate, size
from unsloth_studio.turn.messages import SamplingParams

EngineKind = Literal["embedded", "llama-server"]

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


class EngineProgram(Struct, frozen=True):
    """A program that can be the engine. `path` is None for the embedded one; `missing_flags` are optional flags that this
    build's `--help` does not list; `no_repack` says that it only runs without repacked CPU kernels."""

    kind: EngineKind
    path: Path | None = None
    version: str | None = None
    no_repack: bool = False
    missing_flags: tuple[str, ...] = ()


class EngineOptions(Struct, frozen=True):
    """What the user asked for. `context_length` is per slot, in tokens; None leaves a value to the plan.

    `projector` is the model's companion for images. `extra_flags` are llama-server's own, as on its command line.
    `memory_limit_bytes` caps what the plan may count on, below what the machine has.
    """

    model_path: Path
    model_id: str
    context_length: int | None = None
    slots: int | None = None
    threads: int | None = None
    cache_ram_mib: int | None = None
    sampling: SamplingParams = SamplingParams()
    extra_flags: tuple[str, ...] = ()
    projector: Path | None = None
    memory_limit_bytes: int | None = None


class Choice(Struct, frozen=True):
    """One line of the plan: what was chosen, and why, in words for a person."""

    name: str
    value: str
    reason: str


class Command(Struct, frozen=True):
    """What `EngineProcess` runs. `stdin` None means /dev/null; otherwise it is written and the pipe stays open.

    `environment` is added to ours. Only `argv` may be shown.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    stdin: bytes | None = None

    def __repr__(self) -> str:
        return f"Command(argv={self.argv!r})"


class LaunchPlan(Struct, frozen=True):
    """Everything about a start except its key. `context_length` is the total over all slots, in tokens.

    `checkpoints` caps the copies kept of each slot (None: the engine's default). `memory` and `available_bytes` are what it
    will use and what there is, None when the model's facts are unknown. `warnings` are sentences to show before the start.
    `slot_folder` is where slots are saved when we ask for it (`kept_slots.py`).
    """

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
    projector: Path | None = None
    checkpoints: int | None = None
    choices: tuple[Choice, ...] = ()
    memory: MemoryEstimate | None = None
    available_bytes: int | None = None
    warnings: tuple[str, ...] = ()
    slot_folder: Path | None = None

    @property
    def context_per_slot(self) -> int:
        return self.context_length // self.slots

    def without_repack(self) -> LaunchPlan:
        """The same start without repacked CPU kernels, which crash some builds on some CPUs (llama.cpp #20824)."""
        return replace(self, no_repack=True)

    def flags(self) -> tuple[str, ...]:
        """The flags both kinds of engine understand, in llama-server's spelling; the user's own come last and win."""
        sampling = ((flag, getattr(self.sampling, name)) for name, flag in _SAMPLING_FLAGS.items())
        projector = () if self.projector is None else ("--mmproj", str(self.projector))
        checkpoints = () if self.checkpoints is None else ("--ctx-checkpoints", str(self.checkpoints))
        return (
            *("-c", str(self.context_length), "-np", str(self.slots), "--no-kv-unified"),
            *("-t", str(self.threads), "-tb", str(self.threads), "--cache-ram", str(self.cache_ram_mib), "--metrics"),
            *(text for flag, value in sampling if value is not None for text in (flag, str(value))),
            *projector,
            *checkpoints,
            *(("--no-repack",) if self.no_repack else ()),
            *self.extra_flags,
        )

    def command(self, *, api_key: str, parent: int) -> Command:
        """The program to run, for the parent process `parent` (its id), guarded by `api_key`."""
        if self.program.kind == "embedded":
            return self._embedded(api_key, parent)
        return self._native(api_key, parent)

    def as_rows(self) -> tuple[Choice, ...]:
        """The table of `--dry-run`: engine and model, every choice, memory, and the flags as the engine gets them."""
        where = str(self.program.path or "xllamacpp (embedded)")
        return (
            Choice("engine", f"{where} {self.program.version or ''}".rstrip(), "the best one found, or the one named"),
            Choice("model", self.model_id, str(self.model_path)),
            *self.choices,
            *self._memory_rows(),
            Choice("flags", shlex.join(self.flags()), "as llama-server spells them; yours come last and win"),
        )

    def as_json(self) -> dict[str, Any]:
        """The same for programs. Memory in bytes, context in tokens."""
        return {
            "engine": {"kind": self.program.kind, "path": _text(self.program.path), "version": self.program.version},
            "model": {"id": self.model_id, "path": str(self.model_path), "projector": _text(self.projector)},
            "context_length": self.context_per_slot,
            "slots": self.slots,
            "choices": [asdict(choice) for choice in self.choices],
            "memory": None if self.memory is None else {**asdict(self.memory), "total": self.memory.total},
            "available_bytes": self.available_bytes,
            "flags": list(self.flags()),
            "warnings": list(self.warnings),
        }

    def describe(self) -> str:
        """For the log: one fact per line."""
        return "\n".join(f"{row.name:<16} {row.value}" for row in self.as_rows())

    def _memory_rows(self) -> tuple[Choice, ...]:
        if self.memory is None or self.available_bytes is None:
            return (Choice("memory", "unknown", "the model's file was not read"),)
        memory = self.memory
        parts = f"weights {size(memory.weights)}, KV cache {size(memory.kv_cache)}, the rest {size(memory.beside)}"
        cache = f"at most, after long use: prompts that left their slot ({size(memory.prompt_cache)})"
        return (
            Choice("memory", f"{size(memory.total)} of {size(self.available_bytes)}", parts),
            Choice("memory later", size(memory.total + memory.prompt_cache), cache),
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
            **({} if self.slot_folder is None else {"slot_save_path": f"{self.slot_folder}/"}),
            **settings_of(self.flags()),
        }
        config = json.dumps({"parent": parent, "settings": settings}).encode() + b"\n"
        return Command(embedded.ARGV, stdin=config)

    def _native(self, api_key: str, parent: int) -> Command:
        fixed = ("--host", "127.0.0.1", "--port", "0", "-m", str(self.model_path), "--alias", self.model_id)
        slots = () if self.slot_folder is None else ("--slot-save-path", f"{self.slot_folder}/")
        wanted = ("--jinja", "--no-ui", "--offline", "--cors-origins", NO_ORIGIN, *slots, *self.flags())
        guard = (sys.executable, "-P", "-m", "unsloth_studio.engine.guard", str(parent), str(self.program.path))
        argv = (*guard, *fixed, *without_flags(wanted, self.program.missing_flags))
        return Command(argv, {"LLAMA_API_KEY": api_key})


OPTIONAL_FLAGS = ("--jinja", "--no-ui", "--offline", "--cors-origins", "--no-kv-unified", "--cache-ram", "--metrics",
                  "--ctx-checkpoints", "--slot-save-path")  # fmt: skip
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


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
