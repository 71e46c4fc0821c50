"""How the built-in demo model is called, and how it likes to be asked. It is a toy; see docs/demo-model.md."""

from __future__ import annotations

from unsloth_studio.turn.messages import SamplingParams

DEMO_MODEL_ID = "tiny-demo-model"
DEMO_SAMPLING = SamplingParams(temperature=0.0)  # it was trained to give fixed answers; sampling only adds slips
DEMO_FLAGS = ("--reasoning", "off")  # it thinks when asked to; unasked it only talks to itself, at worst in circles
