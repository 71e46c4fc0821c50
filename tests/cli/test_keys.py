from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from unsloth_studio.cli.keys import keys
from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.database import Database
from unsloth_studio.store.key_format import is_well_formed
from unsloth_studio.store.keys import KeyStore


class Shell:
    """`unsloth keys ...` on the data folder `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str, color: bool = False) -> Result:
        return CliRunner().invoke(keys, arguments, color=color, env={"NO_COLOR": None})

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json").stdout)

    def lookup(self, plaintext: str) -> ApiKey | None:
        with closing(Database.open(self.home)) as database, closing(KeyStore(database)) as store:
            return store.lookup(plaintext)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("UNSLOTH_STUDIO_HOME", str(tmp_path / "home"))
    return Shell(tmp_path / "home")


def test_create_prints_the_key_alone_on_standard_output(shell: Shell) -> None:
    result = shell("create", "laptop")
    assert result.exit_code == 0
    plaintext = result.stdout.removesuffix("\n")
    assert is_well_formed(plaintext)
    assert "cannot be shown again" in result.stderr
    assert plaintext not in result.stderr
    key = shell.lookup(plaintext)
    assert key is not None
    assert (key.name, key.scopes, key.expires_at) == ("laptop", ("inference",), None)


def test_create_as_json_has_the_key_and_its_record(shell: Shell) -> None:
    made = shell.json("create", "ci", "--expires", "30d", "--scope", "tools", "--scope", "inference")
    key = shell.lookup(made["key"])
    assert key is not None
    assert key.expires_at == key.created_at + 30 * 86_400
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"
    assert re.fullmatch(moment, made.pop("created_at"))
    assert re.fullmatch(moment, made.pop("expires_at"))
    assert made == {
        "key": made["key"],
        "id": 1,
        "name": "ci",
        "prefix": made["key"][:15],
        "scopes": ["inference", "tools"],
        "state": "active",
        "last_used_at": None,
        "revoked_at": None,
        "requests_per_minute": None,
        "tokens_per_day": None,
    }


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["create"], 2, "NAME"),
        (["create", " "], 1, "needs a name"),
        (["create", "x", "--expires", "soon"], 1, "such as 45m, 12h, 30d"),
        (["create", "x", "--expires", "2001-01-01"], 1, "lies in the past"),
        (["create", "x", "--scope", "root"], 1, "inference, tools, admin"),
        (["revoke"], 2, "Name the keys"),
        (["revoke", "x", "--all"], 2, "Name the keys"),
        (["revoke", "desk"], 1, "There are no keys"),
    ],
    ids=["no name", "blank name", "no expiry", "past expiry", "no scope", "no key", "key and all", "unknown key"],
)
def test_a_mistake_is_told_in_a_sentence(shell: Shell, arguments: list[str], status: int, words: str) -> None:
    result = shell(*arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert words in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_list_aligns_its_columns(shell: Shell) -> None:
    shell("create", "laptop")
    shell("create", "a much longer name", "--expires", "1d")
    header, *rows = shell("list").stdout.splitlines()
    assert header.split("  ")[0] == "ID"
    starts = [header.index(title) for title in ("NAME", "PREFIX", "SCOPES", "CREATED", "EXPIRES", "LAST USED", "STATE")]
    assert [[re.split(r" {2,}", row[start:])[0] for start in (starts[0], starts[4], starts[6])] for row in rows] == [
        ["laptop", "never", "active"],
        ["a much longer name", rows[1][starts[4] : starts[4] + 16], "active"],
    ]


def test_limits_are_kept_and_shown(shell: Shell) -> None:
    shell("create", "guest", "--requests-per-minute", "20", "--tokens-per-day", "100000")
    shell("create", "free")
    limits = [(key["requests_per_minute"], key["tokens_per_day"]) for key in shell.json("list")]
    assert limits == [(20, 100_000), (None, None)]
    table = shell("list").stdout
    assert "20/min,100000 tokens/day" in table
    assert " none " in table


def test_list_leaves_out_revoked_keys_unless_asked(shell: Shell) -> None:
    shell("create", "laptop")
    shell("create", "ci")
    shell("revoke", "laptop")
    assert [key["name"] for key in shell.json("list")] == ["ci"]
    assert [(key["name"], key["state"]) for key in shell.json("list", "--all")] == [
        ("laptop", "revoked"),
        ("ci", "active"),
    ]


def test_an_empty_list_says_what_to_do_and_keeps_standard_output_clean(shell: Shell) -> None:
    result = shell("list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "unsloth keys create NAME" in result.stderr
    assert shell.json("list") == []


@pytest.mark.parametrize(("color", "coloured"), [(True, True), (False, False)], ids=["terminal", "pipe"])
def test_colours_are_for_terminals(shell: Shell, color: bool, coloured: bool) -> None:
    shell("create", "laptop")
    assert ("\x1b[" in shell("list", color=color).stdout) == coloured


def test_revoke_takes_names_prefixes_ids_and_whole_keys(shell: Shell) -> None:
    plaintexts = [shell("create", name).stdout.strip() for name in ("a", "b", "c", "d", "e")]
    assert shell("revoke", "a", plaintexts[1][:15], "3", plaintexts[3]).exit_code == 0
    assert [shell.lookup(plaintext) is None for plaintext in plaintexts] == [True, True, True, True, False]


def test_revoke_all_revokes_all(shell: Shell) -> None:
    for name in ("a", "b"):
        shell("create", name)
    assert [key["state"] for key in shell.json("revoke", "--all")] == ["revoked", "revoked"]
    assert shell.json("list") == []


def test_one_unknown_name_revokes_nothing_and_lists_the_names(shell: Shell) -> None:
    shell("create", "laptop")
    shell("create", "ci")
    result = shell("revoke", "laptop", "desk")
    assert result.exit_code == 1
    assert "'desk'" in result.stderr
    assert "The keys are: laptop, ci." in result.stderr
    assert len(shell.json("list")) == 2


def test_an_ambiguous_name_lists_the_ids(shell: Shell) -> None:
    shell("create", "laptop")
    shell("create", "laptop")
    result = shell("revoke", "laptop")
    assert result.exit_code == 1
    assert re.search(r"2 keys.*1 \(laptop, .*; 2 \(laptop, ", result.stderr)


def test_revoking_twice_says_so(shell: Shell) -> None:
    shell("create", "laptop")
    shell("revoke", "laptop")
    result = shell("revoke", "laptop")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "was revoked before" in result.stderr


@pytest.mark.parametrize("command", [[], ["create"], ["list"], ["revoke"]], ids=["keys", "create", "list", "revoke"])
def test_help_shows_examples(shell: Shell, command: list[str]) -> None:
    result = shell(*command, "--help")
    assert result.exit_code == 0
    assert "Examples:\n" in result.stdout
    assert "  unsloth keys " in result.stdout


def test_importing_the_commands_is_light() -> None:
    code = "import sys, unsloth_studio.cli.keys; print([m for m in ('sqlalchemy', 'pydantic') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
