"""The measurements. Each visits the engine directly and through the gateway in turn, so that drift hits both.

Times in milliseconds, CPU in microseconds, rates in thousands per second, memory in KiB or MiB (see each label).
"""

from __future__ import annotations

import asyncio
import json
import statistics
import urllib.request
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal

from bench.client import BenchFailure, Reply
from bench.parsing import tool_call_parser
from bench.processes import PARALLEL, import_seconds
from bench.run import Bench, Reading
from bench.sandbox import sandbox_start, tools_at_once
from bench.start import start_of_the_engine
from bench.traffic import LARGE, SMALL, Dialect, Load

from bench import client


async def first_answer(bench: Bench) -> list[Reading]:
    """What it takes until the first answer, in a gateway that has just started."""
    tree = bench.gateway.tree()
    memory = tree.memory_bytes() / 2**20
    await client.one_by_one(bench.through(), bench.body(Load(3)), 1)
    readings = [
        Reading("memory_at_start", "Memory at start", "MiB", memory),
        Reading("cpu_to_first_answer", "CPU until the first answer", "s", tree.cpu_seconds()),
    ]
    if bench.gateway.start_seconds is not None:
        readings.append(Reading("start", "Process start to ready", "s", bench.gateway.start_seconds))
    return readings


async def application_import(bench: Bench) -> list[Reading]:
    """How long our own code takes to be imported."""
    if bench.gateway.start_seconds is None:
        return []
    return [Reading("import", "Import of the application", "s", import_seconds("unsloth_studio.api.app"))]


async def first_token_alone(bench: Bench) -> list[Reading]:
    """Time to first token of a lone stream, for a short and a long request."""
    readings: list[Reading] = []
    count = bench.effort.sequential
    for name, size, words in (("small", SMALL, "1 kB"), ("large", LARGE, "150 kB")):
        body = bench.body(Load(3), size=size)
        ways = [partial(client.one_by_one, target, body, count) for target in (bench.direct(), bench.through())]
        direct, through = await _in_turn(bench, *ways)
        readings += _first_token_readings(f"ttft_1_{name}", f"Added TTFT, 1 stream, {words}", direct, through)
    return readings


async def first_token_crowd(bench: Bench) -> list[Reading]:
    """Time to first token when many paced streams begin in the same moment."""
    count = bench.effort.at_once
    body = bench.body(Load(10, interval_ms=20))
    direct, through = await _in_turn(
        bench,
        lambda: client.at_once(bench.direct(), body, count),
        lambda: client.at_once(bench.through(), body, count),
    )
    return _first_token_readings(f"ttft_{count}", f"TTFT, {count} streams at once", direct, through, about="gateway")


