"""API keys as they are kept: made, listed, found, revoked. Synchronous; the server calls it through `database.run`.

The rule: plaintext leaves `create` once and is not written anywhere; the database holds a keyed digest and four visible
characters. Times are whole seconds since 1970 in UTC: they compare and sort as they are, in Python and in SQL, and no
time zone can be mistaken.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Mapping

from msgspec.structs import replace

from unsloth_studio.store.api_key import DAY, NO_LIMITS, ApiKey, KeyLimits, Snapshot
from unsloth_studio.store.database import Database
from unsloth_studio.store.errors import AmbiguousKey, DatabaseUnusable, InvalidKeySettings, KeyNotFound
from unsloth_studio.store.generation import Generation
from unsloth_studio.store.key_format import is_well_formed, new_key, visible_prefix
from unsloth_studio.store.secret import digest_of, make_secret, read_secret, secret_missing
from unsloth_studio.store.usage import tokens_on

SCOPES = ("inference", "tools", "admin")
"""What a key may be for: model requests, tools that run on the server, administration."""
MAX_NAME_LENGTH = 100
MOST_REQUESTS_PER_MINUTE = 10_000
MOST_TOKENS_PER_DAY = 10**12

_KEYS = """
    SELECT id, name, prefix, digest, scopes, created_at, expires_at, last_used_at, revoked_at,
        requests_per_minute, tokens_per_day
    FROM api_keys
