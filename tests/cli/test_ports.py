"""Which port is taken, and what is said when none can be."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from unsloth_studio.cli.ports import CannotListen, bind


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


def test_taken_port_gives_the_next_free_one(taken: int) -> None:
    with bind("127.0.0.1", taken) as sock:
        assert taken < sock.getsockname()[1] < taken + 20


def test_port_zero_gives_any() -> None:
    with bind("localhost", 0) as sock:
        assert sock.getsockname()[1] > 0


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6_loopback(host: str) -> None:
    with bind(host, 0) as sock:
        assert sock.family == socket.AF_INET6


@pytest.mark.parametrize("host", ["203.0.113.9", "no.such.host.invalid", "300.1.1.1"])
def test_foreign_address_is_refused_with_a_sentence(host: str) -> None:
    with pytest.raises(CannotListen, match="not an address of this machine"):
        bind(host, 0)
