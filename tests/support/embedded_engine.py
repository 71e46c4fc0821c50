"""Serve one GGUF with the real embedded engine and nothing of ours around it: `MODEL CONTEXT SLOTS`.

Prints `listening on http://127.0.0.1:PORT` once the model is loaded; ends on SIGTERM.
"""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from types import FrameType
from typing import Any


def main(model: str, context_length: str, slots: str) -> None:
    xllamacpp: Any = importlib.import_module("xllamacpp")  # it ships no types
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx, params.n_parallel = int(context_length) * int(slots), int(slots)
    params.hostnames, params.port, params.ui = ["127.0.0.1"], 0, False
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", flush=True)
    stopped = threading.Event()

    def stop(signal_number: int, frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    while not stopped.wait(0.2):
        pass
    del server


if __name__ == "__main__":
    main(*sys.argv[1:])
