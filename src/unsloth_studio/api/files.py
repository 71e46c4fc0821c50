"""`/api/files`: the pictures of threads, sent by people or made by tools.

The rule: what is kept was decoded here once, under the limits of images in requests; it is served as what it is, and a
browser is told not to take it for anything else.
"""

from __future__ import annotations

import asyncio

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint
from unsloth_studio.api.exchange import Exchange, Header
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.services import Services
from unsloth_studio.serving.image_file import ImageRefused, presentable
from unsloth_studio.serving.images import ImagePolicy
from unsloth_studio.store.thread import StoredFile
from unsloth_studio.turn.errors import invalid

_AS_IT_IS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox; default-src 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"private, max-age=31536000, immutable"),
)


class KeptFile(msgspec.Struct):
    """`media_type` is what the file is now; it was converted where models could not read it."""

    file_id: str
    media_type: str
    bytes: int


class UploadFile(AdminEndpoint):
    """Keep an image, to be named in a message. It goes after a day if no message names it."""

    operation = Operation("POST", "/api/files", body=bytes, body_type="image/*", reply=KeptFile, status=201)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._policy = ImagePolicy()

    async def answer(self, exchange: Exchange) -> None:
        body, most = await exchange.body(), self._policy.max_encoded_bytes // 4 * 3
        if not body:
            raise invalid("The body is empty; send the bytes of an image.", code="invalid_image")
        if len(body) > most:
            raise invalid(f"This image is larger than {most / 2**20:g} MiB.", code="invalid_image")
        try:
            async with self._policy.decoders:
                image = await asyncio.to_thread(presentable, body, self._policy.limits)
        except ImageRefused as refused:
            raise invalid(f"This file {refused}.", code="invalid_image") from refused
        kept = StoredFile(image.media_type, image.body)
        file_id = await self.services.chats.library.keep_file(self.services.new_id(), kept)
        await self.reply(exchange, KeptFile(file_id, kept.media_type, len(kept.content)), status=201)


class ReadFile(AdminEndpoint):
    """The bytes of an image."""

    operation = Operation("GET", "/api/files/{file_id}", reply=bytes, media_type="image/*")

    async def answer(self, exchange: Exchange) -> None:
        file = await self.services.chats.library.file(self.part(exchange, "file_id"))
        await exchange.reply(file.content, media_type=file.media_type, headers=_AS_IT_IS)
