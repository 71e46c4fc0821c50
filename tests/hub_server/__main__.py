"""The hub as a program, for tests that are not in Python: `python -m tests.hub_server NAME FILE...`.

It holds one repository with copies of the files. The first download comes slowly enough to be paused, later ones as fast as
they can. Standard output is JSON lines: first `{"url": ...}`, then `{"path": ..., "range_start": ...}` for each download.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tests.hub_server.contents import Fault, HeldRepository
from tests.hub_server.server import HubServer

SLOW = Fault(bytes_per_second=100_000)
_LOOK_SECONDS = 0.05


def main(name: str, *files: str) -> None:
    """Serve until the program is ended."""
    held = HeldRepository(name, {Path(file).name: Path(file).read_bytes() for file in files})
    with HubServer([held]) as hub:
        hub.fault("cdn", SLOW)
        print(json.dumps({"url": hub.url}), flush=True)
        told = 0
        while True:
            downloads = hub.requests("cdn")
            for seen in downloads[told:]:
                print(json.dumps({"path": seen.path, "range_start": seen.range_start}), flush=True)
            told = len(downloads)
            time.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
