"""A data folder whose database is up to date: migrated once per test process, and copied."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from unsloth_studio.store.database import FILE, Database


@functools.cache
def _blank() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Database.open(Path(folder)).close()
        return (Path(folder) / FILE).read_bytes()


def lay_blank_database(home: Path) -> None:
    """Make `home` (0700) with a database (0600) in it, unless there is one."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / FILE
    if not file.exists():
        file.touch(0o600)
        file.write_bytes(_blank())
