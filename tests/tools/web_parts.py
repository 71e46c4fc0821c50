"""The web tools against a site on 127.0.0.1 that passes for `site.test`: the policy's own setting allows it."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import Any

from tests.support.local_web import LocalWeb

from unsloth_studio.serving.fetch import FetchPolicy, GuardedFetcher, open_socket
from unsloth_studio.tools.pages.opener import ACCEPT, PageOpener
from unsloth_studio.tools.pages.page import PageLimits
from unsloth_studio.tools.pages.reader import ChildReader

HOST = "site.test"


@dataclass
class Wires:
    """The ways out to the network, with what was looked up and connected to."""

    answers: dict[str, list[str]] = field(default_factory=lambda: {HOST: ["127.0.0.1"]})
    looked_up: list[str] = field(default_factory=list[str])
    connected: list[str] = field(default_factory=list[str])

    async def look_up(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return self.answers[host]

    def open_socket(self, entry: tuple[Any, ...]) -> socket.socket:
        self.connected.append(f"{entry[4][0]}:{entry[4][1]}")
        return open_socket(entry)


def opener(
    wires: Wires, *, allowed: frozenset[str] = frozenset({HOST}), max_bytes: int = 2**20, **policy: Any
) -> PageOpener:
    """Reads pages of `site.test`, and nothing else that is not public."""
    fetch = FetchPolicy(allowed_hosts=allowed, accept=ACCEPT, **policy)
    fetcher = GuardedFetcher(fetch, look_up=wires.look_up, open_socket=wires.open_socket)
    return PageOpener(fetcher, ChildReader(PageLimits(seconds=10)), max_bytes=max_bytes)


def address(site: LocalWeb, path: str = "/") -> str:
    """Of `path` on the site, by its name."""
    return f"http://{HOST}:{site.port}{path}"
