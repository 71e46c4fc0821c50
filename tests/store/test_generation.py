from __future__ import annotations

import stat
import threading
from contextlib import closing
from pathlib import Path

from tests.store.other_process import begin, output, run

from unsloth_studio.store.generation import Generation

BUMP = """
import sys
from pathlib import Path
from unsloth_studio.store.generation import Generation
generation = Generation(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    generation.bump()
"""


def test_a_new_counter_is_private_and_zero(tmp_path: Path) -> None:
    with closing(Generation(tmp_path / "generation")) as generation:
        assert generation.value == 0
    assert stat.S_IMODE((tmp_path / "generation").stat().st_mode) == 0o600


def test_a_bump_in_another_process_is_seen_without_opening_the_file_again(tmp_path: Path) -> None:
    with closing(Generation(tmp_path / "generation")) as generation:
        run(BUMP, tmp_path / "generation", "1")
        assert generation.value == 1


def test_the_counter_outlives_its_processes(tmp_path: Path) -> None:
    run(BUMP, tmp_path / "generation", "3")
    with closing(Generation(tmp_path / "generation")) as generation:
        assert generation.value == 3


def test_no_bump_is_lost_between_threads_and_processes(tmp_path: Path) -> None:
    with closing(Generation(tmp_path / "generation")) as generation:
        others = [begin(BUMP, tmp_path / "generation", "5000") for _ in range(2)]
        threads = [threading.Thread(target=lambda: [generation.bump() for _ in range(2000)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for other in others:
            output(other)
        assert generation.value == 2 * 5000 + 4 * 2000


def test_closing_twice_does_no_harm(tmp_path: Path) -> None:
    generation = Generation(tmp_path / "generation")
    generation.close()
    generation.close()
