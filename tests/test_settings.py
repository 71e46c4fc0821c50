"""Settings: which source wins, what is taken, and what is said of a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unsloth_studio.settings import Secret, Settings
from unsloth_studio.settings_sources import SettingsInvalid, load_settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNSLOTH_STUDIO_HOME", str(tmp_path))
    return tmp_path


def test_a_flag_wins_over_the_environment_and_that_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text('port = 1\nqueue_limit = 2\nhost = "::1"\n')
    monkeypatch.setenv("UNSLOTH_STUDIO_PORT", "3")
    monkeypatch.setenv("UNSLOTH_STUDIO_QUEUE_LIMIT", "4")
    settings = load_settings(port=5, model=None)
    assert (settings.port, settings.queue_limit, settings.host, settings.model) == (5, 4, "::1", None)
    assert settings.home == home


def test_tables_of_file_and_environment_are_joined(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text('[aliases]\na = "x"\nb = "x"\n[tiers]\nopus = "big"\n')
    monkeypatch.setenv("UNSLOTH_STUDIO_ALIASES", '{"b": "y"}')
    settings = load_settings()
    assert settings.aliases == {"a": "x", "b": "y"}
    assert settings.all_aliases["claude-*opus*"] == "big"


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("server_tools", "on", True),
        ("server_tools", "No", False),
        ("server_tools", "1", True),
        ("load_on_request", "false", False),
        ("idle_minutes", "0.5", 0.5),
        ("idle_minutes", "", None),
        ("port", " 80 ", 80),
        ("model", "[odd", "[odd"),
        ("model", "on", "on"),
        ("cors_origins", '["http://a"]', ("http://a",)),
        ("model_folders", '["~/models"]', (Path.home() / "models",)),
    ],
)
def test_variables_are_text_that_is_read(variable: str, text: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"UNSLOTH_STUDIO_{variable.upper()}", text)
    assert getattr(load_settings(), variable) == value


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("port = 70000", "port: must be int <= 65535 (given: 70000; variable UNSLOTH_STUDIO_PORT)."),
        ("port = true", "port: must be int, got bool"),
        ("prot = 1", "prot: there is no such setting (in "),
        ("model = 5", "model: must be str | null, got int"),
        ("[tiers]\nopas = 'x'", "tiers.opas: there is no such setting (in "),
        ("[models.m.pin]\ntop_p = 2", "models.*.pin.top_p: must be float <= 1.0"),
        ("search_providers = ['bing']", "search_providers[0]: there is no 'bing';"),
        ("port =", "config.toml cannot be read: "),
    ],
)
def test_a_mistake_is_told_with_its_place(lines: str, said: str, home: Path) -> None:
    (home / "config.toml").write_text(lines)
    with pytest.raises(SettingsInvalid) as told:
        load_settings()
    assert said in str(told.value)


def test_every_mistake_is_told_at_once(home: Path) -> None:
    (home / "config.toml").write_text("port = -1\nparallel = 0\n")
    with pytest.raises(SettingsInvalid) as told:
        load_settings(threads=0)
    assert [line.split(":")[0] for line in str(told.value).splitlines()] == ["parallel", "port", "threads"]


def test_a_variable_that_is_no_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSLOTH_STUDIO_PROT", "1")
    with pytest.raises(SettingsInvalid, match="UNSLOTH_STUDIO_PROT: there is no such setting"):
        load_settings()


def test_a_secret_is_not_shown() -> None:
    settings = load_settings(upstream_key="hush")
    assert settings.upstream_key is not None
    assert settings.upstream_key.reveal() == "hush"
    assert "hush" not in f"{settings!r}{settings.upstream_key}{Settings(upstream_key=Secret('hush'))}"
