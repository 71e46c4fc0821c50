"""Hostile folders are measured, opened and removed; nothing outside of them is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unsloth_studio.tools import folder_tree


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    place = tmp_path / "outside"
    place.mkdir()
    (place / "secret").write_text("secret")
    return place


@pytest.fixture
def tree(tmp_path: Path, outside: Path) -> Path:
    """A file, a folder, and one of everything that is no file."""
    place = tmp_path / "tree"
    (place / "sub/inner").mkdir(parents=True)
    (place / "a.txt").write_text("text")
    (place / "sub/b.txt").write_text("more")
    (place / "link").symlink_to(outside / "secret")
    (place / "folder-link").symlink_to(outside)
    (place / "sub/up").symlink_to("..")
    os.mkfifo(place / "fifo")
    return place


def make_deep(place: Path, depth: int, name: str = "d") -> None:
    here = os.open(place, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def test_a_walk_sees_everything_once_and_follows_no_link(tree: Path) -> None:
    seen = sorted(entry.path for entry in folder_tree.walk(tree, most=100))
    assert seen == ["a.txt", "fifo", "folder-link", "link", "sub", "sub/b.txt", "sub/inner", "sub/up"]


@pytest.mark.parametrize("path", ["a.txt", "sub/b.txt"])
def test_regular_files_are_opened(tree: Path, path: str) -> None:
    descriptor = folder_tree.open_regular(tree, path)
    with os.fdopen(descriptor) as file:
        assert file.read() in ("text", "more")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("../outside/secret", id="up"),
        pytest.param("sub/../../outside/secret", id="down and up"),
        pytest.param("link", id="a link to a file"),
        pytest.param("folder-link/secret", id="through a linked folder"),
        pytest.param("sub/up/a.txt", id="through a link to above"),
        pytest.param("fifo", id="a FIFO, without waiting"),
        pytest.param("sub", id="a folder"),
        pytest.param("", id="nothing"),
        pytest.param(".", id="itself"),
        pytest.param("./a.txt", id="a dot"),
        pytest.param("sub//b.txt", id="two slashes"),
        pytest.param("/etc/passwd", id="from the root"),
        pytest.param("a.txt\0", id="NUL"),
        pytest.param("a.txt/", id="a slash at the end"),
        pytest.param("x" * 10_000, id="a name that is too long"),
        pytest.param("d/" * 5000 + "f", id="a path that is too long"),
        pytest.param("\ud800", id="no Unicode"),
    ],
)
def test_everything_else_is_not_found(tree: Path, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        folder_tree.open_regular(tree, path)


def test_a_folder_that_became_a_link_is_not_followed(tree: Path, outside: Path) -> None:
    tree.rename(tree.with_name("moved"))
    tree.symlink_to(outside)
    with pytest.raises(FileNotFoundError):
        folder_tree.open_regular(tree, "secret")
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        folder_tree.empty(tree)
    assert (outside / "secret").exists()


def test_usage_counts_blocks_and_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    once = folder_tree.usage(tmp_path, most=100).disk_bytes
    assert 100_000 <= once < 140_000
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    assert folder_tree.usage(tmp_path, most=100).disk_bytes - once < 20_000


def test_too_many_entries_and_too_deep_folders_are_overgrown(tmp_path: Path) -> None:
    many, deep = tmp_path / "many", tmp_path / "deep"
    many.mkdir()
    deep.mkdir()
    for number in range(11):
        (many / str(number)).touch()
    make_deep(deep, 60)
    assert not folder_tree.usage(many, most=11).overgrown
    assert folder_tree.usage(many, most=10).overgrown
    assert folder_tree.usage(deep, most=1000).overgrown


def test_a_walk_leaves_no_descriptor_open(tmp_path: Path) -> None:
    make_deep(tmp_path, 60)
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0  # noqa: PTH208
    for _ in range(20):
        folder_tree.usage(tmp_path, most=1000)
    after = len(os.listdir("/proc/self/fd")) if before else 0  # noqa: PTH208
    assert after == before


def test_removal_takes_everything_and_follows_nothing(tree: Path, outside: Path) -> None:
    folder_tree.remove(tree)
    assert not tree.exists()
    assert (outside / "secret").read_text() == "secret"


def test_removal_takes_trees_that_are_deeper_than_any_path_may_be(tmp_path: Path) -> None:
    place = tmp_path / "deep"
    place.mkdir()
    make_deep(place, 150, "d" * 200)
    folder_tree.remove(place)
    assert not place.exists()


def test_removal_takes_folders_that_are_closed_to_their_owner(tmp_path: Path) -> None:
    place = tmp_path / "closed"
    (place / "one/two").mkdir(parents=True)
    (place / "one/two/file").touch()
    (place / "one/two").chmod(0)
    (place / "one").chmod(0o100)
    folder_tree.remove(place)
    assert not place.exists()


def test_removing_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    folder_tree.remove(tmp_path / "nowhere")
