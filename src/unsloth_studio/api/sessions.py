"""`/api/sessions`: the folders that tools worked in: listed, downloaded from, and deleted.

The rule: code that a model wrote has filled these folders. Names are data, files are opened below the folder without
following a link, and a browser is told to save them and never to show them.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

import orjson

from unsloth_studio.api.exchange import Exchange, Header
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.tool_shapes import SessionDeleted, SessionFilesReply, SessionsReply
from unsloth_studio.api.toolbox_endpoint import ToolboxEndpoint, owner_of
from unsloth_studio.tools.session_card import SessionCard
from unsloth_studio.tools.sessions import SessionFile
from unsloth_studio.turn.errors import TurnError, TurnFailure, invalid

_PIECE_BYTES = 1 << 18
_WAIT_SECONDS = 5.0
_SAVE_ONLY: tuple[Header, ...] = (
    (b"content-type", b"application/octet-stream"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox; default-src 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"private, no-store"),
)


class _Asked(NamedTuple):
    """What the address names, as it was sent: a slash in a name is `%2F`, and file names may be any bytes."""

    session: str
    path: str | None


class _SessionEndpoint(ToolboxEndpoint):
    async def card(self, exchange: Exchange) -> SessionCard:
        """The session in the address. Raises `TurnFailure` (not_found), also for another key's."""
        assert exchange.key is not None, "every request has one"
        owner, anybodys = exchange.key.owner, owner_of(exchange) is None
        try:
            return await self.toolbox.folders.find(owner, _asked(exchange).session, anybodys=anybodys)
        except FileNotFoundError as error:
            message = "There is no such session of yours. GET /api/sessions lists those there are."
            raise TurnFailure(TurnError("not_found", message, code="session_not_found")) from error


class Sessions(ToolboxEndpoint):
    """The sessions of the key's tools, the one used last first; of all keys with the scope `admin`."""

    operation = Operation("GET", "/api/sessions", reply=SessionsReply)

    async def answer(self, exchange: Exchange) -> None:
        """The sessions of the key, the one used last first; of all keys with the scope `admin`."""
        folders, owner = self.toolbox.folders, owner_of(exchange)
        sessions: list[dict[str, Any]] = []
        for card in await folders.all(owner):
            shown = {"session_id": card.session_id, "id": card.name}
            times = {"created_at": card.created, "last_used_at": card.last_used}
            whose = {"owner": card.owner} if owner is None else {}
            sessions.append({**shown, **times, "in_use": folders.in_use(card.name), **whose})
        await exchange.json(orjson.dumps({"sessions": sessions}))


class SessionFiles(_SessionEndpoint):
    """The regular files of a session, by path."""

    operation = Operation("GET", "/api/sessions/{session_id:path}/files", reply=SessionFilesReply)

    async def answer(self, exchange: Exchange) -> None:
        """The session's files, by path; links, folders and the like are left out."""
        card = await self.card(exchange)
        files = [_file(card, file) for file in await self.toolbox.folders.files(card.name)]
        head = {"session_id": card.session_id, "id": card.name}
        await exchange.json(orjson.dumps({**head, "files": files}))


class DownloadFile(_SessionEndpoint):
    """One file of a session, to be saved."""

    operation = Operation(
        "GET", "/api/sessions/{session_id:path}/files/{path:path}", reply=bytes, media_type="application/octet-stream"
    )

    async def answer(self, exchange: Exchange) -> None:
        """One file, to be saved."""
        card, path = await self.card(exchange), _asked(exchange).path
        try:
            descriptor, length = await self.toolbox.folders.open_file(card.name, path or "")
        except FileNotFoundError as error:
            message = "There is no such file in this session; links and folders cannot be downloaded."
            raise TurnFailure(TurnError("not_found", message, code="file_not_found")) from error
        try:
            headers = [*_SAVE_ONLY, (b"content-disposition", _disposition(path or "").encode())]
            await exchange.download(
                lambda: asyncio.to_thread(os.read, descriptor, _PIECE_BYTES), length=length, headers=headers
            )
        finally:
            os.close(descriptor)


class DeleteSession(_SessionEndpoint):
    """Delete a session with its files and its variables."""

    operation = Operation("DELETE", "/api/sessions/{session_id:path}", reply=SessionDeleted)

    async def answer(self, exchange: Exchange) -> None:
        """Delete the session with its files and its variables."""
        card = await self.card(exchange)
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self.toolbox.folders.remove(card.name)
        except TimeoutError as error:
            raise invalid("Something runs in this session. Delete it when that has ended.") from error
        await exchange.json(orjson.dumps({"session_id": card.session_id, "id": card.name, "deleted": True}))


def _asked(exchange: Exchange) -> _Asked:
    """From `/api/sessions/SESSION`, `.../files` or `.../files/PATH`. Raises `TurnFailure` (not_found)."""
    raw: bytes = exchange.scope.get("raw_path") or exchange.scope["path"].encode()
    _, _, _, session, *rest = raw.split(b"/", 5)
    if rest and rest[0] != b"files":  # a slash that is not encoded
        raise TurnFailure(TurnError("not_found", "Write a slash in a session's name as %2F."))
    path = os.fsdecode(unquote_to_bytes(rest[1])) if len(rest) == 2 else None
    return _Asked(unquote_to_bytes(session).decode("utf-8", "replace"), path)


def _file(card: SessionCard, file: SessionFile) -> dict[str, Any]:
    name = os.fsencode(file.path)
    url = f"/api/sessions/{card.name}/files/{quote(name)}"
    shown = name.decode("utf-8", "replace")
    return {"path": shown, "size": file.size, "modified_at": int(file.modified), "url": url}


def _disposition(path: str) -> str:
    """RFC 6266 with the name of RFC 8187: its bytes, percent-encoded, so that no name can end the header."""
    name = os.fsencode(path.rpartition("/")[2])
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
