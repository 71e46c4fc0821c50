"""Scores against their targets, as text for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from demo.evaluation.asking import Answer
from demo.evaluation.cases import Case
from demo.evaluation.verdicts import is_right, switch_obeyed

TARGETS: dict[str, tuple[float, tuple[str, ...]]] = {
    "tool name and all arguments right": (
        0.95,
        ("call: unseen tools", "call: everyday tools", "call: the product's tools"),
    ),
    "no call when none fits": (0.97, ("no call when none fits",)),
    "answer contains the tool's result": (0.95, ("answer from a result",)),
    "Python task end to end": (0.95, ("Python task end to end",)),
    "listed questions answered": (1.0, ("listed questions",)),
    "JSON valid against its schema": (0.90, ("JSON by a schema",)),
}
SWITCH = "thinking switch obeyed"


@dataclass(frozen=True, slots=True)
class Score:
    name: str
    right: int
    asked: int
    target: float | None = None

    @property
    def share(self) -> float:
        return self.right / self.asked if self.asked else 0.0

    @property
    def reached(self) -> bool:
        return self.target is None or self.share >= self.target


def scores(cases: Sequence[Case], answers: Sequence[Answer]) -> list[Score]:
    """The promises first, then every measure by itself, plain and in thinking mode."""
    judged = [(case, is_right(case, answer)) for case, answer in zip(cases, answers, strict=True)]
    obeyed = [switch_obeyed(case, answer) for case, answer in zip(cases, answers, strict=True)]
    table = [
        _score(name, [right for case, right in judged if case.measure in measures], target)
        for name, (target, measures) in TARGETS.items()
    ]
    table.append(_score(SWITCH, obeyed, 1.0))
    for measure in dict.fromkeys(case.measure for case in cases):
        for thinking in (False, True):
            of_both = [
                right for case, right in judged if case.measure == measure and case.conversation.thinking == thinking
            ]
            if of_both:
                table.append(_score(measure + (", thinking" if thinking else ""), of_both, None))
    return table


def _score(name: str, rights: list[bool], target: float | None) -> Score:
    return Score(name, sum(rights), len(rights), target)


def markdown(table: Sequence[Score]) -> str:
    """Two tables: what was promised, and each measure by itself."""
    promised = [
        f"| {one.name} | {one.right} of {one.asked} | {one.share:.1%} | {one.target:.0%} |"
        for one in table
        if one.target
    ]
    others = [f"| {one.name} | {one.right} of {one.asked} | {one.share:.1%} |" for one in table if not one.target]
    return "\n".join(
        [
            "| Measure | Right | Share | Aim |",
            "|---|---|---|---|",
            *promised,
            "",
            "| Each by itself | Right | Share |",
            "|---|---|---|",
            *others,
            "",
        ]
    )


def as_json(table: Sequence[Score]) -> list[dict[str, object]]:
    return [{**asdict(one), "share": round(one.share, 4)} for one in table]
