"""`python -m tests.conformance.report`: how many cases of each family and kind come out right, as Markdown.

The table is part of docs/healing.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from tests.conformance.case import Case, Kind
from tests.conformance.corpus import CASES
from tests.conformance.judge import content_is_right, parsed, verdict

KINDS: tuple[Kind, ...] = ("well-formed", "malformed", "negative")


def table(cases: Iterable[Case]) -> str:
    """One row per family and a last one for all; each cell: right / all."""
    scores: dict[tuple[str, Kind], list[bool]] = {}
    wrong = 0
    whole_results = 0
    for case in cases:
        result = parsed(case)
        ruling = verdict(case, result)
        wrong += ruling == "wrong call"
        whole_results += ruling == "right" and content_is_right(case, result)
        for family in (case.family, "**all**"):
            scores.setdefault((family, case.kind), []).append(ruling == "right")
    families = [family for family in dict.fromkeys(name for name, _ in scores) if family != "**all**"]
    lines = ["| family | " + " | ".join(KINDS) + " |", "|---|" + "---:|" * len(KINDS)]
    lines += [
        f"| {name} | " + " | ".join(_cell(scores.get((name, kind), [])) for kind in KINDS) + " |"
        for name in (*families, "**all**")
    ]
    count = sum(len(found) for (name, _), found in scores.items() if name == "**all**")
    lines += ["", f"Wrong calls: {wrong}. Calls, content and reasoning right: {whole_results} / {count}."]
    return "\n".join(lines)


def _cell(found: list[bool]) -> str:
    return f"{sum(found)} / {len(found)}" if found else "-"


if __name__ == "__main__":
    sys.stdout.write(table(CASES) + "\n")
