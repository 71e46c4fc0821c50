"""One frozen `Settings`: flags over environment over `config.toml` over defaults.

Environment names are `UNSLOTH_STUDIO_` plus the field's name in capitals (`UNSLOTH_STUDIO_PORT`); the data folder is
`UNSLOTH_STUDIO_HOME`. The file is `config.toml` in the data folder. Only the command line reads settings; everything
below gets plain values passed down.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from unsloth_studio.problem import OperatorProblem

PREFIX = "UNSLOTH_STUDIO_"


class SettingsInvalid(OperatorProblem):
    """A flag, a variable or a line of `config.toml` has a value that cannot be used."""

    exit_status = 2


class Sampling(BaseModel):
    """Sampling values; what is left out is decided elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, ge=0, le=1)
    top_k: int | None = Field(default=None, ge=-1)
    min_p: float | None = Field(default=None, ge=0, le=1)
    repeat_penalty: float | None = Field(default=None, ge=0)
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None


class Tiers(BaseModel):
    """Which model answers to the names of a vendor's large, middle and small models; clients use them for what matters, for
    daily work, and for titles and sub-tasks. A tier that is left out means the model used last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opus: str | None = Field(default=None, description="For `claude-*opus*` and `gpt-*-pro*`.")
    sonnet: str | None = Field(default=None, description="For `claude-*sonnet*`.")
    haiku: str | None = Field(default=None, description="For `claude-*haiku*`, `gpt-*-mini*` and `gpt-*-nano*`.")

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


class ModelSettings(BaseModel):
    """What holds for one model, under its id in `[models."ID"]` of `config.toml`. The command line wins over it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    context_length: int | None = Field(default=None, ge=256, description="Context per request, in tokens.")
    parallel: int | None = Field(default=None, ge=1, le=4096, description="How many requests run at once.")
    threads: int | None = Field(default=None, ge=1, description="Threads of the engine.")
    flags: tuple[str, ...] = Field(default=(), description="Further llama-server flags, one string per word.")
    pin: Sampling = Field(default=Sampling(), description="Sampling values that win over what a request asks for.")
    keep_loaded: bool = Field(default=False, description="Never unload it to make room.")
    idle_minutes: float | None = Field(default=None, gt=0, description="Unload it after this time without a request.")


