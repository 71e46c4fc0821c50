"""The hub: what is in a repository, and what a name may have meant.

The rule: `huggingface_hub` decides about endpoint, token, proxy, offline mode and cache folder, so `HF_ENDPOINT`,
`HF_TOKEN`, `HF_HUB_OFFLINE`, `HF_HOME` and a stored login work here as they do everywhere. It is imported when a hub is
first used, because that takes a noticeable part of a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from unsloth_studio.catalog.hub_cache import HubCache, HubFile
from unsloth_studio.catalog.hub_errors import Asked, HubError, Patience, explain, not_found
from unsloth_studio.catalog.quantization import Variant, choose_projector, group_variants

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

_METADATA_TIMEOUT = 15.0
_FALLS_BACK: frozenset[str] = frozenset({"offline", "unreachable", "hub_failed", "rate_limited"})

T = TypeVar("T")


class Repository(Struct, frozen=True):
    """A model repository at one commit. `cached_only` says that the hub could not be asked: then `files` are those on this
    disk, not those of the repository. `gated` and `private` are None where that is not known."""

    name: str
    revision: str
    commit: str
    files: tuple[HubFile, ...]
    gated: bool | None = None
    private: bool | None = None
    cached_only: bool = False

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The models in it, one per quantization, with sizes in bytes."""
        return group_variants({file.path: file.size for file in self.files})

    @property
    def projector(self) -> str | None:
        """Path of the vision projector to fetch with any variant; None when there is none."""
        return choose_projector(file.path for file in self.files)

    def select(self, paths: Sequence[str]) -> tuple[HubFile, ...]:
        """The files of these paths. Raises `HubError` (not_found) naming those that are not there."""
        by_path = {file.path: file for file in self.files}
        missing = [path for path in paths if path not in by_path]
        if missing:
            raise HubError("not_found", f"{self.name} has no file {', '.join(missing)}.")
        return tuple(by_path[path] for path in paths)


class Found(Struct, frozen=True):
    """A repository that a search gave. `updated_at` is in seconds since 1970; None where the hub does not say it."""

    name: str
    downloads: int | None
    likes: int | None
    updated_at: float | None
    gated: bool


