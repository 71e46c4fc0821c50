"""A model's sheet as text and as JSON, for `unsloth models show`."""

from __future__ import annotations

from typing import Any

from unsloth_studio.catalog.fit import gigabytes
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.sheet import Sheet
from unsloth_studio.cli.places import own_settings
from unsloth_studio.settings import Settings
from unsloth_studio.turn.messages import SamplingParams


def sheet_object(sheet: Sheet, settings: Settings) -> dict[str, Any]:
    """For `--json`."""
    gguf, template = sheet.gguf, sheet.template
    return {
        "id": sheet.model.id,
        "quantization": sheet.quantization,
        "repository": sheet.model.repository,
        "files": [str(file) for file in sheet.model.files],
        "size_bytes": sheet.model.size_bytes,
        "architecture": gguf.architecture,
        "parameters": gguf.parameters,
        "layers": gguf.layers,
        "native_context_length": gguf.context_length,
        "capabilities": {"tools": template.tools, "thinking": template.thinking, "vision": sheet.vision},
        "family": sheet.family.name if sheet.family else None,
        "sampling": {
            mode: [
                {"field": s.field, "value": s.value, "source": s.source, "reason": s.reason}
                for s in sheet.sampling(pins=pins_of(sheet.model, settings), thinking=thinking).settings
            ]
            for mode, thinking in _modes(sheet)
        },
    }


def describe(sheet: Sheet, settings: Settings) -> str:
    """For a person: facts, then one table of sampling settings per mode."""
    gguf, template = sheet.gguf, sheet.template
    can = [
        word
        for word, yes in (("tools", template.tools), ("thinking", template.thinking), ("images", sheet.vision))
        if yes
    ]
    lines = [
        f"Model           {sheet.model.id}",
        f"Quantization    {sheet.quantization}",
        f"Size            {gigabytes(sheet.model.size_bytes)}, {gguf.size_label} parameters, {gguf.layers} layers",
        f"Architecture    {gguf.architecture}",
        f"Native context  {gguf.context_length or 'unknown'} tokens",
        f"Can do          {', '.join(can) or 'text only'}",
        f"File            {sheet.model.main_file}",
    ]
    for mode, thinking in _modes(sheet):
        lines += ["", f"Sampling, {mode}:"]
        for setting in sheet.sampling(pins=pins_of(sheet.model, settings), thinking=thinking).settings:
            value = "engine's own" if setting.value is None else f"{setting.value:g}"
            lines.append(f"  {setting.field:<18} {value:<13} {setting.reason}")
    return "\n".join(lines)


def pins_of(model: LocalModel, settings: Settings) -> SamplingParams:
    """The operator's pins for a model: its own over those for every model."""
    own = own_settings(model, settings).pin
    values: dict[str, Any] = {**settings.pin.given, **own.given}
    return SamplingParams(**values)


def _modes(sheet: Sheet) -> list[tuple[str, bool]]:
    return [("not thinking", False), ("thinking", True)] if sheet.template.thinking else [("always", False)]
