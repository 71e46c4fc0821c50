"""Which value holds, who gave it, and that no secret is told."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from unsloth_studio.api.settings_shapes import KnownSettings
from unsloth_studio.cli.settings_report import SettingsInUse
from unsloth_studio.cli.wishes import Wishes
from unsloth_studio.settings_sources import load_settings

CONFIG = """queue_limit = 3
model_folders = ["~/models"]
brave_api_key = "brave-hunter2"
upstream = "http://me:upstream-hunter2@box:1/v1"
[aliases]
"gpt-*" = "small"
[pin]
top_k = 7
"""


@pytest.fixture
async def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KnownSettings:
    monkeypatch.setenv("UNSLOTH_STUDIO_HOME", str(tmp_path))
    monkeypatch.setenv("UNSLOTH_STUDIO_TAVILY_API_KEY", "tavily-hunter2")
    monkeypatch.setenv("UNSLOTH_STUDIO_QUEUE_LIMIT", "9")
    (tmp_path / "config.toml").write_text(CONFIG)
    flags = {"port": 0, "host": None}
    settings = load_settings(model="small", **flags)
    return await SettingsInUse(settings, lambda: settings, flags, Wishes(context_length=2048)).report()


ROWS = {
    "port": (0, "flag"),
    "model": ("small", "flag"),
    "context_length": (2048, "flag"),
    "queue_limit": (9, "environment"),
    "tavily_api_key": ("set", "environment"),
    "brave_api_key": ("set", "file"),
    "aliases": ({"gpt-*": "small"}, "file"),
    "pin": ({"top_k": 7}, "file"),
    "model_folders": ([str(Path.home() / "models")], "file"),
    "upstream": ("http://box:1/v1", "file"),
    "host": ("127.0.0.1", "default"),
    "upstream_key": (None, "default"),
    "drain_seconds": (10.0, "default"),
}


async def test_each_setting_has_its_value_and_source(report: KnownSettings, tmp_path: Path) -> None:
    rows = {row.name: (row.value, row.source) for row in report.settings}
    assert {name: rows[name] for name in ROWS} == ROWS
    assert all(row.description for row in report.settings)
    assert report.config_file == str(tmp_path / "config.toml")
    assert (report.engine.kind, report.engine.path) == ("upstream", "http://box:1/v1")


async def test_no_secret_is_told(report: KnownSettings) -> None:
    assert "hunter2" not in json.dumps(msgspec.to_builtins(report))
