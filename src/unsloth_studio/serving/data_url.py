"""The payload of a `data:` URL (RFC 2397) as bytes.

The rule: what can only mean one thing is read. Line ends, percent signs, the URL alphabet and missing padding all come from
clients that work elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress
from urllib.parse import unquote_to_bytes

_BASE64 = re.compile(r";\s*base64\s*\Z", re.IGNORECASE)
_URL_ALPHABET = bytes.maketrans(b"-_", b"+/")


def says_base64(head: str) -> bool:
    """Whether the part of a `data:` URL before its comma says that the rest is base64."""
    return bool(_BASE64.search(head))


def decode_base64(payload: str) -> tuple[bytes, bool]:
    """The bytes, and whether `payload` is base64 just as RFC 4648 writes it. Raises `ValueError`."""
    with suppress(binascii.Error, ValueError):
        return base64.b64decode(payload, validate=True), True
    data = unquote_to_bytes(payload) if "%" in payload else payload.encode("ascii", "replace")
    tidy = b"".join(data.split()).translate(_URL_ALPHABET).rstrip(b"=")
    return base64.b64decode(tidy + b"=" * (-len(tidy) % 4), validate=True), False


def data_url_bytes(url: str) -> tuple[bytes, str]:
    """The bytes, and the media type with its parameters as it stands there. Raises `ValueError`."""
    head, comma, payload = url.partition(",")
    if not comma:
        raise ValueError("no comma")
    if not says_base64(head):
        return unquote_to_bytes(payload), head[5:]
    return decode_base64(payload)[0], _BASE64.sub("", head)[5:]
