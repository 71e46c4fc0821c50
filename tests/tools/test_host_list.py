"""Which hosts a list allows, and what is no host."""

from __future__ import annotations

import pytest

from unsloth_studio.serving.fetch_guard import read_target
from unsloth_studio.tools.sandbox.host_list import read_rules


@pytest.mark.parametrize(
    ("rule", "url", "allowed"),
    [
        ("pypi.org", "https://pypi.org/simple/", True),
        ("pypi.org", "http://PyPI.org./", True),
        ("pypi.org", "https://pypi.org:8443/", False),
        ("pypi.org", "https://www.pypi.org/", False),
        ("pypi.org", "https://notpypi.org/", False),
        ("pypi.org", "https://pypi.org.evil.example/", False),
        ("*.pypi.org", "https://files.pypi.org/", True),
        ("*.pypi.org", "https://a.b.pypi.org/", True),
        ("*.pypi.org", "https://pypi.org/", False),
        ("*.pypi.org", "https://evilpypi.org/", False),
        ("example.org:8443", "https://example.org:8443/", True),
        ("example.org:8443", "https://example.org/", False),
        ("example.org:443", "http://example.org/", False),
        ("Bücher.example", "https://xn--bcher-kva.example/", True),
        ("192.0.2.7", "http://192.0.2.7/", True),
        ("[2001:db8::1]:443", "https://[2001:0db8::1]/", True),
        ("[2001:db8::1]", "https://[2001:db8::1]:8443/", False),
    ],
)
def test_what_a_rule_allows(rule: str, url: str, allowed: bool) -> None:
    (read,) = read_rules([rule])
    assert read.allows(read_target(url)) is allowed


@pytest.mark.parametrize(
    "host",
    [
        "",
        "*",
        "*.",
        "*.*.org",
        "a*.org",
        "https://pypi.org",
        "pypi.org/simple",
        "me@pypi.org",
        "a b",
        "127.1",
        "pypi.org:",
        "*.127.0.0.1",
        "*.[::1]",
        "x:0",
        "x:y",
    ],
)
def test_what_is_no_host(host: str) -> None:
    with pytest.raises(ValueError, match="in tool_network_hosts is not a host"):
        read_rules([host])


def test_rules_are_told_as_they_were_written() -> None:
    assert [str(rule) for rule in read_rules(["pypi.org", "*.org", "x.org:8443"])] == [
        "pypi.org",
        "*.org",
        "x.org:8443",
    ]
