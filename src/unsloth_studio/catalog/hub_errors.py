"""What can go wrong between here and the hub, as sentences for a person.

The rule: nothing of `huggingface_hub` or its HTTP client leaves the catalog; `explain` turns all of it into `HubError`.
Which answer means what is from the hub's own reading of them (`huggingface_hub.utils.hf_raise_for_status`).
"""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from unsloth_studio.problem import OperatorProblem

HubProblem = Literal[
    "not_found",  # no such repository, revision or file; or it is private
    "gated",  # the licence has to be accepted first
    "denied",  # the token is wrong, or may not read this
    "rate_limited",  # `retry_after` says how long
    "unreachable",  # no network, no such host, no answer
    "offline",  # HF_HUB_OFFLINE is set
    "hub_failed",  # the hub answers with 5xx or with something that makes no sense
    "damaged",  # what came is not what the hub said it is
    "disk_full",
    "disk_failed",  # the cache cannot be read or written
]
TRANSIENT: frozenset[HubProblem] = frozenset({"rate_limited", "unreachable", "hub_failed"})


class HubError(OperatorProblem):
    """`str()` says who must act, what is wrong and what to do; `retry_after` is in seconds where the hub said so."""

    def __init__(self, problem: HubProblem, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.problem: HubProblem = problem
        self.retry_after = retry_after


class Patience(Struct, frozen=True):
    """How often and how long to try again. Waits double from `first_wait` to `longest_wait` seconds, with jitter, so that
    many clients cut off at one moment do not come back at one moment. The hub's own `Retry-After` goes first."""

    retries: int = 8
    first_wait: float = 1.0
    longest_wait: float = 30.0
    longest_retry_after: float = 120.0

    def wait(self, error: HubError, failures: int) -> float | None:
        """Seconds until the next try after `failures` failures in a row (1 or more); None when it is time to give up."""
        if error.problem not in TRANSIENT or failures > self.retries:
            return None
        if error.retry_after is not None:
            return float(error.retry_after) if error.retry_after <= self.longest_retry_after else None
        longest = min(self.longest_wait, self.first_wait * 2 ** (failures - 1))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret


class Asked(Struct, frozen=True):
    """What was asked for, for the sentences: repository, endpoint, and whether a token was sent."""

    repository: str
    endpoint: str
    with_token: bool

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc or self.endpoint


def explain(error: Exception, asked: Asked) -> HubError:
    """The sentence for whatever `huggingface_hub`, its HTTP client or the disk raised."""
    import httpx2
    from huggingface_hub import errors

    match error:
        case HubError():
            return error
        case errors.OfflineModeIsEnabled():
            return HubError(
                "offline", f"HF_HUB_OFFLINE is set, and {asked.repository} is not in the cache: unset it and try again."
            )
        case errors.GatedRepoError():
            return _gated(asked)
        case errors.RevisionNotFoundError():
            return HubError("not_found", f"{asked.repository} has no such revision at {asked.host}.")
        case errors.RepositoryNotFoundError():
            return not_found(asked)
        case errors.RemoteEntryNotFoundError():
            return HubError("not_found", f"A file of {asked.repository} is no longer at {asked.host}: try again.")
        case errors.HfHubHTTPError():
            return _by_status(error.response.status_code, asked, error.response.headers)
        case errors.HFValidationError():
            return HubError("not_found", f"{asked.repository!r} is no repository name: write it as owner/name.")
        case httpx2.HTTPError():
            return HubError("unreachable", _unreachable(error, asked))
        case OSError():
            return _disk(error)
        case _:
            return HubError(
                "hub_failed", f"{asked.host} sent an answer that cannot be read: check HF_ENDPOINT and try again."
            )


def not_found(asked: Asked, closest: tuple[str, ...] = ()) -> HubError:
    """The repository does not exist, or it is private and no token opens it."""
    advice = "" if asked.with_token else " For a private repository set HF_TOKEN."
    near = f" The closest names there are: {', '.join(closest)}." if closest else " Check the name."
    return HubError("not_found", f"There is no repository {asked.repository} at {asked.host}.{near}{advice}")


def _gated(asked: Asked) -> HubError:
    page = f"{asked.endpoint}/{asked.repository}"
    if asked.with_token:
        say = f"your token's account has no access yet: accept the licence at {page} (some authors approve by hand)."
    else:
        say = f"accept the licence at {page}, make a token at {asked.endpoint}/settings/tokens and set it as HF_TOKEN."
    return HubError("gated", f"{asked.repository} is gated: {say}")


def _by_status(status: int, asked: Asked, headers: Mapping[str, str]) -> HubError:
    if status == 401 and asked.with_token:
        where = f"{asked.endpoint}/settings/tokens"
        return HubError("denied", f"{asked.host} refuses your token (401): make a new one at {where} and set HF_TOKEN.")
    if status == 401:
        return HubError("denied", f"{asked.repository} needs a login (401): set HF_TOKEN to a token that may read it.")
    if status == 403:
        return HubError(
            "denied", f"Your token may not read {asked.repository} (403): use one that has read access to it."
        )
    if status == 404:
        return not_found(asked)
    if status == 429:
        seconds = _retry_after(headers)
        when = "in a few minutes" if seconds is None else f"in {seconds} s"
        more = "" if asked.with_token else " A token in HF_TOKEN raises the limit."
        return HubError(
            "rate_limited", f"{asked.host} limits requests (429): try again {when}.{more}", retry_after=seconds
        )
    if status == 408 or status >= 500:
        message = f"{asked.host} is in trouble (HTTP {status}): try again later; nothing has to change here."
        return HubError("hub_failed", message, retry_after=_retry_after(headers))
    return HubError("denied", f"{asked.host} refuses to give {asked.repository} (HTTP {status}).")


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds: `Retry-After` (RFC 9110, 10.2.3; the form with a date is not used by the hub) or the hub's `RateLimit`."""
    from huggingface_hub.utils import parse_ratelimit_headers

    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return int(value)
    limit = parse_ratelimit_headers(headers)
    return None if limit is None or limit.remaining > 0 else limit.reset_in_seconds


def _unreachable(error: Exception, asked: Asked) -> str:
    import httpx2

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, socket.gaierror):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        return f"The name {asked.host} cannot be resolved: check the network, DNS, proxy and HF_ENDPOINT."
    if isinstance(error, httpx2.TimeoutException):
        return f"{asked.host} does not answer: check the network and the proxy, then try again."
    if isinstance(error, httpx2.ReadError | httpx2.WriteError | httpx2.RemoteProtocolError):
        return f"The connection to {asked.host} was cut: check the network, then try again."
    return f"{asked.host} cannot be reached ({error}): check the network, the proxy and HF_ENDPOINT, then try again."


def _disk(error: OSError) -> HubError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HubError(
            "disk_full", "The disk is full: free some space, or set HF_HOME to another disk. What came is kept."
        )
    where = f" {error.filename}" if error.filename else ""
    reason = error.strerror or str(error)
    return HubError("disk_failed", f"The model cache cannot be used:{where}: {reason}. Repair it or set HF_HOME.")
