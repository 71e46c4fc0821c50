"""The mixed load: every kind of call gets what it asks for, and what would be a defect is seen as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from random import Random

import httpx
import psutil
import pytest
from bench.mixed.calls import CALLS, Call, revoked_key, server_tools
from bench.mixed.site import Site, Unasked, check_broken_stream, check_whole_stream
from bench.mixed.watch import Sample, Watch, growth, p999_ms
from bench.processes import Gateway
from tests.support.engines import fake_engine
from tests.support.keys import new_key

from bench import processes
from unsloth_studio.tools.sandbox.probe import find_sandbox
from unsloth_studio.tools.sandbox.result import Unavailable

NONE: dict[float, float] = {0.01: 0, 0.1: 0, float("inf"): 0}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with (
        fake_engine() as engine,
        processes.gateway(engine.base_url, parallel=8, variables={"UNSLOTH_STUDIO_MAX_BODY_MIB": "1"}) as running,
    ):
        yield running


@pytest.fixture
async def site(gateway: Gateway) -> AsyncIterator[Site]:
    assert gateway.home is not None
    admin = new_key(gateway.home, "soak", scopes=("admin", "inference"))
    tools = not isinstance(await find_sandbox(), Unavailable)
    async with httpx.AsyncClient(base_url=gateway.base_url, timeout=30) as client:
        yield Site(gateway.base_url, gateway.api_key or "", admin, gateway.model, tools, client, Random(7))


@pytest.mark.e2e
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async def test_a_call_gets_what_it_asks_for(site: Site, call: Call) -> None:
    if call is server_tools and not site.tools:
        pytest.skip("bubblewrap is not installed, so no tool runs here")
    for _ in range(3 if call is server_tools else 6):
        await call(site)
    assert site.let_in == 0


@pytest.mark.e2e
async def test_a_revoked_key_that_is_let_in_is_seen(site: Site) -> None:
    with pytest.raises(Unasked, match="200 instead of 401"):
        await revoked_key(site, site.key)
    assert site.let_in == 1


@pytest.mark.e2e
async def test_the_process_is_looked_at(gateway: Gateway, site: Site) -> None:
    sample = await Watch(gateway.base_url, site.admin, psutil.Process(gateway.pid)).sample()
    assert sample.memory_bytes > 2**20
    assert sample.files > 3
    assert sample.tasks > 1
    assert float("inf") in sample.late.keys() & sample.held.keys()


@pytest.mark.parametrize(
    "text", ["data: {}\n\n", "data: ~\n\ndata: [DONE]\n\n"], ids=["without its end", "without all tokens"]
)
def test_a_stream_is_not_whole(text: str) -> None:
    with pytest.raises(Unasked):
        check_whole_stream("chat", text, 2)


def test_a_broken_stream_has_to_say_so() -> None:
    check_broken_stream("responses", 'event: response.failed\ndata: {"type": "response.failed"}\n\n')
    with pytest.raises(Unasked):
        check_broken_stream("chat", "data: ~\n\ndata: [DONE]\n\n")


def test_growth_is_of_the_last_tenth_beside_the_first() -> None:
    samples = [Sample(at, 100 + at, 1, 1, NONE, NONE) for at in range(20)]
    assert growth(samples) == pytest.approx((118.5 / 100.5 - 1) * 100)


def test_the_delay_that_999_of_1000_ticks_keep_to() -> None:
    after = {0.01: 998.0, 0.1: 1000.0, float("inf"): 1000.0}
    assert p999_ms(NONE, after) == pytest.approx(55)
    assert p999_ms(NONE, {0.01: 10.0, 0.1: 20.0, float("inf"): 30.0}) == pytest.approx(100)
