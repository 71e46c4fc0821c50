"""The sandbox of macOS as a Seatbelt profile. Pure. Written after Apple's own profiles in /System/Library/Sandbox/Profiles
(the language has no public manual); not tested by us: we have no Mac.

The rule: everything is denied, then what a Python and a shell need is allowed.
"""

from __future__ import annotations

from unsloth_studio.tools.sandbox.policy import SystemView

READABLE = ("/usr", "/bin", "/sbin", "/System", "/Library/Frameworks", "/private/etc/ssl", "/private/var/db/timezone")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/dtracehelper")


def profile(view: SystemView, *, folder: str, scratch: str) -> str:
    """The profile for `sandbox-exec -p`: `folder` and `scratch` can be written, no network, no other process."""
    readable = (*READABLE, *view.private, view.inside)
    return "\n".join(
        (
            "(version 1)",
            "(deny default)",
            "(allow process-fork)",
            "(allow process-exec)",
            "(allow signal (target same-sandbox))",
            "(allow process-info* (target same-sandbox))",
            "(allow sysctl-read)",
            "(allow file-read-metadata)",
            '(allow file-read-data (literal "/"))',
            f"(allow file-read* {_subpaths(readable)})",
            f"(allow file-read* file-write* {_subpaths((folder, scratch))})",
            f"(allow file-read* file-write-data {' '.join(_quoted('literal', path) for path in DEVICES)})",
            "(deny network*)",
            "(deny mach-lookup)",
            "(deny iokit-open)",
            "",
        )
    )


def _subpaths(paths: tuple[str, ...]) -> str:
    return " ".join(_quoted("subpath", path) for path in paths)


def _quoted(kind: str, path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'({kind} "{escaped}")'