class Hub:
    """One endpoint, one token, one cache; arguments that are None are as `huggingface_hub` finds them.

    Safe to share between tasks. Nothing is asked before a method is called.
    """

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        token: str | None = None,
        cache: Path | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._endpoint, self._token, self._cache = endpoint, token, cache
        self._patience = Patience(retries=2, longest_retry_after=10.0) if patience is None else patience

    @property
    def cache(self) -> HubCache:
        return HubCache(default_cache() if self._cache is None else self._cache)

    @property
    def endpoint(self) -> str:
        """Without a slash at its end."""
        from huggingface_hub import constants

        return (self._endpoint or constants.ENDPOINT).rstrip("/")

    def asked(self, repository: str) -> Asked:
        from huggingface_hub import get_token

        return Asked(repository, self.endpoint, with_token=bool(self._token or get_token()))

    def headers(self) -> dict[str, str]:
        """Of a request for a file: the token and who we are. The HTTP client drops the token when it is sent elsewhere."""
        from huggingface_hub.utils import build_hf_headers  # pyright: ignore[reportUnknownVariableType]

        return build_hf_headers(token=self._token, library_name="unsloth-studio")

    def url(self, repository: Repository, file: HubFile) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(repository.name, file.path, revision=repository.commit, endpoint=self.endpoint)

    async def repository(self, name: str, revision: str = "main") -> Repository:
        """What `name` holds at `revision`, in one request. Where the hub cannot be asked (no network, HF_HUB_OFFLINE, an
        outage) and something of it is in the cache, that is the answer.

        Raises `HubError`; a name that does not exist comes with the closest names that do.
        """
        try:
            info = await self._ask(name, lambda api: _model_info(api, name, revision))
        except HubError as error:
            if error.problem in _FALLS_BACK and (cached := self._cached(name, revision)) is not None:
                return cached
            if error.problem == "not_found" and (closest := await self._closest(name)):
                raise not_found(self.asked(name), closest) from error
            raise
        return self._read(info, name, revision)

    async def search(self, text: str, *, limit: int = 20) -> tuple[str, ...]:
        """Names of repositories with GGUF files that match `text`, most downloaded first. Raises `HubError`."""
        found = await self._ask(
            text,
            lambda api: [
                model.id for model in api.list_models(search=text, filter="gguf", sort="downloads", limit=limit)
            ],
        )
        return tuple(found)

    async def find(self, text: str, *, limit: int = 20) -> tuple[Found, ...]:
        """The same with what the hub's own list says of each; without a text the most downloaded of all."""
        found = await self._ask(
            text or "its models",
            lambda api: list(
                api.list_models(
                    search=text or None,
                    filter="gguf",
                    sort="downloads",
                    limit=limit,
                    expand=["downloads", "likes", "lastModified", "gated"],
                )
            ),
        )
        return tuple(_found(info) for info in found)

    async def _ask(self, subject: str, question: Callable[[HfApi], T]) -> T:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError

        api = HfApi(endpoint=self.endpoint, token=self._token, library_name="unsloth-studio")
        failures = 0
        while True:
            try:
                return await asyncio.to_thread(question, api)
            except (HfHubHTTPError, OSError, ValueError, LookupError, TypeError, _http_error()) as error:
                problem = explain(error, self.asked(subject))
                failures += 1
                if (wait := self._patience.wait(problem, failures)) is None:
                    raise problem from error
                await asyncio.sleep(wait)

    async def _closest(self, name: str) -> tuple[str, ...]:
        """Best effort: the hub matches parts of names, so a shorter and shorter beginning of the name is asked for."""
        words = name.rsplit("/", 1)[-1].split("-")
        try:
            for length in range(len(words), 0, -1):
                if found := await self.search("-".join(words[:length]), limit=5):
                    return found
        except HubError:
            pass
        return ()

    def _cached(self, name: str, revision: str) -> Repository | None:
        commit = self.cache.commit(name, revision)
        files = () if commit is None else self.cache.files(name, commit)
        return Repository(name, revision, commit, files, cached_only=True) if commit and files else None

    def _read(self, info: ModelInfo, name: str, revision: str) -> Repository:
        if info.sha is None or info.siblings is None:
            raise HubError("hub_failed", f"{self.endpoint} does not say what {name} holds: check HF_ENDPOINT.")
        try:
            files = tuple(_file(sibling) for sibling in info.siblings)
        except ValueError as error:
            raise HubError(
                "hub_failed", f"{self.endpoint} describes {name} in a way that cannot be used: {error}."
            ) from error
        return Repository(info.id, revision, info.sha, files, bool(info.gated), info.private)


def default_cache() -> Path:
    """The folder `huggingface_hub` uses: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else `~/.cache/huggingface/hub`."""
    from huggingface_hub import constants  # this module alone is imported in a few milliseconds

    return Path(constants.HF_HUB_CACHE)


def _model_info(api: HfApi, name: str, revision: str) -> ModelInfo:
    return api.model_info(name, revision=revision, files_metadata=True, timeout=_METADATA_TIMEOUT)


def _found(info: ModelInfo) -> Found:
    updated = None if info.last_modified is None else info.last_modified.timestamp()
    return Found(info.id, info.downloads, info.likes, updated, gated=bool(info.gated))


def _file(sibling: RepoSibling) -> HubFile:
    digest = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
    size = sibling.lfs.size if sibling.lfs else sibling.size
    return HubFile(sibling.rfilename, -1 if size is None else size, digest or "")


def _http_error() -> type[Exception]:
    import httpx2

    return httpx2.HTTPError
