"""How a sandbox reaches the gateway although it has a network of its own that leads nowhere.

Before the command starts, the launcher inside opens a listening socket on its own loopback and hands it out. A socket
belongs to the network it was made in, whoever holds it: so the server accepts, out here, what programs connect to in there.
No process stands between, and nothing else of the network is shared.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unsloth_studio.tools.sandbox.gateway import Gateway


PORT = 3128
"""On the sandbox's own loopback; the usual port of a proxy."""
MOST_CONNECTIONS = 32


class Doorway:
    """For one sandbox: made before it starts, `open` when it has, `close` at its end."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._starting: asyncio.Task[None] | None = None
        self._resting = False
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def descriptor(self) -> int:
        """What the launcher inherits."""
        return self._theirs.fileno()

    @property
    def setting(self) -> str:
        """What it is told, as `inside/main.py` understands it."""
        return f"gateway={self.descriptor}:{PORT}:{int(self._gateway.loops_back)}"

    def open(self) -> None:
        """Serve as soon as the socket comes. The launcher has its end by now; ours is closed."""
        self._theirs.close()
        self._loop.add_reader(self._ours, self._receive)

    def rest(self) -> None:
        """Nobody asks anything of the sandbox for now: end its connections, and take no others until `wake`."""
        self._resting = True
        for task in self._connections:
            task.cancel()

    def wake(self) -> None:
        self._resting = False

    def close(self) -> None:
        """End every connection. Idempotent."""
        if self._ours.fileno() != -1:
            self._loop.remove_reader(self._ours)
        self._ours.close()
        self._theirs.close()
        for task in (self._starting, *self._connections):
            if task is not None:
                task.cancel()

    def _receive(self) -> None:
        """The one message: a byte and a descriptor. Nothing comes when the sandbox could not be built."""
        self._loop.remove_reader(self._ours)
        numbers = array.array("i")
        with contextlib.suppress(OSError):
            room = socket.CMSG_LEN(numbers.itemsize)
            _, messages, _, _ = self._ours.recvmsg(1, room, socket.MSG_CMSG_CLOEXEC)
            for level, kind, content in messages:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    numbers.frombytes(content[: numbers.itemsize])
        self._ours.close()
        if numbers:
            self._starting = self._loop.create_task(self._serve(socket.socket(fileno=numbers[0])))

    async def _serve(self, listening: socket.socket) -> None:
        listening.setblocking(False)
        with contextlib.closing(listening):
            server = await asyncio.start_server(self._take, sock=listening, limit=1 << 16)
            async with server:
                await server.serve_forever()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._resting or len(self._connections) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        task = self._loop.create_task(self._gateway.serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
