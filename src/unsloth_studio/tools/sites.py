"""Which sites a client lets a web tool use.

The rule: a domain covers the hosts below it, and a path what begins with it; case, a scheme and a final `*` say nothing.
Source: Anthropic API reference, "Web search tool", domain filtering; `filters.allowed_domains` of the Responses API.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

_MOST_OPERATORS = 8
"""Search engines cut long queries."""


class Sites(Struct, frozen=True):
    """`allowed` empty: every site but the `blocked` ones."""

    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()

    def admits(self, url: str) -> bool:
        """Whether the page at `url` may be used. What is no address is on no list; the fetch itself says so."""
        try:
            parts = urlsplit(url if "://" in url else f"https://{url}")
            host = (parts.hostname or "").rstrip(".")
        except ValueError:
            return not self.allowed
        if any(_covers(domain, host, parts.path) for domain in self.blocked):
            return False
        return not self.allowed or any(_covers(domain, host, parts.path) for domain in self.allowed)

    def narrowed(self, query: str) -> str:
        """`query` with the operators that search engines know (`site:`), as far as they take them."""
        allowed = " OR ".join(f"site:{_plain(domain)}" for domain in self.allowed[:_MOST_OPERATORS])
        blocked = " ".join(f"-site:{_plain(domain)}" for domain in self.blocked[:_MOST_OPERATORS])
        return " ".join(filter(None, (query, allowed, blocked)))

    @property
    def restricted(self) -> bool:
        return bool(self.allowed or self.blocked)


EVERY_SITE: Final = Sites()


def _plain(domain: str) -> str:
    return domain.strip().lower().partition("://")[2].rstrip("*/") or domain.strip().lower().rstrip("*/")


def _covers(domain: str, host: str, path: str) -> bool:
    name, _, beginning = _plain(domain).removeprefix("*.").partition("/")
    name = name.partition(":")[0]
    return (host == name or host.endswith(f".{name}")) and path.lower().lstrip("/").startswith(beginning)
