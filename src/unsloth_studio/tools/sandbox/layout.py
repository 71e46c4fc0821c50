"""Looks at this machine for what the sandbox has to show of it: the system, and the Python that runs us.

The rule: of /etc only what a program needs to start; of a Python only its programs and its libraries.
"""

from __future__ import annotations

import contextlib
import py_compile
import sys
from pathlib import Path

from unsloth_studio.tools.sandbox.policy import SystemView

_TOP = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SYSTEM = (
    "/usr",
    "/nix/store",  # NixOS: everything lives there, and everybody may read it
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/fonts",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
)
_OF_A_PYTHON = ("bin", "lib", "lib64", "pyvenv.cfg")
INSIDE = Path(__file__).parent / "inside"


def read_system(
    root: Path = Path("/"), prefixes: tuple[str, ...] = (sys.prefix, sys.base_prefix), python: str = sys.executable
) -> SystemView:
    """What is there, below `root` (other than / in tests only). Reads a few names; compiles the launcher once."""
    symlinks: list[tuple[str, str]] = []
    system = [path for path in _SYSTEM if _below(root, path).exists()]
    for path in _TOP:
        place = _below(root, path)
        if place.is_symlink():
            symlinks.append((path, str(place.readlink())))
        elif place.is_dir():
            system.append(path)
    private = [
        str(part)
        for prefix in dict.fromkeys(prefixes)
        for part in (Path(prefix) / name for name in _OF_A_PYTHON)
        if part.exists() and not part.is_symlink() and not _inside(str(part), system)
    ]
    _compile_launcher()
    return SystemView(tuple(symlinks), tuple(system), tuple(private), str(INSIDE), python)


def _below(root: Path, path: str) -> Path:
    return root / path.removeprefix("/")


def _inside(path: str, folders: list[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def _compile_launcher() -> None:
    """So that not every start compiles it: in there its folder is read-only. Where we may not write, starts take longer."""
    for source in INSIDE.glob("*.py"):
        with contextlib.suppress(OSError, py_compile.PyCompileError):
            py_compile.compile(str(source), doraise=True)
