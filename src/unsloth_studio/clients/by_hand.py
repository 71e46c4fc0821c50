"""What a person types to use a client without `unsloth start`, as text for a Unix shell and for PowerShell. Pure.

The rule: the text can be pasted as it is. Paths begin with `~/` or `$HOME/`, which both shells and our values know as the
home folder; a value with `$HOME/` in it is quoted so that the shell puts the folder in.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Literal

from unsloth_studio.clients.facts import Client, ClientSetup, Place, ServerFacts, SessionFile

Shell = Literal["unix", "powershell"]

_HOME = "$HOME/"
_PLAIN_WORD = re.compile(r"[\w@%+=:,./-]+")


def folder_of(client: Client) -> str:
    """Where the files of a set-up by hand lie."""
    return f"{_HOME}.unsloth/clients/{client.id}"


def script(client: Client, facts: ServerFacts, shell: Shell) -> str:
    """Everything, in its order: files, variables, the command."""
    setup = client.manual(facts, Place(folder_of(client)))
    files = [_file(file, folder_of(client), shell) for file in setup.files]
    return "\n\n".join([*files, environment(setup, shell) + "\n" + command(client, setup, shell)]) + "\n"


def environment(setup: ClientSetup, shell: Shell) -> str:
    """The variables, a line each."""
    if shell == "unix":
        lines = [f"unset {' '.join(setup.unset)}"] if setup.unset else []
        lines += [f"export {name}={quoted(value, shell)}" for name, value in setup.env.items()]
    else:
        gone = ", ".join(f"Env:{name}" for name in setup.unset)
        lines = [f"Remove-Item {gone} -ErrorAction SilentlyContinue"] if gone else []
        lines += [f"$env:{name} = {_powershell_string(value)}" for name, value in setup.env.items()]
    return "\n".join(lines)


def command(client: Client, setup: ClientSetup, shell: Shell, words: Sequence[str] = ()) -> str:
    """The command line."""
    given = [client.program, *setup.words, *(words or setup.without_words)]
    return " ".join(quoted(word, shell) for word in given)


def quoted(word: str, shell: Shell) -> str:
    """`word` as one word of a command."""
    if shell == "powershell":
        return word if _PLAIN_WORD.fullmatch(word) and not word.startswith("@") else _powershell_string(word)
    if _HOME in word:
        return '"' + _dollars(re.sub(r'([\\"`])', r"\\\1", word), "\\$") + '"'
    return shlex.quote(word)


def _powershell_string(value: str) -> str:
    if _HOME in value:
        return '"' + _dollars(re.sub(r'([`"])', r"`\1", value), "`$") + '"'
    return "'" + value.replace("'", "''") + "'"


def _dollars(word: str, escaped: str) -> str:
    """Every dollar but that of `$HOME/` escaped: a bare one would be a variable of the shell."""
    return re.sub(r"\$(?!HOME/)", lambda _: escaped, word)


def _file(file: SessionFile, folder: str, shell: Shell) -> str:
    path = _HOME + file.name.removeprefix("~/") if file.name.startswith("~/") else f"{folder}/{file.name}"
    parent = path.rpartition("/")[0]
    text = file.text.rstrip("\n")
    if shell == "unix":
        return f'mkdir -p "{parent}"\n(umask 077 && cat > "{path}") <<\'END\'\n{text}\nEND'
    made = f'New-Item -ItemType Directory -Force "{parent}" | Out-Null'
    return f"{made}\n@'\n{text}\n'@ | Set-Content \"{path}\""
