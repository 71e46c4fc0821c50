"""The life of the real embedded engine under its supervisor: up, down, killed, stopped, orphaned, never started."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace
from tests.support.native_engine import NEEDING_NO_REPACK, WORKING, write_engine

from unsloth_studio.engine.contract import EngineStatus
from unsloth_studio.engine.health import ask
from unsloth_studio.engine.local import demo_model
from unsloth_studio.engine.plan import EngineProgram, LaunchPlan
from unsloth_studio.engine.restarts import Policy
from unsloth_studio.engine.supervisor import Supervisor
from unsloth_studio.turn.errors import TurnFailure

pytestmark = pytest.mark.e2e

EMBEDDED = EngineProgram("embedded", version="xllamacpp")
PLAN = LaunchPlan(EMBEDDED, demo_model(), "demo", context_length=1024, slots=2, threads=1, cache_ram_mib=0)
QUICK = Policy(first_backoff=0.01, health_interval=0.1)


@dataclass
class Bench:
    """A supervisor, and every status it went through."""

    history: list[EngineStatus] = field(default_factory=list[EngineStatus])
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    lines: list[str] = field(default_factory=list[str])
    supervisors: list[Supervisor] = field(default_factory=list[Supervisor])

    def supervise(self, plan: LaunchPlan = PLAN, policy: Policy = QUICK) -> Supervisor:
        async def make() -> LaunchPlan:
            return plan

        made = Supervisor(make, model_id="demo", on_change=self._note, on_line=self._hear, policy=policy)
        self.supervisors.append(made)
        return made

    def _hear(self, line: str) -> None:
        self.lines.append(line)
        self.changed.set()

    def _note(self, status: EngineStatus) -> None:
        self.history.append(status)
        self.changed.set()

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        async with asyncio.timeout(timeout):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    @property
    def states(self) -> list[str]:
        """The states in order, repetitions left out."""
        states = [status.state for status in self.history]
        return [state for state, before in zip(states, ["", *states], strict=False) if state != before]


@pytest.fixture
async def bench() -> AsyncGenerator[Bench]:
    made = Bench()
    yield made
    for supervisor in made.supervisors:
        await supervisor.stop()
    assert children() == []


def children() -> list[psutil.Process]:
    """Every child of this process and theirs, zombies included; servers that other tests keep running do not count."""
    own = [child for child in psutil.Process().children() if not _is_server(child)]
    return [*own, *(one for child in own for one in child.children(recursive=True))]


def _is_server(process: psutil.Process) -> bool:
    try:
        return "--json" in process.cmdline()
    except psutil.Error:
        return False


def child() -> int:
    (only,) = children()
    return only.pid


async def test_start_ready_stop(bench: Bench) -> None:
    supervisor = bench.supervise()
    assert supervisor.status.state == "stopped"
    await supervisor.start()
    await supervisor.start()
    address = await supervisor.ready(20)
    assert await supervisor.ready(0) == address
    assert (supervisor.status.context_length, supervisor.status.slots) == (512, 2)
    props = await ask(f"{address.base_url}/props", api_key=address.api_key)
    assert (props.status, props.body["model_alias"]) == (200, "demo")
    assert (await ask(f"{address.base_url}/props", api_key="wrong")).status == 401
    pid = child()
    await supervisor.stop()
    await supervisor.stop()
    assert not psutil.pid_exists(pid)
    assert bench.states == ["starting", "ready", "stopping", "stopped"]
    assert supervisor.status.restarts == 0


async def test_a_stopped_engine_starts_again_when_somebody_waits_for_it(bench: Bench) -> None:
    supervisor = bench.supervise()
    first = await supervisor.ready(20)
    await supervisor.stop()
    second = await supervisor.ready(20)
    assert second.api_key != first.api_key


async def test_our_part_of_a_start_is_short(bench: Bench) -> None:
    supervisor = bench.supervise()
    began = time.perf_counter()
    await supervisor.ready(20)
    took = time.perf_counter() - began
    await bench.until(lambda: any("listening on" in line for line in bench.lines))  # the engine logs from a thread
    loading = next(line for line in bench.lines if "listening on" in line).split(" ")[0]  # the engine's clock
    seconds = float(".".join(loading.split(".")[1:3])) + float(loading.split(".")[3]) / 1e6
    assert took - seconds < 1.0, f"{took - seconds:.3f} s over the engine's own {seconds:.3f} s"


async def test_a_killed_engine_is_noticed_and_comes_back(bench: Bench) -> None:
    supervisor = bench.supervise()
    before = await supervisor.ready(20)
    pid = child()
    os.kill(pid, signal.SIGKILL)
    await bench.until(lambda: supervisor.status.state == "starting", timeout=1.0)
    assert "SIGKILL" in (supervisor.status.reason or "")
    after = await supervisor.ready(20)
    assert after != before
    assert child() != pid
    assert supervisor.status.restarts == 1
    assert supervisor.status.reason is None


async def test_who_waits_during_a_restart_is_served(bench: Bench) -> None:
    supervisor = bench.supervise()
    await supervisor.ready(20)
    os.kill(child(), signal.SIGKILL)
    await bench.until(lambda: supervisor.status.state == "starting")
    addresses = await asyncio.gather(*(supervisor.ready(20) for _ in range(5)))
    assert len(set(addresses)) == 1


async def test_an_engine_that_answers_is_started_again_however_often_it_dies(bench: Bench) -> None:
    supervisor = bench.supervise()
    for _ in range(7):
        await supervisor.ready(20)
        os.kill(child(), signal.SIGKILL)
        await bench.until(lambda: supervisor.status.state != "ready")
    await supervisor.ready(20)
    assert supervisor.status.restarts == 7


async def test_a_failed_start_is_tried_again_when_somebody_asks_later(bench: Bench, tmp_path: Path) -> None:
    model = tmp_path / "model.gguf"
    policy = replace(QUICK, retry_after_failure=0.2)
    supervisor = bench.supervise(replace(PLAN, model_path=model), policy=policy)
    with pytest.raises(TurnFailure, match="could not be loaded") as caught:
        await supervisor.ready(20)
    assert caught.value.error.retry_after is not None
    model.symlink_to(PLAN.model_path)
    await asyncio.sleep(0.3)
    await supervisor.ready(20)
    assert supervisor.status.state == "ready"


async def test_an_engine_that_falls_silent_is_replaced(bench: Bench) -> None:
    supervisor = bench.supervise(policy=replace(QUICK, health_timeout=0.1, hung_after=0.3, stop_grace=0.1))
    address = await supervisor.ready(20)
    pid = child()
    os.kill(pid, signal.SIGSTOP)
    supervisor.lost(address)
    await bench.until(lambda: supervisor.status.state == "starting")
    assert supervisor.status.reason == "The engine did not answer for 0.3 seconds."
    await supervisor.ready(20)
    assert not psutil.pid_exists(pid)


async def test_a_report_of_loss_does_not_disturb_a_healthy_engine(bench: Bench) -> None:
    supervisor = bench.supervise()
    address = await supervisor.ready(20)
    supervisor.lost(address)
    supervisor.lost(replace(address, base_url="http://127.0.0.1:1"))
    await asyncio.sleep(0.3)
    assert await supervisor.ready(0) == address


MODEL = demo_model().read_bytes()
BROKEN: dict[str, tuple[bytes | None, str]] = {
    "truncated": (MODEL[: len(MODEL) // 2], "is damaged or incomplete"),
    "cut in the header": (MODEL[:300], "is damaged or incomplete"),
    "overwritten": (MODEL[:100] + b"\xff" * 3000 + MODEL[3100:], "is damaged or incomplete"),
    "missing": (None, "There is no model file at"),
    "text": (b"<html>404 not found</html>", "is not a GGUF file"),
    "empty": (b"", "is not a GGUF file"),
    "another architecture": (MODEL.replace(b"qwen3", b"qwen9", 1), "does not know the model architecture 'qwen9'"),
}


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_model_file_that_cannot_work_fails_at_once(
    content: bytes | None, said: str, bench: Bench, tmp_path: Path
) -> None:
    path = tmp_path / "m.gguf"
    if content is not None:
        path.write_bytes(content)
    supervisor = bench.supervise(replace(PLAN, model_path=path))
    with pytest.raises(TurnFailure) as caught:
        await supervisor.ready(20)
    assert said in caught.value.error.message
    assert (supervisor.status.state, supervisor.status.restarts) == ("failed", 0)
    assert supervisor.status.advice
    assert supervisor.status.advice in caught.value.error.message


async def test_a_program_that_is_gone_is_named(bench: Bench) -> None:
    program = EngineProgram("llama-server", Path("/nonexistent/llama-server"))
    supervisor = bench.supervise(replace(PLAN, program=program), policy=replace(QUICK, crash_limit=1))
    with pytest.raises(TurnFailure, match="cannot run /nonexistent/llama-server"):
        await supervisor.ready(20)


def engine_script(folder: Path, code: str) -> LaunchPlan:
    """A plan for a native engine that is a Python script."""
    path = folder / "llama-server"
    path.write_text(f"#!{sys.executable} -S\n{code}")
    path.chmod(0o700)
    return replace(PLAN, program=EngineProgram("llama-server", path))


async def test_a_start_that_takes_too_long_is_given_up(bench: Bench, tmp_path: Path) -> None:
    plan = engine_script(tmp_path, "import time; time.sleep(60)")
    supervisor = bench.supervise(plan, policy=replace(QUICK, start_timeout=0.5))
    with pytest.raises(TurnFailure, match=r"did not become ready within 0\.5 seconds"):
        await supervisor.ready(20)
    assert children() == []


async def test_who_waits_shorter_than_the_start_is_told_to_come_back(bench: Bench, tmp_path: Path) -> None:
    supervisor = bench.supervise(engine_script(tmp_path, "import time; time.sleep(60)"))
    with pytest.raises(TurnFailure, match="still loading") as caught:
        await supervisor.ready(0.1)
    assert caught.value.error.retry_after == 2
    assert supervisor.status.state == "starting"


async def test_stop_during_the_start_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    supervisor = bench.supervise(engine_script(tmp_path, "import time; time.sleep(60)"))
    waiting = asyncio.create_task(supervisor.ready(20))
    await bench.until(lambda: supervisor.status.progress is not None)
    await supervisor.stop()
    with pytest.raises(TurnFailure, match="shutting down"):
        await waiting
    assert children() == []


IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


async def test_an_engine_that_ignores_sigterm_is_killed(bench: Bench, tmp_path: Path) -> None:
    supervisor = bench.supervise(engine_script(tmp_path, IGNORES), policy=replace(QUICK, stop_grace=0.2))
    await supervisor.start()
    await bench.until(lambda: bench.lines == ["up"] or supervisor.status.progress is not None)
    async with asyncio.timeout(2):
        await supervisor.stop()
    assert children() == []


async def test_a_native_engine_is_served_like_the_embedded_one(bench: Bench, tmp_path: Path) -> None:
    program = EngineProgram("llama-server", write_engine(tmp_path, WORKING), "b7777")
    supervisor = bench.supervise(replace(PLAN, program=program))
    address = await supervisor.ready(20)
    assert (await ask(f"{address.base_url}/props", api_key=address.api_key)).status == 200
    assert supervisor.status.engine_version == "b7777"


async def test_a_crash_in_repacked_kernels_is_tried_without_them(bench: Bench, tmp_path: Path) -> None:
    program = EngineProgram("llama-server", write_engine(tmp_path, NEEDING_NO_REPACK))
    supervisor = bench.supervise(replace(PLAN, program=program))
    await supervisor.ready(20)
    assert "The engine crashed (SIGILL)." in [status.reason for status in bench.history]
    assert supervisor.status.restarts == 1


ORPHAN_MAKER = """
import asyncio
from msgspec.structs import replace
from tests.engine.test_supervisor import PLAN, Bench, child

async def main():
    await Bench().supervise().ready(20)
    print(child(), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_no_child_outlives_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHAN_MAKER], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        engine = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        psutil.wait_procs([engine], timeout=1.0)
        assert not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE


def test_no_child_outlives_the_event_loop() -> None:
    async def forgets_to_stop() -> int:
        await Bench().supervise().ready(20)
        return child()

    pid = asyncio.run(forgets_to_stop())
    if psutil.pid_exists(pid):
        psutil.wait_procs([psutil.Process(pid)], timeout=1.0)
    assert not psutil.pid_exists(pid)


async def test_a_listener_that_fails_does_not_stop_the_engine(caplog: pytest.LogCaptureFixture) -> None:
    async def make() -> LaunchPlan:
        return PLAN

    def fail(status: EngineStatus) -> None:
        raise BrokenPipeError

    supervisor = Supervisor(make, model_id="demo", on_change=fail, policy=QUICK)
    await supervisor.ready(20)
    await supervisor.stop()
    assert supervisor.status.state == "stopped"
    assert "a listener of the engine's status failed" in caplog.text
