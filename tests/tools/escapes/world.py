"""What there is to reach outside of the sandbox: secrets, other sessions, an engine that answers, a process to disturb."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

SECRET_VARIABLE = "STUDIO_TEST_SECRET"  # from the start in our environment: later changes do not show in /proc


@dataclass(frozen=True, slots=True)
class World:
    """`words` fill in the attempts' `{words}`; `sentinel` is a process that must survive them."""

    words: dict[str, str]
    home: Path
    sentinel: subprocess.Popen[bytes]
    engine: socket.socket

    def fill(self, source: str) -> str:
        for word, value in self.words.items():
            source = source.replace(f"{{{word}}}", value)
        return source

    def damage(self) -> list[str]:
        """What is no longer as it was; empty when all is well."""
        wrong: list[str] = []
        if self.sentinel.poll() is not None:
            wrong.append(f"the sentinel has ended: {self.sentinel.returncode}")
        elif "T" in Path(f"/proc/{self.sentinel.pid}/stat").read_text().rpartition(")")[2].split()[0]:
            wrong.append("the sentinel is stopped")
        wrong += [f"{name} was changed" for name in ("private", "public") if not self._intact(name)]
        if socket.gethostname() != self.words["host"]:
            wrong.append("the host has another name")
        if abs(time.time() - self._clock()) > 60:
            wrong.append("the clock was set")
        try:
            with socket.create_connection(("127.0.0.1", int(self.words["engine"])), 5) as connection:
                connection.recv(99)
        except OSError as error:
            wrong.append(f"the engine does not answer: {error}")
        return wrong

    def _intact(self, name: str) -> bool:
        return Path(self.words[name]).read_text() == self.words["secret"]

    def _clock(self) -> float:
        return float(self.words["began"]) + time.monotonic() - float(self.words["began_monotonic"])


@contextlib.contextmanager
def world(driver: str) -> Generator[World]:
    """Make it, owned by this process's user, and take it away again. `driver` is how our command line names the program."""
    marker, secret = f"studio-{secrets.token_hex(6)}", os.environ[SECRET_VARIABLE]
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"home-{marker}-")))
        private, public = home / f"{marker}.key", Path(tempfile.gettempdir()) / f"{marker}.txt"
        other = home / "sessions/other/files"
        other.mkdir(parents=True)
        shared = Path("/dev/shm") / marker
        for path in (private, public, other / "note.txt", shared):
            path.write_text(secret)
            stack.callback(path.unlink, missing_ok=True)
        private.chmod(0o600)
        public.chmod(0o644)
        engine = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        datagrams = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        datagrams.bind(("127.0.0.1", 0))
        abstract, named = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        abstract.bind(f"\0{marker}")
        abstract_datagrams = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        abstract_datagrams.bind(f"\0{marker}-datagrams")
        named.bind(str(home / "socket"))
        for listener in (abstract, named):
            listener.listen(64)
        threading.Thread(target=_answer, args=(engine, secret.encode()), daemon=True).start()
        threading.Thread(target=_echo, args=(datagrams,), daemon=True).start()
        sentinel = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", marker])
        stack.callback(sentinel.wait)
        stack.callback(sentinel.kill)
        words = {
            "marker": marker,
            "secret": secret,
            "home": str(home),
            "private": str(private),
            "public": str(public),
            "other_session": str(other),
            "checkout": str(Path(__file__).parents[3] / "src"),
            "parent": str(os.getpid()),
            "driver": driver,
            "sentinel": str(sentinel.pid),
            "engine": str(engine.getsockname()[1]),
            "datagrams": str(datagrams.getsockname()[1]),
            "socket_file": str(home / "socket"),
            "host": socket.gethostname(),
            "began": str(time.time()),
            "began_monotonic": str(time.monotonic()),
        }
        yield World(words, home, sentinel, engine)


def _answer(engine: socket.socket, said: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = engine.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(said)


def _echo(datagrams: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            piece, sender = datagrams.recvfrom(99)
            datagrams.sendto(piece, sender)
