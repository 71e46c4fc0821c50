"""What can go wrong with what is kept. Every message is a sentence for the person who must act, and names the file.

StoreProblem
├── DatabaseUnusable     the folder or the database file: permissions, damage, a lock, a newer version
├── SecretMissing        keys exist, and the secret they were hashed with does not
├── InvalidKeySettings   a name, scope or expiry that a key cannot have
├── KeyNotFound          no key matches; `names` are those that exist
└── AmbiguousKey         several keys match
KeyRejected              what a client presented is not a valid key (never the operator's fault)
"""

from __future__ import annotations

import errno
from pathlib import Path

from unsloth_studio.problem import OperatorProblem


class StoreProblem(OperatorProblem):
    """The operator must act; `str(error)` says what is wrong and what to do."""


class DatabaseUnusable(StoreProblem):
    """The data folder or the database in it cannot be used as it is."""


def folder_unusable(folder: Path, error: OSError) -> DatabaseUnusable:
    """What to say when the data folder cannot be written."""
    full = error.errno == errno.ENOSPC
    advice = "Free some space on its disk" if full else "Give your user write access to it"
    return DatabaseUnusable(
        f"The data folder {folder} cannot be used: {error.strerror}. {advice}, "
        f"or choose another folder with UNSLOTH_STUDIO_HOME."
    )


class SecretMissing(StoreProblem):
    """The server secret is gone or damaged while keys depend on it."""


class InvalidKeySettings(StoreProblem):
    """A key cannot be made with this name, scope or expiry."""


class KeyNotFound(StoreProblem):
    """No key matches `wanted`; `names` lists the keys that could have been meant."""

    def __init__(self, wanted: str, names: tuple[str, ...]) -> None:
        known = f"The keys are: {', '.join(names)}." if names else "There are no keys."
        super().__init__(f"There is no key with the name, prefix or id '{wanted}'. {known}")
        self.wanted = wanted
        self.names = names


class AmbiguousKey(StoreProblem):
    """Several keys match `wanted`; `matches` describes each, with its id."""

    def __init__(self, wanted: str, matches: tuple[str, ...]) -> None:
        super().__init__(f"'{wanted}' matches {len(matches)} keys. Give the id of one: {'; '.join(matches)}.")
        self.wanted = wanted
        self.matches = matches
