"""The estimate against the real engine: within a tenth, for five shapes, at the moment when every slot's context is full.

Measured is the peak resident set of the engine's process (`VmHWM` of /proc/PID/status), taken after requests that fill each
slot up to its last tokens; the prompt cache, an upper bound that stands apart, is switched off.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import aiohttp
import pytest
from tests.support.shaped_models import SHAPES, Shape, write_shaped_gguf

from unsloth_studio.engine.choose import make_plan
from unsloth_studio.engine.hardware import read_hardware
from unsloth_studio.engine.launch import Launch, Running, launch
from unsloth_studio.engine.memory import MIB
from unsloth_studio.engine.model_facts import ModelFacts, sliding_layers
from unsloth_studio.engine.plan import EngineOptions, EngineProgram, LaunchPlan

pytestmark = pytest.mark.e2e

CASES = [
    (shape, *size) for shape, size in zip(SHAPES, ((2048, 1), (1024, 2), (4096, 2), (1024, 4), (4096, 4)), strict=True)
]
SHORT = [(SHAPES[3], 4096, 1), (SHAPES[4], 512, 1)]


def facts(shape: Shape, path: Path) -> ModelFacts:
    size = path.stat().st_size
    return ModelFacts(
        name=shape.name,
        architecture=shape.architecture,
        native_context=32_768,
        layers=shape.layers,
        kv_heads=(shape.kv_heads,) * shape.layers,
        key_length=shape.head_size,
        value_length=shape.head_size,
        embedding_length=shape.width,
        vocabulary_size=shape.vocabulary,
        weight_bytes=shape.weight_bytes,
        file_bytes=size,
        heads=shape.heads,
        feed_forward_length=shape.feed_forward * (2 if shape.experts else 1),
        sliding_window=shape.window or None,
        sliding=sliding_layers(shape.architecture, None, shape.layers),
        experts=shape.experts,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shapes")


@pytest.mark.parametrize(
    ("shape", "context", "slots"), CASES + SHORT, ids=[f"{s.name}, {n} x {c}" for s, c, n in CASES + SHORT]
)
async def test_estimate_is_within_a_tenth(shape: Shape, context: int, slots: int, folder: Path) -> None:
    path = folder / f"{shape.name}.gguf"
    if not path.exists():
        write_shaped_gguf(path, shape)
    options = EngineOptions(path, "m", context, slots, threads=2, cache_ram_mib=0)
    plan = make_plan(EngineProgram("embedded"), options, hardware=read_hardware(), facts=facts(shape, path))
    measured = await _peak_when_full(plan)
    assert plan.memory is not None
    assert plan.memory.total == pytest.approx(measured, rel=0.10), f"{plan.memory}, measured {measured / MIB:.1f} MiB"


async def _peak_when_full(plan: LaunchPlan) -> int:
    """Bytes."""
    order = Launch(plan, "key", os.getpid(), 60)
    async with launch(order, lambda _: None, None, grace=1) as running, aiohttp.ClientSession() as session:
        await asyncio.gather(*(_fill(session, running, slot) for slot in range(plan.slots)))
        return _peak_bytes(running.process.pid)


def _peak_bytes(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


async def _fill(session: aiohttp.ClientSession, running: Running, slot: int) -> None:
    """A prompt of token ids that leaves room for four more."""
    assert running.context_length is not None
    prompt = [97 + (place + slot) % 150 for place in range(running.context_length - 8)]
    headers = {"Authorization": f"Bearer {running.address.api_key}"}
    body = {"prompt": prompt, "n_predict": 4, "ignore_eos": True, "id_slot": slot}
    async with session.post(f"{running.address.base_url}/completion", json=body, headers=headers) as reply:
        assert reply.status == 200, await reply.text()
        assert (await reply.json())["tokens_evaluated"] == len(prompt)
