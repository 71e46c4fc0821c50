"""Threads and chat over HTTP, with a scripted engine: what is answered, refused, watched, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.api.browser import browser, signed_in
from tests.api.parts import services_around
from tests.fake_engine.script import Fault, Script
from tests.support.engines import RunningEngine, fake_engine
from tests.support.pictures import picture

from unsloth_studio.api.services import Services
from unsloth_studio.chat.chats import SHUT_DOWN
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream
from unsloth_studio.sse import SseDecoder

Json = dict[str, Any]


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with fake_engine() as running:
        yield running


@pytest.fixture
async def services(tmp_path: Path, engine: RunningEngine) -> AsyncIterator[Services]:
    shelf = SingleShelf(Upstream(engine.base_url), slots=2)
    async with services_around(Pool(shelf, default=shelf.model.id), tmp_path) as made:
        yield made
        await made.chats.close()


@pytest.fixture
async def page(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(services) as client:
        yield client


@pytest.fixture
async def thread(page: httpx.AsyncClient) -> str:
    return (await page.post("/api/threads", json={})).json()["id"]


def text(words: str) -> list[Json]:
    return [{"type": "text", "text": words}]


async def say(page: httpx.AsyncClient, thread: str, words: str = "Hello", **fields: Any) -> Json:
    reply = await page.post(f"/api/threads/{thread}/messages", json={"parts": text(words), **fields})
    assert reply.status_code == 201, reply.text
    return reply.json()


async def watch(page: httpx.AsyncClient, message: Json) -> list[tuple[str, Any]]:
    """All that is told of a message until it is over."""
    reply = await page.get(f"/api/threads/{message['thread_id']}/messages/{message['id']}/events")
    assert reply.headers["content-type"].startswith("text/event-stream")
    return [(frame.event.decode(), msgspec.json.decode(frame.data)) for frame in SseDecoder().feed(reply.content)]


async def ended(page: httpx.AsyncClient, message: Json) -> Json:
    name, told = (await watch(page, message))[-1]
    assert name == "done"
    return told["message"]


async def written(page: httpx.AsyncClient, thread: str) -> None:
    """Until the first answer has a part."""
    for _ in range(1000):
        if (await whole(page, thread))["messages"][1]["parts"]:
            return
        await asyncio.sleep(0.02)
    pytest.fail("nothing came")


async def whole(page: httpx.AsyncClient, thread: str) -> Json:
    return (await page.get(f"/api/threads/{thread}")).json()


async def test_a_question_is_answered_and_stays(page: httpx.AsyncClient, thread: str, engine: RunningEngine) -> None:
    engine.set_turns(Script(text="Hello to you."))
    begun = await say(page, thread, "Hello there, model")
    user, running = begun["messages"]
    assert (running["status"], running["parent_id"], begun["thread"]["leaf_id"]) == (
        "running",
        user["id"],
        running["id"],
    )
    told = await watch(page, running)
    assert told[0][0] == "snapshot"
    answer = told[-1][1]["message"]
    assert (answer["status"], answer["parts"]) == ("done", text("Hello to you."))
    kept = await whole(page, thread)
    assert kept["messages"] == [user, answer]
    assert kept["thread"]["title"] == "Hello there, model"
    assert [name for name, _ in await watch(page, answer)] == ["snapshot", "done"]
    found = (await page.get("/api/threads", params={"q": "TO YOU"})).json()
    assert ([one["id"] for one in found["threads"]], found["more"]) == ([thread], False)


async def test_branches_by_retry_and_by_editing(page: httpx.AsyncClient, thread: str, engine: RunningEngine) -> None:
    engine.set_turns(*(Script(text=f"answer {number}") for number in range(3)))
    user, first = (await say(page, thread))["messages"]
    await ended(page, first)
    (second,) = (await page.post(f"/api/threads/{thread}/messages/{first['id']}/retry", json={"options": {}})).json()[
        "messages"
    ]
    await ended(page, second)
    edited = await say(page, thread, "Edited", parent_id=user["parent_id"])
    await ended(page, edited["messages"][1])
    kept = await whole(page, thread)
    tree = [(one["parts"][0]["text"], one["parent_id"]) for one in kept["messages"]]
    roots = [user["id"], edited["messages"][0]["id"]]
    assert tree == [
        ("Hello", None), ("answer 0", roots[0]), ("answer 1", roots[0]), ("Edited", None), ("answer 2", roots[1]),
    ]  # fmt: skip
    assert kept["thread"]["leaf_id"] == edited["messages"][1]["id"]
    back = await page.patch(f"/api/threads/{thread}", json={"leaf_id": first["id"], "title": " My  title "})
    assert (back.json()["leaf_id"], back.json()["title"]) == (first["id"], "My title")


async def test_stop_keeps_what_is_written_and_it_goes_on(
    page: httpx.AsyncClient, thread: str, engine: RunningEngine
) -> None:
    engine.set_turns(Script(tokens=1000, interval_ms=5), Script(text=" and the rest."))
    _, running = (await say(page, thread))["messages"]
    place = f"/api/threads/{thread}/messages/{running['id']}"
    await written(page, thread)
    assert (await page.post(f"{place}/continue", json={})).status_code == 409
    assert (
        await page.post(f"/api/threads/{thread}/messages", json={"parts": text("x"), "parent_id": running["id"]})
    ).status_code == 409
    stopped = (await page.post(f"{place}/stop")).json()["message"]
    assert (stopped["status"], stopped["error"]) == ("stopped", None)
    assert (await page.post(f"{place}/stop")).json()["message"] == stopped
    both = await asyncio.gather(*(page.post(f"{place}/continue", json={"options": {}}) for _ in range(2)))
    assert sorted(reply.status_code for reply in both) == [201, 409]
    done = await ended(page, running)
    assert done["parts"] == text(stopped["parts"][0]["text"] + " and the rest.")
    assert done["status"] == "done"


async def test_a_failure_has_its_reason_and_can_be_tried_again(
    page: httpx.AsyncClient, thread: str, engine: RunningEngine
) -> None:
    engine.set_turns(Script(tokens=9, fault=Fault("close", after_tokens=3)), Script(text="Now."))
    _, running = (await say(page, thread))["messages"]
    failed = await ended(page, running)
    assert (failed["status"], "Lost connection" in failed["error"]) == ("failed", True), failed["error"]
    assert failed["parts"][0]["text"]
    (again,) = (await page.post(f"/api/threads/{thread}/messages/{running['id']}/retry", json={})).json()["messages"]
    assert (await ended(page, again))["parts"] == text("Now.")


async def test_a_server_that_stops_keeps_the_answer(
    services: Services, page: httpx.AsyncClient, thread: str, engine: RunningEngine
) -> None:
    engine.set_turns(Script(tokens=5000, interval_ms=5))
    _, running = (await say(page, thread))["messages"]
    await services.chats.drain(0.05)
    message = (await whole(page, thread))["messages"][1]
    assert (message["id"], message["status"], message["error"]) == (running["id"], "stopped", SHUT_DOWN)


async def test_a_deleted_thread_is_gone_while_it_is_answered(
    page: httpx.AsyncClient, thread: str, engine: RunningEngine
) -> None:
    engine.set_turns(Script(tokens=5000, interval_ms=5))
    await say(page, thread)
    assert (await page.delete(f"/api/threads/{thread}")).status_code == 204
    assert (await page.get(f"/api/threads/{thread}")).status_code == 404
    assert (await page.get("/api/threads")).json()["threads"] == []


async def test_an_image_is_kept_shown_to_the_model_and_deleted(
    page: httpx.AsyncClient, thread: str, engine: RunningEngine
) -> None:
    png = picture("PNG")
    kept = await page.post("/api/files", content=png, headers={"content-type": "image/png"})
    assert kept.status_code == 201, kept.text
    file_id = kept.json()["file_id"]
    read = await page.get(f"/api/files/{file_id}")
    assert (read.content, read.headers["content-type"], read.headers["x-content-type-options"]) == (
        png,
        "image/png",
        "nosniff",
    )
    engine.set_turns(Script(text="A picture."))
    parts = [*text("What is it?"), {"type": "image", "file_id": file_id, "media_type": "text/html"}]
    reply = await page.post(f"/api/threads/{thread}/messages", json={"parts": parts})
    user, running = reply.json()["messages"]
    assert user["parts"][1]["media_type"] == "image/png"
    assert (await ended(page, running))["status"] == "done"
    await page.delete(f"/api/threads/{thread}")
    assert (await page.get(f"/api/files/{file_id}")).status_code == 404


@pytest.mark.parametrize("body", [b"", b"<svg></svg>", b"%PDF-1.7", b"nonsense"], ids=str)
async def test_what_is_no_image_is_not_kept(page: httpx.AsyncClient, body: bytes) -> None:
    reply = await page.post("/api/files", content=body, headers={"content-type": "image/png"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_image")


WRONG: list[tuple[str, str, Any, int]] = [
    ("GET", "/api/threads/nope", None, 404),
    ("PATCH", "/api/threads/nope", {"title": "x"}, 404),
    ("PATCH", "/api/threads/THREAD", {"title": "  "}, 400),
    ("PATCH", "/api/threads/THREAD", {"leaf_id": "nope"}, 400),
    ("GET", "/api/threads?limit=0", None, 400),
    ("GET", "/api/threads?before=soon", None, 400),
    ("GET", "/api/threads/nope/export", None, 404),
    ("GET", "/api/threads/THREAD/export?format=pdf", None, 400),
    ("GET", "/api/files/nope", None, 404),
    ("POST", "/api/threads/nope/messages", {"parts": text("x")}, 404),
    ("POST", "/api/threads/THREAD/messages", {"parts": []}, 400),
    ("POST", "/api/threads/THREAD/messages", {"parts": text("  ")}, 400),
    ("POST", "/api/threads/THREAD/messages", {"parts": [{"type": "tool_call", "name": "x"}]}, 400),
    ("POST", "/api/threads/THREAD/messages", {"parts": [{"type": "image", "file_id": "nope"}]}, 400),
    ("POST", "/api/threads/THREAD/messages", {"parts": text("x"), "parent_id": "nope"}, 404),
    ("POST", "/api/threads/THREAD/messages", {"parts": text("x"), "options": {"sampling": {"top_p": 2}}}, 400),
    ("POST", "/api/threads/THREAD/messages", {"parts": text("x"), "options": {"enabled_tools": ["python"]}}, 403),
    ("POST", "/api/threads/THREAD/messages/nope/retry", {}, 404),
    ("POST", "/api/threads/THREAD/messages/nope/continue", {}, 404),
    ("POST", "/api/threads/THREAD/messages/nope/stop", None, 404),
    ("GET", "/api/threads/THREAD/messages/nope/events", None, 404),
]


@pytest.mark.usefixtures("engine")
async def test_what_cannot_be_is_refused_in_plain_words(page: httpx.AsyncClient, thread: str) -> None:
    for method, path, body, status in WRONG:
        reply = await page.request(method, path.replace("THREAD", thread), json=body)
        assert reply.status_code == status, (method, path, body, reply.text)
        assert reply.json()["error"]["message"]
    assert (await whole(page, thread))["messages"] == []


async def test_a_key_needs_the_scope_admin_and_for_tools_that_too(
    services: Services, page: httpx.AsyncClient, thread: str
) -> None:
    services.keys.add_static(plain := "plain" * 4, "plain")
    services.keys.add_static(admin := "admin" * 4, "admin", scopes=("admin",))
    async with browser(services, authorization=f"Bearer {plain}") as client:
        assert (await client.get("/api/threads")).status_code == 403
    async with browser(services, authorization=f"Bearer {admin}") as client:
        assert (await client.get("/api/threads")).status_code == 200
        body = {"parts": text("x"), "options": {"enabled_tools": ["python"]}}
        reply = await client.post(f"/api/threads/{thread}/messages", json=body)
        assert "scope 'tools'" in reply.json()["error"]["message"]


async def test_the_monitor_lists_what_the_page_asks(
    page: httpx.AsyncClient, thread: str, engine: RunningEngine
) -> None:
    engine.set_turns(Script(text="Hello."))
    _, running = (await say(page, thread))["messages"]
    await ended(page, running)
    (request,) = (await page.get("/api/requests")).json()["requests"]
    assert (request["endpoint"], request["client"], request["status"]) == ("/api/threads", "studio", "done")


async def test_export(page: httpx.AsyncClient, thread: str, engine: RunningEngine) -> None:
    engine.set_turns(Script(text="Hello."))
    _, running = (await say(page, thread, "Hi / you"))["messages"]
    await ended(page, running)
    markdown = await page.get(f"/api/threads/{thread}/export")
    assert markdown.headers["content-disposition"] == "attachment; filename*=UTF-8''Hi-you.md"
    assert "## User\n\nHi / you\n" in markdown.text
    as_json = (await page.get(f"/api/threads/{thread}/export", params={"format": "json"})).json()
    assert as_json == await whole(page, thread)
