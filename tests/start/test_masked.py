"""No key and no password on the screen, and what is none stays readable."""

from __future__ import annotations

import pytest

from unsloth_studio.cli.start.masked import MASK, masked, masked_value
from unsloth_studio.cli.start.shown import file_diff

OURS = "sk-unsloth-" + "K" * 38


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f'"x": "{OURS}"', f'"x": "{MASK}"'),
        (f"key: {OURS}\n", f"key: {MASK}\n"),
        (f"run --key={MASK} task-1234567 risk-assessment", f"run --key={MASK} task-1234567 risk-assessment"),
        ("x = sk-ant-api03-abc_def", "x = sk-..."),
        ('{"env": {"GITHUB_TOKEN": "abc", "A": "abc"}}', '{"env": {"GITHUB_TOKEN": "...", "A": "abc"}}'),
        ('{"dbPassword" :\t"a\\"b", "n": 1}', '{"dbPassword" :\t"...", "n": 1}'),
        ('{"apiKeys": ["a", {"b": "c"}], "d": "e"}', '{"apiKeys": ["...", {"b": "..."}], "d": "e"}'),
        ('{"headers": {"Authorization": "Bearer abc"}}', '{"headers": {"Authorization": "..."}}'),
        ('{"x_key": "sk-ant-abcdefgh"}', '{"x_key": "sk-..."}'),
        ('{"apiKeyHelper": "cat /data/key"}', '{"apiKeyHelper": "cat /data/key"}'),
        ('{"apiKeyHelper": "echo sk-ant-abcdefgh"}', '{"apiKeyHelper": "echo sk-..."}'),
        ('{"MAX_TOKENS": "65536", "KEY": ""}', '{"MAX_TOKENS": "65536", "KEY": ""}'),
        ('{"apiKey": "$UNSLOTH_STUDIO_AUTH_TOKEN"}', '{"apiKey": "$UNSLOTH_STUDIO_AUTH_TOKEN"}'),
        ('{"apiKey": {"source": "file", "id": "value"}}', '{"apiKey": {"source": "file", "id": "value"}}'),
        ('{"apiKey": "${{ secrets.MINE }}"}', '{"apiKey": "${{ secrets.MINE }}"}'),
        ('{"a": ]}}, "token": "b"', '{"a": ]}}, "token": "..."'),
    ],
)
def test_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("OPENAI_API_KEY", "abc", "..."),
        ("OPENAI_API_KEY", MASK, MASK),
        ("DB_PASSWORD", "hunter2", "..."),
        ("CLAUDE_CODE_MAX_OUTPUT_TOKENS", "8192", "8192"),
        ("CONFIG", '{"token": "abc"}', '{"token": "..."}'),
    ],
)
def test_variables(name: str, value: str, shown: str) -> None:
    assert masked_value(name, value) == shown


def test_a_diff_has_no_keys_in_it() -> None:
    lines = "\n".join(file_diff("f", f'{{"key": "{OURS}", "a": 1}}', f'{{"key": "{MASK}", "a": 2}}'))
    assert OURS not in lines
    assert '-{"key": "sk-unsloth-...", "a": 1}' in lines
