"""What is known of the page's sessions. Imports no database, so that the server can listen first."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

SESSION_SECONDS = 30 * 24 * 3600
LINK_SECONDS = 24 * 3600


class Session(Struct, frozen=True):
    """A browser that has signed in. `expires_at` (seconds since 1970) is the first second at which it no longer holds."""

    id: int
    created_at: int
    expires_at: int


class SignIns(Struct, frozen=True):
    """Every session by its digest, and whether a password is set, as of one `generation`. `secret` is None when there is
    none: then nobody has signed in yet."""

    generation: int
    secret: bytes | None
    by_digest: Mapping[bytes, tuple[bytes, Session]]
    password_set: bool
