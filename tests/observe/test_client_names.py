"""Clients by the names people know them under; the texts are those that the programs send."""

from __future__ import annotations

import pytest

from unsloth_studio.observe.client_names import client_name

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15"
)

NAMES = {
    "claude-cli/1.0.83 (external, cli)": "claude-cli 1.0.83",
    "codex_cli_rs/0.36.0 (Mac OS 14.5; arm64) iTerm.app": "codex_cli_rs 0.36.0",
    "OpenAI/Python 1.99.1": "OpenAI/Python 1.99.1",
    "Anthropic/JS 0.52.0": "Anthropic/JS 0.52.0",
    "curl/8.5.0": "curl 8.5.0",
    "python-httpx/0.28.1": "python-httpx 0.28.1",
    "ai-sdk/openai/2.0.1 runtime/node.js/22": "ai-sdk/openai 2.0.1",
    "node": "node",
    CHROME: "Chrome 126",
    f"{CHROME} Edg/126.0.0.0": "Edge 126",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": "Firefox 128",
    SAFARI: "Safari 17",
    "Mozilla/5.0 (compatible)": "browser",
    "evil\x1b[31m\x00": "evil[31m",
    "x" * 1000: "x" * 60,
    "": "unknown",
}


@pytest.mark.parametrize("text", NAMES, ids=lambda text: text[:40].encode("unicode_escape").decode())
def test_a_client_has_the_name_that_it_calls_itself(text: str) -> None:
    assert client_name(text) == NAMES[text]


def test_a_client_that_says_nothing_is_unknown() -> None:
    assert client_name(None) == "unknown"
