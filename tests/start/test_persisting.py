"""The user's own files: changed as little as possible, and put back byte for byte."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from unsloth_studio.cli.start.persisting import CannotPersist, apply, plan, undo
from unsloth_studio.clients.facts import Merged, UserFile, Written

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


def test_a_file_of_the_user_is_not_replaced(home: Path) -> None:
    lay(home, b"mine: true\n")
    with pytest.raises(CannotPersist, match="by hand"):
        plan([Written(SETTINGS, "ours\n")], os.environ, KEY)


def test_the_folder_that_the_client_is_told_of_counts(home: Path, tmp_path: Path) -> None:
    (one,) = plan([Merged(SETTINGS, {"a": 1})], {"CLIENT_DIR": str(tmp_path / "elsewhere")}, KEY)
    assert one.path == tmp_path / "elsewhere/settings.json"
