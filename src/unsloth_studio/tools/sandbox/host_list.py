"""The hosts that code in the sandbox may reach, as the operator writes them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from unsloth_studio.serving.fetch_guard import FetchRefused, Target, read_target

USUAL_PORTS = (80, 443)


class HostRule(Struct, frozen=True):
    """`name` as in a `Target`; with `below`, every name below it and not itself; `port` None stands for the usual ones."""

    name: str
    below: bool
    port: int | None

    def allows(self, target: Target) -> bool:
        named = target.host.endswith(f".{self.name}") if self.below else target.host == self.name
        return named and (target.port in USUAL_PORTS if self.port is None else target.port == self.port)

    @property
    def loopback(self) -> bool:
        """Whether it names this machine itself."""
        return self.name == "localhost" or self.name == "::1" or self.name.startswith("127.")

    def __str__(self) -> str:
        return f"{'*.' if self.below else ''}{self.name}{'' if self.port is None else f':{self.port}'}"


def read_rules(hosts: Iterable[str]) -> tuple[HostRule, ...]:
    """`pypi.org`, `*.pythonhosted.org` (the names below it), `example.org:8443`, `[2001:db8::1]:443`.

    Raises `ValueError` with a sentence for anything else.
    """
    return tuple(_rule(host) for host in hosts)


def _rule(host: str) -> HostRule:
    below = host.startswith("*.")
    plain = host.removeprefix("*.")
    told = "write it as in `pypi.org`, `*.pythonhosted.org` or `example.org:8443`."
    problem = f"`{host}` in tool_network_hosts is not a host: {told}"
    if not plain or set(plain) & set("/?#*") or plain.endswith(":"):
        raise ValueError(problem)
    try:
        target = read_target(f"http://{plain}/")
    except FetchRefused as refused:
        raise ValueError(f"{problem} {refused}") from refused
    if below and target.address is not None:
        raise ValueError(problem)
    named = plain.rpartition("]")[2] if plain.startswith("[") else plain
    return HostRule(target.host, below, target.port if ":" in named else None)
