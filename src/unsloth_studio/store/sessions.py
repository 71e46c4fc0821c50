"""Links, sessions and the password of the page, as they are kept. Synchronous; the server calls it through `database.run`.

The rule: of a link and of a session the database holds a keyed digest, of the password an argon2id hash; the plaintext
leaves the call that makes it once. A link works one time. What changes here moves the keys' generation counter, so that
every process sees it at once.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable

from unsloth_studio.store.errors import SecretMissing
from unsloth_studio.store.keys import KeyStore
from unsloth_studio.store.secret import digest_of, read_secret
from unsloth_studio.store.session import LINK_SECONDS, SESSION_SECONDS, Session, SignIns

TOKEN_BYTES = 32
"""Of a link and of a session: 256 random bits, 43 characters of base64url."""


class SessionStore:
    """The sign-ins beside `keys`. Every method may raise `DatabaseUnusable`, those that need the secret `SecretMissing`."""

    def __init__(self, keys: KeyStore, *, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._database = keys.database
        self._clock = clock

    def make_link(self) -> str:
        """A token that signs in one browser within the next day."""
        token, now = secrets.token_urlsafe(TOKEN_BYTES), int(self._clock())
        secret = self._keys.secret()
        with self._database.write() as connection:
            connection.execute("DELETE FROM links WHERE expires_at <= ?", (now,))
            connection.execute(
                "INSERT INTO links (digest, expires_at) VALUES (?, ?)", (digest_of(secret, token), now + LINK_SECONDS)
            )
        return token

    def sign_in_by_link(self, token: str) -> str | None:
        """Use up a link; the plaintext of a new session, None when the link is unknown, used or too old."""
        secret = read_secret(self._database.folder)
        if secret is None:
            return None
        digest = digest_of(secret, token)
        with self._database.write() as connection:
            link = connection.execute("SELECT expires_at FROM links WHERE digest = ?", (digest,)).fetchone()
            connection.execute("DELETE FROM links WHERE digest = ?", (digest,))
            if link is None or link["expires_at"] <= self._clock():
                return None
            plaintext = self._open(connection, secret)
        self._keys.generation.bump()
        return plaintext

    def sign_in(self) -> str:
        """The plaintext of a new session, for somebody who has shown the password."""
        secret = self._keys.secret()
        with self._database.write() as connection:
            plaintext = self._open(connection, secret)
        self._keys.generation.bump()
        return plaintext

    def revoke(self, session_id: int) -> None:
        """End one session, at once and in every process."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))
        self._keys.generation.bump()

    def password_hash(self) -> str | None:
        """The hash of the page's password, None when none is set."""
        with self._database.read() as connection:
            row = connection.execute("SELECT hash FROM password").fetchone()
        return None if row is None else row["hash"]

    def set_password_hash(self, hashed: str | None) -> None:
        """Replace the password, or with None remove it; every session and every link ends with it."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM password")
            connection.execute("DELETE FROM sessions")
            connection.execute("DELETE FROM links")
            if hashed is not None:
                connection.execute("INSERT INTO password (id, hash) VALUES (1, ?)", (hashed,))
        self._keys.generation.bump()

    def snapshot(self) -> SignIns:
        """What a process needs to check sessions from memory. A damaged secret counts as none: nobody is signed in."""
        generation = self._keys.generation.value
        try:
            secret = read_secret(self._database.folder)
        except SecretMissing:
            secret = None
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, digest, created_at, expires_at FROM sessions WHERE expires_at > ?", (self._clock(),)
            ).fetchall()
            password_set = connection.execute("SELECT 1 FROM password").fetchone() is not None
        by_digest = {row["digest"]: (row["digest"], _session(row)) for row in rows}
        return SignIns(generation, secret, by_digest, password_set)

    def _open(self, connection: sqlite3.Connection, secret: bytes) -> str:
        plaintext, now = secrets.token_urlsafe(TOKEN_BYTES), int(self._clock())
        connection.execute("DELETE FROM sessions WHERE expires_at <= ?", (now,))
        connection.execute(
            "INSERT INTO sessions (digest, created_at, expires_at) VALUES (?, ?, ?)",
            (digest_of(secret, plaintext), now, now + SESSION_SECONDS),
        )
        return plaintext


def _session(row: sqlite3.Row) -> Session:
    return Session(id=row["id"], created_at=row["created_at"], expires_at=row["expires_at"])
