"""The system calls that code in the sandbox is refused, with their numbers on x86-64 and on 64-bit ARM.

Numbers: the kernel's `arch/x86/entry/syscalls/syscall_64.tbl` and `scripts/syscall.tbl` (before 6.11
`include/uapi/asm-generic/unistd.h`), as of 6.18. From 424 on the two agree, and numbers never change. Error numbers:
`include/uapi/asm-generic/errno-base.h` and `errno.h`.
"""

from __future__ import annotations

from dataclasses import dataclass

EPERM, ENOSYS, EAFNOSUPPORT, EOPNOTSUPP = 1, 38, 97, 95
LAST_KNOWN = 469  # file_setattr, Linux 6.17: what a later kernel adds nobody here has looked at


@dataclass(frozen=True, slots=True)
class Call:
    """A system call; a number is None where the architecture has no such call."""

    name: str
    x86_64: int | None
    aarch64: int | None


def _same(name: str, number: int) -> Call:
    return Call(name, number, number)


CLONE = Call("clone", 56, 220)
CLONE3 = _same("clone3", 435)
IOCTL = Call("ioctl", 16, 29)
SOCKET = Call("socket", 41, 198)
SOCKETPAIR = Call("socketpair", 53, 199)

OTHER_PROCESSES = (
    Call("ptrace", 101, 117),
    Call("process_vm_readv", 310, 270),
    Call("process_vm_writev", 311, 271),
    Call("kcmp", 312, 272),
    _same("pidfd_getfd", 438),
    _same("process_madvise", 440),
    _same("process_mrelease", 448),
    Call("migrate_pages", 256, 238),
    Call("move_pages", 279, 239),
)
MOUNTS_AND_NAMESPACES = (
    Call("mount", 165, 40),
    Call("umount2", 166, 39),
    Call("pivot_root", 155, 41),
    Call("chroot", 161, 51),
    _same("open_tree", 428),
    _same("move_mount", 429),
    _same("fsopen", 430),
    _same("fsconfig", 431),
    _same("fsmount", 432),
    _same("fspick", 433),
    _same("mount_setattr", 442),
    _same("statmount", 457),
    _same("listmount", 458),
    _same("open_tree_attr", 467),
    Call("unshare", 272, 97),
    Call("setns", 308, 268),
    Call("name_to_handle_at", 303, 264),
    Call("open_by_handle_at", 304, 265),
)
KERNEL_SURFACE = (
    Call("add_key", 248, 217),
    Call("request_key", 249, 218),
    Call("keyctl", 250, 219),
    Call("bpf", 321, 280),
    Call("perf_event_open", 298, 241),
    Call("userfaultfd", 323, 282),
    _same("io_uring_setup", 425),
    _same("io_uring_enter", 426),
    _same("io_uring_register", 427),
    Call("fanotify_init", 300, 262),
    Call("fanotify_mark", 301, 263),
    Call("personality", 135, 92),
    Call("modify_ldt", 154, None),
    Call("uselib", 134, None),
    Call("ustat", 136, None),
    Call("sysfs", 139, None),
    Call("_sysctl", 156, None),
    Call("lookup_dcookie", 212, 18),
    Call("nfsservctl", 180, 42),
)
ADMINISTRATION = (
    Call("kexec_load", 246, 104),
    Call("kexec_file_load", 320, 294),
    Call("create_module", 174, None),
    Call("init_module", 175, 105),
    Call("delete_module", 176, 106),
    Call("finit_module", 313, 273),
    Call("reboot", 169, 142),
    Call("swapon", 167, 224),
    Call("swapoff", 168, 225),
    Call("acct", 163, 89),
    Call("quotactl", 179, 60),
    _same("quotactl_fd", 443),
    Call("syslog", 103, 116),
    Call("vhangup", 153, 58),
    Call("iopl", 172, None),
    Call("ioperm", 173, None),
    Call("settimeofday", 164, 170),
    Call("clock_settime", 227, 112),
    Call("clock_adjtime", 305, 266),
    Call("adjtimex", 159, 171),
    Call("sethostname", 170, 161),
    Call("setdomainname", 171, 162),
)
# Memory that no limit sees: it belongs to no process and to no file system of bounded size.
UNCOUNTED_MEMORY = (
    Call("memfd_create", 319, 279),
    _same("memfd_secret", 447),
    Call("shmget", 29, 194),
    Call("msgget", 68, 186),
    Call("semget", 64, 190),
)
# Takes disk space faster than the quota can be watched; C libraries write the bytes instead.
SUDDEN_DISK_SPACE = (Call("fallocate", 285, 47),)

REFUSED: tuple[tuple[int, tuple[Call, ...]], ...] = (
    (EPERM, OTHER_PROCESSES),
    (EPERM, MOUNTS_AND_NAMESPACES),
    (EPERM, KERNEL_SURFACE),
    (EPERM, ADMINISTRATION),
    (ENOSYS, UNCOUNTED_MEMORY),
    (EOPNOTSUPP, SUDDEN_DISK_SPACE),
)
