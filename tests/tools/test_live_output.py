"""Live output of a call: complete while it is little, bounded when it is much, and silent after the end."""

from __future__ import annotations

import pytest

from unsloth_studio.tools.live_output import MOST_OF_A_CALL, MOST_WAITING, LiveOutput


class Watched:
    def __init__(self) -> None:
        self.woken = 0
        self.output = LiveOutput("c", self.wake)

    def wake(self) -> None:
        self.woken += 1

    def text(self) -> str:
        return "".join(event.text for event in self.output.taken())


def test_little_output_comes_whole_and_once() -> None:
    watched = Watched()
    for piece in ("a", "b\n", ""):
        watched.output.add(piece)
    (event,) = watched.output.taken()
    assert (event.call_id, event.text) == ("c", "ab\n")
    assert watched.output.taken() == []
    assert watched.woken


def test_a_flood_waits_in_bounded_room_and_the_gap_is_told() -> None:
    watched = Watched()
    for _ in range(1600):
        watched.output.add("x" * 65_536)  # 100 MiB
    text = watched.text()
    assert len(text) < MOST_WAITING + 100
    assert f"[... {1600 * 65_536 - MOST_WAITING} characters came too fast to be shown ...]" in text
    watched.output.add("y")
    assert watched.text() == "y", "the gap is told once"


def test_a_call_is_shown_so_much_and_no_more() -> None:
    watched = Watched()
    shown: list[str] = []
    for _ in range(2 * MOST_OF_A_CALL // MOST_WAITING):
        watched.output.add("x" * MOST_WAITING)
        shown.append(watched.text())
    assert "".join(shown).count("x") == MOST_OF_A_CALL
    assert "".join(shown).count("further output is not shown") == 1
    assert shown[-1] == ""


@pytest.mark.parametrize("waits", [False, True])
def test_what_is_printed_after_the_end_is_of_no_call(waits: bool) -> None:
    watched = Watched()
    if waits:
        watched.output.add("before")
    watched.output.end()
    watched.output.add("after")
    assert watched.text() == ("before" if waits else "")
