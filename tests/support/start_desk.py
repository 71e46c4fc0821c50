"""A person's machine for `unsloth start`: a data folder, a home, and a stand-in for a client, which writes down what it was
given and uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
from tests.support.engines import RunningEngine
from tests.support.server import clean_environment
from tests.support.workplace import UNSLOTH, Workplace

from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.database import Database
from unsloth_studio.store.keys import KeyStore

SECONDS = 45
"""Long enough on a machine that does much else; nothing here takes so long by itself."""

STAND_IN = f"""#!{sys.executable}
import json, os, signal, sys, time, urllib.request
if "wait" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))
    print("waiting", flush=True)
    signal.pause()
if "interrupt" in sys.argv:
    interrupts = []
    signal.signal(signal.SIGINT, lambda *_: interrupts.append(1))
    print("waiting", flush=True)
    while not interrupts:
        time.sleep(0.01)
    time.sleep(0.3)  # a second one would come by now
    sys.exit(40 + len(interrupts))
folders = [word.rpartition("/")[0] for word in sys.argv[1:] if word.startswith(os.environ["UNSLOTH_STUDIO_HOME"])]
files = {{name: (open(f"{{folders[0]}}/{{name}}").read(), os.stat(f"{{folders[0]}}/{{name}}").st_mode & 0o777)
         for name in (os.listdir(folders[0]) if folders else [])}}
request = urllib.request.Request(
    os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages",
    json.dumps({{"model": os.environ["ANTHROPIC_MODEL"], "max_tokens": 20,
                 "messages": [{{"role": "user", "content": "hi"}}]}}).encode(),
    {{"authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"], "content-type": "application/json"}},
)
with urllib.request.urlopen(request, timeout=30) as reply:
    answer = json.loads(reply.read())
with open(os.environ["REPORT"], "w") as report:
    json.dump({{"words": sys.argv[1:], "environment": dict(os.environ), "files": files, "answer": answer}}, report)
sys.exit(7)
"""


class Desk:
    """A person's machine: a data folder, a home, and a `claude` on the PATH."""

    def __init__(self, folder: Path, place: Workplace) -> None:
        self.place = place
        self.report_file = folder / "report.json"
        self.home = folder / "person"
        self.home.mkdir()
        program = folder / "bin" / "claude"
        program.parent.mkdir()
        program.write_text(STAND_IN)
        program.chmod(0o755)
        self.variables = {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "REPORT": str(self.report_file),
            "ANTHROPIC_API_KEY": "sk-ant-of-the-person",
        }
        self._known = {key.id for key in self._all_keys()}

    def start(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.place.unsloth("start", *words, timeout=60, **self.variables)

    def environment(self) -> dict[str, str]:
        home = {"UNSLOTH_STUDIO_HOME": str(self.place.home)}
        return {**clean_environment(), **self.place.environment, **self.variables, **home}

    def report(self) -> dict[str, Any]:
        return json.loads(self.report_file.read_text())

    def made_keys(self) -> list[ApiKey]:
        """Those that sessions got since this desk is there, oldest first."""
        return [key for key in self._all_keys() if key.id not in self._known and key.name == "start-claude"]

    def states(self) -> list[str]:
        return [key.state(time.time()) for key in self.made_keys()]

    def _all_keys(self) -> list[ApiKey]:
        with closing(Database.open(self.place.home)) as database, closing(KeyStore(database)) as store:
            return store.all_keys()


def workplace(folder: Path, engine: RunningEngine) -> Workplace:
    return Workplace(folder, variables={"UNSLOTH_STUDIO_UPSTREAM": engine.base_url, "UNSLOTH_STUDIO_PORT": "0"})


def processes_of(home: Path) -> list[psutil.Process]:
    """What runs with this data folder."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("UNSLOTH_STUDIO_HOME") == str(home):
                found.append(process)
        except psutil.Error:
            continue
    return found


@contextmanager
def launched(desk: Desk, *words: str, **options: Any) -> Generator[subprocess.Popen[Any]]:
    """`unsloth start` as a process, in a session of its own; ended at the end."""
    streams: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "env": desk.environment(),
        **options,
    }
    process = subprocess.Popen([str(UNSLOTH), "start", *words], start_new_session=True, **streams)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@contextmanager
def waiting_client(desk: Desk, word: str = "wait", **options: Any) -> Generator[subprocess.Popen[Any]]:
    """With a client that waits for a signal."""
    with launched(desk, "claude", word, **options) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        yield process
