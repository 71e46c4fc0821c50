"""From a model on this disk to what the engine must know of it: its facts, and the options that settings and flags give."""

from __future__ import annotations

from unsloth_studio.catalog.demo import DEMO_FLAGS, DEMO_MODEL_ID, DEMO_SAMPLING
from unsloth_studio.catalog.gguf import GgufFacts
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.sheet import Sheet
from unsloth_studio.cli.places import own_settings
from unsloth_studio.cli.wishes import Wishes, sampling_over
from unsloth_studio.engine.flags import parse_engine_flags
from unsloth_studio.engine.model_facts import ModelFacts, RecurrentState, sliding_layers
from unsloth_studio.engine.plan import EngineOptions
from unsloth_studio.settings import Settings
from unsloth_studio.turn.messages import SamplingParams


def engine_facts(sheet: Sheet) -> ModelFacts:
    """What the plan reckons with."""
    gguf = sheet.gguf
    projector = sheet.model.projector
    return ModelFacts(
        name=sheet.model.id,
        architecture=gguf.architecture,
        native_context=gguf.context_length,
        layers=gguf.layers,
        kv_heads=gguf.kv_heads,
        key_length=gguf.key_length or _head_length(gguf),
        value_length=gguf.value_length or _head_length(gguf),
        embedding_length=gguf.embedding_length or 0,
        vocabulary_size=gguf.vocabulary_size or 0,
        weight_bytes=gguf.tensor_bytes.total,
        file_bytes=gguf.file_size,
        heads=gguf.heads or 0,
        key_length_swa=gguf.key_length_swa,
        value_length_swa=gguf.value_length_swa,
        sliding_window=gguf.sliding_window,
        sliding=sliding_layers(gguf.architecture, gguf.sliding_pattern, gguf.layers) if gguf.sliding_window else (),
        shared_kv_layers=gguf.shared_kv_layers,
        keys_only=gguf.kv_lora_rank is not None,
        experts=gguf.experts,
        expert_bytes=gguf.tensor_bytes.experts,
        recurrent=_recurrent(gguf),
        projector_bytes=projector.stat().st_size if projector else 0,
    )


def engine_options(model: LocalModel, model_id: str, settings: Settings, wishes: Wishes) -> EngineOptions:
    """The command line over the model's own settings over those for all models. Raises `FlagProblem`."""
    own = own_settings(model, settings)
    configured = parse_engine_flags(own.flags)
    flags = wishes.flags
    demo = model.id == DEMO_MODEL_ID
    sampling = sampling_over(
        flags.sampling, sampling_over(configured.sampling, DEMO_SAMPLING if demo else SamplingParams())
    )
    projector = flags.mmproj or configured.mmproj or model.projector
    return EngineOptions(
        model_path=model.main_file,
        model_id=model_id,
        context_length=wishes.context_length
        or flags.context_length
        or own.context_length
        or configured.context_length
        or settings.context_length,
        slots=wishes.parallel or flags.slots or own.parallel or configured.slots or settings.parallel,
        memory_limit_bytes=None if settings.memory_budget_mib is None else settings.memory_budget_mib * 2**20,
        threads=wishes.threads or flags.threads or own.threads or configured.threads or settings.threads,
        sampling=sampling,
        projector=projector,
        extra_flags=(*(DEMO_FLAGS if demo else ()), *configured.rest, *flags.rest),
    )


def _head_length(gguf: GgufFacts) -> int:
    """Where a file does not say it, heads share the embedding evenly (llama.cpp, `load_hparams`)."""
    return (gguf.embedding_length or 0) // (gguf.heads or 1)


def _recurrent(gguf: GgufFacts) -> RecurrentState | None:
    state = gguf.recurrent
    if state is None:
        return None
    return RecurrentState(state.conv_kernel, state.inner_size, state.state_size, state.group_count)
