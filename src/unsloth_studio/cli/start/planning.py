"""What `--persist` makes of a client's own files. Reads, and writes nothing.

The rule: what the user has in a file stays in it. A file that was written before and not touched since is made anew from
what stood there at first; one that was touched since is taken as it is now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from unsloth_studio.cli.start import record
from unsloth_studio.cli.start.record import ByHand, CannotPersist, Entry
from unsloth_studio.clients.facts import Change, Merged, UserFile, Written

_PRIVATE = 0o600


class Planned(Struct, frozen=True):
    """`before` is None where there is no file. `mode` is for a new file, and for one that gets a key. `known` is what is
    noted of the file from an earlier time, `edited` whether the user has changed it since. With `aside`, what stands there
    cannot be joined with ours and has to be kept beside it."""

    path: Path
    before: bytes | None
    after: bytes
    mode: int | None
    known: Entry | None = None
    edited: bool = False
    aside: bool = False


def place_of(file: UserFile, environment: Mapping[str, str]) -> Path:
    """Where the file lies for this user; a link is followed, so that it stays one."""
    folder = environment.get(file.variable or "") or file.folder
    path = Path(folder).expanduser() / file.name
    return path.resolve()


def plan(
    changes: Sequence[Change], environment: Mapping[str, str], key: str, folder: Path | None = None
) -> list[Planned]:
    """What each change makes of its file. `folder` (of the data folder) is where an earlier time's copies lie.

    Raises `CannotPersist`.
    """
    known = {} if folder is None else {entry.path: entry for entry in record.read(folder)}
    planned: list[Planned] = []
    for change in changes:
        path = place_of(change.file, environment)
        entry = known.get(str(path))
        copy = folder / entry.backup if folder is not None and entry is not None and entry.backup else None
        planned.append(_planned(change, path, key, entry, copy))
    return planned


def _planned(change: Change, path: Path, key: str, known: Entry | None, copy: Path | None) -> Planned:
    present = _content(path)
    edited = known is not None and (known.edited or present is None or record.digest(present) != known.written)
    base = present
    if known is not None and not edited:
        base = None if copy is None else _content(copy) or present
    aside = False
    if isinstance(change, Merged):
        after = _merged(change, path, base)
    else:
        after = _whole(change, path, None if known else present)
        aside = edited and present is not None and present != after
    private = present is None or key.encode() in after
    return Planned(path, present, after, _PRIVATE if private else None, known, edited and present is not None, aside)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotPersist(f"{path} cannot be read: {error.strerror}. Let your user read it.") from error


def _whole(change: Written, path: Path, before: bytes | None) -> bytes:
    if before is not None:
        raise ByHand(
            f"{path} is there already and would have to be rewritten; nothing was changed. Put this into it by hand, or "
            f"move it away:\n\n{change.text}"
        )
    return change.text.encode()


def _merged(change: Merged, path: Path, before: bytes | None) -> bytes:
    text = json.dumps(change.value, indent=2)
    try:
        present: object = json.loads(before) if before and before.strip() else {}
    except ValueError as error:
        raise ByHand(
            f"{path} is not plain JSON (it may have comments, which would be lost); nothing was changed. Put this into it "
            f"by hand:\n\n{text}"
        ) from error
    if not isinstance(present, dict):
        raise CannotPersist(f"{path} is not a JSON object; nothing was changed. Correct it, or move it away.")
    joined = json.dumps(_joined(cast("dict[str, Any]", present), change.value), indent=2, ensure_ascii=False) + "\n"
    try:
        return joined.encode()
    except UnicodeEncodeError as error:
        raise CannotPersist(
            f"{path} has half of a character in it (such as \\ud800), which is no text; nothing was changed. Correct it."
        ) from error


def _joined(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(below)
    for name, value in above.items():
        old = joined.get(name)
        if isinstance(old, dict) and isinstance(value, Mapping):
            value = _joined(cast("dict[str, Any]", old), cast("Mapping[str, Any]", value))
        joined[name] = value
    return joined
