"""Which URLs and addresses a fetch on behalf of a client may touch: the public internet and nothing else. Pure.

The rule: a URL is taken apart once, here, and built again from its checked pieces, so that nobody after us can read
another host in it. What has an unusual spelling is refused and not interpreted.
Sources: IANA special-purpose address registries (IPv4 and IPv6); WHATWG URL, "ends in a number".
"""

from __future__ import annotations

import ipaddress
import re
from typing import Literal
from urllib.parse import quote, urlsplit

from msgspec import Struct

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # a public number that means the host's own services inside Azure
    )
)  # fmt: skip
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
"""Global unicast; everything outside (loopback, link-local, mapped IPv4, NAT64, multicast, ...) is closed."""
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo among them: it carries an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)

_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_KEPT = "/:;?&=+$,@!*'()~%[]|"
_MAX_URL = 8192


class FetchRefused(Exception):  # noqa: N818 - an answer of the guard, not a failure
    """The guard says no; the message is a sentence that names the reason and never an address that was looked up."""


class Target(Struct, frozen=True):
    """A checked URL in pieces. `host` is a name in small ASCII letters or an address in its one usual spelling."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str

    @property
    def address(self) -> Address | None:
        """The host as an address, when it is one."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.scheme == "https" else 80)
        return f"{self.scheme}://{host}{'' if usual else f':{self.port}'}{self.path}"


def read_target(url: str) -> Target:
    """`url` in its checked pieces, without its fragment. Raises `FetchRefused`."""
    if len(url) > _MAX_URL:
        raise FetchRefused(f"The URL is longer than {_MAX_URL} characters.")
    if _UNSAFE.search(url):
        raise FetchRefused("The URL holds a space, a backslash or a control character.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FetchRefused("The URL cannot be read.") from error
    if parts.scheme not in ("http", "https"):
        raise FetchRefused("Only http and https URLs are fetched.")
    if "@" in parts.netloc:
        raise FetchRefused("A URL with a user name or a password is not fetched.")
    if port == 0:
        raise FetchRefused("The URL names port 0.")
    path = quote(parts.path or "/", safe=_KEPT)
    query = f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
    bracketed = parts.netloc.startswith("[")
    host = _address_v6(parts.hostname or "") if bracketed else _host(parts.hostname or "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path + query)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet is meant to reach `address`."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _CLOSED_V4)
    if address.scope_id is not None or address not in _OPEN_V6:
        return False
    return not any(address in block for block in _CLOSED_V6)


def require_public(addresses: list[str], host: str) -> None:
    """Raises `FetchRefused` when there is none, or when a single one of `addresses` is not public."""
    if not addresses:
        raise FetchRefused(f"The host {host} has no address.")
    for text in addresses:
        try:
            public = is_public(ipaddress.ip_address(text))
        except ValueError:
            public = False
        if not public:
            raise FetchRefused(f"The host {host} is not on the public internet.")


def _host(host: str) -> str:
    """A name or a dotted IPv4 address. Numbers in any other spelling (`127.1`, `0x7f.1`, `2130706433`) are refused."""
    try:
        name = host.encode("idna").decode().lower()  # also turns full-width letters and digits into plain ones
    except UnicodeError as error:
        raise FetchRefused("The URL's host is not a name.") from error
    name = name.removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError as error:
            raise FetchRefused("The URL's host is a number in an unusual spelling.") from error
    if not _NAME.fullmatch(name):
        raise FetchRefused("The URL's host is not a name.")
    return name


def _address_v6(host: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError as error:
        raise FetchRefused("The URL's host is not an address.") from error
