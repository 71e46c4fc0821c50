"""Which addresses are open, which URLs are read, and that what is refused is refused before any connection."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from unsloth_studio.serving.fetch import FetchFailed, FetchPolicy, GuardedFetcher
from unsloth_studio.serving.fetch_guard import FetchRefused, is_public, read_target

NAMES: Mapping[str, list[str]] = {
    "localhost": ["127.0.0.1", "::1"],
    "router.lan": ["192.168.1.1"],
    "loop.example.com": ["127.0.0.1"],
    "mixed.example.com": ["93.184.216.34", "10.0.0.7"],
    "mixed6.example.com": ["2606:2800:220:1::1", "fd00::1"],
    "mapped.example.com": ["::ffff:10.0.0.7"],
    "nat64.example.com": ["64:ff9b::a00:7"],
    "zone.example.com": ["fe80::1%eth0"],
    "metadata.google.internal": ["169.254.169.254"],
    "nothing.example.com": [],
    "garbage.example.com": ["not an address"],
}

_WRITTEN = Path(__file__).with_name("refused_urls.txt").read_text(encoding="utf-8").split()
REFUSED = [
    *_WRITTEN,
    "http://127.0.0.1\t/",
    "http://local\nhost/",
    " http://127.0.0.1/",
    "http://93.184.216.34 127.0.0.1/",
    "http://127.0.0.1\x00.example.com/",
    "http://93.184.216.34/" + "a" * 9000,
    "http://" + "a" * 64 + ".example.com/",
    "",
]


async def known(host: str, port: int) -> list[str]:
    """A look-up that knows `NAMES`; an IP address is never looked up."""
    return NAMES[host]


def never(entry: tuple[Any, ...]) -> NoReturn:
    pytest.fail(f"a connection to {entry[4][0]}")


def test_the_table_is_large_enough_and_has_no_doubles() -> None:
    assert len(set(REFUSED)) == len(REFUSED) >= 60


@pytest.mark.parametrize("url", REFUSED)
async def test_none_of_these_is_connected_to(url: str) -> None:
    with pytest.raises(FetchRefused):
        await GuardedFetcher(FetchPolicy(), look_up=known, open_socket=never).get(url, max_bytes=1000)


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://93.184.216.34/", ["93.184.216.34"]),
        ("https://[2606:4700:4700::1111]/", ["2606:4700:4700::1111"]),
        ("http://public.example.com/x", ["93.184.216.34"]),
    ],
    ids=["IPv4", "IPv6", "a name"],
)
async def test_public_ones_are_connected_to(url: str, addresses: list[str]) -> None:
    tried: list[str] = []

    async def look_up(host: str, port: int) -> list[str]:
        return addresses

    def refuse(entry: tuple[Any, ...]) -> socket.socket:
        tried.append(entry[4][0])
        raise OSError("not in a test")

    with pytest.raises(FetchFailed):
        await GuardedFetcher(FetchPolicy(), look_up=look_up, open_socket=refuse).get(url, max_bytes=1000)
    assert tried == addresses


async def test_a_second_look_up_with_another_answer_is_never_made() -> None:
    """DNS rebinding: public for the check, loopback for the connection."""
    answers = [["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]]
    tried: list[str] = []

    async def look_up(host: str, port: int) -> list[str]:
        return answers.pop(0)

    def refuse(entry: tuple[Any, ...]) -> socket.socket:
        tried.append(entry[4][0])
        raise OSError("not in a test")

    with pytest.raises(FetchFailed):
        await GuardedFetcher(FetchPolicy(), look_up=look_up, open_socket=refuse).get("http://a.example/", max_bytes=9)
    assert (tried, len(answers)) == (["93.184.216.34"], 2)


@pytest.mark.parametrize(
    ("url", "rebuilt"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("https://example.com:443/a?b=c#d", "https://example.com/a?b=c"),
        ("http://example.com.:8080/%41/ü", "http://example.com:8080/%41/%C3%BC"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://[2606:4700:0:0::1]:81/", "http://[2606:4700::1]:81/"),
        ("http://my_files.example/a b".replace(" ", "+"), "http://my_files.example/a+b"),
        ("http://example.com?x=1", "http://example.com/?x=1"),
    ],
)
def test_a_url_is_built_again_from_its_pieces(url: str, rebuilt: str) -> None:
    assert read_target(url).url == rebuilt


EDGES = [
    ("9.255.255.255", "10.0.0.0", "11.0.0.0"),
    ("100.63.255.255", "100.64.0.0", "100.128.0.0"),
    ("126.255.255.255", "127.0.0.0", "128.0.0.0"),
    ("169.253.255.255", "169.254.0.0", "169.255.0.0"),
    ("172.15.255.255", "172.16.0.0", "172.32.0.0"),
    ("192.167.255.255", "192.168.0.0", "192.169.0.0"),
    ("223.255.255.255", "224.0.0.0", "1.1.1.1"),
    ("2a00::1", "2002::1", "2003::1"),
    ("2001:200::1", "2001:1ff::1", "2001:db9::1"),
]


@pytest.mark.parametrize(("below", "closed", "above"), EDGES)
def test_blocks_end_where_the_registries_say(below: str, closed: str, above: str) -> None:
    assert [is_public(ipaddress.ip_address(text)) for text in (below, closed, above)] == [True, False, True]
