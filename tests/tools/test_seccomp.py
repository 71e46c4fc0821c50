"""The filter, run by a small BPF machine: what each system call gets on each architecture."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import pytest

from unsloth_studio.tools.sandbox import syscalls
from unsloth_studio.tools.sandbox.seccomp import (
    ALLOW,
    AUDIT_ARCH,
    ERROR,
    JUMP_ANY_BIT,
    JUMP_AT_LEAST,
    JUMP_EQUAL,
    KILL_PROCESS,
    LOAD_WORD,
    RETURN,
    TIOCSTI,
    filter_bytes,
    filter_program,
)
from unsloth_studio.tools.sandbox.syscalls import REFUSED, Call

MACHINES = tuple(AUDIT_ARCH)
ALL = tuple((call, error) for error, calls in REFUSED for call in calls)
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the kernel would do (Documentation/networking/filter.rst), with the program as the only rule."""
    words = [number, AUDIT_ARCH[machine] if architecture is None else architecture, 0, 0]
    for argument in (*arguments, *[0] * (6 - len(arguments))):
        words += [argument & 0xFFFFFFFF, argument >> 32]
    program, position, accumulator = filter_program(machine), 0, 0
    while True:
        step = program[position]
        position += 1
        match step.code:
            case c if c == LOAD_WORD:
                accumulator = words[step.constant // 4]
                continue
            case c if c == RETURN:
                return step.constant
            case c if c == JUMP_EQUAL:
                taken = accumulator == step.constant
            case c if c == JUMP_AT_LEAST:
                taken = accumulator >= step.constant
            case c if c == JUMP_ANY_BIT:
                taken = bool(accumulator & step.constant)
            case _:
                raise AssertionError(step)
        position += step.if_true if taken else step.if_false


def number_of(call: Call, machine: str) -> int | None:
    return call.x86_64 if machine == "x86_64" else call.aarch64


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("call", "error"), ALL, ids=[call.name for call, _ in ALL])
def test_a_refused_call_gets_its_error(machine: str, call: Call, error: int) -> None:
    number = number_of(call, machine)
    if number is not None:
        assert verdict(machine, number) == ERROR | error


@pytest.mark.parametrize("machine", MACHINES)
def test_every_other_call_is_allowed(machine: str) -> None:
    special = (syscalls.CLONE3, syscalls.SOCKET, syscalls.SOCKETPAIR)
    refused = {number_of(call, machine) for call in (*(call for call, _ in ALL), *special)}
    others = [number for number in range(syscalls.LAST_KNOWN + 1) if number not in refused]
    assert {verdict(machine, number) for number in others} == {ALLOW}
    assert len(others) > 300


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        pytest.param(syscalls.CLONE, (0x11,), ALLOW, id="fork"),
        pytest.param(syscalls.CLONE, (0x3D0F00,), ALLOW, id="a thread as glibc makes it"),
        pytest.param(syscalls.CLONE, (0x10000011,), ERROR | 1, id="a user namespace"),
        pytest.param(syscalls.CLONE, (0x00020000,), ERROR | 1, id="a mount namespace"),
        pytest.param(syscalls.CLONE, (0x02000000,), ERROR | 1, id="a cgroup namespace"),
        pytest.param(syscalls.CLONE, (0x40000011,), ERROR | 1, id="a network namespace"),
        pytest.param(syscalls.CLONE3, (0, 88), ERROR | 38, id="clone3, so that C libraries fall back to clone"),
        pytest.param(syscalls.IOCTL, (0, 0x5413), ALLOW, id="the size of a terminal"),
        pytest.param(syscalls.IOCTL, (0, TIOCSTI), ERROR | 1, id="typing into a terminal"),
        pytest.param(syscalls.IOCTL, (0, 1 << 32 | TIOCSTI), ERROR | 1, id="typing, with bits the kernel drops"),
        pytest.param(syscalls.IOCTL, (0, 0x541C), ERROR | 1, id="pasting in the console"),
        pytest.param(syscalls.SOCKET, (1, 1), ALLOW, id="a local socket"),
        pytest.param(syscalls.SOCKET, (2, 1), ALLOW, id="an IPv4 socket"),
        pytest.param(syscalls.SOCKET, (10, 1), ALLOW, id="an IPv6 socket"),
        pytest.param(syscalls.SOCKET, (16, 3), ERROR | 97, id="netlink"),
        pytest.param(syscalls.SOCKET, (17, 3), ERROR | 97, id="packets"),
        pytest.param(syscalls.SOCKET, (38, 5), ERROR | 97, id="kernel crypto"),
        pytest.param(syscalls.SOCKET, (1 << 32 | 16, 3), ERROR | 97, id="netlink, with bits the kernel drops"),
        pytest.param(syscalls.SOCKETPAIR, (1, 1), ALLOW, id="a local pair"),
        pytest.param(syscalls.SOCKETPAIR, (2, 1), ERROR | 97, id="an IPv4 pair"),
    ],
)
def test_arguments_decide(machine: str, call: Call, arguments: tuple[int, ...], expected: int) -> None:
    number = number_of(call, machine)
    assert number is not None
    assert verdict(machine, number, *arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    "architecture", [0x40000003, 0x40000028, 0, 0xFFFFFFFF], ids=["i386", "arm", "none", "nonsense"]
)
def test_another_architecture_ends_the_process(machine: str, architecture: int) -> None:
    assert verdict(machine, 39, architecture=architecture) == KILL_PROCESS


@pytest.mark.parametrize("machine", MACHINES)
def test_x32_and_calls_to_come_are_refused(machine: str) -> None:
    assert verdict(machine, 0x40000000 + 39) == ERROR | 1
    assert verdict(machine, syscalls.LAST_KNOWN + 1) == ERROR | 38


@pytest.mark.parametrize("machine", MACHINES)
def test_bytes_are_as_the_kernel_wants_them(machine: str) -> None:
    program = filter_bytes(machine)
    assert program[:8] == bytes.fromhex("2000000004000000")  # load word 4: the architecture
    assert program[-8:] == bytes.fromhex("060000000000ff7f")  # return ALLOW
    assert len(program) % 8 == 0
    assert len(program) // 8 <= 4096  # BPF_MAXINSNS


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(KeyError):
        filter_bytes("riscv64")


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_those_of_the_kernel_s_headers(machine: str) -> None:
    header = HEADERS[machine]
    if platform.system() != "Linux" or not header.exists():
        pytest.skip(f"{header} (package linux-libc-dev) is not installed")
    known = {name: int(n) for name, n in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)$", header.read_text(), re.M)}
    special = (syscalls.CLONE, syscalls.CLONE3, syscalls.IOCTL, syscalls.SOCKET, syscalls.SOCKETPAIR)
    ours = {call.name: number_of(call, machine) for call in (*(call for call, _ in ALL), *special)}
    assert {name: number for name, number in ours.items() if name in known and number != known[name]} == {}
    assert len(set(ours) & set(known)) > 60
