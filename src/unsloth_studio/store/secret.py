"""The server secret: 32 random bytes in the file `secret` of the data folder, the key of every stored digest.

The rule: it is made once, together with the first key. While keys depend on it a lost secret is reported and never
replaced in silence, because a new one makes every existing key invalid.
"""

from __future__ import annotations

import hmac
import secrets
from functools import lru_cache
from pathlib import Path

from unsloth_studio.store.errors import DatabaseUnusable, SecretMissing
from unsloth_studio.store.private_files import create_private

FILE = "secret"
LENGTH = 32
"""Bytes: the output of SHA-256, as RFC 2104 recommends."""


def read_secret(folder: Path) -> bytes | None:
    """The secret, None when there is no file. Raises `SecretMissing` when the file is not a secret."""
    path = folder / FILE
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatabaseUnusable(f"The file {path} cannot be read: {error.strerror}. Let your user read it.") from error
    if len(secret) != LENGTH:
        raise SecretMissing(
            f"The file {path} is damaged: it has {len(secret)} bytes instead of {LENGTH}. Restore it from a backup, "
            f"or delete it, run `unsloth keys revoke --all` and create new keys."
        )
    return secret


def make_secret(folder: Path) -> bytes:
    """The secret, made if there is none; processes that do this at once get the same one."""
    path = folder / FILE
    try:
        create_private(path, secrets.token_bytes(LENGTH))
    except OSError as error:
        raise DatabaseUnusable(
            f"The file {path} cannot be written: {error.strerror}. Let your user write it."
        ) from error
    secret = read_secret(folder)
    if secret is None:
        raise secret_missing(folder, 0)
    return secret


def digest_of(secret: bytes, key: str) -> bytes:
    """HMAC-SHA256 of a presented key, 32 bytes. A key has 190 random bits: a slow hash would add nothing but load."""
    digest = _keyed(secret).copy()
    digest.update(key.encode("utf-8", "surrogatepass"))
    return digest.digest()


@lru_cache(maxsize=8)
def _keyed(secret: bytes) -> hmac.HMAC:
    """Setting it up takes longer than all that follows."""
    return hmac.new(secret, digestmod="sha256")


def secret_missing(folder: Path, keys: int) -> SecretMissing:
    """The error for a secret that is gone while `keys` valid keys need it."""
    return SecretMissing(
        f"The file {folder / FILE} is missing, so none of the {keys} API keys in the database can be checked: all are "
        f"invalid. Restore the file from a backup, or run `unsloth keys revoke --all` and create new keys."
    )
