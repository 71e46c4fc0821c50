"""Watchers: deltas join, and nothing waits without a bound."""

from __future__ import annotations

import asyncio

from unsloth_studio.chat.events import ChatEvent, Delta, PartEnded
from unsloth_studio.chat.watchers import MOST_WAITING, Watcher


async def test_deltas_of_a_part_join_and_others_keep_their_order() -> None:
    watcher = Watcher()
    told: list[ChatEvent] = [Delta(0, "a"), Delta(0, "b"), PartEnded(0), Delta(1, "c"), Delta(1, "d")]
    for event in told:
        watcher.put([event])
    assert await watcher.take() == [Delta(0, "ab"), PartEnded(0), Delta(1, "cd")]
    waiting = asyncio.create_task(watcher.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    watcher.put([Delta(1, "e")])
    assert await waiting == [Delta(1, "e")]
    assert not watcher.fell_behind


async def test_who_takes_nothing_falls_behind_and_keeps_little() -> None:
    watcher = Watcher()
    for _ in range(10):
        watcher.put([Delta(0, "x" * (MOST_WAITING // 4))])
    assert watcher.fell_behind
    assert sum(len(event.text) for event in await watcher.take() if isinstance(event, Delta)) <= MOST_WAITING
