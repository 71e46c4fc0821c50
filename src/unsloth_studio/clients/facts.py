"""The vocabulary of this package: what is known of the server, and what a client needs to use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

KEY_VARIABLE = "UNSLOTH_STUDIO_AUTH_TOKEN"
"""Where clients that can be told a variable's name find the key; the name that Unsloth's own guide for Codex uses."""

PROVIDER = "unsloth"
"""What we are called in the configuration of clients that name their providers."""

_ANSWER = 8192
"""Tokens: more than an agent's turn usually takes, and what clients ask for by default."""


class Tiers(Struct, frozen=True):
    """Model ids for a vendor's large, middle and small model."""

    opus: str
    sonnet: str
    haiku: str


class ServerFacts(Struct, frozen=True):
    """`base_url` has no slash at its end and no `/v1`. `model` is an id of `GET /v1/models`, `context_length` its window in
    tokens per request, None while unknown. `key` is the API key in plain text."""

    base_url: str
    key: str
    model: str
    context_length: int | None
    tiers: Tiers

    @property
    def openai_url(self) -> str:
        """What OpenAI's clients call the base URL."""
        return f"{self.base_url}/v1"

    @property
    def answer_tokens(self) -> int:
        """The longest answer to ask for: a quarter of the window at most, so that three quarters are left for the rest."""
        return _ANSWER if self.context_length is None else min(_ANSWER, self.context_length // 4)

    @property
    def compact_at(self) -> int | None:
        """Tokens of conversation at which a client should summarise: what is left beside an answer and a tenth of the
        window, which the results of one round of tools may take."""
        if self.context_length is None:
            return None
        return self.context_length - self.answer_tokens - self.context_length // 10


class SessionFile(Struct, frozen=True):
    """A file of one session, under a `name` in the session's own folder."""

    name: str
    text: str


class ClientSetup(Struct, frozen=True):
    """What a client is started with: `env` over the environment of whoever starts it, without the variables in `unset`;
    `files` in a folder of its own; `words` between the program's name and the user's words, with `without_words` behind them
    if the user gives none. `notes` are for people."""

    env: Mapping[str, str] = field(default_factory=dict[str, str])
    unset: tuple[str, ...] = ()
    files: tuple[SessionFile, ...] = ()
    words: tuple[str, ...] = ()
    without_words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class UserFile(Struct, frozen=True):
    """A file of the user: `name` in the folder that `variable` names, else in `folder` (`~/...`)."""

    folder: str
    name: str
    variable: str | None = None

    @property
    def shown(self) -> str:
        return f"{self.folder}/{self.name}"


class Merged(Struct, frozen=True):
    """`value` put into a JSON file of the user, member by member; what else stands there stays."""

    file: UserFile
    value: Mapping[str, Any]


class Written(Struct, frozen=True):
    """A file that is ours as a whole; one of the user's that stands there already is not touched."""

    file: UserFile
    text: str


Change = Merged | Written


class Persisted(Struct, frozen=True):
    """What `--persist` does. `command` then starts the client, and uses the server."""

    changes: tuple[Change, ...]
    command: str


class Place(Struct, frozen=True):
    """`folder` is where the session's files lie. `config` is the client's own configuration of this user, None if there is
    none."""

    folder: str
    config: str | None = None


Session = Callable[[ServerFacts, Place], ClientSetup]


class Client(Struct, frozen=True):
    """A client that `unsloth start` can start. `id` is what it is called on the command line (or one of `aliases`),
    `program` what is looked for on the PATH, `install` a command that gets it. `session` sets it up for one session,
    `by_hand` for a person who does it without us (by default the same), `persist` for good: the path is that of a file
    (0600) with the key. `page` is its page in docs/clients. `tested` is the version that it was tried with on Linux, empty
    if it was not; `limits` says what does not work."""

    id: str
    name: str
    program: str
    install: str
    dialect: str
    session: Session
    page: str
    tested: str
    by_hand: Session | None = None
    persist: Callable[[ServerFacts, str], Persisted] | None = None
    why_not_persist: str = ""
    own_config: UserFile | None = None
    """Where the client's configuration of this user lies, for a session that builds on it."""
    limits: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    minimum_context: int = 0
    """Tokens: with a smaller window it cannot work."""

    def manual(self, facts: ServerFacts, place: Place) -> ClientSetup:
        """What a person would do."""
        return (self.by_hand or self.session)(facts, place)
