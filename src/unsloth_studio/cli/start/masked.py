"""Text for the screen without the keys in it. Pure.

The rule: masked is every string that looks like a key, whatever it is called, and every string of a JSON value whose name
says that it is a secret, or that lies somewhere below such a name.
"""

from __future__ import annotations

import re

MASK = "sk-unsloth-..."
"""In place of a key of ours."""

_FOREIGN = "sk-..."
_HIDDEN = "..."
_OURS_IN_TEXT = re.compile(r"(?<![\w-])sk-unsloth-\w+")
_FOREIGN_IN_TEXT = re.compile(r"(?<![\w-])sk-(?!unsloth-\.\.\.)[\w-]{6,}")
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTHORIZATION", re.IGNORECASE)
_HARMLESS_NAME = re.compile(r"apiKeyHelper|env_?key|.*keybindings?|.*source", re.IGNORECASE)
_ABOUT_A_SECRET = frozenset(("source", "provider", "id", "path", "mode", "type"))
"""Members of an object that says where a secret stands."""
_HARMLESS = re.compile(
    r"|\d{1,9}|!cat .*|\$?\{?(?:[A-Z]+_)+(?:KEY|TOKEN)\}?|\{(?:env|file):[^}]*\}|\$\{\{ *secrets\.\w+ *\}\}|"
    r"sk-(?:unsloth-)?\.\.\.",
    re.DOTALL,
)
"""Nothing, numbers such as a limit of tokens, and what only says where the secret stands."""
_TOKENS = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],]')
_NAME_FOLLOWS = re.compile(r"\s*:")


def is_secret_name(name: str) -> bool:
    """Whether a variable or a JSON member of this name holds a secret."""
    return _SECRET_NAME.search(name) is not None and _HARMLESS_NAME.fullmatch(name) is None


def masked_value(name: str, value: str) -> str:
    """The value of a variable, or of a member called `name`."""
    hidden = is_secret_name(name) and _HARMLESS.fullmatch(value) is None
    return _HIDDEN if hidden and without_keys(value) == value else masked(value)


def masked(text: str) -> str:
    """`text`, of which parts may be JSON."""
    shown: list[str] = []
    below: list[bool] = []  # for each open bracket: whether a name around it is a secret's
    name, end = "", 0
    for token in _TOKENS.finditer(text):
        word = token.group()
        shown.append(text[end : token.start()])
        end = token.end()
        secret = is_secret_name(name) or (bool(below) and below[-1])
        if word in "{[":
            below.append(secret)
            name = ""
        elif word in "}]":
            del below[-1:]
            name = ""
        elif word == ",":
            name = ""
        elif _NAME_FOLLOWS.match(text, end):
            name = word[1:-1]
        elif secret and name not in _ABOUT_A_SECRET:
            word = f'"{masked_value(name if is_secret_name(name) else "SECRET", word[1:-1])}"'
        shown.append(word)
    return without_keys("".join([*shown, text[end:]]))


def without_keys(text: str) -> str:
    """`text` without what looks like a key."""
    return _FOREIGN_IN_TEXT.sub(_FOREIGN, _OURS_IN_TEXT.sub(MASK, text))
