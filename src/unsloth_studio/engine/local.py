"""The engine on this machine, from the user's options to a `Supervisor`: find a program, look at the machine, plan.

The rule: all of it happens at start, in the background; making the supervisor costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from unsloth_studio.engine.contract import EngineStatus
from unsloth_studio.engine.discovery import SmokeTests, find_engine
from unsloth_studio.engine.gguf_header import native_context_length
from unsloth_studio.engine.hardware import read_hardware
from unsloth_studio.engine.plan import EngineOptions, LaunchPlan, make_plan
from unsloth_studio.engine.restarts import Policy
from unsloth_studio.engine.supervisor import Supervisor


def demo_model() -> Path:
    """The tiny model that ships with the program; also what smoke tests run on."""
    return Path(str(files("unsloth_studio") / "demo_model" / "tiny-demo-model.gguf"))


async def plan_launch(options: EngineOptions, home: Path, *, explicit: str | None = None) -> LaunchPlan:
    """What `unsloth run` would start. `home` is the data folder, `explicit` the engine the user named.

    Raises `EngineTrouble` when no engine is usable or an option cannot be honoured.
    """
    hardware, native = await asyncio.gather(
        asyncio.to_thread(read_hardware), asyncio.to_thread(native_context_length, options.model_path)
    )
    found = await find_engine(home, SmokeTests(demo_model(), hardware.features_digest), explicit=explicit)
    return make_plan(found.require(), options, hardware=hardware, native_context=native)


def local_engine(
    options: EngineOptions,
    home: Path,
    *,
    explicit: str | None = None,
    on_change: Callable[[EngineStatus], None] | None = None,
    on_line: Callable[[str], None] | None = None,
    policy: Policy | None = None,
) -> Supervisor:
    """A supervisor, still stopped, for the engine that `plan_launch` finds. `on_line` gets every line the engine writes."""
    return Supervisor(
        lambda: plan_launch(options, home, explicit=explicit),
        model_id=options.model_id,
        slots=options.slots,
        on_change=on_change,
        on_line=on_line,
        policy=policy or Policy(),
    )
