"""Threads as they are kept: order, search, branches, what a deletion takes along, and what a crash leaves."""

from __future__ import annotations

from typing import Any

import pytest
from tests.store.clock import START, Clock

from unsloth_studio.store.database import Database
from unsloth_studio.store.files import FileStore
from unsloth_studio.store.thread import (
    Image,
    Message,
    Reasoning,
    Stats,
    StoredFile,
    Text,
    ToolCall,
    ToolResult,
    path_to,
)
from unsloth_studio.store.threads import CRASHED, UNSENT_SECONDS, ThreadStore

PICTURE = StoredFile("image/png", b"\x89PNG")


@pytest.fixture
def threads(database: Database, clock: Clock) -> ThreadStore:
    return ThreadStore(database, writer="me", clock=clock)


@pytest.fixture
def files(database: Database, clock: Clock) -> FileStore:
    return FileStore(database, clock=clock)


def message(name: str, thread_id: str = "t", **fields: Any) -> Message:
    given: dict[str, Any] = {"parent_id": None, "role": "user", "parts": [Text(text=name)], "created_at": 1.0, **fields}
    return Message(id=name, thread_id=thread_id, **given)


def ids(threads: ThreadStore, query: str = "", **how: Any) -> list[str]:
    return [thread.id for thread in threads.list(query, **{"limit": 50, **how})[0]]


def test_a_thread_keeps_what_was_said(threads: ThreadStore) -> None:
    threads.create("t")
    call = ToolCall(call_id="c", name="python", arguments="{}", round=1, result=ToolResult(content="4", file_ids=["f"]))
    parts = [Reasoning(text="Hm.", seconds=1.5), call, Text(text="4")]
    asked = message("q", parts=[Text(text="2+2?"), Image(file_id="i", media_type="image/png")])
    told = message("a", parent_id="q", role="assistant", parts=parts, stats=Stats(output_tokens=3), model="m")
    thread = threads.add("t", [asked, told], title="2+2?", model="m")
    assert thread is not None
    assert (thread.title, thread.leaf_id, thread.model) == ("2+2?", "a", "m")
    assert threads.get("t") == (thread, [asked, told])
    assert threads.add("nope", [message("x", "nope")]) is None


def test_the_first_title_stays_until_it_is_renamed(threads: ThreadStore) -> None:
    threads.create("t")
    threads.add("t", [message("q")], title="first")
    second = threads.add("t", [message("r")], title="second")
    assert second is not None
    assert second.title == "first"
    renamed = threads.update("t", title="Mine", leaf_id="q")
    assert renamed is not None
    assert (renamed.title, renamed.leaf_id, renamed.updated_at) == ("Mine", "q", second.updated_at)
    assert threads.update("nope", title="x") is None


def test_the_thread_used_last_is_first_and_pages_go_back(threads: ThreadStore, clock: Clock) -> None:
    for number in range(5):
        clock.now = START + number
        threads.create(f"t{number}")
    clock.now = START + 10
    threads.add("t0", [message("q", "t0")])
    assert ids(threads) == ["t0", "t4", "t3", "t2", "t1"]
    page, more = threads.list(limit=2)
    assert ([thread.id for thread in page], more) == (["t0", "t4"], True)
    page, more = threads.list(limit=3, before=page[-1].updated_at)
    assert ([thread.id for thread in page], more) == (["t3", "t2", "t1"], False)


SEARCHES = {
    "LLAMA": ["a"], "größe": ["b"], "GRÖSSE": ["b"], "模型": ["b"], "title": ["a"], "100%": ["a"], "0%_": [], "%": ["a"],
    "_": [], " llama ": ["a"], "": ["a", "b"], "thought": [], "'; drop table": [],
}  # fmt: skip


@pytest.mark.parametrize("query", SEARCHES)
def test_search_in_titles_and_texts(threads: ThreadStore, query: str) -> None:
    for name in "ab":
        threads.create(name)
    threads.add(
        "a", [message("1", "a", parts=[Text(text="A llama is 100% fluffy"), Reasoning(text="thought")])], title="Title"
    )
    threads.add("b", [message("2", "b", parts=[Text(text="Größe des 模型")])])
    assert sorted(ids(threads, query)) == SEARCHES[query]


def test_a_deleted_thread_takes_its_files_along_but_not_those_of_others(threads: ThreadStore, files: FileStore) -> None:
    for name in ("a", "b"):
        threads.create(name)
    for name in ("own", "shared", "made", "unsent"):
        files.add(name, PICTURE)
    threads.add("a", [message("1", "a", parts=[Image(file_id=name) for name in ("own", "shared", "gone")])])
    made = ToolCall(call_id="c", name="python", result=ToolResult(content="", file_ids=["made"]))
    answer = message("2", "a", role="assistant", status="running", parts=[])
    threads.add("a", [answer])
    answer.parts = [made]
    threads.save(threads.row_of(answer))
    threads.add("b", [message("3", "b", parts=[Image(file_id="shared")])])
    assert threads.delete("a")
    assert not threads.delete("a")
    assert threads.get("a") is None
    assert files.media_types(["own", "shared", "made", "unsent"]) == {"shared": "image/png", "unsent": "image/png"}
    assert files.get("shared") == PICTURE
    threads.save(threads.row_of(answer))  # it was still being written: nothing comes back
    assert threads.get("a") is None


def test_a_crash_leaves_failed_messages_and_other_servers_go_on(
    threads: ThreadStore, database: Database, clock: Clock
) -> None:
    threads.create("t")
    other = ThreadStore(database, writer="other", clock=clock)
    threads.add("t", [message("mine", status="running"), message("over")])
    other.add("t", [message("others", status="running")])
    ThreadStore(database, writer="next", clock=clock).tidy(lambda writer: writer == "other")
    found = threads.get("t")
    assert found is not None
    told = {one.id: (one.status, one.error) for one in found[1]}
    assert told == {"mine": ("failed", CRASHED), "over": ("done", None), "others": ("running", None)}


def test_what_was_never_sent_goes_after_a_day(threads: ThreadStore, files: FileStore, clock: Clock) -> None:
    threads.create("empty")
    threads.create("t")
    for name in ("sent", "unsent"):
        files.add(name, PICTURE)
    threads.add("t", [message("q", parts=[Image(file_id="sent")])])
    clock.now = START + UNSENT_SECONDS
    threads.tidy(lambda _: True)
    assert sorted(ids(threads)) == ["empty", "t"]
    clock.now += 1
    threads.tidy(lambda _: True)
    assert ids(threads) == ["t"]
    assert list(files.media_types(["sent", "unsent"])) == ["sent"]


def test_a_path_goes_up_to_the_first_message_and_ends_in_a_circle_too() -> None:
    tree = {one.id: one for one in (message("a"), message("b", parent_id="a"), message("c", parent_id="a"))}
    assert [one.id for one in path_to(tree, "c")] == ["a", "c"]
    assert path_to(tree, None) == path_to(tree, "nope") == []
    tree["a"].parent_id = "c"
    assert [one.id for one in path_to(tree, "c")] == ["a", "c"]
