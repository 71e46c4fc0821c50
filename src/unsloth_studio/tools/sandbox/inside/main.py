"""The first program in the sandbox: puts limits and Landlock on itself, then becomes the command.

The rule: standard library only, and as little of it as can be: its start is part of every call (contextlib alone would
add a tenth). Arguments: settings (`alive=DESCRIPTOR`, `limit=NAME:N`, `gateway=DESCRIPTOR:PORT:LOOPS_BACK`, `home=PATH`,
`list=PATH`, `read=PATH`, `run=PATH`, `write=PATH`, `devices=PATH`), then `exec` COMMAND..., `python` DESCRIPTOR
PATH..., or `report`.
"""

from __future__ import annotations

import os
import resource
import sys

from . import landlock

_RIGHTS = {
    "list": landlock.LIST,
    "read": landlock.READ,
    "run": landlock.READ_EXECUTE,
    "write": landlock.WRITE | landlock.READ_EXECUTE,
    "devices": landlock.DEVICES,
}
_CPU_GRACE_SECONDS = 2  # between SIGXCPU, which says why, and SIGKILL, which does not
_WORDS = ("exec", "python", "report")


def main(arguments: list[str]) -> None:
    first = next(index for index, word in enumerate(arguments) if word in _WORDS)
    abi = confine(arguments[:first])
    word, *rest = arguments[first:]
    if word == "exec":
        os.execv(rest[0], rest)  # noqa: S606 - this is what it is for
    if word == "python":
        from .interpreter import serve

        serve(int(rest[0]), rest[1:])
    if word == "report":
        report(abi)


def confine(settings: list[str]) -> int:
    """Apply `settings`; returns the Landlock version in force."""
    if sys.platform == "linux":
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123 - when memory runs out, this one goes first
            file.write("1000")
    rules: list[tuple[str, int]] = []
    for setting in settings:
        kind, _, value = setting.partition("=")
        if kind == "limit":
            name, _, number = value.partition(":")
            if (known := getattr(resource, f"RLIMIT_{name}", None)) is not None:  # macOS has fewer
                most = int(number) + (_CPU_GRACE_SECONDS if name == "CPU" else 0)
                resource.setrlimit(known, (int(number), most))
        elif kind == "alive":
            _leave_if_ended(int(value))
        elif kind == "gateway":
            _hand_out_gateway(*map(int, value.split(":")))
        elif kind == "home":
            os.chdir(value)
            os.environ.update(HOME=value, TMPDIR=value)
        else:
            rules.append((value, _RIGHTS[kind]))
    return landlock.restrict(rules)


def _leave_if_ended(descriptor: int) -> None:
    """Leave when the pipe has ended, which the server holds open: then the server died while the sandbox was built."""
    os.set_blocking(descriptor, False)
    try:
        os.read(descriptor, 1)
    except BlockingIOError:
        os.close(descriptor)
    else:
        sys.exit("The server has ended.")


def _hand_out_gateway(descriptor: int, port: int, loops_back: int) -> None:
    """Listen on this sandbox's own loopback, and give the socket to the server at the other end of `descriptor`.
    `loops_back`: the server's loopback is to be reached, not that in here."""
    import _socket

    listening = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", port))
    listening.listen(64)
    given = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, listening.fileno().to_bytes(4, sys.byteorder))
    way_out = _socket.socket(fileno=descriptor)
    way_out.sendmsg([b"1"], [given])
    way_out.close()
    listening.close()
    for scheme in ("http", "https", "all"):
        for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
            os.environ[name] = f"http://127.0.0.1:{port}"
    if not loops_back:
        for name in ("no_proxy", "NO_PROXY"):
            os.environ[name] = "localhost,127.0.0.1,::1"


def report(abi: int) -> None:
    """What the kernel says about this process, for the probe: `NAME VALUE` lines."""
    print("Landlock", abi)
    with open("/proc/self/status") as file:  # noqa: PTH123
        for line in file:
            name, _, value = line.partition(":")
            if name in ("Uid", "CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp"):
                print(name, value.split()[0])
