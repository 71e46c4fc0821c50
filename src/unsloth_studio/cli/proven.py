"""A connection to a server that has proved that it belongs to a data folder; keys travel over no other.

The rule: the proof (`store/proof.py`) is asked for first, and everything else goes over the same connection, which is not
opened anew when it breaks: what answers on the port afterwards may be another program.
"""

from __future__ import annotations

import http.client
import json
import secrets
from typing import Any, cast
from urllib.parse import urlsplit

from unsloth_studio.problem import OperatorProblem
from unsloth_studio.store.proof import NONCE_LENGTH, proves

MAX_PROOF_BYTES = 4096


class NotOurs(OperatorProblem):
    """What answers at the address is not the server of this data folder, as far as it can show."""


class NoAnswer(OperatorProblem):
    """Nothing answers there, or no more."""


class Refused(OperatorProblem):
    """The server's error, in its words; `code` is that of the error's envelope."""

    def __init__(self, message: str, code: str | None) -> None:
        super().__init__(message)
        self.code = code


class ProvenServer:
    """Made by `prove`; `close` at the end. Every method raises `NoAnswer`, and `Refused` for an answer that is an error."""

    def __init__(self, base_url: str, connection: http.client.HTTPConnection) -> None:
        self.base_url = base_url
        self._connection = connection

    def get(self, path: str, key: str) -> dict[str, Any]:
        return self._ask("GET", path, None, key)

    def post(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        return self._ask("POST", path, json.dumps(body), key)

    def health(self) -> dict[str, Any]:
        """`GET /health`, which needs no key; a model that is not ready is no error."""
        return _exchange(self._connection, self.base_url, "GET", "/health")[1]

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None, key: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        status, answer = _exchange(self._connection, self.base_url, method, path, body, headers)
        if status >= 400:
            error: dict[str, Any] = answer.get("error") or {}
            raise Refused(str(error.get("message") or f"{method} {path} gave {status}."), error.get("code"))
        return answer


def prove(base_url: str, secret: bytes, *, timeout: float) -> ProvenServer:
    """Connect and have the server prove that it knows `secret` (that of the data folder). `timeout` in seconds, for each
    answer. No proxy is used: the server is on this machine, whatever the environment says.

    Raises `NoAnswer` and `NotOurs`.
    """
    place = urlsplit(base_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=timeout)
    try:
        connection.connect()
        connection.auto_open = 0
        host, port = connection.sock.getpeername()[:2]
        nonce = secrets.token_bytes(NONCE_LENGTH)
        status, answer = _exchange(
            connection, base_url, "GET", f"/api/proof?nonce={nonce.hex()}", limit=MAX_PROOF_BYTES
        )
        if status != 200 or not proves(str(answer.get("proof")), secret, nonce, (str(host), int(port))):
            raise NotOurs(_not_ours(base_url, status))
    except OSError as error:
        connection.close()
        raise NoAnswer(f"The server at {base_url} does not answer: {error}.") from error
    except BaseException:
        connection.close()
        raise
    return ProvenServer(base_url, connection)


def _exchange(
    connection: http.client.HTTPConnection,
    base_url: str,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    *,
    limit: int | None = None,
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of the answer, {} for what is none. Reads `limit` bytes at most."""
    try:
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        content = reply.read(limit) if limit is not None else reply.read()
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(
            f"The server at {base_url} does not answer any more: {error or type(error).__name__}."
        ) from error
    try:
        answer: object = json.loads(content)
    except ValueError:
        answer = None
    return reply.status, cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}


def _not_ours(base_url: str, status: int) -> str:
    older = " If it is an older version of this program, stop it and start it again." if status in (401, 404) else ""
    return (
        f"What answers at {base_url} did not prove that it is the server of your data folder, so no key was sent to it. "
        f"Look at what listens there, stop it, and start the server again: unsloth run.{older}"
    )
