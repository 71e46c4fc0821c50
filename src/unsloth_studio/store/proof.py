"""How a server shows that it belongs to a data folder, before anybody sends it a key. Pure.

The rule: both sides know the file `secret` (0600) of the data folder, and it never travels. Whoever asks sends random bytes;
the server answers with an HMAC-SHA256 over them and over the address at which the asker's connection ended. A program that
took the port cannot answer; one that passes the question on to the real server gets an answer for another address, which
does not match. The HMAC's key is derived, so that an answer can never be the digest of an API key (`secret.digest_of`).
"""

from __future__ import annotations

import hmac

NONCE_LENGTH = 32
"""Bytes, from the asker's random source."""

_KEY = b"unsloth-studio server proof, version 1"
_MAPPED = "::ffff:"


def proof(secret: bytes, nonce: bytes, address: tuple[str, int]) -> str:
    """64 hexadecimal digits. `address` is the server's end of the connection: its IP and its port."""
    host, port = address
    where = f"{host.removeprefix(_MAPPED)}|{port}".encode()
    return hmac.digest(hmac.digest(secret, _KEY, "sha256"), nonce + where, "sha256").hex()


def proves(answer: str, secret: bytes, nonce: bytes, address: tuple[str, int]) -> bool:
    """Whether `answer` is the proof, in constant time."""
    return hmac.compare_digest(answer.encode("utf-8", "replace"), proof(secret, nonce, address).encode())
