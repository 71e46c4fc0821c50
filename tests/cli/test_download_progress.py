"""How a download shows: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from unsloth_studio.catalog.download_progress import DownloadProgress
from unsloth_studio.cli.download_progress import DownloadDisplay, size_text, state_text


def _progress(done: int, note: str | None = None) -> DownloadProgress:
    return DownloadProgress("m.gguf", done, 18_200_000_000, 45_000_000.0, (18_200_000_000 - done) / 45e6, note)


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        pytest.param(_progress(3_200_000_000), "3.2 GB of 18.2 GB, 45.0 MB/s, 5 min 33 s left", id="running"),
        pytest.param(_progress(18_200_000_000), "18.2 GB of 18.2 GB", id="finished"),
        pytest.param(DownloadProgress("m", 5, 10), "5 B of 10 B", id="not moving"),
        pytest.param(DownloadProgress("m", 5, 10, 1.0, 5.0), "5 B of 10 B, 1 B/s, 5 s left", id="seconds"),
        pytest.param(DownloadProgress("m", 0, 9000, 1.0, 9000.0), "0 B of 9.0 kB, 1 B/s, 2 h 30 min left", id="hours"),
    ],
)
def test_state_is_one_line(progress: DownloadProgress, text: str) -> None:
    assert state_text(progress) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_940, "999.9 kB"), (999_960, "1.0 MB"), (2.5e12, "2.5 TB")],
)
def test_size(size: float, text: str) -> None:
    assert size_text(size) == text


def test_without_a_terminal_there_is_a_line_now_and_then() -> None:
    out, now = io.StringIO(), 0.0
    with DownloadDisplay("org/m", console=Console(file=out, width=40), clock=lambda: now) as show:
        for tenth in range(250):
            now = tenth / 10
            show(_progress(tenth * 1_000_000))
        show(_progress(18_200_000_000))
    lines = out.getvalue().splitlines()
    assert [line.split(" of ")[0] for line in lines] == [
        "org/m: 0 B",
        "org/m: 100.0 MB",
        "org/m: 200.0 MB",
        "org/m: 18.2 GB",
    ]


def test_note_is_said_once() -> None:
    out = io.StringIO()
    with DownloadDisplay("org/m", console=Console(file=out), clock=lambda: 0.0) as show:
        for done in (1, 2, 3):
            show(_progress(done, note="Another program [holds] it."))
    assert out.getvalue().count("Another program [holds] it.\n") == 1


def test_terminal_gets_a_bar_that_goes_away() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=120)
    with DownloadDisplay("org/m", console=console) as show:
        show(_progress(3_200_000_000))
        console.file.flush()
    assert "5 min 33 s left" in out.getvalue()
    assert out.getvalue().endswith("\x1b[2K")
