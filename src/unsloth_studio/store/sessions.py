"""Links, sessions and the password of the page, as they are kept. Synchronous; the server calls it through `database.run`.

The rule: of a link and of a session the database holds a keyed digest, of the password an argon2id hash; the plaintext
leaves the call that makes it once. A link works one time. What changes here moves the keys' generation counter, so that
every process sees it at once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from unsloth_studio.store.errors import SecretMissing
from unsloth_studio.store.keys import KeyStore
from unsloth_studio.store.secret import digest_of, read_secret
from unsloth_studio.store.session import LINK_SECONDS, SESSION_SECONDS, Session, SignIns

TOKEN_BYTES = 32
"""Of a link and of a session: 256 random bits, 43 characters of base64url."""

_META = sa.MetaData()
_LINKS = sa.Table("links", _META, sa.Column("digest", sa.LargeBinary), sa.Column("expires_at", sa.Integer))
_SESSIONS = sa.Table(
    "sessions",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("digest", sa.LargeBinary),
    sa.Column("created_at", sa.Integer),
    sa.Column("expires_at", sa.Integer),
)
_PASSWORD = sa.Table("password", _META, sa.Column("id", sa.Integer, primary_key=True), sa.Column("hash", sa.Text))


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
            connection.execute(_LINKS.delete().where(_LINKS.c.expires_at <= now))
            row = {"digest": digest_of(secret, token), "expires_at": now + LINK_SECONDS}
            connection.execute(_LINKS.insert(), row)
        return token

    def sign_in_by_link(self, token: str) -> str | None:
        """Use up a link; the plaintext of a new session, None when the link is unknown, used or too old."""
        secret = read_secret(self._database.folder)
        if secret is None:
            return None
        digest = digest_of(secret, token)
        with self._database.write() as connection:
            found = connection.execute(_LINKS.delete().where(_LINKS.c.digest == digest).returning(_LINKS.c.expires_at))
            expires_at = found.scalar_one_or_none()
            if expires_at is None or expires_at <= self._clock():
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
            connection.execute(_SESSIONS.delete().where(_SESSIONS.c.id == session_id))
        self._keys.generation.bump()

    def password_hash(self) -> str | None:
        """The hash of the page's password, None when none is set."""
        with self._database.read() as connection:
            return connection.execute(sa.select(_PASSWORD.c.hash)).scalar_one_or_none()

    def set_password_hash(self, hashed: str | None) -> None:
        """Replace the password, or with None remove it; every session and every link ends with it."""
        with self._database.write() as connection:
            for table in (_PASSWORD, _SESSIONS, _LINKS):
                connection.execute(table.delete())
            if hashed is not None:
                connection.execute(_PASSWORD.insert(), {"id": 1, "hash": hashed})
        self._keys.generation.bump()

    def snapshot(self) -> SignIns:
        """What a process needs to check sessions from memory. A damaged secret counts as none: nobody is signed in."""
        generation = self._keys.generation.value
        try:
            secret = read_secret(self._database.folder)
        except SecretMissing:
            secret = None
        with self._database.read() as connection:
            rows = connection.execute(_SESSIONS.select().where(_SESSIONS.c.expires_at > self._clock())).all()
            password_set = connection.execute(sa.select(_PASSWORD.c.id)).first() is not None
        return SignIns(generation, secret, {row.digest: (row.digest, _session(row)) for row in rows}, password_set)

    def _open(self, connection: sa.Connection, secret: bytes) -> str:
        plaintext, now = secrets.token_urlsafe(TOKEN_BYTES), int(self._clock())
        connection.execute(_SESSIONS.delete().where(_SESSIONS.c.expires_at <= now))
        row = {"digest": digest_of(secret, plaintext), "created_at": now, "expires_at": now + SESSION_SECONDS}
        connection.execute(_SESSIONS.insert(), row)
        return plaintext


def _session(row: sa.Row[Any]) -> Session:
    return Session(id=row.id, created_at=row.created_at, expires_at=row.expires_at)
