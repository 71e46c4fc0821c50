from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.store.other_process import begin, output

from unsloth_studio.store.private_files import create_private, exclusive, replace_private

HOLD = """
import sys
from pathlib import Path
from unsloth_studio.store.private_files import exclusive
with exclusive(Path(sys.argv[1])):
    Path(sys.argv[2]).write_text("theirs")
"""


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old and longer")
    path.chmod(0o644)
    replace_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_is_not_created_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert create_private(path, b"first")
    assert not create_private(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError):
        replace_private(folder, b"new")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_lock_keeps_other_processes_out(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    with exclusive(tmp_path / "lock"):
        other = begin(HOLD, tmp_path / "lock", str(shared))
        shared.write_text("ours")
        assert shared.read_text() == "ours"
    output(other)
    assert shared.read_text() == "theirs"
