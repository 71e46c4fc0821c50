"""The user's own files: changed as little as possible, and put back byte for byte."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from unsloth_studio.cli.start.persisting import apply, undo
from unsloth_studio.cli.start.planning import plan
from unsloth_studio.cli.start.record import CannotPersist
from unsloth_studio.clients.facts import Merged, UserFile, Written
from unsloth_studio.store.private_files import replace_private

KEY = "sk-unsloth-" + "K" * 38
SETTINGS = UserFile("~/.client", "settings.json", "CLIENT_DIR")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def state(home: Path) -> dict[str, tuple[bytes, int] | str]:
    """Every file with its bytes and mode; of a link, where it leads; folders as nothing."""
    found: dict[str, tuple[bytes, int] | str] = {}
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file():
            found[name] = (path.read_bytes(), path.stat().st_mode & 0o777)
        else:
            found[name] = ""
    return found


def lay(home: Path, content: bytes, mode: int = 0o644) -> Path:
    path = home / ".client" / "settings.json"
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", {"env": {"A": "1"}}),
        (b"{}", {"env": {"A": "1"}}),
        (b'\xef\xbb\xbf{"x": 1}', {"x": 1, "env": {"A": "1"}}),
        (b'{"x": [1,2],\r\n\t"env": {"A": "0", "B": "2"}}', {"x": [1, 2], "env": {"A": "1", "B": "2"}}),
        (b'{"env": null}', {"env": {"A": "1"}}),
        ('{"name": "Jürgen"}'.encode(), {"name": "Jürgen", "env": {"A": "1"}}),
        (b'{"x": 1, // mine\n}', None),
        (b"[1]", None),
        (b'{"a": "\\ud800"}', None),
    ],
)
def test_a_json_file_keeps_what_else_stands_in_it(home: Path, tmp_path: Path, before: bytes, after: object) -> None:
    path = lay(home, before)
    was = state(home)
    changes = [Merged(SETTINGS, {"env": {"A": "1"}})]
    if after is None:
        with pytest.raises(CannotPersist, match="nothing was changed"):
            plan(changes, os.environ, KEY)
        assert state(home) == was
        return
    apply(tmp_path / "undo", plan(changes, os.environ, KEY))
    assert json.loads(path.read_bytes()) == after
    assert path.stat().st_mode & 0o777 == 0o644
    undo(tmp_path / "undo")
    assert state(home) == was


def test_new_files_and_folders_are_gone_again(home: Path, tmp_path: Path) -> None:
    (home / "kept").mkdir()
    was = state(home)
    changes = [Merged(SETTINGS, {"a": 1}), Written(UserFile("~/.other/deep", "new.toml"), f'key = "{KEY}"\n')]
    apply(tmp_path / "undo", plan(changes, os.environ, KEY))
    assert (home / ".other/deep/new.toml").stat().st_mode & 0o777 == 0o600
    assert undo(tmp_path / "undo") == [
        f"{home}/.other/deep/new.toml is removed.",
        f"{home}/.client/settings.json is removed.",
    ]
    assert state(home) == was
    assert undo(tmp_path / "undo") == []


def test_a_file_that_gets_the_key_is_closed_to_others_and_opened_again(home: Path, tmp_path: Path) -> None:
    path = lay(home, b'{"a": 1}', 0o664)
    apply(tmp_path / "undo", plan([Merged(SETTINGS, {"key": KEY})], os.environ, KEY))
    assert path.stat().st_mode & 0o777 == 0o600
    undo(tmp_path / "undo")
    assert path.stat().st_mode & 0o777 == 0o664


def test_a_link_stays_a_link(home: Path, tmp_path: Path) -> None:
    (home / "dotfiles").mkdir()
    (home / "dotfiles/settings.json").write_text('{"x": 1}')
    (home / ".client").symlink_to("dotfiles")
    was = state(home)
    apply(tmp_path / "undo", plan([Merged(SETTINGS, {"a": 1})], os.environ, KEY))
    assert (home / ".client").is_symlink()
    assert json.loads((home / "dotfiles/settings.json").read_text()) == {"x": 1, "a": 1}
    undo(tmp_path / "undo")
    assert state(home) == was


def test_what_was_changed_since_is_kept_beside(home: Path, tmp_path: Path) -> None:
    path = lay(home, b'{"x": 1}')
    apply(tmp_path / "undo", plan([Merged(SETTINGS, {"a": 1})], os.environ, KEY))
    path.write_text('{"mine": true}')
    told = undo(tmp_path / "undo")
    assert "was changed since" in told[0]
    assert path.read_bytes() == b'{"x": 1}'
    assert path.with_name("settings.json.changed-since").read_text() == '{"mine": true}'


AGAIN = [Merged(SETTINGS, {"b": 2})]


@pytest.mark.parametrize(
    ("edit", "after", "is_told_at_undo"),
    [
        (None, {"x": 1, "b": 2}, False),  # what was ours at first is gone
        ('{"x": 5, "a": 1, "mine": true}', {"x": 5, "a": 1, "mine": True, "b": 2}, True),
        ("", {"b": 2}, True),
    ],
)
def test_a_second_time_the_user_s_edits_stay(
    home: Path, tmp_path: Path, edit: str | None, after: object, is_told_at_undo: bool
) -> None:
    path = lay(home, b'{"x": 1}')
    kept = tmp_path / "undo"
    apply(kept, plan([Merged(SETTINGS, {"a": 1})], os.environ, KEY, kept))
    if edit is not None:
        path.write_text(edit)
    for _ in range(2):
        assert apply(kept, plan(AGAIN, os.environ, KEY, kept)) == []
        assert json.loads(path.read_bytes()) == after
    told = undo(kept)
    assert path.read_bytes() == b'{"x": 1}'
    aside = path.with_name("settings.json.changed-since")
    assert aside.exists() == is_told_at_undo == (len(told) == 2)
    assert not is_told_at_undo or json.loads(aside.read_bytes()) == after
    assert list(kept.iterdir()) == []


def test_a_second_time_a_file_of_ours_that_was_edited_is_put_aside(home: Path, tmp_path: Path) -> None:
    kept, path = tmp_path / "undo", home / ".client/settings.json"
    for number, text in enumerate(("one", "two", "three")):
        told = apply(kept, plan([Written(SETTINGS, text)], os.environ, KEY, kept))
        assert path.read_text() == text
        assert len(told) == min(number, 1)
        path.write_text(f"edited {text}")
    undo(kept)
    assert {one.name: one.read_text() for one in path.parent.iterdir()} == {
        "settings.json.changed-since": "edited one",
        "settings.json.changed-since-2": "edited two",
        "settings.json.changed-since-3": "edited three",
    }


@pytest.mark.parametrize("times", [1, 2])
def test_if_one_file_cannot_be_written_all_is_as_it_was(
    home: Path, tmp_path: Path, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(home, b'{"x": 1}')
    kept = tmp_path / "undo"
    was = state(home)
    changes = [Merged(SETTINGS, {"a": 1}), Written(UserFile("~/.other/deep", "new.toml"), "one")]
    if times == 2:
        apply(kept, plan(changes, os.environ, KEY, kept))
    before, noted = state(home), state(tmp_path)
    planned = plan([Merged(SETTINGS, {"b": 1}), Written(changes[1].file, "two")], os.environ, KEY, kept)

    def full(path: Path, content: bytes) -> None:
        if path.name == "new.toml":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        replace_private(path, content)

    monkeypatch.setattr("unsloth_studio.cli.start.persisting.replace_private", full)
    with pytest.raises(CannotPersist, match="Everything is as it was"):
        apply(kept, planned)
    monkeypatch.undo()
    assert state(home) == before
    assert {**state(tmp_path), "undo": ""} == {**noted, "undo": ""}
    monkeypatch.setenv("HOME", str(home))
    undo(kept)
    assert state(home) == was


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'[{"path": 1}]', b"\xff"])
def test_a_damaged_record_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "undo.json").write_bytes(content)
    with pytest.raises(CannotPersist, match="by hand"):
        undo(tmp_path)


def test_a_file_of_the_user_is_not_replaced(home: Path) -> None:
    lay(home, b"mine: true\n")
    with pytest.raises(CannotPersist, match="by hand"):
        plan([Written(SETTINGS, "ours\n")], os.environ, KEY)


def test_the_folder_that_the_client_is_told_of_counts(home: Path, tmp_path: Path) -> None:
    (one,) = plan([Merged(SETTINGS, {"a": 1})], {"CLIENT_DIR": str(tmp_path / "elsewhere")}, KEY)
    assert one.path == tmp_path / "elsewhere/settings.json"
