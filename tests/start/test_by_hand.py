"""The script that a person pastes: run by a real shell, with a stand-in for the client, it must say what a session says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from unsloth_studio.clients.by_hand import folder_of, quoted, script
from unsloth_studio.clients.catalog import CLIENTS
from unsloth_studio.clients.facts import Client, Place, ServerFacts, Tiers

KEY = "sk-unsloth-" + "K" * 38
ODD = """it's "odd" $HOME `x` \\n"""
FACTS = ServerFacts("http://127.0.0.1:8888", KEY, ODD, 65_536, Tiers(ODD, ODD, "small"))

STAND_IN = f"""#!{sys.executable}
import json, os, sys
print(json.dumps([sys.argv[1:], dict(os.environ)]))
"""


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_a_shell_makes_of_it_what_was_meant(client: Client, tmp_path: Path) -> None:
    stand_in = tmp_path / "bin" / client.program
    stand_in.parent.mkdir()
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    foreign = dict.fromkeys(client.manual(FACTS, Place("x")).unset, "elsewhere")
    ran = subprocess.run(
        ["/bin/sh", "-eu"],
        input=script(client, FACTS, "unix"),
        env={"HOME": str(home), "PATH": f"{stand_in.parent}:/usr/bin:/bin", **foreign},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    words, environment = json.loads(ran.stdout)
    folder = folder_of(client).replace("$HOME", str(home))
    meant = client.manual(FACTS, Place(folder))
    assert words == [*meant.words, *meant.without_words]
    assert {name: environment.get(name) for name in meant.env} == meant.env
    assert not set(meant.unset) & set(environment)
    for file in meant.files:
        path = Path(file.name.replace("~", str(home), 1)) if file.name.startswith("~/") else Path(folder, file.name)
        assert path.read_text() == file.text
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("plain", "plain"),
        ("http://127.0.0.1:8888/v1", "http://127.0.0.1:8888/v1"),
        ("it's", "'it''s'"),
        ("two words", "'two words'"),
        ('{"a": "$b"}', '\'{"a": "$b"}\''),
        ("$HOME/x", '"$HOME/x"'),
        ('$HOME/"x" $y `z', '"$HOME/`"x`" `$y ``z"'),
        ("", "''"),
    ],
)
def test_powershell_quoting(word: str, expected: str) -> None:
    assert quoted(word, "powershell") == expected


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_the_script_for_powershell_has_the_same_lines_in_its_own_form(client: Client) -> None:
    text = script(client, FACTS, "powershell")
    meant = client.manual(FACTS, Place(folder_of(client)))
    for name in meant.env:
        assert f"$env:{name} = " in text
    assert f"export {next(iter(meant.env))}" not in text
    for file in meant.files:
        assert f"@'\n{file.text}'@ | Set-Content" in text
