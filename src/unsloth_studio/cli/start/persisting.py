"""`--persist` and `--undo`: a client's own files changed, and put back byte for byte.

The rule: before anything is written, what stands there is copied into the data folder (0600), with its mode; undoing
restores the copy. Where a file has been changed since, its present state is kept beside it, under a name that is free. A
file that gets a key is closed to other users. If one file cannot be written, none is.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from unsloth_studio.cli.start import record
from unsloth_studio.cli.start.planning import Planned
from unsloth_studio.cli.start.record import CannotPersist, Entry
from unsloth_studio.store.private_files import create_private, make_folder, replace_private

_SET_ASIDE = ".changed-since"


class _Stood(Struct, frozen=True):
    """A file as it stood before we wrote it; `folders` are those that were not there, innermost first."""

    path: Path
    content: bytes | None
    mode: int
    folders: tuple[Path, ...]


def apply(folder: Path, planned: Sequence[Planned]) -> list[str]:
    """Write the files, and what undoing needs into `folder` (of the data folder); a sentence for each file that was put
    aside. Raises `CannotPersist`, and then all is as it was."""
    before = record.read(folder)
    stood: list[_Stood] = []
    told: list[str] = []
    try:
        stood = [_stood(one) for one in planned]
        make_folder(folder)
        entries = list(before)
        for one, was in zip(planned, stood, strict=True):
            entry = _entry(folder, len(entries), one, was)
            if one.known is None:
                entries.append(entry)
            else:
                entries[entries.index(one.known)] = entry
        record.write(folder, entries)
        for one, was in zip(planned, stood, strict=True):
            if one.aside and one.before is not None:
                told.append(f"You had changed {one.path}; that state is kept in {_set_aside(one.path, one.before)}.")
            one.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_private(one.path, one.after)
            one.path.chmod(one.mode if one.mode is not None else was.mode)
    except BaseException as error:
        _take_back(folder, before, stood)
        if not isinstance(error, OSError):
            raise
        raise CannotPersist(
            f"{error.filename or folder} cannot be written: {error.strerror}. Everything is as it was. Let your user write "
            "it, and try again."
        ) from error
    return told


def undo(folder: Path) -> list[str]:
    """Put everything back, newest first; a sentence for each file. An empty list when there is nothing to undo.

    Raises `CannotPersist` when a file cannot be written; what was put back before it stays so.
    """
    entries = record.read(folder)
    told: list[str] = []
    try:
        for done, entry in enumerate(reversed(entries), 1):
            told += _restored(folder, entry)
            record.write(folder, entries[: len(entries) - done])
            if entry.backup:
                (folder / entry.backup).unlink(missing_ok=True)
    except OSError as error:
        raise CannotPersist(
            f"{error.filename} cannot be put back: {error.strerror}. Let your user write it, and try again."
        ) from error
    return told


def _stood(one: Planned) -> _Stood:
    mode = 0 if one.before is None else one.path.stat().st_mode & 0o777
    return _Stood(one.path, one.before, mode, tuple(parent for parent in one.path.parents if not parent.exists()))


def _entry(folder: Path, number: int, one: Planned, was: _Stood) -> Entry:
    """What undoing needs to know of one file; its bytes, if it is new to us, go into a file of their own."""
    written = record.digest(one.after)
    if one.known is not None:
        known = one.known
        return Entry(known.path, known.backup, known.mode, written, known.folders, edited=one.edited and not one.aside)
    made = tuple(map(str, was.folders))
    if one.before is None:
        return Entry(str(one.path), None, None, written, made)
    backup = f"{number}.backup"
    replace_private(folder / backup, one.before)
    return Entry(str(one.path), backup, was.mode, written, made)


def _take_back(folder: Path, before: Sequence[Entry], stood: Sequence[_Stood]) -> None:
    """As far as it can be done: a file that could not be written may not be writable now either, and is as it was."""
    for one in reversed(stood):
        with suppress(OSError):
            if one.content is None:
                one.path.unlink(missing_ok=True)
            elif one.path.read_bytes() != one.content:
                replace_private(one.path, one.content)
            if one.content is not None:
                one.path.chmod(one.mode)
        for parent in one.folders:
            with suppress(OSError):
                parent.rmdir()
    with suppress(OSError):
        record.write(folder, before)
        kept = {entry.backup for entry in before}
        for backup in folder.glob("*.backup"):
            if backup.name not in kept:
                backup.unlink(missing_ok=True)


def _restored(folder: Path, entry: Entry) -> list[str]:
    path = Path(entry.path)
    present = path.read_bytes() if path.exists() else None
    told: list[str] = []
    if present is not None and (entry.edited or record.digest(present) != entry.written):
        told.append(f"{path} was changed since; that state is kept in {_set_aside(path, present)}.")
    if entry.backup is None:
        path.unlink(missing_ok=True)
        for parent in map(Path, entry.folders):
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
        return [*told, f"{path} is removed."]
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_private(path, (folder / entry.backup).read_bytes())
    path.chmod(0o600 if entry.mode is None else entry.mode)
    return [*told, f"{path} is as it was."]


def _set_aside(path: Path, content: bytes) -> Path:
    """Keep `content` beside `path`, in a file that is not there yet. Raises `OSError`."""
    for number in itertools.count(1):
        aside = path.with_name(path.name + _SET_ASIDE + ("" if number == 1 else f"-{number}"))
        if create_private(aside, content):
            return aside
    raise AssertionError
