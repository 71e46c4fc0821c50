"""The listening socket: there before anything else starts, so that a taken port is known at once and clients can wait."""

from __future__ import annotations

import errno
import socket

from unsloth_studio.problem import OperatorProblem

TRIES = 20
BACKLOG = 2048
"""Connections that may wait; the system has its own limit."""


class CannotListen(OperatorProblem):
    """No socket could be bound."""


def bind(host: str, port: int) -> socket.socket:
    """A listening TCP socket on `port`, or on the next free one of `TRIES`. Port 0 takes any.

    Raises `CannotListen` with what to do.
    """
    family, address = _resolve(host)
    for candidate in [port] if port == 0 else range(port, min(port + TRIES, 65536)):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, candidate))
            sock.listen(BACKLOG)
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRINUSE:
                continue
            raise CannotListen(_reason(host, candidate, error)) from error
        return sock
    raise CannotListen(f"Ports {port} to {port + TRIES - 1} are all taken. Choose another with --port.")


def _resolve(host: str) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotListen(f"The host {host!r} is not an address of this machine: {error.strerror}.") from error
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, str(address[0])


def _reason(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights (ports below 1024 do). Choose another with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"The host {host!r} is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for all."
    return f"Cannot listen on {host} port {port}: {error.strerror}."
