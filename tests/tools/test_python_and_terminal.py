"""The tools as a model sees them: what it is shown, what stays between calls, and what it is told when something is lost."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from unsloth_studio.tools.contract import ServerTool, ToolContext, ToolOutput
from unsloth_studio.tools.interpreter import Interpreters
from unsloth_studio.tools.python import PythonTool
from unsloth_studio.tools.sandbox.probe import SandboxFinder, find_sandbox
from unsloth_studio.tools.sandbox.result import Unavailable
from unsloth_studio.tools.sessions import Session, SessionFolders
from unsloth_studio.tools.terminal import TerminalTool

pytestmark = pytest.mark.e2e


class Bench:
    """Both tools, and one session of one key."""

    def __init__(self, finder: SandboxFinder, base: Path) -> None:
        self.folders = SessionFolders(base)
        self.interpreters = Interpreters(most=2, idle_seconds=0.01, check_seconds=0.3)
        self.python = PythonTool(finder, self.folders, interpreters=self.interpreters)
        self.terminal = TerminalTool(finder, self.folders)
        self.session: Session | None = None

    async def code(self, code: str, *, seconds: float = 20, session: Session | None = None) -> ToolOutput:
        context = ToolContext(session or self.session, timeout_seconds=seconds)
        return await self.python.run({"code": code}, context)

    async def command(self, command: str) -> ToolOutput:
        return await self.terminal.run({"command": command}, ToolContext(self.session, timeout_seconds=20))


@pytest.fixture
async def bench(finder: SandboxFinder, tmp_path: Path) -> AsyncIterator[Bench]:
    """Without a session: each call is alone."""
    made = Bench(finder, tmp_path / "sessions")
    yield made
    await made.python.close()


@pytest.fixture
async def notebook(bench: Bench) -> AsyncIterator[Bench]:
    """With a session; its interpreter is not closed for idleness."""
    bench.python = PythonTool(bench.python._finder, bench.folders)  # pyright: ignore[reportPrivateUsage]
    async with bench.folders.session("key", "s") as session:
        bench.session = session
        yield bench
    await bench.python.close()


@pytest.mark.parametrize(
    ("code", "shown", "is_error"),
    [
        pytest.param("print(123*456)", "56088", False, id="what it prints"),
        pytest.param("123*456", "56088", False, id="the value of the last expression"),
        pytest.param("123*456;", "(no output)", False, id="not after a semicolon"),
        pytest.param("None", "(no output)", False, id="None is not shown"),
        pytest.param("'ä€💥'", "'ä€💥'", False, id="Unicode"),
        pytest.param("import asyncio\nawait asyncio.sleep(0)\n7", "7", False, id="await outside of functions"),
        pytest.param("import sys; sys.exit()", "(no output)", False, id="exit is the end of the cell"),
        pytest.param("import sys; sys.exit('no')", "no", True, id="exit with a message"),
        pytest.param("import os; os.system('echo sub')", "sub\n0", False, id="what its children print"),
        pytest.param("input()", "EOFError", True, id="nobody answers questions"),
        pytest.param("import os; os._exit(3)", "Exit code 3.", True, id="the end of the process"),
        pytest.param("import os; os.kill(os.getpid(), 11)", "Ended by SIGSEGV.", True, id="a crash"),
        pytest.param("import os; sorted(os.environ)[0]", "'HOME'", False, id="an environment of its own"),
        pytest.param(
            "import multiprocessing as m\nwith m.Pool(2) as p: print(p.map(abs, [-1]))", "[1]", False, id="a pool"
        ),
        pytest.param("import socket; s = socket.create_server(('127.0.0.1', 0)); 1", "1", False, id="its own loopback"),
    ],
)
async def test_a_cell(bench: Bench, code: str, shown: str, is_error: bool) -> None:
    output = await bench.code(code)
    assert shown in output.content
    assert output.is_error == is_error


async def test_a_traceback_has_the_cell_s_frames_only(bench: Bench) -> None:
    output = await bench.code("def f():\n    raise ValueError('why')\nf()")
    assert output.content == (
        "Traceback (most recent call last):\n"
        '  File "<cell 1>", line 3, in <module>\n    f()\n'
        "  File \"<cell 1>\", line 2, in f\n    raise ValueError('why')\n"
        "ValueError: why"
    )


async def test_a_syntax_error_shows_the_place(bench: Bench) -> None:
    output = await bench.code("def f(:\n  pass")
    assert output.content.startswith('  File "<cell 1>", line 1\n    def f(:')
    assert "interpreter.py" not in output.content
    assert output.is_error


async def test_variables_and_files_stay_in_a_session(notebook: Bench) -> None:
    assert (await notebook.code("x = 41")).content == "(no output)"
    assert (await notebook.code("x + 1")).content == "42"
    written = await notebook.code("n = open('a.txt', 'w').write('text')")
    assert written.content == "[files written: a.txt (4 bytes)]"
    assert (await notebook.command("cat a.txt; echo; echo more > b.txt")).content.startswith("text\n")
    assert (await notebook.code("open('b.txt').read()")).content == "'more\\n'"


async def test_nothing_stays_without_a_session(bench: Bench) -> None:
    await bench.code("x = 1; open('a.txt', 'w')")
    assert (await bench.code("'x' in globals(), __import__('os').listdir()")).content == "(False, [])"
    assert list(bench.folders.base.iterdir()) == []


async def test_sessions_do_not_see_each_other(notebook: Bench) -> None:
    await notebook.code("secret = 7; open('secret.txt', 'w')")
    async with notebook.folders.session("another key", "s") as other:
        seen = await notebook.code("'secret' in globals(), __import__('os').listdir()", session=other)
    assert seen.content == "(False, [])"


async def test_a_time_out_is_told_and_the_next_call_works(notebook: Bench) -> None:
    await notebook.code("x = 1")
    output = await notebook.code("print('before', flush=True)\nwhile True: pass", seconds=1)
    assert output.content.startswith("before\nEnded: the time is up, after 1 s.")
    assert "variables and imports are lost, files are kept" in output.content
    assert output.is_error
    assert "NameError" in (await notebook.code("x")).content


async def test_cancelling_a_cell_ends_it(notebook: Bench) -> None:
    running = asyncio.create_task(notebook.code("import time; time.sleep(60)"))
    await asyncio.sleep(0.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert "because the last call was cancelled" in (await notebook.code("1")).content


async def test_a_cell_that_breaks_the_wire_only_harms_itself(notebook: Bench) -> None:
    forged = (
        "import os, json\n"
        "body = json.dumps({'id': 'guess', 'error': False, 'images': []}).encode()\n"
        "sockets = [int(f) for f in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{f}') is False]\n"
        "for f in range(3, 64):\n"
        "    try: os.write(f, len(body).to_bytes(4, 'big') + body)\n"
        "    except OSError: pass\n"
        "'forged'"
    )
    assert (await notebook.code(forged)).content == "'forged'"
    assert (await notebook.code("1")).content == "1"
    broken = await notebook.code(
        "import os\nfor f in range(3, 64):\n    try: os.write(f, b'\\xff' * 64)\n    except OSError: pass"
    )
    assert broken.is_error
    assert (await notebook.code("2")).content == "2"


async def test_a_child_that_a_cell_forks_does_not_answer_for_it(notebook: Bench) -> None:
    output = await notebook.code(
        "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0); print('parent')\nelse: print('child')"
    )
    assert output.content == "child\nparent"
    assert (await notebook.code("1")).content == "1"


async def test_figures_become_images(notebook: Bench) -> None:
    """With a stand-in for matplotlib, which is not among our dependencies: `pyplot` has these three functions."""
    stand_in = (
        "import sys, types\n"
        "class Figure:\n    def savefig(self, file, **_): file.write(b'\\x89PNG\\r\\n\\x1a\\nfigure')\n"
        "pyplot = types.ModuleType('matplotlib.pyplot'); pyplot.open = [1, 2]\n"
        "pyplot.get_fignums = lambda: list(pyplot.open); pyplot.figure = lambda number: Figure()\n"
        "pyplot.close = lambda _: pyplot.open.clear()\n"
        "sys.modules['matplotlib.pyplot'] = pyplot"
    )
    output = await notebook.code(stand_in)
    assert [(image.media_type, image.content[-6:]) for image in output.images] == [("image/png", b"figure")] * 2
    assert output.content == "[2 images]"
    assert (await notebook.code("1")).images == ()


async def test_an_image_that_is_none_is_left_out(notebook: Bench) -> None:
    output = await notebook.code("class P:\n    def _repr_png_(self): return b'<script>'\nP()")
    assert output.images == ()


async def test_an_idle_interpreter_is_closed_and_the_model_told(bench: Bench) -> None:
    async with bench.folders.session("key", "s") as bench.session:
        await bench.code("x = 1")
        await asyncio.sleep(1.0)
        output = await bench.code("1")
        assert "without earlier variables and imports, because it was idle" in output.content
        assert "Note" not in (await bench.code("1")).content


async def test_the_least_recently_used_interpreter_makes_room(finder: SandboxFinder, tmp_path: Path) -> None:
    bench = Bench(finder, tmp_path / "sessions")
    bench.python = PythonTool(finder, bench.folders, interpreters=Interpreters(most=2))
    try:
        for name in ("a", "b", "c", "a"):
            async with bench.folders.session("key", name) as session:
                output = await bench.code("1", session=session)
        assert "because other sessions needed the room" in output.content
    finally:
        await bench.python.close()


async def test_removing_a_session_ends_its_interpreter(notebook: Bench) -> None:
    await notebook.code("x = 1")
    assert notebook.session is not None
    assert await notebook.folders.remove(notebook.session.name)
    async with notebook.folders.session("key", "s") as session:
        assert "NameError" in (await notebook.code("x", session=session)).content


@pytest.mark.parametrize(
    ("command", "shown", "is_error"),
    [
        pytest.param("echo hi", "hi", False, id="what it prints"),
        pytest.param("true", "(no output)", False, id="nothing"),
        pytest.param("echo no >&2; exit 4", "no\nExit code 4.", True, id="a failure"),
        pytest.param("kill -9 $$", "Ended by SIGKILL.", True, id="a signal"),
        pytest.param("printf 'a\\xffb'", "a\ufffdb", False, id="what is no text"),
        pytest.param("whoami; pwd; hostname", "nobody\n/mnt/data\nsandbox", False, id="who and where it is"),
    ],
)
async def test_a_command(bench: Bench, command: str, shown: str, is_error: bool) -> None:
    assert await bench.command(command) == ToolOutput(shown, is_error=is_error)


async def test_live_output_is_text_in_whole_characters(bench: Bench) -> None:
    pieces: list[str] = []
    context = ToolContext(timeout_seconds=20, on_output=pieces.append)
    await bench.terminal.run({"command": "printf '\\xe2'; sleep 0.2; printf '\\x82\\xac'"}, context)
    assert "".join(pieces) == "€"


@pytest.mark.parametrize("arguments", [{}, {"code": 1}, {"command": None}, {"command": "a\0b"}], ids=repr)
async def test_wrong_arguments_are_the_model_s_to_mend(bench: Bench, arguments: dict[str, object]) -> None:
    tools: list[ServerTool] = [bench.python, bench.terminal]
    for tool in tools:
        output = await tool.run(arguments, ToolContext())
        assert output.is_error
        assert "as a string" in output.content


async def test_without_a_sandbox_nothing_is_run(tmp_path: Path) -> None:
    class Nothing(SandboxFinder):
        async def sandbox(self) -> Unavailable:
            return Unavailable("bubblewrap is not installed.", "Install it: apt install bubblewrap.")

    bench, ran = Bench(Nothing(), tmp_path / "sessions"), tmp_path / "ran"
    for output in (await bench.code(f"open('{ran}', 'w')"), await bench.command(f"touch {ran}")):
        assert output.is_error
        assert "apt install bubblewrap" in output.content
    assert not ran.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is Linux's")
async def test_a_machine_without_bubblewrap_says_how_to_get_it(tmp_path: Path) -> None:
    found = await find_sandbox(path=str(tmp_path))
    assert isinstance(found, Unavailable)
    assert "apt install bubblewrap" in found.advice


def test_the_interpreter_of_the_sandbox_needs_no_more_than_python() -> None:
    from unsloth_studio.tools.sandbox.inside import interpreter

    modules = [value for value in vars(interpreter).values() if isinstance(value, types.ModuleType)]
    assert {module.__name__.partition(".")[0] for module in modules} <= set(sys.stdlib_module_names)
