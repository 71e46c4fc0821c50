"""How long is waited after a crash, and after which one no more."""

from __future__ import annotations

import pytest

from unsloth_studio.engine.restarts import Policy, Restarts


def delays(crashes: list[tuple[float, float]], policy: Policy) -> list[float | None]:
    """Answers to crashes given as (when, how long it had lived)."""
    restarts = Restarts(policy)
    return [restarts.after_crash(now, lived) for now, lived in crashes]


@pytest.mark.parametrize(
    ("crashes", "expected"),
    [
        ([(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)], [0.1, 0.2, 0.4, 0.8, None]),
        ([(t * 20.0, 0) for t in range(12)], [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30]),
        ([(0, 0), (1, 0), (2, 0), (3, 0.5), (4, 0)], [0.1, 0.2, 0.4, 0.1, 0.2]),
        ([(float(t), 0.9) for t in range(50)], [0.1] * 50),
        ([(float(t), 0.1) for t in range(50)], [0.1, 0.2, 0.4, 0.8] + [1.0] * 46),
    ],
    ids=[
        "never answers, five in a minute",
        "doubles up to its limit",
        "a life between",
        "dies at work, again and again",
        "dies soon, again and again",
    ],
)
def test_delays(crashes: list[tuple[float, float]], expected: list[float | None]) -> None:
    assert delays(crashes, Policy()) == expected


def test_a_start_on_request_begins_anew() -> None:
    restarts = Restarts(Policy(crash_limit=2))
    assert restarts.after_crash(0, 0) == 0.1
    assert restarts.after_crash(1, 0) is None
    assert restarts.in_a_row == 2
    restarts.forget()
    assert restarts.after_crash(2, 0) == 0.1