class Settings(BaseSettings):
    """Everything that can be set. `docs/configuration.md` has a heading for each field (a test checks it)."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    home: Path = Field(default_factory=lambda: data_home(), description="Data folder: database, keys, caches.")
    host: str = Field("127.0.0.1", description="Address to listen on. Anything but loopback is reachable by others.")
    port: int = Field(
        8888, ge=0, le=65535, description="Port to listen on; when taken, the next free one of 20. 0 picks any."
    )
    model: str | None = Field(
        None, description="REPOSITORY[:QUANT], a .gguf file, a folder or an alias; default: the demo model."
    )
    context_length: int | None = Field(
        None, ge=256, description="Context per request, in tokens; default: the model's own, as far as memory goes."
    )
    parallel: int | None = Field(
        None,
        ge=1,
        le=4096,
        description="How many requests run at once, the others wait in line; default: 4, fewer if memory is short.",
    )
    queue_limit: int = Field(64, ge=0, description="How many requests may wait in line; beyond that: 429.")
    engine: str | None = Field(
        None, description="`embedded`, or the path of a llama-server binary; default: the best one found."
    )
    upstream: str | None = Field(
        None, description="URL of a running OpenAI-compatible server to use instead of an engine of our own."
    )
    upstream_key: SecretStr | None = Field(None, description="API key for the upstream.")
    threads: int | None = Field(None, ge=1, description="Threads of the engine; default: physical cores minus one.")
    max_body_mib: int = Field(64, ge=1, le=1024, description="Largest request body, in MiB; beyond that: 413.")
    heartbeat_seconds: float = Field(10.0, gt=0, description="A silent stream gets a keep-alive this often.")
    headers_after_seconds: float = Field(
        5.0, gt=0, description="A stream answers with its headers after this time at the latest."
    )
    load_wait_seconds: float = Field(
        60.0, ge=0, description="How long a request waits for a model that is still loading."
    )
    start_timeout_seconds: float = Field(600.0, gt=0, description="How long the engine may take to load the model.")
    stall_seconds: float = Field(
        300.0, gt=0, description="An engine that is silent for this long in mid-reply counts as lost."
    )
    drain_seconds: float = Field(10.0, ge=0, description="How long running requests may finish after Ctrl-C.")
    model_folders: tuple[Path, ...] = Field(
        (), description="Further folders with models: LM Studio's, Ollama's, any with .gguf files."
    )
    load_on_request: bool = Field(True, description="Load a model on this disk when a request names it.")
    memory_budget_mib: int | None = Field(
        None, ge=64, description="Memory for loaded models; default: 80 % of this machine's."
    )
    idle_minutes: float | None = Field(
        None, gt=0, description="Unload a model after this time without a request; default: never."
    )
    aliases: dict[str, str] = Field(
        default_factory=dict, description="Names for models; `*` stands for anything: `claude-*` = `my-model`."
    )
    tiers: Tiers = Field(
        Tiers(), description="Models for the vendors' names of a size; `aliases` of the same name win over them."
    )
    models: dict[str, ModelSettings] = Field(default_factory=dict, description="What holds for one model, by its id.")
    pin: Sampling = Field(
        Sampling(), description="Sampling values that win over what a request asks for, for every model."
    )
    tool_call_healing: bool = Field(
        True, description="Repair tool calls that the model writes badly; off, no request can turn it on."
    )
    server_tools: bool | None = Field(
        None,
        description="Run python, terminal and web tools for clients; default: only if no other machine can reach us.",
    )
    tool_approval_seconds: float = Field(
        300.0, gt=0, le=3600, description="How long a call waits to be allowed, where a request asks for that."
    )
    behind_proxy: bool = Field(
        False,
        description="Others reach this server through a tunnel or reverse proxy, although it listens on loopback.",
    )
    search_providers: tuple[Literal["searxng", "brave", "tavily", "ddgs"], ...] = Field(
        (),
        description="Which of `searxng`, `brave`, `tavily`, `ddgs` search the web, in order; default: all that are set up.",
    )
    searxng_url: str | None = Field(None, description="Your SearXNG, for web searches.")
    brave_api_key: SecretStr | None = Field(None, description="Key of the Brave Search API.")
    tavily_api_key: SecretStr | None = Field(None, description="Key of the Tavily API.")
    loop_guard_hint: int = Field(
        3, ge=0, description="Rounds of the same tool call with the same result until the model is told; 0: never."
    )
    loop_guard_stop: int = Field(
        8, ge=0, description="Rounds of the same tool call with the same result until the turn is ended; 0: never."
    )
    fetch_allowed_hosts: tuple[str, ...] = Field(
        (),
        description="Hosts that images and pages may be fetched from although their addresses are private (`nas.lan:9000`).",
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Web origins that may call the API from a browser; default: none."
    )
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Further Host names to accept on a loopback bind (a reverse proxy's)."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings  # a .env of the folder one happens to stand in must not configure us
        file = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, file

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


def config_file() -> Path:
    """Where the file of settings is, if there is one."""
    return data_home() / "config.toml"


def given_by_environment() -> frozenset[str]:
    """Names of the settings that environment variables give."""
    return frozenset(name for name in Settings.model_fields if os.environ.get(f"{PREFIX}{name.upper()}"))


def given_by_file() -> frozenset[str]:
    """Names of the settings that `config.toml` gives; none when it cannot be read."""
    try:
        return frozenset(tomllib.loads(config_file().read_text()))
    except (OSError, ValueError):
        return frozenset()


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


def load_settings(**flags: Any) -> Settings:
    """Settings with `flags` (those that are not None) on top. Raises `SettingsInvalid` with a sentence per mistake."""
    if unknown := _unknown_variables():
        raise SettingsInvalid(
            f"{', '.join(unknown)}: there is no such setting; see docs/configuration.md for those there are."
        )
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_sentence(dict(problem)) for problem in error.errors())) from error
    except ValueError as error:  # config.toml is not TOML
        raise SettingsInvalid(f"{config_file()} cannot be read: {error}") from error


def _unknown_variables() -> list[str]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def _sentence(problem: dict[str, Any]) -> str:
    name = ".".join(str(step) for step in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{name}: there is no such setting (in {config_file()})."
    return f"{name}: {problem['msg']} (given: {problem['input']!r}; variable {PREFIX}{name.upper()})."
