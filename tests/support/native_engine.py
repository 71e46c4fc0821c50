"""Programs that pass for `llama-server`: one that works (the embedded engine behind its flags) and several that do not."""

from __future__ import annotations

import sys
from pathlib import Path

ANSWERS = """
import os, signal, sys, time
arguments = sys.argv[1:]
if "--version" in arguments:
    print("version: 7777 (abcdef0)", file=sys.stderr), sys.exit()
if "--help" in arguments:
    print("--jinja --no-ui --offline --no-kv-unified --cache-ram --metrics --ctx-checkpoints --slot-save-path"), sys.exit()
if "--list-devices" in arguments:
    print("Available devices:"), print("  CUDA0: a card (8192 MiB)"), sys.exit()
"""

SERVES = """
import threading, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = arguments[arguments.index("-m") + 1]
params.model_alias = [arguments[arguments.index("--alias") + 1]]
params.api_keys = [os.environ["LLAMA_API_KEY"]]
params.n_ctx = int(arguments[arguments.index("-c") + 1])
params.port = 0
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
threading.Event().wait()
"""

NEEDS_NO_REPACK = "if '--no-repack' not in arguments: os.kill(os.getpid(), signal.SIGILL)\n"
CRASHES = "os.kill(os.getpid(), signal.SIGSEGV)\n"
HANGS_ON_VERSION = "import time; time.sleep(60)\n"
HANGS_ON_LOADING = "time.sleep(60)\n"

WORKING = ANSWERS + SERVES
NEEDING_NO_REPACK = ANSWERS + NEEDS_NO_REPACK + SERVES
CRASHING = ANSWERS + CRASHES
HANGING_ON_LOADING = ANSWERS + HANGS_ON_LOADING
ANOTHER_PROGRAM = "print('hello')\n"


def write_engine(folder: Path, code: str) -> Path:
    """An executable `llama-server` in `folder` that runs the Python `code`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "llama-server"
    path.write_text(f"#!{sys.executable}\n{code}")
    path.chmod(0o755)
    return path
