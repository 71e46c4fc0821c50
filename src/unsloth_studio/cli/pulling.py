"""Downloads that a running server was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from msgspec.structs import asdict

from unsloth_studio.catalog.downloads import fetch_with_progress, plan_download
from unsloth_studio.catalog.locate import choose
from unsloth_studio.catalog.reference import HubModel, parse_reference, public_id
from unsloth_studio.catalog.running_downloads import Planned
from unsloth_studio.cli.places import places_of
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.settings import Settings


def named_repository(name: str) -> HubModel:
    """The repository of the hub that `name` means. Raises `OperatorProblem`."""
    reference = parse_reference(name)
    if not isinstance(reference, HubModel):
        raise OperatorProblem(f"{name!r} is no repository of the hub. Name it as ORGANISATION/REPOSITORY[:QUANT].")
    return reference


async def planned(settings: Settings, name: str) -> Planned:
    """What has to come for `name`: its quantization, else the best that fits. Raises `OperatorProblem`, `HubError` among
    them."""
    reference = named_repository(name)
    places = await asyncio.to_thread(places_of, settings)
    repository = await places.hub.repository(reference.repo)
    variant = choose(repository, reference.variant, places.memory)
    return Planned(f"{repository.name}:{variant.label}", plan_download(places.hub, repository, variant))


async def pull_steps(settings: Settings, name: str) -> AsyncGenerator[dict[str, Any]]:
    """Progress (see `DownloadProgress`), then `id` and `quantization`. Closing it stops the download; what came is kept.

    Raises `OperatorProblem`, `HubError` among them.
    """
    found = await planned(settings, name)
    repository, _, label = found.model.partition(":")
    async with aclosing(fetch_with_progress(found.download)) as steps:
        async for progress in steps:
            yield asdict(progress)
    yield {"id": public_id(HubModel(repository)), "quantization": label}
