"""How the built-in demo model is called, and how it likes to be asked. It is a toy; see docs/demo-model.md."""

from __future__ import annotations

from pathlib import Path

import unsloth_studio
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.turn.messages import SamplingParams

DEMO_MODEL_ID = "tiny-demo-model"
DEMO_SAMPLING = SamplingParams(temperature=0.0)  # it was trained to give fixed answers; sampling only adds slips
DEMO_FLAGS = ("--reasoning", "off")  # it thinks when asked to; unasked it only talks to itself, at worst in circles


def demo_model() -> LocalModel:
    """The file, which is part of the package."""
    file = Path(unsloth_studio.__file__).parent / "demo_model" / f"{DEMO_MODEL_ID}.gguf"
    return LocalModel(DEMO_MODEL_ID, "Q8_0", (file,), file.stat().st_size, "folder")
