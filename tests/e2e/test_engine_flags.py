"""Flags of the command line, seen again in the real engine's own answer about itself (`/props`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.support.fixtures import ScriptedGguf

from unsloth_studio.engine.choose import make_plan
from unsloth_studio.engine.flags import parse_engine_flags
from unsloth_studio.engine.hardware import read_hardware
from unsloth_studio.engine.health import ask
from unsloth_studio.engine.launch import Launch, launch
from unsloth_studio.engine.plan import EngineOptions, EngineProgram

pytestmark = pytest.mark.e2e


async def props(model: Path, words: list[str]) -> dict[str, Any]:
    """What the engine says of itself when it was started with `words`."""
    flags = parse_engine_flags(words)
    options = EngineOptions(
        model, "m", flags.context_length, flags.slots, flags.threads, sampling=flags.sampling, extra_flags=flags.rest
    )
    plan = make_plan(EngineProgram("embedded"), options, hardware=read_hardware())
    async with launch(Launch(plan, "key", os.getpid(), 30), lambda _: None, None, grace=1) as running:
        answer = await ask(f"{running.address.base_url}/props", api_key="key", timeout=10)
    return dict(answer.body)


async def test_sampling_context_and_slots_are_the_engines_defaults(scripted_gguf: ScriptedGguf) -> None:
    words = (
        "--temp 0.25 --seed 42 --top-p 0.5 --top-k 7 --min-p 0.125 --repeat-penalty 1.5 --presence-penalty 0.75 -c 1024"
    )
    said = await props(scripted_gguf(("Hello",)), [*words.split(), "-np", "3", "--threads", "1"])
    settings = said["default_generation_settings"]
    sampling = settings["params"]
    names = ("temperature", "seed", "top_p", "top_k", "min_p", "repeat_penalty", "presence_penalty")
    assert [sampling[name] for name in names] == [0.25, 42, 0.5, 7, 0.125, 1.5, 0.75]
    assert (settings["n_ctx"], said["total_slots"]) == (1024, 3)


async def test_a_template_file_replaces_the_models_own(scripted_gguf: ScriptedGguf, tmp_path: Path) -> None:
    template = tmp_path / "template.jinja"
    template.write_text("{% for message in messages %}<{{ message.content }}>{% endfor %}")
    words = ["--chat-template-file", str(template), "--reasoning", "off", "--reasoning-budget", "0", "-ngl", "0"]
    said = await props(
        scripted_gguf(("Hello",)), [*words, "--spec-type", "ngram-mod", "-fa", "on", "-ctk", "q8_0", "-c", "512"]
    )
    assert said["chat_template"] == template.read_text()
