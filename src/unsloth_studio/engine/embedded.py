"""The embedded engine: llama.cpp's own HTTP server from the `xllamacpp` wheel, as a child process of ours.

    python -m unsloth_studio.engine.embedded < configuration

Standard input: one line of JSON, `{"parent": PID, "settings": {"n_ctx": 4096, "model.path": "...", ...}}`, whenever it
is known (see `spare.py`), and then nothing; its end means that the parent is gone. Standard output: one line of JSON,
`{"event": "listening", "address": "http://..."}`, once the model is loaded. Standard error: the engine's log. The rule:
a setting the wheel does not know ends the start loudly, because a silently ignored one would be a wrong context length
or a missing key.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

from unsloth_studio.engine.guard import die_with_parent

ARGV = (sys.executable, "-P", "-m", "unsloth_studio.engine.embedded")
EXIT_FAILED = 1
EXIT_BAD_SETTING = 2


def main() -> None:
    """Read the configuration, load, serve until a signal or the end of standard input.

    Signals keep their default action and end the process at once, also while it loads or reads a long prompt. Taking the
    server down in order instead waits for the running batch, and now and then for ever when it has only just started.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    xllamacpp = importlib.import_module("xllamacpp")
    if not (line := sys.stdin.buffer.readline()):
        return  # nothing to load, or nobody is left who could say what
    config: dict[str, Any] = json.loads(line)
    die_with_parent(int(config["parent"]))
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    params = xllamacpp.CommonParams()
    try:
        apply_settings(params, config["settings"])
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        _fail(f"error: {error}", EXIT_BAD_SETTING)
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        _fail(f"error: {error}", EXIT_FAILED)
    print(json.dumps({"event": "listening", "address": server.listening_address}), flush=True)
    threading.Event().wait()


def apply_settings(params: Any, settings: Mapping[str, Any]) -> None:
    """Set `a.b = value` for every item. Raises `AttributeError` naming a setting that does not exist.

    For an enumerated setting the value is the member's name, for a list of those a list of names; `{"$file": path}` stands
    for the text of a file; an adapter is `{"path": ..., "scale": ...}`.
    """
    for path, value in settings.items():
        owner: Any = params
        *parents, name = path.split(".")
        try:
            for parent in parents:
                owner = getattr(owner, parent)
            before: Any = getattr(owner, name)
        except AttributeError as error:
            raise AttributeError(f"unknown engine setting '{path}'") from error
        try:
            setattr(owner, name, _native(path, value, before))
        except (AssertionError, OSError, TypeError, ValueError, KeyError) as error:
            raise ValueError(f"bad value for the engine setting '{path}': {error}") from error


def _native(path: str, value: Any, before: Any) -> Any:
    """`value` as the wheel wants it; `before` is what stands there now and shows the kind."""
    if path == "lora_adapters":
        adapter = importlib.import_module("xllamacpp").CommonAdapterLoraInfo
        return [adapter(each["path"], each["scale"]) for each in value]
    if (file := _file_of(value)) is not None:
        return file.expanduser().read_text()
    if path.endswith(".types"):
        members: Any = importlib.import_module("xllamacpp").common_speculative_type
        return [members[each] for each in value]
    kind: Any = before.__class__
    return kind[value] if hasattr(kind, "__members__") else value


def _file_of(value: Any) -> Path | None:
    if not isinstance(value, dict) or "$file" not in value:
        return None
    return Path(cast("dict[str, str]", value)["$file"])


def _leave_with_parent() -> None:
    """Standard input ends when the parent does: the second wall, for systems without a parent-death signal."""
    while os.read(0, 1024):
        pass
    os._exit(0)


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr, flush=True)
    sys.exit(code)  # not os._exit: the engine writes its log from a thread, and the reason may still be there


if __name__ == "__main__":
    main()
