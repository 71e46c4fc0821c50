"""Both tools as the server makes them: one question, the whole way, over sockets."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.support.local_web import local_web

from unsloth_studio.tools.contract import ToolContext
from unsloth_studio.tools.search.provider import SearchSettings
from unsloth_studio.tools.web import web_tools

HEAVY = ("lxml", "ddgs", "primp", "aiohttp", "pypdf", "charset_normalizer")


async def test_a_question_is_answered_with_what_a_page_says() -> None:
    async with local_web() as site:
        results = [{"title": "Alpacas", "url": f"{site.url}/alpacas", "content": "short"}]
        site.page("/search", json.dumps({"results": results}))
        site.page("/alpacas", "<main><h1>Alpacas</h1><p>A fleece costs 40 dollars.</p></main>")
        settings = SearchSettings(providers=("searxng",), searxng_url=site.url)
        search, fetch = web_tools(settings, allowed_hosts=frozenset({f"127.0.0.1:{site.port}"}))
        found = await search.run({"query": "fleece", "depth": "advanced"}, ToolContext())
        assert "> A fleece costs 40 dollars." in found.content
        read = await fetch.run({"urls": [found.sources[0].url]}, ToolContext())
        assert read.sources[0].passage == "# Alpacas\n\nA fleece costs 40 dollars."


def test_settings_that_cannot_work_are_said_at_the_start() -> None:
    with pytest.raises(ValueError, match="`searxng` needs `searxng_url`"):
        web_tools(SearchSettings(providers=("searxng",)))


def test_what_is_heavy_is_not_imported_at_the_start() -> None:
    program = f"""
import sys
from unsloth_studio.tools.web import web_tools
web_tools()
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
