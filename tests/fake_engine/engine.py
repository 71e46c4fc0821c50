"""The routes and the memory of the fake engine: what each request gets, and what was asked so far."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson
from tests.fake_engine import play, wire
from tests.fake_engine.live import Answer, HttpRequest, Live, Playing
from tests.fake_engine.plan import Job, Plan
from tests.fake_engine.play import Whole
from tests.fake_engine.script import REFUSALS, Fault, Script, last_prompt, script_of_prompt


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`context_length` in tokens per slot; `loading_seconds` is how long the port answers 503 first.

    `script` is what a request gets that does not say otherwise; of the requests the last `kept_requests` are kept.
    """

    model: str = "fake-model"
    context_length: int = 131072
    slots: int = 4
    api_key: str | None = None
    script: Script = field(default_factory=Script)
    loading_seconds: float = 0.0
    kept_requests: int = 100


class NextBehaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /__fault`: the next `times` requests get `script`; 0 is until told otherwise. Before it, `scripts` are for
    one request each, in order. `plan` is for all requests, until told otherwise. `loading_seconds` makes the engine
    answer 503 from now on for so long. An empty object goes back to normal."""

    script: Script | None = None
    scripts: tuple[Script, ...] = ()
    plan: Plan | None = None
    times: int = 1
    loading_seconds: float = 0.0


class FakeEngine:
    def __init__(self, settings: EngineSettings, live: Live) -> None:
        self._settings, self._live = settings, live
        self._ready_at = time.monotonic() + settings.loading_seconds
        self._next: Script | None = None
        self._next_times = 0
        self._turns: deque[Script] = deque()
        self._job: Job | None = None
        self._total = 0
        self._kept: deque[dict[str, Any]] = deque(maxlen=settings.kept_requests)

    def answer(self, request: HttpRequest) -> Answer:
        """What `request` gets. Loading wins over a missing key, as in llama-server."""
        path = request.path.split("?", 1)[0]
        if path.startswith("/__"):
            return self._control(path, request)
        if time.monotonic() < self._ready_at:
            return Whole(wire.LOADING, 503)
        if path in {"/health", "/v1/health"}:
            return Whole({"status": "ok"})
        if not self._authorized(request):
            return Whole(wire.UNAUTHORIZED, 401)
        return self._route(f"{request.method} {path}", request)

    def _route(self, route: str, request: HttpRequest) -> Answer:
        match route:
            case "GET /props":
                return Whole(self._props())
            case "GET /v1/models" | "GET /models":
                return Whole(self._models())
            case "POST /v1/chat/completions" | "POST /v1/completions" | "POST /v1/chat/completions/input_tokens":
                try:
                    body: dict[str, Any] = orjson.loads(request.body)
                except orjson.JSONDecodeError:
                    return Whole(wire.INVALID, 400)
                if route.endswith("input_tokens"):
                    return Whole({"input_tokens": _prompt_tokens(body), "object": "response.input_tokens"})
                return self._generate(route, body, request)
            case _:
                return Whole(wire.NOT_FOUND, 404)

    def _generate(self, route: str, body: dict[str, Any], request: HttpRequest) -> Answer:
        self._total += 1
        self._kept.append({"path": request.path, "headers": request.headers, "body": body, "overflow": False})
        prompt_tokens = _prompt_tokens(body)
        if self._job is None:
            script = self._script(body)
        elif (script := self._job.reply(body, prompt_tokens)) is None:
            self._kept[-1]["overflow"] = True
            return Whole(wire.overflow(prompt_tokens, self._job.context_length), 400)
        if refusal := self._refusal(script.fault, prompt_tokens):
            return refusal
        model, created = self._settings.model, int(time.time())
        chat = route.endswith("/chat/completions")
        shape = wire.ChatShape(model, created, body) if chat else wire.CompletionShape(model, created)
        tally = wire.Tally(prompt_tokens)
        streamed = body.get("stream") is True
        steps = (play.stream if streamed else play.whole)(script, shape, tally, max_tokens=body.get("max_tokens"))
        return Playing(steps, streamed, script.frames)

    def _script(self, body: dict[str, Any]) -> Script:
        if self._turns:
            return self._turns.popleft()
        if self._next is None:
            return script_of_prompt(last_prompt(body), self._settings.script).after(body)
        script = self._next
        if self._next_times:
            self._next_times -= 1
            self._next = self._next if self._next_times else None
        return script

    def _refusal(self, fault: Fault | None, prompt_tokens: int) -> Whole | None:
        context_length = self._settings.context_length
        kind = fault.kind if fault is not None and fault.kind in REFUSALS else None
        if kind == "overflow" or prompt_tokens > context_length:
            return Whole(wire.overflow(max(prompt_tokens, context_length + 1), context_length), 400)
        if kind == "unavailable":
            return Whole(wire.LOADING, 503)
        if kind == "invalid":
            return Whole(wire.INVALID, 400)
        return Whole(wire.PARSER_ERROR, 500) if kind == "parser_error" else None

    def _control(self, path: str, request: HttpRequest) -> Whole:
        if path == "/__state":
            return Whole(self._state())
        if path != "/__fault" or request.method != "POST":
            return Whole(wire.NOT_FOUND, 404)
        try:
            wanted = msgspec.json.decode(request.body, type=NextBehaviour)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            return Whole({"error": {"code": 400, "message": str(error), "type": "invalid_request_error"}}, 400)
        self._next, self._next_times = wanted.script, wanted.times
        self._turns = deque(wanted.scripts)
        self._job = Job(wanted.plan) if wanted.plan else None
        self._ready_at = time.monotonic() + wanted.loading_seconds
        return Whole({"status": "ok"})

    def _state(self) -> dict[str, Any]:
        live = self._live
        return {
            "now": time.monotonic(),
            "active_streams": live.active_streams,
            "active_whole": live.active_whole,
            "total_requests": self._total,
            "disconnects": live.disconnects,
            "requests": list(self._kept),
        }

    def _authorized(self, request: HttpRequest) -> bool:
        key = self._settings.api_key
        given = {request.headers.get("authorization", "").removeprefix("Bearer "), request.headers.get("x-api-key")}
        return key is None or key in given

    def _props(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "default_generation_settings": {"params": {}, "n_ctx": settings.context_length},
            "total_slots": settings.slots,
            "model_alias": settings.model,
            "model_path": settings.model,
            "modalities": {"vision": False, "video": False, "audio": False},
            "chat_template": "",
            "build_info": "b0-unknown",
            "is_sleeping": False,
        }

    def _models(self) -> dict[str, Any]:
        model, context_length = self._settings.model, self._settings.context_length
        meta = {"vocab_type": 2, "n_vocab": 270, "n_ctx": context_length, "n_ctx_train": context_length}
        entry = {"id": model, "aliases": [model], "tags": [], "object": "model", "owned_by": "llamacpp", "meta": meta}
        return {"object": "list", "data": [{**entry, "created": 1_700_000_000}]}


def _prompt_tokens(body: dict[str, Any]) -> int:
    """A token for every four bytes of the prompt; the same for a reply's usage and for `input_tokens`."""
    prompt: Any = body.get("messages", body.get("prompt", ""))
    return len(orjson.dumps([prompt, body.get("tools")])) // 4 + 1
