"""The name of a client, from what it calls itself."""

from __future__ import annotations

import re

_BROWSERS = re.compile(r"(?P<name>Edg|OPR|Firefox|Chrome|Version)/(?P<major>\d+)")
_BROWSER_NAMES = {"Edg": "Edge", "OPR": "Opera", "Version": "Safari"}
_LONGEST = 60


def client_name(user_agent: str | None) -> str:
    """`claude-cli/1.0.83 (external, cli)` is `claude-cli 1.0.83`, a browser its name and major version. Format: RFC 9110,
    10.1.5: products with versions, comments in brackets."""
    text = "".join(letter for letter in (user_agent or "")[:500] if letter.isprintable()).strip()
    if not text:
        return "unknown"
    if text.startswith("Mozilla/"):
        return _browser(text)
    product = text.split(" (", 1)[0].split(" ")
    name, _, version = product[0].rpartition("/")
    if name and version[:1].isdigit():
        return f"{name} {version}"[:_LONGEST]
    follows = product[1] if len(product) > 1 and product[1][:1].isdigit() else ""
    return f"{product[0]} {follows}".rstrip()[:_LONGEST]


def _browser(text: str) -> str:
    """A browser claims to be several; the one that says most comes first here."""
    found = {match["name"]: match["major"] for match in _BROWSERS.finditer(text)}
    for name in ("Edg", "OPR", "Firefox", "Chrome", "Version"):
        if name in found:
            return f"{_BROWSER_NAMES.get(name, name)} {found[name]}"
    return "browser"
