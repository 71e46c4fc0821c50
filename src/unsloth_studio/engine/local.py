"""The engine on this machine, from the user's options to a `Supervisor`: find a program, look at the machine, plan.

The rule: all of it happens at start, in the background; making the supervisor costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from unsloth_studio.engine.choose import DEFAULT_SLOTS, make_plan
from unsloth_studio.engine.contract import EngineStatus
from unsloth_studio.engine.discovery import SmokeTests, find_engine
from unsloth_studio.engine.hardware import device_memory_mib, read_hardware
from unsloth_studio.engine.kept_slots import KeptSlots
from unsloth_studio.engine.launch import Spawn
from unsloth_studio.engine.model_facts import ModelFacts
from unsloth_studio.engine.plan import EngineOptions, LaunchPlan
from unsloth_studio.engine.process import EngineProcess
from unsloth_studio.engine.restarts import Policy
from unsloth_studio.engine.sizing import Smaller
from unsloth_studio.engine.supervisor import Supervisor

Facts = ModelFacts | Callable[[], ModelFacts | None] | None


def demo_model() -> Path:
    """The tiny model that ships with the program; also what smoke tests run on."""
    return Path(__file__).parents[1] / "demo_model" / "tiny-demo-model.gguf"


async def plan_launch(
    options: EngineOptions,
    home: Path,
    *,
    explicit: str | None = None,
    facts: Facts = None,
    smaller: Sequence[Smaller] = (),
) -> LaunchPlan:
    """What `unsloth run` would start. `home` is the data folder, `explicit` the engine the user named. `facts` are the
    model's, or a function that reads them (called off the event loop); `smaller` other files of the same model.

    Raises `EngineTrouble` when no engine is usable or an option cannot be honoured, `DoesNotFit` when memory is short.
    """
    hardware = await asyncio.to_thread(read_hardware)
    model = await asyncio.to_thread(facts) if callable(facts) else facts
    found = await find_engine(home, SmokeTests(demo_model(), hardware.features_digest), explicit=explicit)
    program = found.require()
    devices = next((verdict.devices for verdict in found.verdicts if verdict.program is program), ())
    hardware = replace(hardware, device_mib=device_memory_mib(devices))
    return make_plan(program, options, hardware=hardware, facts=model, smaller=smaller)


def local_engine(
    options: EngineOptions,
    home: Path,
    *,
    explicit: str | None = None,
    on_change: Callable[[EngineStatus], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    policy: Policy | None = None,
    facts: Facts = None,
    smaller: Sequence[Smaller] = (),
    spawn: Spawn = EngineProcess.spawn,
    kept: KeptSlots | None = None,
) -> Supervisor:
    """A supervisor, still stopped, for the engine that `plan_launch` finds. `on_line` gets every line the engine writes,
    `spawn` starts its process, `kept` keeps its slots while the model is put away."""
    return Supervisor(
        lambda: plan_launch(options, home, explicit=explicit, facts=facts, smaller=smaller),
        model_id=options.model_id,
        slots=options.slots or DEFAULT_SLOTS,
        on_change=on_change,
        on_line=on_line,
        policy=policy or Policy(),
        spawn=spawn,
        kept=kept,
    )
