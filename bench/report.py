"""What a run found, as a table for people and as JSON for comparing runs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.run import Reading
from bench.targets import Target, target_of
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).with_name("results")
_MARKS = {"aim": "[green]aim[/]", "must": "[yellow]must[/]", "missed": "[red]missed[/]"}
_BUSY = 0.9


def machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}


def as_json(readings: Iterable[Reading], client_busy: Mapping[str, float], *, seconds: float) -> dict[str, Any]:
    """Everything about a run; `seconds` is how long it took."""
    return {
        "machine": machine(),
        "seconds": round(seconds, 1),
        "readings": [reading_as_json(reading) for reading in readings],
        "client_busy": {name: round(share, 3) for name, share in client_busy.items()},
    }


def write(found: dict[str, Any], name: str = "latest") -> str:
    """Into `bench/results/NAME.json`; says so."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
    return f"Written to bench/results/{name}.json."


def print_table(readings: Sequence[Reading], client_busy: Mapping[str, float], *, seconds: float) -> None:
    console = Console(width=150)
    console.print(table_of(readings, "The gateway beside direct access to the same engine"))
    console.print(_client_line(client_busy))
    console.print(f"Took {seconds:.0f} s.")


def table_of(readings: Sequence[Reading], title: str, *, beside: str = "direct") -> Table:
    """Readings with their targets; `beside` is what the gateway is compared with."""
    table = Table(title=title, title_justify="left")
    for column in ("measure", "unit"):
        table.add_column(column)
    for column in (beside, "gateway", "difference", "ratio", "must", "aim"):
        table.add_column(column, justify="right")
    table.add_column("reached")
    for reading in readings:
        table.add_row(*_row(reading, target_of(reading.key)))
    return table


def missed(readings: Iterable[Reading]) -> list[str]:
    """Labels of the readings that miss what they must reach."""
    found: list[str] = []
    for reading in readings:
        target = target_of(reading.key)
        if target is not None and target.verdict(reading.value) == "missed":
            found.append(reading.label)
    return found


def _row(reading: Reading, target: Target | None) -> list[str]:
    direct = reading.direct
    bounds = ["", "", ""]
    if target is not None:
        sign = "<=" if target.sense == "at most" else ">="
        verdict = _MARKS[target.verdict(reading.value)]
        bounds = [f"{sign} {number(target.must)}", f"{sign} {number(target.aim)}", verdict]
    compared = ["", ""]
    if direct is not None and reading.ratio is not None:
        compared = [number(reading.gateway - direct), f"{reading.ratio:.2f}"]
    shown = [number(direct) if direct is not None else "", number(reading.gateway)]
    return [reading.label, reading.unit, *shown, *compared, *bounds]


def _client_line(client_busy: Mapping[str, float]) -> str:
    name, share = max(client_busy.items(), key=lambda item: item[1], default=("nothing", 0.0))
    verdict = "so it was not the bottleneck" if share < _BUSY else "[red]too busy: that number is the client's own[/]"
    return f"The load client was busy {share:.0%} of the time at most ({name}), {verdict}."


def reading_as_json(reading: Reading) -> dict[str, Any]:
    """A reading with its target, if it has one."""
    target = target_of(reading.key)
    bounds: dict[str, Any] = {}
    if target is not None:
        verdict = target.verdict(reading.value)
        bounds = {"must": target.must, "aim": target.aim, "sense": target.sense, "reached": verdict}
    numbers = {"direct": reading.direct, "gateway": reading.gateway, "value": reading.value, "ratio": reading.ratio}
    return {"key": reading.key, "label": reading.label, "unit": reading.unit, **numbers, **bounds}


def number(value: float) -> str:
    """For people: three significant places, without an exponent."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
