"""An engine that already runs somewhere: llama-server, vLLM, SGLang, another Unsloth Studio.

The rule: it is not ours. It is asked what it is and what it serves, never started or stopped; when it is silent the state is
`failed` with the reason, and every new question (`start`, `ready`, `lost`) asks it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.engine.contract import EngineAddress, EngineStatus
from unsloth_studio.engine.health import Answer, ask
from unsloth_studio.turn.errors import TurnError, TurnFailure

PROBE_SECONDS = 5.0
RETRY_AFTER = 5
_LOADING_POLL_SECONDS = 0.5
_CONTEXT_FIELDS = ("n_ctx", "max_model_len", "context_length", "context_window", "n_ctx_train")
"""Where the length is in `/v1/models`: llama-server (in `meta`), vLLM and SGLang, Unsloth Studio, others; the length that is
served stands before the one that was trained."""


class _Found(Struct, frozen=True):
    """What one round of questions brought. `problem` is a sentence when it cannot be used; `loading`: not yet."""

    problem: str = ""
    loading: bool = False
    model: str = ""
    context_length: int | None = None
    slots: int | None = None
    speaks_llama: bool = False
    version: str | None = None


class Upstream:
    """Implements `engine.contract.Engine`. `url` may end in `/v1`; `model` overrides the first one that the upstream lists;
    `slots` is how many requests may run there at once."""

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        model: str | None = None,
        slots: int | None = None,
        on_change: Callable[[EngineStatus], None] | None = None,
    ) -> None:
        self._base_url = base_url(url)
        self._api_key = api_key
        self._model = model
        self._slots = slots
        self._on_change = on_change
        self._address: EngineAddress | None = None
        self._probe: asyncio.Task[None] | None = None
        self._status = EngineStatus("stopped", model or "", slots=slots or 1)

    @property
    def status(self) -> EngineStatus:
        return self._status

    async def start(self) -> None:
        if self._status.state in ("stopped", "failed"):
            self._ask_again()

    async def ready(self, timeout: float) -> EngineAddress:
        """As in the contract, but from `failed` it asks once more before it raises."""
        if self._status.state == "ready" and self._address is not None:
            return self._address
        probe = self._ask_again()
        await asyncio.wait((probe,), timeout=timeout)
        if self._address is None:
            raise self._refusal()
        return self._address

    def lost(self, address: EngineAddress) -> None:
        if address == self._address:
            self._ask_again()

    async def stop(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.wait((self._probe,))
        self._probe = self._address = None
        self._enter(replace(self._status, state="stopped", reason=None, advice=None))

    def _ask_again(self) -> asyncio.Task[None]:
        """The round of questions that is under way, or a new one."""
        if self._probe is None or self._probe.done():
            if self._status.state != "ready":
                self._enter(replace(self._status, state="starting", reason=None, advice=None))
            self._probe = asyncio.create_task(self._find_out(), name="upstream probe")
        return self._probe

    async def _find_out(self) -> None:
        """Ask until the upstream is ready or fails; the only place that changes the state on an answer."""
        while (found := await probe(self._base_url, self._api_key)).loading:
            self._address = None
            self._enter(replace(self._status, state="starting", reason="The upstream is loading its model."))
            await asyncio.sleep(_LOADING_POLL_SECONDS)
        if found.problem:
            self._address = None
            advice = "Start the upstream, or correct --upstream and --upstream-key."
            self._enter(replace(self._status, state="failed", reason=found.problem, advice=advice))
            return
        model = self._model or found.model
        self._address = EngineAddress(self._base_url, self._api_key, model, found.speaks_llama, managed=False)
        self._enter(
            replace(
                self._status,
                state="ready",
                model_id=model,
                context_length=found.context_length,
                slots=self._slots or found.slots or 1,
                reason=None,
                advice=None,
                engine_version=found.version,
            )
        )

    def _enter(self, status: EngineStatus) -> None:
        if status == self._status:
            return
        self._status = status
        if self._on_change is not None:
            self._on_change(status)

    def _refusal(self) -> TurnFailure:
        said = " ".join(text for text in (self._status.reason, self._status.advice) if text)
        text = said or f"The upstream {self._base_url} has not answered yet."
        return TurnFailure(TurnError("engine_unavailable", text, retry_after=RETRY_AFTER))


def base_url(url: str) -> str:
    """`url` without a trailing slash and `/v1`, with `http://` when it names no scheme."""
    text = url.strip().rstrip("/").removesuffix("/v1").rstrip("/")
    return text if "://" in text else f"http://{text}"


async def probe(base: str, api_key: str | None) -> _Found:
    """One round of questions: `/v1/models` for what it serves, `/props` for whether it is llama.cpp's server."""
    models, props = await asyncio.gather(
        ask(f"{base}/v1/models", api_key=api_key, timeout=PROBE_SECONDS),
        ask(f"{base}/props", api_key=api_key, timeout=PROBE_SECONDS),
    )
    if models.status == 503:
        return _Found(loading=True)
    if problem := _problem(base, models):
        return _Found(problem)
    listed: Any = models.body.get("data")
    first = _mapping(listed[0] if listed else None)
    if not first.get("id"):
        return _Found(f"The upstream {base} serves no model at the moment.")
    generation = _mapping(props.body.get("default_generation_settings"))
    served = props.body.get("total_slots")
    return _Found(
        model=str(first["id"]),
        context_length=_positive(generation.get("n_ctx")) or _context_length(first),
        slots=_positive(served),
        speaks_llama=bool(generation) or props.server == "llama.cpp",
        version=_version(props, models),
    )


def _problem(base: str, models: Answer) -> str:
    if models.status == 0:
        return f"The upstream {base} cannot be reached: {models.problem}."
    if models.status in (401, 403):
        return f"The upstream {base} refuses the key (HTTP {models.status})."
    if models.status != 200:
        return f"The upstream {base} answers HTTP {models.status} to /v1/models; it is not an OpenAI-compatible server."
    if not isinstance(models.body.get("data"), list):
        return f"The upstream {base} does not answer /v1/models as an OpenAI-compatible server does."
    return ""


def _context_length(model: Mapping[str, Any]) -> int | None:
    places = (_mapping(model.get("meta")), model)
    found = (_positive(place.get(name)) for name in _CONTEXT_FIELDS for place in places)
    return next((length for length in found if length), None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _version(props: Answer, models: Answer) -> str | None:
    build: Any = props.body.get("build_info")
    return build if isinstance(build, str) else props.server or models.server or None
