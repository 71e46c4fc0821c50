"""The Python that keeps its variables between calls. It runs in the sandbox; standard library only.

Wire: over one stream socket, each message a 4-byte big-endian length and that many bytes of JSON. In: `{"id", "code"}`.
Out: `{"id", "error", "images": [{"media_type", "content" (base64)}]}`. All text goes to stdout and stderr.

The rule: the cell may do anything to this process, so nothing it sends back is trusted by the reader.
"""

from __future__ import annotations

import ast
import base64
import builtins
import contextlib
import inspect
import io
import json
import linecache
import os
import sys
import traceback
import types
import warnings
from typing import Any

MOST_IMAGES = 8
_OWN_FILE = __file__


def serve(descriptor: int, paths: list[str]) -> None:
    """Run cells until the other side closes the socket. `paths` are where packages are found."""
    os.set_inheritable(descriptor, False)
    namespace = _prepare(paths)
    owner, number = os.getpid(), 0
    while (message := _receive(descriptor)) is not None:
        number += 1
        images: list[dict[str, str]] = []
        failed = _run(message["code"], f"<cell {number}>", namespace, images)
        if os.getpid() != owner:  # the cell forked, and this is the child
            _flush()
            os._exit(0)
        failed = _collect_figures(images) or failed
        _flush()
        _send(descriptor, {"id": message["id"], "error": failed, "images": images[:MOST_IMAGES]})


def _prepare(paths: list[str]) -> dict[str, Any]:
    """What a person who starts Python has: a `__main__`, the working folder on the path, `exit` and `help`."""
    import _sitebuiltins

    sys.path[:] = ["", *sys.path, *paths]
    sys.argv = [""]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D"))
    builtins.help = _sitebuiltins._Helper()  # pyright: ignore[reportPrivateUsage]
    warnings.filterwarnings("ignore", message=".*is non-interactive, and thus cannot be shown")
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    return main.__dict__


def _run(code: str, name: str, namespace: dict[str, Any], images: list[dict[str, str]]) -> bool:
    """Run one cell and show the value of its last expression; True when it failed."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    try:
        tree = ast.parse(code, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        _evaluate(tree, name, namespace)
        if isinstance(last, ast.Expr):
            value = _evaluate(ast.Expression(last.value), name, namespace)
            if not code.rstrip().endswith(";"):
                _show(value, namespace, images)
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)
        return leaving.code not in (None, 0)
    except BaseException as error:
        _show_traceback(error)
        return True
    return False


def _evaluate(tree: ast.Module | ast.Expression, name: str, namespace: dict[str, Any]) -> Any:
    """As in a notebook, `await` may stand outside of functions."""
    mode = "eval" if isinstance(tree, ast.Expression) else "exec"
    compiled = compile(tree, name, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    value = eval(compiled, namespace)  # noqa: S307 - this is what it is for
    if compiled.co_flags & inspect.CO_COROUTINE:
        import asyncio

        return asyncio.run(value)
    return value


def _show(value: Any, namespace: dict[str, Any], images: list[dict[str, str]]) -> None:
    if value is None:
        return
    namespace["_"] = value
    as_png = getattr(value, "_repr_png_", None)  # what notebooks ask of a value that is a picture
    png = as_png() if callable(as_png) and not isinstance(value, type) else None
    if isinstance(png, bytes):
        images.append(_png(png))
    else:
        print(repr(value))


def _collect_figures(images: list[dict[str, str]]) -> bool:
    """The open figures of matplotlib, if the cell uses it, as images; they are closed. True when one cannot be drawn."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return False
    try:
        for number in pyplot.get_fignums():
            drawn = io.BytesIO()
            pyplot.figure(number).savefig(drawn, format="png", bbox_inches="tight")
            images.append(_png(drawn.getvalue()))
    except BaseException as error:
        _show_traceback(error)
        return True
    finally:
        with contextlib.suppress(Exception):
            pyplot.close("all")
    return False


def _png(content: bytes) -> dict[str, str]:
    return {"media_type": "image/png", "content": base64.b64encode(content).decode()}


def _show_traceback(error: BaseException) -> None:
    """As Python shows it, less the frames of this file."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == _OWN_FILE:
        frames = frames.tb_next
    if isinstance(error, SyntaxError) and frames is not None and frames.tb_frame.f_code.co_filename == ast.__file__:
        frames = None  # the cell itself does not parse
    with contextlib.suppress(Exception):
        print("".join(traceback.format_exception(type(error), error, frames)), end="", file=sys.stderr)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _receive(descriptor: int) -> dict[str, Any] | None:
    size = _exactly(descriptor, 4)
    body = size and _exactly(descriptor, int.from_bytes(size, "big"))
    return json.loads(body) if body else None


def _exactly(descriptor: int, count: int) -> bytes | None:
    taken = b""
    while len(taken) < count:
        piece = os.read(descriptor, count - len(taken))
        if not piece:
            return None
        taken += piece
    return taken


def _send(descriptor: int, message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    rest = memoryview(len(body).to_bytes(4, "big") + body)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
