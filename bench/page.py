"""`python -m bench.page` writes what the last runs found into docs/performance.md, so that nobody copies numbers by hand.

The rule: a part stands between `<!-- measured: NAME -->` and `<!-- end -->` and comes from `bench/results/NAME.json`; a part
whose run is not there is left as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.report import RESULTS, number
from bench.targets import PEER_TARGETS

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_PART = re.compile(r"(<!-- measured: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
Json = Mapping[str, Any]


def measured(text: str, found: Mapping[str, Json]) -> str:
    """A page with its parts as `found` (a run's JSON by name) has them."""

    def part(match: re.Match[str]) -> str:
        name = match["name"]
        return f"{match[1]}{_PARTS[name](found[name])}{match[3]}" if name in found else match[0]

    return _PART.sub(part, text)


def _of_bench(run: Json) -> str:
    rows = [
        [_label(one), one["unit"], _shown(one["direct"]), number(one["gateway"]), *_bounds(one), one.get("reached", "")]
        for one in run["readings"]
    ]
    return _table(["Measure", "Unit", "Direct", "Gateway", "Must", "Aim", "Reached"], rows) + _machine(run)


def _of_peers(run: Json) -> str:
    bounds = {target.key: (f">= {target.must:g}x", f">= {target.aim:g}x") for target in PEER_TARGETS}
    rows = [
        [
            *(one["label"], one["unit"], _shown(one["direct"]), number(one["ours"]), number(one["litellm"])),
            "" if one["factor"] is None else f"{number(one['factor'])}x",
            *(*bounds.get(one["key"], ("", "")), one["reached"]),
        ]
        for one in run["readings"]
    ]
    heads = ["Measure", "Unit", "Direct", "Ours", f"LiteLLM {run['litellm']}", "Factor", "Must", "Aim", "Reached"]
    return _table(heads, rows) + _machine(run)


def _of_mixed(run: Json) -> str:
    rows = [
        [
            _label(one),
            one["unit"],
            _shown(one["direct"]),
            number(one["gateway"]),
            _bounds(one)[0],
            one.get("reached", ""),
        ]
        for one in run["readings"]
    ]
    calls = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in run["calls"].items())
    return _table(["Measure", "Unit", "Idle process", "Gateway", "Must", "Reached"], rows) + f"\nCalls: {calls}.\n"


_PARTS: dict[str, Callable[[Json], str]] = {"latest": _of_bench, "peers": _of_peers, "mixed": _of_mixed}


def _label(one: Json) -> str:
    """With what the bounds are about, where that is not the gateway's own number."""
    about = one["direct"] is not None and abs(one["value"] - one["gateway"]) > 1e-9
    return f"{one['label']} (the difference counts)" if about and "must" in one else one["label"]


def _bounds(one: Json) -> list[str]:
    if "must" not in one:
        return ["", ""]
    sign = "<=" if one["sense"] == "at most" else ">="
    return [f"{sign} {number(one['must'])}", f"{sign} {number(one['aim'])}"]


def _shown(value: float | None) -> str:
    return "" if value is None else number(value)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (heads, *rows)]
    lines.insert(1, "|" + "---|" * len(heads))
    return "\n".join(lines) + "\n"


def _machine(run: Json) -> str:
    machine = run["machine"]
    return f"\n{machine['cores']} cores, Python {machine['python']}, {machine['system'].split('-with')[0]}.\n"


def main() -> None:
    found = {path.stem: json.loads(path.read_text()) for path in RESULTS.glob("*.json")}
    PAGE.write_text(measured(PAGE.read_text(), found))


if __name__ == "__main__":
    main()
