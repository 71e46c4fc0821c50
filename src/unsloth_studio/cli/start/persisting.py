"""`--persist` and `--undo`: a client's own files changed, and put back byte for byte.

The rule: before anything is written, what stands there is copied into the data folder (0600), with its mode; undoing
restores the copy. Where a file has been changed since, its present state is kept beside it. A file that gets a key is
closed to other users.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from unsloth_studio.clients.facts import Change, Merged, UserFile, Written
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.store.private_files import make_folder, replace_private

_RECORD = "undo.json"
_PRIVATE = 0o600
_SET_ASIDE = ".changed-since"


class CannotPersist(OperatorProblem):
    """A file of the user is such that it cannot be changed safely; nothing was written."""


class Planned(Struct, frozen=True):
    """`before` is None where there is no file. `mode` is for a new file, and for one that gets a key."""

    path: Path
    before: bytes | None
    after: bytes
    mode: int | None


def place_of(file: UserFile, environment: Mapping[str, str]) -> Path:
    """Where the file lies for this user; a link is followed, so that it stays one."""
    folder = environment.get(file.variable or "") or file.folder
    path = Path(folder).expanduser() / file.name
    return path.resolve()


def plan(changes: Sequence[Change], environment: Mapping[str, str], key: str) -> list[Planned]:
    """What each change makes of its file. Writes nothing. Raises `CannotPersist`."""
    return [_planned(change, place_of(change.file, environment), key) for change in changes]


def apply(folder: Path, planned: Sequence[Planned]) -> None:
    """Write the files, and what undoing needs into `folder` (of the data folder). Raises `CannotPersist`."""
    try:
        make_folder(folder)
        entries = [_entry(folder, number, one) for number, one in enumerate(planned)]
        replace_private(folder / _RECORD, json.dumps(entries).encode())
        for one in planned:
            mode = one.mode if one.mode is not None else one.path.stat().st_mode & 0o777
            one.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_private(one.path, one.after)
            one.path.chmod(mode)
    except OSError as error:
        raise CannotPersist(
            f"{error.filename or folder} cannot be written: {error.strerror}. Let your user write it."
        ) from error


def undo(folder: Path) -> list[str]:
    """Put everything back, newest first; a sentence for each file. An empty list when there is nothing to undo.

    Raises `CannotPersist` when a file cannot be written; what was put back before it stays so.
    """
    try:
        entries: list[dict[str, Any]] = json.loads((folder / _RECORD).read_bytes())
    except FileNotFoundError:
        return []
    told: list[str] = []
    try:
        for entry in reversed(entries):
            told += _restored(folder, entry)
        for entry in entries:
            if entry["backup"]:
                (folder / entry["backup"]).unlink(missing_ok=True)
        (folder / _RECORD).unlink()
    except OSError as error:
        raise CannotPersist(
            f"{error.filename} cannot be put back: {error.strerror}. Let your user write it."
        ) from error
    return told


def _planned(change: Change, path: Path, key: str) -> Planned:
    try:
        before = path.read_bytes()
    except FileNotFoundError:
        before = None
    except OSError as error:
        raise CannotPersist(f"{path} cannot be read: {error.strerror}. Let your user read it.") from error
    after = _merged(change, path, before) if isinstance(change, Merged) else _whole(change, path, before)
    private = before is None or key.encode() in after
    return Planned(path, before, after, _PRIVATE if private else None)


def _whole(change: Written, path: Path, before: bytes | None) -> bytes:
    if before is not None:
        raise CannotPersist(
            f"{path} is there already and would have to be rewritten; nothing was changed. Put this into it by hand, or "
            f"move it away:\n\n{change.text}"
        )
    return change.text.encode()


def _merged(change: Merged, path: Path, before: bytes | None) -> bytes:
    text = json.dumps(change.value, indent=2)
    try:
        present: object = json.loads(before) if before and before.strip() else {}
    except ValueError as error:
        raise CannotPersist(
            f"{path} is not plain JSON (it may have comments, which would be lost); nothing was changed. Put this into it "
            f"by hand:\n\n{text}"
        ) from error
    if not isinstance(present, dict):
        raise CannotPersist(f"{path} is not a JSON object; nothing was changed. Correct it, or move it away.")
    return (
        json.dumps(_joined(cast("dict[str, Any]", present), change.value), indent=2, ensure_ascii=False) + "\n"
    ).encode()


def _joined(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(below)
    for name, value in above.items():
        old = joined.get(name)
        if isinstance(old, dict) and isinstance(value, Mapping):
            value = _joined(cast("dict[str, Any]", old), cast("Mapping[str, Any]", value))
        joined[name] = value
    return joined


def _entry(folder: Path, number: int, one: Planned) -> dict[str, Any]:
    """What undoing needs to know of one file; its bytes go into a file of their own."""
    backup = None
    mode = None
    if one.before is not None:
        backup = f"{number}.backup"
        replace_private(folder / backup, one.before)
        mode = one.path.stat().st_mode & 0o777
    made = [str(parent) for parent in one.path.parents if not parent.exists()]
    return {"path": str(one.path), "backup": backup, "mode": mode, "written": _digest(one.after), "folders": made}


def _restored(folder: Path, entry: dict[str, Any]) -> list[str]:
    path = Path(entry["path"])
    present = path.read_bytes() if path.exists() else None
    told: list[str] = []
    if present is not None and _digest(present) != entry["written"]:
        aside = path.with_name(path.name + _SET_ASIDE)
        replace_private(aside, present)
        told.append(f"{path} was changed since; that state is kept in {aside}.")
    if entry["backup"] is None:
        path.unlink(missing_ok=True)
        for parent in map(Path, entry["folders"]):
            if parent.is_dir() and not any(os.scandir(parent)):
                parent.rmdir()
        return [*told, f"{path} is removed."]
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_private(path, (folder / entry["backup"]).read_bytes())
    path.chmod(entry["mode"])
    return [*told, f"{path} is as it was."]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
