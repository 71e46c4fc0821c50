"""One frozen `Settings`: everything that can be set, with its limits and what it means.

`load_settings` (in `settings_sources.py`) fills it. Only the command line reads settings; everything below gets plain
values passed down. msgspec checks the values: it is here anyway for the wire, and pydantic took a quarter of the start.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

PREFIX: Final = "UNSLOTH_STUDIO_"

Port = Annotated[int, Meta(ge=0, le=65535)]
UpToAnHour = Annotated[float, Meta(gt=0, le=3600)]
Mebibytes = Annotated[int, Meta(ge=1, le=1024)]
MebibytesOfModels = Annotated[int, Meta(ge=64)]
Positive = Annotated[int, Meta(ge=1)]
Slots = Annotated[int, Meta(ge=1, le=4096)]
Tokens = Annotated[int, Meta(ge=256)]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(gt=0)]
Minutes = Annotated[float, Meta(gt=0)]
Wait = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
NotNegative = Annotated[float, Meta(ge=0)]


def about(text: str) -> Meta:
    """What a setting means, for people: in the documentation, in the schema of the file, in the page."""
    return Meta(description=text)


class Secret:
    """A value that no message, log or `repr` shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"


class Sampling(Struct, frozen=True, forbid_unknown_fields=True):
    """Sampling values; what is left out is decided elsewhere."""

    temperature: NotNegative | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Meta(ge=-1)] | None = None
    min_p: Share | None = None
    repeat_penalty: NotNegative | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None

    @property
    def given(self) -> dict[str, float]:
        """The values that are set, by name."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in values if value is not None}


class Tiers(Struct, frozen=True, forbid_unknown_fields=True):
    """Which model answers to the names of a vendor's large, middle and small models; clients use them for what matters, for
    daily work, and for titles and sub-tasks. A tier that is left out means the model used last."""

    opus: Annotated[str | None, about("For `claude-*opus*` and `gpt-*-pro*`.")] = None
    sonnet: Annotated[str | None, about("For `claude-*sonnet*`.")] = None
    haiku: Annotated[str | None, about("For `claude-*haiku*`, `gpt-*-mini*` and `gpt-*-nano*`.")] = None

    @property
    def aliases(self) -> dict[str, str]:
        """The patterns of the tiers that are set, each with its model."""
        rows = ((patterns, getattr(self, tier)) for tier, patterns in _TIERS.items())
        return {pattern: model for patterns, model in rows if model is not None for pattern in patterns}


_TIERS = {
    "opus": ("claude-*opus*", "gpt-*-pro*"),
    "sonnet": ("claude-*sonnet*",),
    "haiku": ("claude-*haiku*", "gpt-*-mini*", "gpt-*-nano*"),
}


class ModelSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for one model, under its id in `[models."ID"]` of `config.toml`. The command line wins over it."""

    context_length: Annotated[Tokens | None, about("Context per request, in tokens.")] = None
    parallel: Annotated[Slots | None, about("How many requests run at once.")] = None
    threads: Annotated[Positive | None, about("Threads of the engine.")] = None
    flags: Annotated[tuple[str, ...], about("Further llama-server flags, one string per word.")] = ()
    pin: Annotated[Sampling, about("Sampling values that win over what a request asks for.")] = Sampling()
    keep_loaded: Annotated[bool, about("Never unload it to make room.")] = False
    idle_minutes: Annotated[Minutes | None, about("Unload it after this time without a request.")] = None


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set. `docs/configuration.md` has a heading for each field (a test checks it)."""

    home: Annotated[Path, about("Data folder: database, keys, caches.")] = field(default_factory=lambda: data_home())
    host: Annotated[str, about("Address to listen on. Anything but loopback is reachable by others.")] = "127.0.0.1"
    port: Annotated[
        Port,
        about("Port to listen on; when taken, the next free one of 20. 0 picks any."),
    ] = 8888
    model: Annotated[
        str | None, about("REPOSITORY[:QUANT], a .gguf file, a folder or an alias; default: the demo model.")
    ] = None
    context_length: Annotated[
        Tokens | None,
        about("Context per request, in tokens; default: the model's own, as far as memory goes."),
    ] = None
    parallel: Annotated[
        Slots | None,
        about("How many requests run at once, the others wait in line; default: 4, fewer if memory is short."),
    ] = None
    queue_limit: Annotated[Count, about("How many requests may wait in line; beyond that: 429.")] = 64
    engine: Annotated[
        str | None, about("`embedded`, or the path of a llama-server binary; default: the best one found.")
    ] = None
    upstream: Annotated[
        str | None,
        about("URL of a running OpenAI-compatible server to use instead of an engine of our own."),
    ] = None
    upstream_key: Annotated[Secret | None, about("API key for the upstream.")] = None
    threads: Annotated[Positive | None, about("Threads of the engine; default: physical cores minus one.")] = None
    max_body_mib: Annotated[Mebibytes, about("Largest request body, in MiB; beyond that: 413.")] = 64
    heartbeat_seconds: Annotated[Seconds, about("A silent stream gets a keep-alive this often.")] = 10.0
    headers_after_seconds: Annotated[
        Seconds, about("A stream answers with its headers after this time at the latest.")
    ] = 5.0
    load_wait_seconds: Annotated[Wait, about("How long a request waits for a model that is still loading.")] = 60.0
    start_timeout_seconds: Annotated[Seconds, about("How long the engine may take to load the model.")] = 600.0
    stall_seconds: Annotated[Seconds, about("An engine that is silent for this long in mid-reply counts as lost.")] = (
        300.0
    )
    drain_seconds: Annotated[Wait, about("How long running requests may finish after Ctrl-C.")] = 10.0
    model_folders: Annotated[
        tuple[Path, ...], about("Further folders with models: LM Studio's, Ollama's, any with .gguf files.")
    ] = ()
    load_on_request: Annotated[bool, about("Load a model on this disk when a request names it.")] = True
    context_overflow: Annotated[
        Literal["error", "truncate_oldest", "truncate_middle"],
        about("A conversation longer than the context: an error, or leave its oldest or its middle messages out."),
    ] = "error"
    memory_budget_mib: Annotated[
        MebibytesOfModels | None,
        about("Memory for loaded models; default: 80 % of this machine's."),
    ] = None
    idle_minutes: Annotated[
        Minutes | None, about("Unload a model after this time without a request; default: never.")
    ] = None
    kept_slots_mib: Annotated[
        Count,
        about("Disk for what was read of conversations, while their model is unloaded, in MiB; 0: nothing is written."),
    ] = 4096
    aliases: Annotated[dict[str, str], about("Names for models; `*` stands for anything: `claude-*` = `my-model`.")] = (
        field(default_factory=dict[str, str])
    )
    tiers: Annotated[
        Tiers, about("Models for the vendors' names of a size; `aliases` of the same name win over them.")
    ] = Tiers()
    models: Annotated[dict[str, ModelSettings], about("What holds for one model, by its id.")] = field(
        default_factory=dict[str, ModelSettings]
    )
    pin: Annotated[Sampling, about("Sampling values that win over what a request asks for, for every model.")] = (
        Sampling()
    )
    tool_call_healing: Annotated[
        bool, about("Repair tool calls that the model writes badly; off, no request can turn it on.")
    ] = True
    server_tools: Annotated[
        bool | None,
        about("Run python, terminal and web tools for clients; default: only if no other machine can reach us."),
    ] = None
    tool_approval_seconds: Annotated[
        UpToAnHour,
        about("How long a call waits to be allowed, where a request asks for that."),
    ] = 300.0
    tool_network_hosts: Annotated[
        tuple[str, ...],
        about("Hosts that code of python and terminal may reach (`pypi.org`, `*.pythonhosted.org`); default: none."),
    ] = ()
    behind_proxy: Annotated[
        bool,
        about("Others reach this server through a tunnel or reverse proxy, although it listens on loopback."),
    ] = False
    search_providers: Annotated[
        tuple[Literal["searxng", "brave", "tavily", "ddgs"], ...],
        about("Which of `searxng`, `brave`, `tavily`, `ddgs` search the web, in order; default: all that are set up."),
    ] = ()
    searxng_url: Annotated[str | None, about("Your SearXNG, for web searches.")] = None
    brave_api_key: Annotated[Secret | None, about("Key of the Brave Search API.")] = None
    tavily_api_key: Annotated[Secret | None, about("Key of the Tavily API.")] = None
    loop_guard_hint: Annotated[
        Count, about("Rounds of the same tool call with the same result until the model is told; 0: never.")
    ] = 3
    loop_guard_stop: Annotated[
        Count, about("Rounds of the same tool call with the same result until the turn is ended; 0: never.")
    ] = 8
    fetch_allowed_hosts: Annotated[
        tuple[str, ...],
        about("Hosts that images and pages may be fetched from although their addresses are private (`nas.lan:9000`)."),
    ] = ()
    cors_origins: Annotated[
        tuple[str, ...], about("Web origins that may call the API from a browser; default: none.")
    ] = ()
    allowed_hosts: Annotated[
        tuple[str, ...], about("Further Host names to accept on a loopback bind (a reverse proxy's).")
    ] = ()

    @property
    def all_aliases(self) -> dict[str, str]:
        """The tiers' names and, over them, the aliases that were written by hand."""
        return {**self.tiers.aliases, **self.aliases}

    @property
    def exposed(self) -> bool:
        """Whether others than this machine can reach the server."""
        return not self.loopback or self.behind_proxy

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the bind address: all of 127/8, ::1 and `localhost`."""
        return is_loopback(self.host)


def data_home() -> Path:
    """`UNSLOTH_STUDIO_HOME`, else `~/.unsloth/studio`."""
    given = os.environ.get(f"{PREFIX}HOME")
    return Path(given).expanduser() if given else Path.home() / ".unsloth" / "studio"


def is_loopback(host: str) -> bool:
    """True for `localhost`, 127.0.0.0/8 and ::1 (also written as an IPv4-mapped address)."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
