"""The sandbox as arguments: what is shown, what can be written, and that root's rights are given up first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from unsloth_studio.tools.sandbox import policy
from unsloth_studio.tools.sandbox.layout import read_system
from unsloth_studio.tools.sandbox.policy import Descriptors, Programs, SystemView, command_line, exposed
from unsloth_studio.tools.sandbox.result import Limits
from unsloth_studio.tools.sandbox.seatbelt import profile

VIEW = SystemView(
    symlinks=(("/bin", "usr/bin"), ("/lib", "usr/lib")),
    system=("/usr", "/etc/ld.so.cache"),
    private=("/home/u/python/bin", "/home/u/python/lib"),
    inside="/srv/app/inside",
    python="/home/u/python/bin/python3",
)
PLAIN, ROOT = Programs("/usr/bin/bwrap"), Programs("/usr/bin/bwrap", "/usr/bin/setpriv")


def line(programs: Programs, limits: Limits = Limits(), command: tuple[str, ...] = ("exec", "/bin/true")) -> list[str]:  # noqa: B008
    descriptors = Descriptors(seccomp=7, info=8, alive=9)
    folder = "/home/u/.unsloth/sessions/s/files"
    return list(command_line(VIEW, command, folder=folder, limits=limits, programs=programs, descriptors=descriptors))


def binds(arguments: list[str], option: str) -> list[tuple[str, str]]:
    places = [index for index, argument in enumerate(arguments) if argument == option]
    return [(arguments[index + 1], arguments[index + 2]) for index in places]


def stages(arguments: list[str]) -> tuple[list[str], list[str]]:
    """As root: what the first bubblewrap does, and everything from the second one on."""
    second = len(arguments) - 1 - arguments[::-1].index("/usr/bin/bwrap")
    return arguments[:second], arguments[second:]


@pytest.mark.parametrize("programs", [PLAIN, ROOT], ids=["plain user", "root"])
def test_only_the_session_folder_can_be_written(programs: Programs) -> None:
    _, sandbox = stages(["", *line(programs)])
    assert [target for _, target in binds(sandbox, "--bind")] == ["/mnt/data"]
    assert "--dev-bind" not in sandbox
    remounted = [sandbox[index + 1] for index, word in enumerate(sandbox) if word == "--remount-ro"]
    assert remounted == ["/dev", "/"]


@pytest.mark.parametrize("programs", [PLAIN, ROOT], ids=["plain user", "root"])
def test_no_home_and_no_state_of_the_system_is_shown(programs: Programs) -> None:
    _, sandbox = stages(["", *line(programs)])
    shown = {target for _, target in binds(sandbox, "--ro-bind") + binds(sandbox, "--bind")}
    assert shown == {*VIEW.system, *VIEW.private, "/opt/inside", "/mnt/data"}


@pytest.mark.parametrize("programs", [PLAIN, ROOT], ids=["plain user", "root"])
@pytest.mark.parametrize("namespace", ["user", "pid", "ipc", "uts", "net", "cgroup-try"])
def test_every_namespace_is_new(programs: Programs, namespace: str) -> None:
    _, sandbox = stages(["", *line(programs)])
    assert f"--unshare-{namespace}" in sandbox


@pytest.mark.parametrize("word", ["--die-with-parent", "--new-session", "--seccomp", "--info-fd"])
def test_the_sandbox_dies_with_us_and_is_filtered(word: str) -> None:
    assert word in line(PLAIN)


def test_root_gives_up_its_rights_before_the_sandbox_is_built() -> None:
    first, sandbox = stages(line(ROOT))
    drop = first[first.index("/usr/bin/setpriv") :]
    assert drop == [
        *("/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"),
        *("--inh-caps=-all", "--bounding-set=-all", "--"),
    ]
    assert {source for source, _ in binds(sandbox, "--ro-bind")} >= {"/run/0", "/run/1", "/run/2"}
    assert binds(sandbox, "--bind") == [("/run/folder", "/mnt/data")]
    assert {"--unshare-pid", "--die-with-parent", "--info-fd"} <= set(first)
    assert "--info-fd" not in sandbox


def test_limits_are_told_to_the_launcher() -> None:
    arguments = line(PLAIN, replace(Limits(), memory_bytes=1000, processes=7, file_bytes=5, open_files=9))
    given = {word.removeprefix("limit=") for word in arguments if word.startswith("limit=")}
    assert given >= {"DATA:1000", "AS:4000", "NPROC:7", "FSIZE:5", "NOFILE:9", "CORE:0", "CPU:600", "MSGQUEUE:0"}


def test_an_interpreter_that_lives_long_has_no_limit_of_cpu_time() -> None:
    assert not any(word.startswith("limit=CPU") for word in line(PLAIN, replace(Limits(), cpu_seconds=None)))


def test_landlock_lets_write_where_the_mounts_do() -> None:
    assert [word for word in line(PLAIN) if word.startswith("write=")] == [
        *("write=/tmp", "write=/dev/shm", "write=/mnt/data"),
    ]


def test_a_command_is_never_taken_for_an_option() -> None:
    arguments = line(PLAIN, command=("exec", "--bind", "/", "/"))
    assert arguments[-4:] == ["exec", "--bind", "/", "/"]
    assert arguments.index("--") < arguments.index("exec")


def test_the_environment_holds_nothing_of_ours() -> None:
    assert set(policy.ENVIRONMENT) == {
        *("PATH", "HOME", "TMPDIR", "LANG", "TERM", "MPLBACKEND", "MPLCONFIGDIR"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONIOENCODING", "OPENBLAS_NUM_THREADS"),
    }


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        pytest.param("/usr/share/studio", "/usr", id="in the system"),
        pytest.param("/usr", "/usr", id="the system itself"),
        pytest.param("/home/u/python/lib/studio", VIEW.private[1], id="in the Python in use"),
        pytest.param("/home/u/.unsloth", None, id="beside it"),
        pytest.param("/usrlocal", None, id="only the beginning of the name is the same"),
    ],
)
def test_a_data_folder_that_would_show_is_found(secret: str, part: str | None) -> None:
    assert exposed(VIEW, secret) == part


def test_of_a_python_below_a_home_only_programs_and_libraries_are_shown(tmp_path: Path) -> None:
    home = tmp_path / "home/u"
    for name in ("bin", "lib", "share", "secrets"):
        (home / "venv" / name).mkdir(parents=True)
    (home / "venv/lib64").symlink_to("lib")
    (home / "venv/pyvenv.cfg").touch()
    view = read_system(prefixes=(str(home / "venv"),), python=str(home / "venv/bin/python"))
    assert view.private == tuple(str(home / "venv" / name) for name in ("bin", "lib", "pyvenv.cfg"))


def test_a_python_of_the_system_needs_nothing_more() -> None:
    assert read_system(prefixes=("/usr",), python="/usr/bin/python3").private == ()


def test_merged_folders_become_links_and_others_are_shown(tmp_path: Path) -> None:
    for name in ("usr/bin", "usr/lib", "sbin", "etc/ssl/certs", "etc/ssh", "home", "var", "run"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    view = read_system(tmp_path, prefixes=(), python="/usr/bin/python3")
    assert view.symlinks == (("/bin", "usr/bin"),)
    assert view.system == ("/usr", "/etc/ssl/certs", "/sbin")


def test_the_profile_of_macos_denies_first_and_quotes_paths() -> None:
    text = profile(("/opt/python",), folder='/tmp/a "b\\')
    assert text.splitlines()[:2] == ["(version 1)", "(deny default)"]
    assert '(allow file-read* file-write* (subpath "/tmp/a \\"b\\\\"))' in text
    assert "(deny network*)" in text
