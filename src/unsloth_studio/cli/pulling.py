"""A download that a running server was asked for, as steps for its API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from unsloth_studio.catalog.downloads import fetch_with_progress, plan_download
from unsloth_studio.catalog.locate import choose
from unsloth_studio.catalog.reference import HubModel, parse_reference, public_id
from unsloth_studio.cli.places import places_of
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.settings import Settings


async def pull_steps(settings: Settings, name: str) -> AsyncGenerator[dict[str, Any]]:
    """Progress (see `DownloadProgress`), then `id` and `quantization`. Closing it stops the download; what came is kept.

    Raises `OperatorProblem`, `HubError` among them.
    """
    reference = parse_reference(name)
    if not isinstance(reference, HubModel):
        raise OperatorProblem(f"{name!r} is no repository of the hub. Name it as ORGANISATION/REPOSITORY[:QUANT].")
    places = await asyncio.to_thread(places_of, settings)
    repository = await places.hub.repository(reference.repo)
    variant = choose(repository, reference.variant, places.memory)
    async with aclosing(fetch_with_progress(plan_download(places.hub, repository, variant))) as steps:
        async for progress in steps:
            yield asdict(progress)
    yield {"id": public_id(HubModel(repository.name)), "quantization": variant.label}
