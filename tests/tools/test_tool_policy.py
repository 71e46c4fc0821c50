"""Whether tools run here: every combination of where the server listens, what was said, and who could be asked."""

from __future__ import annotations

import itertools

import pytest

from unsloth_studio.settings_sources import load_settings
from unsloth_studio.tools.policy import Decision, decide

EXPOSED = (False, True)
ASKED = (None, True, False)
YES = (False, True)
TERMINAL = (False, True)


def expected(exposed: bool, asked: bool | None, yes: bool, terminal: bool) -> tuple[bool, str]:
    """As the documentation has it, written as a table."""
    table: dict[tuple[bool, bool | None], tuple[bool, str]] = {
        (False, None): (True, "none"),
        (False, True): (True, "none"),
        (False, False): (False, "none"),
        (True, None): (False, "none"),
        (True, False): (False, "none"),
        (True, True): (True, "none" if yes else "ask" if terminal else "refuse"),
    }
    return table[exposed, asked]


@pytest.mark.parametrize(("exposed", "asked", "yes", "terminal"), [*itertools.product(EXPOSED, ASKED, YES, TERMINAL)])
def test_policy(exposed: bool, asked: bool | None, yes: bool, terminal: bool) -> None:
    made = decide(exposed=exposed, asked=asked, yes=yes, terminal=terminal)
    assert (made.policy.enabled, made.question) == expected(exposed, asked, yes, terminal)
    assert made.policy.reason


@pytest.mark.parametrize(
    ("host", "proxy", "exposed"),
    [
        ("127.0.0.1", False, False), ("127.8.9.10", False, False), ("localhost", False, False), ("LOCALHOST", False, False),
        ("::1", False, False), ("[::1]", False, False), ("::ffff:127.0.0.1", False, False), ("0.0.0.0", False, True),
        ("::", False, True), ("192.168.1.5", False, True), ("box.lan", False, True), ("128.0.0.1", False, True),
        ("127.0.0.1", True, True),
    ],
)  # fmt: skip
def test_who_can_reach_the_server(host: str, proxy: bool, exposed: bool) -> None:
    assert load_settings(host=host, behind_proxy=proxy).exposed == exposed
    decision = decide(exposed=exposed, asked=None, yes=False, terminal=False)
    assert isinstance(decision, Decision)
    assert decision.policy.enabled != exposed
