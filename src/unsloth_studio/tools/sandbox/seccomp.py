"""The seccomp filter as bytes for `bwrap --seccomp`: pure, and the same for every run.

The rule: a system call of another architecture ends the process; refused ones fail with an error number, so that
programs that can do without go on. Layout: `struct sock_filter` of `include/uapi/linux/filter.h` (16-bit code, 8-bit
jumps, 32-bit constant, in the machine's byte order) over `struct seccomp_data` of `include/uapi/linux/seccomp.h`
(number at 0, architecture at 4, arguments at 16 and then every 8 bytes).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from unsloth_studio.tools.sandbox import syscalls
from unsloth_studio.tools.sandbox.syscalls import Call

# include/uapi/linux/bpf_common.h
LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# include/uapi/linux/seccomp.h
KILL_PROCESS, ERROR, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # include/uapi/linux/audit.h
X32_BIT = 0x40000000  # arch/x86/include/uapi/asm/unistd.h

# include/uapi/linux/sched.h: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # include/uapi/asm-generic/ioctls.h
AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10  # include/linux/socket.h

_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24  # low halves, on little-endian machines


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step of the classic BPF machine."""

    code: int
    if_true: int
    if_false: int
    constant: int

    def packed(self) -> bytes:
        return struct.pack("<HBBI", self.code, self.if_true, self.if_false, self.constant)


def filter_bytes(machine: str) -> bytes:
    """The filter for `machine` (as `platform.machine()` names it). Raises `KeyError` for one that is not known."""
    return b"".join(step.packed() for step in filter_program(machine))


def filter_program(machine: str) -> tuple[Instruction, ...]:
    """The filter, step by step. Raises `KeyError` for a machine that is not known."""
    steps = [
        _load(_ARCHITECTURE),
        *_unless(JUMP_EQUAL, AUDIT_ARCH[machine], KILL_PROCESS),
        _load(_NUMBER),
        *_when(JUMP_AT_LEAST, X32_BIT, ERROR | syscalls.EPERM),
        *_when(JUMP_AT_LEAST, syscalls.LAST_KNOWN + 1, ERROR | syscalls.ENOSYS),
    ]
    for error, calls in syscalls.REFUSED:
        for call in calls:
            steps += _refuse(_number(call, machine), error)
    steps += _refuse(_number(syscalls.CLONE3, machine), syscalls.ENOSYS)  # its flags are out of a filter's reach
    steps += _on(
        _number(syscalls.CLONE, machine),
        [_load(_FIRST_ARGUMENT), *_when(JUMP_ANY_BIT, NEW_NAMESPACES, ERROR | syscalls.EPERM), _return(ALLOW)],
    )
    terminal = [step for request in (TIOCSTI, TIOCLINUX) for step in _when(JUMP_EQUAL, request, ERROR | syscalls.EPERM)]
    steps += _on(_number(syscalls.IOCTL, machine), [_load(_SECOND_ARGUMENT), *terminal, _return(ALLOW)])
    steps += _families(_number(syscalls.SOCKET, machine), (AF_UNIX, AF_INET, AF_INET6))
    steps += _families(_number(syscalls.SOCKETPAIR, machine), (AF_UNIX,))
    return (*steps, _return(ALLOW))


def _number(call: Call, machine: str) -> int | None:
    return call.x86_64 if machine == "x86_64" else call.aarch64


def _families(number: int | None, families: tuple[int, ...]) -> list[Instruction]:
    allowed = [step for family in families for step in _when(JUMP_EQUAL, family, ALLOW)]
    return _on(number, [_load(_FIRST_ARGUMENT), *allowed, _return(ERROR | syscalls.EAFNOSUPPORT)])


def _refuse(number: int | None, error: int) -> list[Instruction]:
    return _on(number, [_return(ERROR | error)])


def _on(number: int | None, body: list[Instruction]) -> list[Instruction]:
    """`body`, which must return on every way, for one system call; nothing where there is no such call."""
    return [] if number is None else [Instruction(JUMP_EQUAL, 0, len(body), number), *body]


def _when(jump: int, constant: int, verdict: int) -> list[Instruction]:
    return [Instruction(jump, 0, 1, constant), _return(verdict)]


def _unless(jump: int, constant: int, verdict: int) -> list[Instruction]:
    return [Instruction(jump, 1, 0, constant), _return(verdict)]


def _load(offset: int) -> Instruction:
    return Instruction(LOAD_WORD, 0, 0, offset)


def _return(verdict: int) -> Instruction:
    return Instruction(RETURN, 0, 0, verdict)
