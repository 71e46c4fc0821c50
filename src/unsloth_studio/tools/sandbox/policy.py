"""What the sandbox is, as arguments of bubblewrap and of the launcher inside it. Pure: it reads no file, asks no system.

The rule: what is not named here does not exist in there. Only the session's folder, /tmp and /dev/shm can be written.
Options: bwrap(1) of bubblewrap 0.4 and later; the launcher's words: `inside/main.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from unsloth_studio.tools.sandbox.result import Limits

FOLDER = "/mnt/data"  # the session's folder in there; models know the name from other code interpreters
INSIDE = "/opt/inside"
UNPRIVILEGED = 65534  # nobody, and nogroup, on every Linux
SCRATCH = ("/tmp", "/dev/shm")  # noqa: S108 - the sandbox's own
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108
    "TMPDIR": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/.matplotlib",  # noqa: S108
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONIOENCODING": "utf-8",
    "OPENBLAS_NUM_THREADS": "4",  # its default is one thread per core, each with its own memory
}
_START = "import sys; sys.path.insert(0, {!r}); from inside.main import main; sys.path.pop(0); main(sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class SystemView:
    """The parts of this machine that the sandbox shows, read-only, under their own names.

    `symlinks` are (path, target) such as `("/bin", "usr/bin")`; `system` can be reached by everybody, `private` perhaps only
    by us (a Python below somebody's home: its `bin` and `lib` only); `inside` is the launcher's folder, `python` its
    interpreter.
    """

    symlinks: tuple[tuple[str, str], ...]
    system: tuple[str, ...]
    private: tuple[str, ...]
    inside: str
    python: str


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the programs that build the sandbox are. `setpriv` is None when we are not root and need none."""

    bwrap: str
    setpriv: str | None = None


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Open files that bubblewrap inherits: the seccomp filter to read, the pipe it reports its child's number on, and a pipe
    that ends with the server: the launcher inside looks at it, for `--die-with-parent` begins a little after the start."""

    seccomp: int
    info: int
    alive: int


def command_line(
    view: SystemView,
    command: tuple[str, ...],
    *,
    folder: str,
    limits: Limits,
    programs: Programs,
    descriptors: Descriptors,
) -> tuple[str, ...]:
    """The whole argument vector. As root, a first bubblewrap only carries what root alone can reach to where everybody can;
    then the rights of root are given up for good, and the second one builds the same sandbox as for a plain user. The first
    has a PID namespace, too: root without capabilities cannot signal `nobody`, but the end of a namespace ends all in it."""
    binds = [(view.inside, INSIDE), *((path, path) for path in view.private)]
    told = ("--info-fd", str(descriptors.info))  # from the outermost: its first process is the one to watch and to end
    filtered = ("--seccomp", str(descriptors.seccomp))
    if programs.setpriv is None:
        return (
            *_sandbox(view, binds, folder=folder, limits=limits, start=(programs.bwrap, *told, *filtered)),
            *confined(view, command, limits, alive=descriptors.alive),
        )
    carried = [(f"/run/{index}", target) for index, (_, target) in enumerate(binds)]
    stage: list[str] = [programs.bwrap, "--dev-bind", "/", "/", "--tmpfs", "/run"]
    for (source, _), (place, _) in zip(binds, carried, strict=True):
        stage += ["--ro-bind", source, place]
    stage += ["--bind", folder, "/run/folder", "--chdir", "/", "--die-with-parent", "--unshare-pid", *told]
    for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
        stage += ["--cap-add", capability]
    identity = str(UNPRIVILEGED)
    drop = (programs.setpriv, "--reuid", identity, "--regid", identity, "--clear-groups")
    return (
        *stage,
        "--",
        *drop,
        *("--inh-caps=-all", "--bounding-set=-all", "--"),
        *_sandbox(view, carried, folder="/run/folder", limits=limits, start=(programs.bwrap, *filtered)),
        *confined(view, command, limits, alive=descriptors.alive),
    )


def _sandbox(
    view: SystemView,
    binds: list[tuple[str, str]],
    *,
    folder: str,
    limits: Limits,
    start: tuple[str, ...],
) -> tuple[str, ...]:
    identity = str(UNPRIVILEGED)
    arguments = [*start, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"]
    arguments += ["--unshare-cgroup-try", "--uid", identity, "--gid", identity, "--hostname", "sandbox"]
    arguments += ["--die-with-parent", "--new-session"]
    for path in view.system:
        arguments += ["--ro-bind", path, path]
    for path, target in view.symlinks:
        arguments += ["--symlink", target, path]
    for name in ("passwd", "group", "hosts", "nsswitch.conf"):
        arguments += ["--symlink", f"{INSIDE}/etc/{name}", f"/etc/{name}"]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    for path in SCRATCH:
        arguments += ["--size", str(limits.scratch_bytes), "--tmpfs", path]
    for source, target in binds:
        arguments += ["--ro-bind", source, target]
    arguments += ["--bind", folder, FOLDER, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", FOLDER, "--"]
    return tuple(arguments)


def confined(view: SystemView, command: tuple[str, ...], limits: Limits, *, alive: int) -> tuple[str, ...]:
    """The launcher inside, which confines itself and becomes `command`, as `inside/main.py` understands it."""
    readable = (*view.system, *view.private, INSIDE)
    return (
        *started(view.python, str(PurePosixPath(INSIDE).parent), limits, alive=alive),
        *(f"run={path}" for path in readable),
        *("list=/", "read=/proc", "devices=/dev"),
        *(f"write={path}" for path in (*SCRATCH, FOLDER)),
        *command,
    )


def started(python: str, parent_of_inside: str, limits: Limits, *, alive: int) -> tuple[str, ...]:
    """The start of the launcher with its limits; its rules and the command follow."""
    limits_by_name = {
        "AS": 4 * limits.memory_bytes,
        "DATA": limits.memory_bytes,
        "FSIZE": limits.file_bytes,
        "NOFILE": limits.open_files,
        "NPROC": limits.processes,
        "CORE": 0,
        "MEMLOCK": 64 * 1024,
        "MSGQUEUE": 0,
        "SIGPENDING": 1024,
    }
    if limits.cpu_seconds is not None:
        limits_by_name["CPU"] = limits.cpu_seconds
    settings = tuple(f"limit={name}:{number}" for name, number in limits_by_name.items())
    return (python, "-I", "-S", "-c", _START.format(parent_of_inside), f"alive={alive}", *settings)


def exposed(view: SystemView, secret: str) -> str | None:
    """The part of `view` in which `secret` (a folder nobody in there may see) lies, None when it lies in none."""
    parts = (*view.system, *view.private, view.inside)
    return next((part for part in parts if f"{secret}/".startswith(f"{part.rstrip('/')}/")), None)