async def chunk_latency(bench: Bench) -> list[Reading]:
    """From the engine's write of a token to its arrival, for a lone stream at 5 ms per token."""
    body = bench.body(Load(bench.effort.paced_tokens // 2, interval_ms=5, stamp=True))
    direct, through = await _in_turn(
        bench,
        lambda: client.one_by_one(bench.direct(), body, 1, stamps=True),
        lambda: client.one_by_one(bench.through(), body, 1, stamps=True),
    )
    before, after = ([x * 1e3 for reply in replies for x in reply.latencies] for replies in (direct, through))
    label = "Added chunk latency, 1 stream"
    return [
        Reading(f"chunk_latency_p{at}", f"{label}, p{at}", "ms", _at(after, at), _at(before, at), "difference")
        for at in (50, 99)
    ]


async def paced_cpu(bench: Bench) -> list[Reading]:
    """CPU per token at 16 streams of 5 ms per token, in each dialect; beside it the engine's own in direct access."""
    tokens = bench.effort.paced_tokens
    load, streams = Load(tokens, interval_ms=5), 16
    costs: dict[Dialect | Literal["direct"], list[float]] = {
        "direct": [],
        **{dialect: [] for dialect in bench.dialects},
    }
    tree = bench.gateway.tree()
    for _ in range(max(1, bench.effort.rounds // 2)):
        began = bench.engine.cpu_seconds()
        await client.at_once(bench.direct(), bench.body(load), streams)
        costs["direct"].append((bench.engine.cpu_seconds() - began) * 1e6 / (streams * tokens))
        for dialect in bench.dialects:
            began = tree.cpu_seconds()
            with bench.watched(f"paced {dialect}"):
                replies = await client.at_once(bench.through(dialect), bench.body(load, dialect=dialect), streams)
            costs[dialect].append((tree.cpu_seconds() - began) * 1e6 / (streams * tokens))
            _require_tokens(replies, tokens)
    direct = statistics.median(costs["direct"])
    label = "CPU per token, 16 paced streams"
    return [
        Reading(f"cpu_chunk_{dialect}", f"{label}, {dialect}", "us", statistics.median(costs[dialect]), direct)
        for dialect in bench.dialects
    ]


async def burst(bench: Bench) -> list[Reading]:
    """Tokens per second when the engine writes as fast as it can, in one stream."""
    tokens = bench.effort.burst_tokens
    rates: dict[Dialect | Literal["direct"], list[float]] = {
        "direct": [],
        **{dialect: [] for dialect in bench.dialects},
    }
    for _ in range(bench.effort.rounds):
        with bench.watched("burst direct"):
            direct = await client.one_by_one(bench.direct(), bench.body(Load(tokens)), 1)
        rates["direct"].append(_rate(direct[0], tokens))
        for dialect in bench.dialects:
            body = bench.body(Load(tokens), dialect=dialect)
            with bench.watched(f"burst {dialect}"):
                replies = await client.one_by_one(bench.through(dialect), body, 1)
            rates[dialect].append(_rate(replies[0], tokens))
    before = statistics.median(rates["direct"])
    return [
        Reading(f"burst_{dialect}", f"Burst, {dialect}", "1000 tokens/s", statistics.median(rates[dialect]), before)
        for dialect in bench.dialects
    ]


async def plain(bench: Bench) -> list[Reading]:
    """Requests that are not streamed, by 4 callers: how many per second, and CPU for each."""
    readings: list[Reading] = []
    tree = bench.gateway.tree()
    sizes = (("small", SMALL, "1 kB", bench.effort.plain), ("large", LARGE, "150 kB", bench.effort.plain_large))
    for name, size, words, count in sizes:
        body = bench.body(Load(3), size=size, stream=False)
        rates: dict[str, list[float]] = {"direct": [], "through": []}
        costs: dict[str, list[float]] = {"direct": [], "through": []}
        for _ in range(max(1, bench.effort.rounds // 2)):
            for way, target, cpu in (("direct", bench.direct(), bench.engine), ("through", bench.through(), tree)):
                began = cpu.cpu_seconds()
                with bench.watched(f"plain {words} {way}"):
                    seconds = await client.back_to_back(target, body, count, callers=4)
                costs[way].append((cpu.cpu_seconds() - began) * 1e6 / count)
                rates[way].append(count / seconds)
        rate, cost = ({way: statistics.median(found[way]) for way in found} for found in (rates, costs))
        readings += [
            Reading(f"cpu_plain_{name}", f"CPU per whole request, {words}", "us", cost["through"], cost["direct"]),
            Reading(f"rate_plain_{name}", f"Whole requests, {words}", "per s", rate["through"], rate["direct"]),
        ]
    return readings


async def idle_streams(bench: Bench) -> list[Reading]:
    """Memory of open streams that are silent, and how many the engine still serves 1 s after their clients left."""
    count, tree = min(bench.effort.idle_streams, PARALLEL), bench.gateway.tree()
    request = bench.through().request(bench.body(Load(2, interval_ms=600_000)))
    await client.at_once(bench.through(), bench.body(Load(2)), 8)  # what the first streams need once and for all
    before = tree.memory_bytes()
    connections = [await client.connect(bench.through()) for _ in range(count)]
    for connection in connections:
        connection.send(request)
    await asyncio.wait_for(asyncio.gather(*[connection.first_token() for connection in connections]), 60)
    after = tree.memory_bytes()
    for connection in connections:
        connection.close()
    await asyncio.sleep(1)
    left = await asyncio.to_thread(_active_streams, bench.engine_url)
    return [
        Reading("memory_per_stream", f"Memory per idle stream ({count})", "KiB", (after - before) / 1024 / count),
        Reading("streams_left", "Engine streams left 1 s after the clients", "streams", float(left)),
    ]


MEASUREMENTS: tuple[Callable[[Bench], Awaitable[list[Reading]]], ...] = (
    first_answer,
    application_import,
    idle_streams,  # before the loads that leave free memory behind, in which the streams would hide
    first_token_alone,
    first_token_crowd,
    chunk_latency,
    paced_cpu,
    burst,
    plain,
    start_of_the_engine,
    tool_call_parser,
    sandbox_start,
    tools_at_once,
)


async def _in_turn(
    bench: Bench, direct: Callable[[], Awaitable[list[Reply]]], through: Callable[[], Awaitable[list[Reply]]]
) -> tuple[list[Reply], list[Reply]]:
    """Both ways in turn, `rounds` times, after one round that warms both up and is dropped."""
    await direct()
    await through()
    before: list[Reply] = []
    after: list[Reply] = []
    for _ in range(bench.effort.rounds):
        before += await direct()
        after += await through()
    return before, after


def _first_token_readings(
    key: str,
    label: str,
    direct: list[Reply],
    through: list[Reply],
    *,
    about: Literal["gateway", "difference"] = "difference",
) -> list[Reading]:
    before, after = ([reply.first_token_seconds * 1e3 for reply in replies] for replies in (direct, through))
    return [Reading(f"{key}_p{at}", f"{label}, p{at}", "ms", _at(after, at), _at(before, at), about) for at in (50, 99)]


def _at(values: list[float], percent: int) -> float:
    """The percentile, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _rate(reply: Reply, tokens: int) -> float:
    """Thousands of tokens per second, from the request to the end of the reply."""
    _require_tokens([reply], tokens)
    return tokens / (reply.ended_at - reply.sent_at) / 1000


def _require_tokens(replies: list[Reply], tokens: int) -> None:
    """Every token must have come; a dialect may say the whole text once more at the end."""
    for reply in replies:
        if reply.tokens < tokens:
            raise BenchFailure(f"A reply had {reply.tokens} of {tokens} tokens.")


def _active_streams(engine_url: str) -> int:
    with urllib.request.urlopen(engine_url + "/__state", timeout=10) as reply:
        return int(json.load(reply)["active_streams"])
