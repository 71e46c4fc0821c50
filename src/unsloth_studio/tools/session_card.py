"""Whose a session's folder is and what its key calls it: a small file beside the part that the sandbox sees.

The rule: the folder's name is a digest and says nothing; only this file does, and nothing in the sandbox can reach it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

import msgspec
from msgspec import Struct

_FILE = "session.json"
_NAMED = "session-"


class SessionCard(Struct, frozen=True):
    """`name` is the folder's name, which is the session's own id; `session_id` what its key calls it. Times in Unix
    seconds."""

    name: str
    owner: str
    session_id: str
    created: int
    last_used: int


class _Written(msgspec.Struct):
    owner: str
    session_id: str
    created: int


def write(place: Path, owner: str, session_id: str) -> None:
    """Note it once, in the session's outer folder. Raises `OSError`."""
    if (place / _FILE).exists():
        return
    draft = place / f".{secrets.token_hex(8)}"
    draft.write_bytes(msgspec.json.encode(_Written(owner, _plain(session_id), int(time.time()))))
    draft.chmod(0o600)
    os.replace(draft, place / _FILE)  # noqa: PTH105 - atomic: another turn may begin in the same moment


def read(base: Path, name: str) -> SessionCard | None:
    """The session with that folder; None for every other string, and for one that was made before there were cards."""
    if not name.startswith(_NAMED) or not name.removeprefix(_NAMED).isalnum():
        return None
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        said = msgspec.json.decode((base / name / _FILE).read_bytes(), type=_Written)
        return SessionCard(name, said.owner, said.session_id, said.created, int((base / name).stat().st_mtime))
    return None


def read_all(base: Path) -> list[SessionCard]:
    """All of them, in no order."""
    try:
        names = os.listdir(base)  # noqa: PTH208 - names are what is wanted
    except FileNotFoundError:
        return []
    return [card for name in names if (card := read(base, name)) is not None]


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
