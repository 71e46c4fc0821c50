"""`unsloth doctor`: which engine would run here, what else was tried, which sandbox, and what is wrong with this machine.

The rule: every problem comes with what to do about it; the exit code is 1 exactly when no engine is usable.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

if TYPE_CHECKING:
    from unsloth_studio.engine.discovery import Discovery
    from unsloth_studio.engine.hardware import Hardware
    from unsloth_studio.tools.sandbox.result import Confinement, Unavailable

LOW_MEMORY_MIB = 2048


class Report(Struct, frozen=True):
    """Everything the command found; `problems` are sentences that end with what to do."""

    version: str
    python: str
    home: Path
    hardware: Hardware
    engines: Discovery
    sandbox: Confinement | Unavailable
    problems: tuple[str, ...]

    @property
    def usable(self) -> bool:
        return self.engines.program is not None


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--engine", metavar="embedded|PATH", help="Look at this engine only.")
@click.option("--retest", is_flag=True, help="Test engines again instead of using what earlier tests found.")
def doctor(as_json: bool, engine: str | None, retest: bool) -> None:
    """Show the engine, versions, memory and CPU features; say what is wrong and what to do."""
    import asyncio

    from unsloth_studio.settings_sources import load_settings

    report = asyncio.run(examine(load_settings().home, engine=engine, retest=retest))
    click.echo(json.dumps(as_document(report), indent=2) if as_json else as_text(report))
    if not report.usable:
        sys.exit(1)


async def examine(home: Path, *, engine: str | None = None, retest: bool = False) -> Report:
    """Look at everything. `home` is the data folder; takes up to a minute per native engine that was never tested."""
    import platform

    from unsloth_studio import __version__
    from unsloth_studio.engine.discovery import SmokeTests, find_engine
    from unsloth_studio.engine.hardware import read_hardware
    from unsloth_studio.engine.local import demo_model
    from unsloth_studio.tools.sandbox.probe import probe

    hardware = read_hardware()
    tests = SmokeTests(demo_model(), hardware.features_digest)
    engines = await find_engine(home, tests, explicit=engine, everyone=True, retest=retest)
    sandbox = await probe((home,))
    problems = (
        *_engine_problems(engines),
        *_machine_problems(hardware),
        *_folder_problems(home),
        *_sandbox_problems(sandbox),
    )
    return Report(__version__, platform.python_version(), home, hardware, engines, sandbox, problems)


def _engine_problems(engines: Discovery) -> list[str]:
    if engines.program is None:
        return ["No engine is usable. Reinstall this program, or name a working llama-server with --engine PATH."]
    rejected = [verdict for verdict in engines.verdicts if verdict.program is None]
    return [
        f"The engine {verdict.candidate.path or verdict.candidate.source} is not used: {verdict.reason}"
        " Update or remove it, then run `unsloth doctor --retest`."
        for verdict in rejected
    ]


def _machine_problems(hardware: Hardware) -> list[str]:
    problems: list[str] = []
    if hardware.available_mib < LOW_MEMORY_MIB:
        free = hardware.available_mib
        problems.append(f"Only {free} MiB of memory are free. Close other programs, or use a small quantization.")
    if hardware.cpu_features and not {"avx2", "asimd"} & set(hardware.cpu_features):
        problems.append("This CPU has no AVX2. The embedded engine needs it; build llama-server for this machine.")
    return problems


def _folder_problems(home: Path) -> list[str]:
    """The data folder holds keys: it must be writable for its owner and closed to everybody else."""
    import os

    try:
        mode = home.stat().st_mode & 0o777
    except FileNotFoundError:
        return []  # the first run makes it
    except OSError as error:
        return [f"The data folder {home} cannot be read: {error.strerror}. Check its owner and permissions."]
    problems: list[str] = []
    if not home.is_dir():
        return [f"{home} is not a folder. Move it away, or set UNSLOTH_STUDIO_HOME to another place."]
    if not os.access(home, os.W_OK | os.X_OK):
        problems.append(f"The data folder {home} is not writable. Make it yours: chown -R $USER {home}")
    if mode & 0o077:
        problems.append(f"Others may look into the data folder {home} (mode {mode:03o}). Close it: chmod 700 {home}")
    return problems


def _sandbox_problems(sandbox: Confinement | Unavailable) -> list[str]:
    from unsloth_studio.tools.sandbox.result import Unavailable

    if not isinstance(sandbox, Unavailable):
        return []
    return [f"The tools python and terminal are refused, for want of a sandbox. {sandbox.reason} {sandbox.advice}"]


def as_document(report: Report) -> dict[str, Any]:
    """The report for `--json`."""
    hardware, chosen = report.hardware, report.engines.program
    return {
        "usable": report.usable,
        "version": report.version,
        "python": report.python,
        "home": str(report.home),
        "cpu": hardware.cpu,
        "physical_cores": hardware.physical_cores,
        "memory_mib": hardware.memory_mib,
        "available_mib": hardware.available_mib,
        "cpu_features": list(hardware.cpu_features),
        "engine": chosen and {"kind": chosen.kind, "path": chosen.path and str(chosen.path), "version": chosen.version},
        "engines": [
            {
                "source": verdict.candidate.source,
                "path": verdict.candidate.path and str(verdict.candidate.path),
                "usable": verdict.program is not None,
                "version": verdict.program and verdict.program.version,
                "reason": verdict.reason,
                "devices": list(verdict.devices),
            }
            for verdict in report.engines.verdicts
        ],
        "sandbox": _sandbox_document(report.sandbox),
        "problems": list(report.problems),
    }


def _sandbox_document(sandbox: Confinement | Unavailable) -> dict[str, Any]:
    from unsloth_studio.tools.sandbox.result import Unavailable

    if isinstance(sandbox, Unavailable):
        return {"kind": None, "reason": sandbox.reason, "advice": sandbox.advice}
    return {"kind": sandbox.kind, "version": sandbox.version, "landlock_abi": sandbox.landlock_abi}


def as_text(report: Report) -> str:
    """The report for a person."""
    from unsloth_studio.tools.sandbox.result import Unavailable

    hardware, sandbox = report.hardware, report.sandbox
    lines = [
        f"Unsloth Studio {report.version}, Python {report.python}",
        f"Data folder   {report.home}",
        f"CPU           {hardware.cpu}, {hardware.physical_cores} cores, {' '.join(hardware.cpu_features)}",
        f"Memory        {hardware.available_mib} of {hardware.memory_mib} MiB free",
        f"Sandbox       {'none' if isinstance(sandbox, Unavailable) else sandbox.description}",
        "",
        "Engines, in the order they are tried:",
    ]
    chosen = report.engines.program
    for verdict in report.engines.verdicts:
        word = "uses" if verdict.program is chosen and chosen else "ok" if verdict.program else "rejected"
        where = f" {verdict.candidate.path}" if verdict.candidate.path else ""
        lines.append(f"  {word:9} {verdict.candidate.source}{where}: {verdict.reason}")
        lines.extend(f"            {device}" for device in verdict.devices)
    lines += ["", "Problems:" if report.problems else "No problems found."]
    lines += [f"  {problem}" for problem in report.problems]
    return "\n".join(lines)