"""


class KeyStore:
    """The keys in `database`. Every method may raise `DatabaseUnusable`. `clock` gives seconds since 1970."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self.database = database
        self._clock = clock
        try:
            self.generation = Generation(database.folder / "generation")
        except OSError as error:
            raise DatabaseUnusable(
                f"The file {database.folder / 'generation'} cannot be used: {error.strerror}. Give your user write access."
            ) from error

    def create(
        self,
        name: str,
        expires_at: int | None = None,
        *,
        scopes: Collection[str] = ("inference",),
        limits: KeyLimits = NO_LIMITS,
    ) -> tuple[str, ApiKey]:
        """Make a key and return its plaintext, for the only time, with what is kept of it.

        Raises `InvalidKeySettings`, and `SecretMissing` when the secret of the existing keys is gone.
        """
        now = int(self._clock())
        name = _checked(name, now, expires_at=expires_at, scopes=scopes)
        _check_limits(limits)
        ordered = tuple(scope for scope in SCOPES if scope in scopes)
        key = new_key()
        with self.database.write() as connection:
            digest = digest_of(self._secret(connection, now), key)
            key_id = connection.execute(
                """
                INSERT INTO api_keys
                    (name, prefix, digest, scopes, created_at, expires_at, requests_per_minute, tokens_per_day)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                (name, visible_prefix(key), digest, " ".join(ordered), now, expires_at,
                 limits.requests_per_minute, limits.tokens_per_day),
            ).lastrowid  # fmt: skip
        assert key_id is not None
        self.generation.bump()
        return key, ApiKey(key_id, name, visible_prefix(key), ordered, now, expires_at, limits=limits)

    def secret(self) -> bytes:
        """The server secret, made if no key needed one so far. Raises `SecretMissing`."""
        with self.database.write() as connection:
            return self._secret(connection, int(self._clock()))

    def all_keys(self) -> list[ApiKey]:
        """Every key that was ever made, oldest first, the revoked and expired ones too."""
        with self.database.read() as connection:
            return [_api_key(row) for row in connection.execute(f"{_KEYS} ORDER BY id")]

    def find(self, wanted: str) -> ApiKey:
        """The key with this id, exact name or visible prefix; a whole key in plaintext is found too.

        A revoked key is only found when no other matches. Raises `KeyNotFound` and `AmbiguousKey`.
        """
        keys = self.all_keys()
        prefix = visible_prefix(wanted) if is_well_formed(wanted) else wanted.rstrip(".…")
        matches = [key for key in keys if wanted in (str(key.id), key.name) or prefix == key.prefix]
        matches = [key for key in matches if key.revoked_at is None] or matches
        if not matches:
            raise KeyNotFound(wanted, tuple(key.name for key in keys if key.revoked_at is None))
        if len(matches) > 1:
            raise AmbiguousKey(wanted, tuple(f"{key.id} ({key.name}, {key.prefix}…)" for key in matches))
        return matches[0]

    def revoke(self, ids: Collection[int]) -> list[ApiKey]:
        """Make these keys invalid, at once and for good, in every process; returns them. Unknown ids are left out."""
        now = int(self._clock())
        with self.database.write() as connection:
            connection.executemany(
                "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", [(now, id_) for id_ in ids]
            )
            found = [connection.execute(f"{_KEYS} WHERE id = ?", (id_,)).fetchone() for id_ in sorted(ids)]
        self.generation.bump()
        return [_api_key(row) for row in found if row is not None]

    def widen(self, key: ApiKey, scopes: Collection[str]) -> ApiKey:
        """Give a key the `scopes` it lacks; the key as it is then."""
        held = tuple(scope for scope in SCOPES if scope in key.scopes or scope in scopes)
        if held == key.scopes:
            return key
        with self.database.write() as connection:
            connection.execute("UPDATE api_keys SET scopes = ? WHERE id = ?", (" ".join(held), key.id))
        self.generation.bump()
        return replace(key, scopes=held)

    def touch(self, used: Mapping[int, int]) -> None:
        """Note when keys were last used (id to seconds since 1970), in one transaction; a time never moves backwards."""
        if not used:
            return
        with self.database.write() as connection:
            connection.executemany(
                "UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?",
                [(used_at, key_id) for key_id, used_at in used.items()],
            )

    def lookup(self, plaintext: str) -> ApiKey | None:
        """The key that `plaintext` is, if it is valid now. Raises `SecretMissing`."""
        now = self._clock()
        with self.database.read() as connection:
            secret = read_secret(self.database.folder)
            if secret is None:
                self._require_no_keys(connection, int(now))
                return None
            row = connection.execute(f"{_KEYS} WHERE digest = ?", (digest_of(secret, plaintext),)).fetchone()
        key = None if row is None else _api_key(row)
        return key if key is not None and key.state(now) == "active" else None

    def snapshot(self) -> Snapshot:
        """What a process needs to check keys from memory. Raises `SecretMissing` when keys exist and it is gone."""
        generation = self.generation.value
        day = int(self._clock() // DAY)
        with self.database.read() as connection:
            changes = _changes(connection)
            rows = connection.execute(f"{_KEYS} WHERE revoked_at IS NULL").fetchall()
            tokens = tokens_on(connection, day)
            secret = read_secret(self.database.folder)
            if secret is None:
                self._require_no_keys(connection, int(self._clock()))
        by_digest = {row["digest"]: (row["digest"], _api_key(row)) for row in rows}
        return Snapshot(generation, changes, secret, by_digest, day, tokens)

    def changes(self) -> int:
        """A number that is another one when another connection has written to the database since (`data_version`)."""
        with self.database.read() as connection:
            return _changes(connection)

    def close(self) -> None:
        """Let go of the generation file; the database is its owner's to close."""
        self.generation.close()

    def _secret(self, connection: sqlite3.Connection, now: int) -> bytes:
        secret = read_secret(self.database.folder)
        if secret is not None:
            return secret
        self._require_no_keys(connection, now)
        return make_secret(self.database.folder)

    def _require_no_keys(self, connection: sqlite3.Connection, now: int) -> None:
        (valid,) = connection.execute(
            "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", (now,)
        ).fetchone()
        if valid:
            raise secret_missing(self.database.folder, valid)


def _changes(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return version


def _api_key(row: sqlite3.Row) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        prefix=row["prefix"],
        scopes=tuple(row["scopes"].split()),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
        limits=KeyLimits(row["requests_per_minute"], row["tokens_per_day"]),
    )


def _checked(name: str, now: int, *, expires_at: int | None, scopes: Collection[str]) -> str:
    name = name.strip()
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidKeySettings(f"A key needs a name of 1 to {MAX_NAME_LENGTH} printable characters.")
    if is_well_formed(name):
        raise InvalidKeySettings("This name is an API key. Give a name that may be seen, for example laptop.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        wrong = f"'{unknown[0]}' is not a scope" if unknown else "A key needs a scope"
        raise InvalidKeySettings(f"{wrong}. Choose from: {', '.join(SCOPES)}.")
    if expires_at is not None and expires_at <= now:
        raise InvalidKeySettings("The expiry lies in the past. Give a time to come, for example 30d.")
    return name


def _check_limits(limits: KeyLimits) -> None:
    for value, most, what in (
        (limits.requests_per_minute, MOST_REQUESTS_PER_MINUTE, "requests per minute"),
        (limits.tokens_per_day, MOST_TOKENS_PER_DAY, "tokens per day"),
    ):
        if value is not None and not 1 <= value <= most:
            raise InvalidKeySettings(f"A limit of {what} is 1 to {most:,}. Leave it out for none.")
