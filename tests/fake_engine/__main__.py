"""`python -m tests.fake_engine --port 0` prints `listening on http://127.0.0.1:PORT` and serves until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket

import uvloop
from tests.fake_engine.connection import Connection
from tests.fake_engine.engine import EngineSettings, FakeEngine
from tests.fake_engine.live import Live, Ticker
from tests.fake_engine.script import Script


def main() -> None:
    arguments = _arguments()
    settings = EngineSettings(
        model=arguments.model,
        context_length=arguments.context_length,
        slots=arguments.slots,
        api_key=arguments.api_key,
        script=Script(tokens=arguments.tokens, interval_ms=arguments.interval_ms),
        loading_seconds=arguments.stall_load,
        kept_requests=arguments.kept_requests,
    )
    uvloop.run(_serve(settings, port=arguments.port, ignore_sigterm=arguments.ignore_sigterm))


async def _serve(settings: EngineSettings, *, port: int, ignore_sigterm: bool) -> None:
    loop = asyncio.get_running_loop()
    live, ticker = Live(), Ticker(loop)
    engine = FakeEngine(settings, live)
    stopped = asyncio.Event()
    if ignore_sigterm:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    server = await loop.create_server(lambda: Connection(engine.answer, live=live, ticker=ticker), sock=listener)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await stopped.wait()
    server.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fake_engine", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=None, help="tokens of a reply that does not say otherwise")
    parser.add_argument("--interval-ms", type=float, default=0.0, help="time between its tokens")
    parser.add_argument("--stall-load", type=float, default=0.0, help="seconds of 503 after the start")
    parser.add_argument("--ignore-sigterm", action="store_true")
    parser.add_argument("--model", default="fake-model")
    parser.add_argument("--context-length", type=int, default=131072)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--api-key", default=None)
    parser.add_argument("--kept-requests", type=int, default=100)
    return parser.parse_args()


if __name__ == "__main__":
    main()
