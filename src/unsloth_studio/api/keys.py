"""`/api/keys`: make, list and revoke API keys, with what each has used."""

from __future__ import annotations

from typing import Annotated

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint, not_found
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.store.api_key import ApiKey, KeyLimits, KeyState, KeyUse
from unsloth_studio.store.errors import InvalidKeySettings
from unsloth_studio.store.usage import usage_by_key
from unsloth_studio.turn.errors import invalid


class KeyEntry(msgspec.Struct, kw_only=True):
    """A key. `prefix` are its first characters; times in seconds since 1970; requests are those that reached a model.
    `tokens_today` counts from midnight UTC, input and output together."""

    id: int
    name: str
    prefix: str
    scopes: list[str]
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    revoked_at: int | None
    state: KeyState
    requests: int
    input_tokens: int
    output_tokens: int
    requests_per_minute: int | None
    tokens_per_day: int | None
    tokens_today: int


class KeyList(msgspec.Struct):
    keys: list[KeyEntry]


class NewKey(msgspec.Struct, kw_only=True):
    """What is wanted of a key. `expires_at` in seconds since 1970; without it the key does not expire. What is used above
    `requests_per_minute` or `tokens_per_day` (input and output, midnight to midnight UTC) is answered with 429."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    expires_at: int | float | None = None
    scopes: Annotated[list[str], msgspec.Meta(min_length=1, max_length=10)] = msgspec.field(
        default_factory=lambda: ["inference"]
    )
    requests_per_minute: int | None = None
    tokens_per_day: int | None = None


class CreatedKey(msgspec.Struct):
    """`plaintext` is shown this one time."""

    key: KeyEntry
    plaintext: str


class RevokedKey(msgspec.Struct):
    key: KeyEntry


class _KeysEndpoint(AdminEndpoint):
    def entry(self, key: ApiKey, use: KeyUse | None = None) -> KeyEntry:
        use = use or KeyUse()
        return KeyEntry(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            scopes=list(key.scopes),
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
            state=key.state(self.services.clock()),
            requests=use.requests,
            input_tokens=use.input_tokens,
            output_tokens=use.output_tokens,
            requests_per_minute=key.limits.requests_per_minute,
            tokens_per_day=key.limits.tokens_per_day,
            tokens_today=self.services.keys.tokens_today(key),
        )

    async def uses(self) -> dict[int, KeyUse]:
        """What every key has used until now."""
        await self.services.keys.flush()
        store = await self.services.keys.store()
        return await store.database.run(usage_by_key, store.database)


class ListKeys(_KeysEndpoint):
    """Every key that was ever made, newest first, the revoked and expired ones too."""

    operation = Operation("GET", "/api/keys", reply=KeyList)

    async def answer(self, exchange: Exchange) -> None:
        store, uses = await self.services.keys.store(), await self.uses()
        keys = await store.database.run(store.all_keys)
        await self.reply(exchange, KeyList([self.entry(key, uses.get(key.id)) for key in reversed(keys)]))


class CreateKey(_KeysEndpoint):
    """Make a key. Its plaintext is in this reply and nowhere else."""

    operation = Operation("POST", "/api/keys", body=NewKey, reply=CreatedKey, status=201)

    async def answer(self, exchange: Exchange) -> None:
        wanted = await self.read(exchange, NewKey)
        expires_at = None if wanted.expires_at is None else int(wanted.expires_at)
        limits = KeyLimits(wanted.requests_per_minute, wanted.tokens_per_day)
        store = await self.services.keys.store()
        try:
            plaintext, key = await store.database.run(
                store.create, wanted.name, expires_at, scopes=wanted.scopes, limits=limits
            )
        except InvalidKeySettings as problem:
            raise invalid(str(problem)) from problem
        await self.reply(exchange, CreatedKey(self.entry(key), plaintext), status=201)


class RevokeKey(_KeysEndpoint):
    """Make a key invalid, at once and for good."""

    operation = Operation("DELETE", "/api/keys/{key_id}", reply=RevokedKey)

    async def answer(self, exchange: Exchange) -> None:
        asked = self.part(exchange, "key_id")
        store = await self.services.keys.store()
        keys = {str(key.id): key for key in await store.database.run(store.all_keys)}
        key = keys.get(asked)
        if key is None:
            raise not_found(f"There is no key with the id {asked[:40]!r}.")
        if key.revoked_at is None:
            (key,) = await store.database.run(store.revoke, [key.id])
        uses = await self.uses()
        await self.reply(exchange, RevokedKey(self.entry(key, uses.get(key.id))))
