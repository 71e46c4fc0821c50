"""Folders whose content is hostile: measured, listed, opened and removed without following a link or recursing.

The rule: no path with more than one part is ever given to the system; every step is taken from an open folder, and refuses
symbolic links. So whatever is renamed or replaced meanwhile, no step leaves the tree.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

DEEPEST = 40
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO must not make us wait
_BLOCK = 512  # the unit of st_blocks, stat(2)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something below the folder: its path from there, and what lstat says about it."""

    path: str
    status: os.stat_result


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree takes: bytes on disk, entries. `overgrown`: deeper than `DEEPEST`, or more entries than were asked for."""

    disk_bytes: int
    entries: int
    overgrown: bool = False


class Overgrown(Exception):  # noqa: N818 - names what the tree is
    """The tree is too deep, or has too many entries, to be looked through."""


def walk(folder: Path, *, most: int) -> Iterator[Entry]:
    """Everything below `folder`, folders before their content. Raises `Overgrown`, and `OSError` when `folder` is not there.

    What vanishes or cannot be read is left out.
    """
    count = 0
    frames: list[tuple[int, str, list[str]]] = []  # an open folder, its path with a slash, its folders still to visit

    def enter(descriptor: int, prefix: str) -> Iterator[Entry]:
        nonlocal count
        inner: list[str] = []
        frames.append((descriptor, prefix, inner))
        with os.scandir(descriptor) as entries:
            for entry in entries:
                count += 1
                if count > most:
                    raise Overgrown
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    inner.append(entry.name)
                yield Entry(prefix + entry.name, status)

    try:
        yield from enter(os.open(folder, _FOLDER), "")
        while frames:
            descriptor, prefix, inner = frames[-1]
            if not inner:
                os.close(frames.pop()[0])
                continue
            if len(frames) >= DEEPEST:
                raise Overgrown
            name = inner.pop()
            with contextlib.suppress(OSError):
                yield from enter(_open_folder(name, descriptor), f"{prefix}{name}/")
    finally:
        for descriptor, _, _ in frames:
            os.close(descriptor)


def usage(folder: Path, *, most: int) -> Usage:
    """How much the tree takes; a file with several names counts once. Raises `OSError` when `folder` is not there."""
    disk_bytes, entries = 0, 0
    seen: set[tuple[int, int]] = set()
    try:
        for entry in walk(folder, most=most):
            entries += 1
            status = entry.status
            if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
            disk_bytes += status.st_blocks * _BLOCK
    except Overgrown:
        return Usage(disk_bytes, entries, overgrown=True)
    return Usage(disk_bytes, entries)


def open_regular(folder: Path, path: str) -> int:
    """A descriptor of the regular file `path` below `folder`. Raises `FileNotFoundError` for all that is not one: links,
    folders, devices, FIFOs, and every path that is not plainly below."""
    pure = PurePosixPath(path)
    parts = path.split("/")
    if pure.is_absolute() or "\0" in path or len(parts) > DEEPEST or any(part in ("", ".", "..") for part in parts):
        raise FileNotFoundError(path)
    try:
        with _opened(folder, parts[:-1]) as parent:
            descriptor = _open_file(parts[-1], parent)
    except (OSError, UnicodeEncodeError) as error:  # the latter for what is no file name at all
        raise FileNotFoundError(path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(path)
    os.set_blocking(descriptor, True)
    return descriptor


def unlink(folder: Path, path: str) -> None:
    """Remove one file below `folder`. Raises `OSError`."""
    *parents, name = path.split("/")
    with _opened(folder, parents) as parent:
        os.unlink(name, dir_fd=parent)


def empty(folder: Path) -> None:
    """Remove everything in `folder`, however deep. Raises `OSError` for what cannot be removed.

    Deep trees are lifted: a folder's folders move up to the top before it is removed, so no path gets long.
    """
    top = os.open(folder, _FOLDER)
    try:
        while names := _names(top):
            for name in names:
                _remove_one(top, name)
    finally:
        os.close(top)


def remove(folder: Path) -> None:
    """`empty`, and remove the folder itself; nothing when it is not there. Raises `OSError`."""
    try:
        empty(folder)
    except FileNotFoundError:
        return
    folder.rmdir()


def _remove_one(top: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=top)
        return
    except (IsADirectoryError, PermissionError):  # EISDIR on Linux, EPERM elsewhere
        descriptor = _open_folder(name, top)
    try:
        for inner in _names(descriptor):
            try:
                os.unlink(inner, dir_fd=descriptor)
            except (IsADirectoryError, PermissionError):
                os.close(_open_folder(inner, descriptor))  # makes it ours to move
                os.rename(inner, f".{secrets.token_hex(8)}", src_dir_fd=descriptor, dst_dir_fd=top)
    finally:
        os.close(descriptor)
    os.rmdir(name, dir_fd=top)


def _names(descriptor: int) -> list[str]:
    with os.scandir(descriptor) as entries:
        return [entry.name for entry in entries]


def _open_file(name: str, parent: int) -> int:
    """Open what is not a link, also a file whose owner took away the rights to. Raises `OSError`."""
    try:
        return os.open(name, _FILE, dir_fd=parent)
    except PermissionError:
        named = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            if not stat.S_ISREG(os.fstat(named).st_mode):
                raise
            Path(f"/proc/self/fd/{named}").chmod(0o600)
        finally:
            os.close(named)
        return os.open(name, _FILE, dir_fd=parent)


@contextlib.contextmanager
def _opened(folder: Path, parts: list[str]) -> Generator[int]:
    descriptor = os.open(folder, _FOLDER)
    try:
        for part in parts:
            inner = os.open(part, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _open_folder(name: str, parent: int) -> int:
    """Open a folder below another, also one whose owner (we, or the sandbox) took away the rights to. Raises `OSError`."""
    try:
        descriptor = os.open(name, _FOLDER, dir_fd=parent)
        if os.fstat(descriptor).st_mode & 0o700 == 0o700:
            return descriptor
        with contextlib.suppress(PermissionError):
            os.fchmod(descriptor, 0o700)
    except PermissionError:
        named = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            Path(f"/proc/self/fd/{named}").chmod(0o700)
        finally:
            os.close(named)
        return os.open(name, _FOLDER, dir_fd=parent)
    return descriptor
