"""`/api/openapi.json`, and `/docs`: the same for people, as one page of ours without scripts."""

from __future__ import annotations

import asyncio
from html import escape
from typing import Annotated, Any

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint
from unsloth_studio.api.exchange import Exchange, Header
from unsloth_studio.api.openapi import Described, described, document
from unsloth_studio.api.operation import Operation

HTML = "text/html; charset=utf-8"
CSS = "text/css; charset=utf-8"
_HEADERS: list[Header] = [
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
]

OpenApiObject = Annotated[dict[str, Any], msgspec.Meta(description="An OpenAPI 3.1 document.")]


class OpenApi(AdminEndpoint):
    """This document."""

    operation = Operation("GET", "/api/openapi.json", reply=OpenApiObject)
    scope = None

    async def answer(self, exchange: Exchange) -> None:
        operations = described(exchange.scope["app"].routes)
        made = await asyncio.to_thread(document, operations, version=self.services.version)
        await self.reply(exchange, made)


class DocsPage(AdminEndpoint):
    """What this server can be asked for, as a page."""

    operation = Operation("GET", "/docs", reply=str, media_type=HTML)
    scope = None

    async def answer(self, exchange: Exchange) -> None:
        page = _page(described(exchange.scope["app"].routes), self.services.version)
        await exchange.reply(page.encode(), media_type=HTML, headers=_HEADERS)


class DocsStyle(AdminEndpoint):
    """How that page looks."""

    operation = Operation("GET", "/docs/style.css", reply=str, media_type=CSS)
    scope = None

    async def answer(self, exchange: Exchange) -> None:
        await exchange.reply(_STYLE.encode(), media_type=CSS, headers=_HEADERS)


def _page(operations: list[Described], version: str) -> str:
    tags = dict.fromkeys(one.tag for one in operations)
    sections = "".join(_section(tag, [one for one in operations if one.tag == tag]) for tag in tags)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>Unsloth Studio API</title><link rel="stylesheet" href="/docs/style.css"></head><body><main>'
        f"<h1>Unsloth Studio API <small>{escape(version)}</small></h1>"
        '<p>Send an API key as <code>Authorization: Bearer KEY</code> or <code>x-api-key: KEY</code>. Bodies, replies and '
        'their types are in the <a href="/api/openapi.json">OpenAPI document</a>.</p>'
        f"{sections}</main></body></html>"
    )  # fmt: skip


def _section(tag: str, operations: list[Described]) -> str:
    rows = "".join(
        f"<tr><td><code>{one.operation.method}</code></td><td><code>{escape(one.path)}</code></td>"
        f"<td>{escape(one.scope or 'open')}</td><td><strong>{escape(one.summary)}.</strong> {escape(one.details)}</td></tr>"
        for one in operations
    )
    head = "<tr><th>Method</th><th>Path</th><th>Scope</th><th>What it does</th></tr>"
    return f"<h2>{escape(tag.capitalize())}</h2><table><thead>{head}</thead><tbody>{rows}</tbody></table>"


_STYLE = """:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1rem; }
small { font-weight: normal; opacity: 0.7; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.4rem; text-align: left;
  vertical-align: top; }
code { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
"""

DOCUMENT_ENDPOINTS = (OpenApi, DocsPage, DocsStyle)
