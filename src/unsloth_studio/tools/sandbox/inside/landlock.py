"""The second wall, put up from inside: Landlock, as much of it as the kernel has.

The rule: only what is named may be touched. Numbers: `include/uapi/linux/landlock.h` and the kernel's
`Documentation/userspace-api/landlock.rst`; the three system calls have the same numbers on all architectures.
"""

from __future__ import annotations

import os
import struct
import sys

TYPE_CHECKING = False  # as in typing, whose import takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38  # prctl, include/uapi/linux/prctl.h

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIRECTORY = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHARACTER_DEVICE, _MAKE_BLOCK_DEVICE = 1 << 6, 1 << 11
_TRUNCATE, _DEVICE_IOCTL = 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_IOCTL
_RIGHTS_BY_ABI = (0, 13, 14, 15, 15, 16)  # how many rights there are; the last number holds for later versions
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1

LIST = _READ_DIRECTORY
READ = _READ_FILE | _READ_DIRECTORY
READ_EXECUTE = READ | _EXECUTE
DEVICES = READ | _WRITE_FILE | _TRUNCATE | _DEVICE_IOCTL
WRITE = ((1 << 16) - 1) & ~(_MAKE_CHARACTER_DEVICE | _MAKE_BLOCK_DEVICE | _DEVICE_IOCTL)


def _caller(name: str) -> Callable[..., int]:
    """A function of the C library that takes and returns ints. What ctypes is made of does, without ctypes itself, whose
    import is a tenth of a sandbox's start; it has no promise to stay, so ctypes is there for when it is gone."""
    try:
        from _ctypes import call_function, dlopen, dlsym

        address = dlsym(dlopen(None), name)  # pyright: ignore[reportArgumentType] - None is this program, dlopen(3)
        return lambda *arguments: call_function(address, arguments)
    except ImportError:
        import ctypes

        return getattr(ctypes.CDLL(None), name)


_syscall, _prctl = _caller("syscall"), _caller("prctl")


def abi_version() -> int:
    """The kernel's Landlock version, 0 for none."""
    if sys.platform != "linux":  # the numbers mean something else there
        return 0
    return max(0, _syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))


def restrict(rules: list[tuple[str, int]]) -> int:
    """Confine this process and all it starts to `rules`: (path, rights), a path that does not exist is left out.

    Returns the version used, 0 when there is no Landlock. Raises `OSError` when it is there and refuses.
    """
    version = abi_version()
    if not version:
        return 0
    handled = (1 << _RIGHTS_BY_ABI[min(version, 5)]) - 1
    attributes = struct.pack("=Q", handled)
    if version >= 4:
        attributes += struct.pack("=Q", 0)  # TCP: the network namespace has nothing but its own loopback
    if version >= 6:
        attributes += struct.pack("=Q", _ABSTRACT_SOCKETS | _SIGNALS)
    ruleset = _checked(_syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    for path, rights in rules:
        _allow(ruleset, path, rights & handled)
    _checked(_prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(_syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):  # noqa: PTH112 - this runs before every command, and pathlib takes milliseconds to import
        rights &= _FILE_RIGHTS
    try:
        _checked(_syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0))
    finally:
        os.close(descriptor)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError("Landlock is there and cannot be used.")
    return result
