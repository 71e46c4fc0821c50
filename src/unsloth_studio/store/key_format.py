"""What an API key looks like: `sk-unsloth-`, 32 random base62 characters, 6 base62 characters of CRC-32. Pure.

The checksum is no security: it lets a typo be told from an unknown key without a lookup, and lets secret scanners
find keys without false alarms (the idea of GitHub's token format, "Behind GitHub's new authentication token formats",
2021). CRC-32 detects every error of up to 32 adjacent bits, so every change of one character is found.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib

LEAD = "sk-unsloth-"
RANDOM_LENGTH = 32
"""Characters; 32 * log2(62) = 190 bits."""
CHECKSUM_LENGTH = 6
"""Characters; 62**6 > 2**32, so a CRC-32 fits."""
VISIBLE_LENGTH = 4
"""Random characters that are stored and shown, to tell keys apart; 166 bits stay unknown."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SHAPE = re.compile(rf"{LEAD}[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}")


def new_key() -> str:
    """A fresh key in plaintext, from the operating system's random source."""
    body = LEAD + "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_LENGTH))
    return body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether `text` has the form of a key and its checksum holds. Says nothing about whether the key exists."""
    if _SHAPE.fullmatch(text) is None:
        return False
    return _checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]


def visible_prefix(key: str) -> str:
    """What may be shown of a key for good: `sk-unsloth-` and its first four random characters."""
    return key[: len(LEAD) + VISIBLE_LENGTH]


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode("ascii"))
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
