"""Code in the real sandbox reaches the listed hosts through the proxy, and nothing else. The web is one on 127.0.0.1."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.local_web import LocalWeb, local_web
from tests.support.patience import until
from tests.support.sandbox import without_sandbox

from unsloth_studio.serving.fetch import Lookup
from unsloth_studio.tools.contract import ToolContext
from unsloth_studio.tools.python import PythonTool
from unsloth_studio.tools.sandbox.doorway import MOST_CONNECTIONS
from unsloth_studio.tools.sandbox.gateway import Gateway
from unsloth_studio.tools.sandbox.host_list import read_rules
from unsloth_studio.tools.sandbox.launcher import Sandbox
from unsloth_studio.tools.sandbox.probe import SandboxFinder, find_sandbox
from unsloth_studio.tools.sandbox.result import Limits, Unavailable
from unsloth_studio.tools.sessions import SessionFolders
from unsloth_studio.tools.terminal import TerminalTool

pytestmark = pytest.mark.e2e

LIMITS = Limits(wall_seconds=30.0)
ASK = """import sys, urllib.request, urllib.error
for url in sys.argv[1:]:
    try:
        with urllib.request.urlopen(url, timeout=10) as reply: print(reply.status, reply.read().decode())
    except urllib.error.HTTPError as error: print(error.code, error.read().decode().strip())
    except OSError as error: print(type(error).__name__, error)
"""


def found_at(*addresses: str) -> Lookup:
    async def look_up(host: str, port: int) -> list[str]:
        if host.startswith("unknown"):
            raise OSError("no such name")
        return list(addresses)

    return look_up


@pytest.fixture
async def site() -> AsyncGenerator[LocalWeb]:
    async with local_web() as site:
        site.page("/", "hello from outside")
        yield site


@asynccontextmanager
async def with_network(
    hosts: Iterable[str], private: Iterable[str] = (), *, addresses: tuple[str, ...] = ("127.0.0.1",)
) -> AsyncGenerator[Sandbox]:
    gateway = Gateway(read_rules(hosts), private=private, look_up=found_at(*addresses))
    sandbox = await find_sandbox(gateway=gateway)
    if isinstance(sandbox, Unavailable):
        without_sandbox(f"{sandbox.reason} {sandbox.advice}")
    try:
        yield sandbox
    finally:
        sandbox.close()


async def said(sandbox: Sandbox, folder: Path, code: str, *words: str, limits: Limits = LIMITS) -> list[str]:
    result = await sandbox.run((sys.executable, "-I", "-S", "-c", code, *words), folder=folder, limits=limits)
    return result.output.decode().splitlines()


async def test_a_listed_host_answers_and_others_do_not(site: LocalWeb, folder: Path) -> None:
    port = site.port
    async with with_network([f"shop.example:{port}", f"*.shop.example:{port}"], [f"shop.example:{port}"]) as sandbox:
        lines = await said(
            sandbox,
            folder,
            ASK,
            f"http://shop.example:{port}/?q=1",
            f"http://other.example:{port}/",
            f"http://inner.shop.example:{port}/",
            f"http://127.0.0.1.nip.example:{port}/",
            f"http://[::ffff:127.0.0.1]:{port}/",
            f"http://shop.example:{port + 1}/",
            "http://unknown.shop.example/",
            "ftp://shop.example/",
        )
    rules = f"shop.example:{port}, *.shop.example:{port}."
    assert lines == [
        "200 hello from outside",
        f"403 other.example:{port} is not among the hosts that code may reach here: {rules}",
        "403 The host inner.shop.example is not on the public internet.",
        f"403 127.0.0.1.nip.example:{port} is not among the hosts that code may reach here: {rules}",
        f"403 ::ffff:7f00:1:{port} is not among the hosts that code may reach here: {rules}",
        f"403 shop.example:{port + 1} is not among the hosts that code may reach here: {rules}",
        f"403 unknown.shop.example:80 is not among the hosts that code may reach here: {rules}",
        lines[7],
    ]
    assert lines[7].startswith(("400 ", "URLError"))
    assert [(asked.method, asked.path_qs, asked.host) for asked in site.asked] == [
        ("GET", "/?q=1", f"shop.example:{port}")
    ]
    assert site.asked[0].headers["Connection"] == "close"


async def test_a_body_is_sent_and_proxy_headers_are_not(site: LocalWeb, folder: Path) -> None:
    code = f"""import urllib.request
headers = {{"Proxy-Authorization": "Basic eDp5", "X-Own": "1"}}
request = urllib.request.Request("http://shop.example:{site.port}/", b"x" * 300_000, headers)
print(urllib.request.urlopen(request).read().decode())"""
    async with with_network([f"shop.example:{site.port}"], ["shop.example"]) as sandbox:
        assert await said(sandbox, folder, code) == ["hello from outside"]
    assert [len(body) for body in site.bodies] == [300_000]
    assert "Proxy-Authorization" not in site.asked[0].headers
    assert site.asked[0].headers["X-Own"] == "1"


@pytest.mark.parametrize(
    "addresses",
    [("10.0.0.1",), ("93.184.216.34", "127.0.0.1"), ("169.254.169.254",), ("::1",), ("64:ff9b::7f00:1",)],
    ids=str,
)
async def test_a_listed_name_with_a_private_address_is_refused(addresses: tuple[str, ...], folder: Path) -> None:
    async with with_network(["shop.example"], addresses=addresses) as sandbox:
        (line,) = await said(sandbox, folder, ASK, "http://shop.example/")
    assert line == "403 The host shop.example is not on the public internet."


async def test_a_tunnel_carries_bytes_both_ways(folder: Path) -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    code = f"""import socket, os
way = socket.create_connection(("127.0.0.1", 3128))
way.sendall(b"CONNECT shop.example:{port} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nearly ")
print(way.recv(100).decode().splitlines()[0])
way.sendall(b"late"); way.shutdown(socket.SHUT_WR)
print(way.makefile().read())
print(os.environ["https_proxy"], os.environ["HTTP_PROXY"], os.environ["no_proxy"])"""
    async with server, with_network([f"shop.example:{port}"], ["shop.example"]) as sandbox:
        assert await said(sandbox, folder, code) == [
            "HTTP/1.1 200 Connected",
            "EARLY LATE",
            "http://127.0.0.1:3128 http://127.0.0.1:3128 localhost,127.0.0.1,::1",
        ]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n", "HTTP/1.1 400 Bad request"),
        (b"GET https://shop.example/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad request"),
        (b"CONNECT shop.example HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 403 Host not public"),
        (b"CONNECT me:pw@shop.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad request"),
        (b"CONNECT 2130706433:443 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad request"),
        (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 403 Host not allowed"),
        (b"\x16\x03\x01 nonsense\r\n\r\n", "HTTP/1.1 400 Bad request"),
        (b"GET http://shop.example/ HTTP/1.1\r\n" + b"A: b\r\n" * 20_000, "HTTP/1.1 400 Bad request"),
    ],
    ids=["origin form", "https", "no port", "password", "a number", "loopback", "nonsense", "endless head"],
)
async def test_odd_requests_are_answered(sent: bytes, answer: str) -> None:
    gateway = Gateway(read_rules(["shop.example"]), look_up=found_at("127.0.0.1"))
    async with await asyncio.start_server(gateway.serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)
        assert (await reader.readline()).decode().strip() == answer
        await reader.read()
        writer.close()


async def test_nothing_else_of_the_network_is_there(site: LocalWeb, folder: Path) -> None:
    code = f"""import socket
four, six = socket.AF_INET, socket.AF_INET6
for family, *address in ((four, "127.0.0.1", {site.port}), (four, "1.1.1.1", 53), (six, "::1", {site.port})):
    try: socket.socket(family).connect(tuple(address)); print("reached", address)
    except OSError as error: print("no")
try: socket.getaddrinfo("shop.example", 80); print("resolved")
except OSError: print("no")
import os
print(sorted(int(n) for n in os.listdir("/proc/self/fd"))[:4])"""
    async with with_network([f"shop.example:{site.port}"], ["shop.example"]) as sandbox:
        assert await said(sandbox, folder, code) == ["no", "no", "no", "no", "[0, 1, 2, 3]"]
    assert site.asked == []


async def test_connections_are_bounded_and_end_with_the_sandbox(site: LocalWeb, folder: Path) -> None:
    site.silent("/slow")
    code = f"""import socket, time
ways = []
for n in range({MOST_CONNECTIONS} + 4):
    way = socket.create_connection(("127.0.0.1", 3128)); ways.append(way)
    way.sendall(b"GET http://shop.example:{site.port}/slow HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    time.sleep(0.01)
time.sleep(60)"""
    before = len(asyncio.all_tasks())
    async with with_network([f"shop.example:{site.port}"], ["shop.example"]) as sandbox:
        command = (sys.executable, "-I", "-S", "-c", code)
        running = asyncio.create_task(sandbox.run(command, folder=folder, limits=LIMITS))
        await until(lambda: len(site.asked) == MOST_CONNECTIONS, timeout=20)
        await asyncio.sleep(0.3)
        assert len(site.asked) == MOST_CONNECTIONS
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        site.released.set()
        await until(lambda: len(asyncio.all_tasks()) <= before, timeout=20)


async def test_connections_that_nobody_reads_end_with_the_call(folder: Path) -> None:
    """Neither side reads: what is to be sent never is, and yet nothing is left open."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    code = f"""import socket
for n in range(8):
    way = socket.create_connection(("127.0.0.1", 3128)); way.settimeout(0.2)
    way.sendall(b"CONNECT shop.example:{port} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"); way.recv(100)
    try:
        while True: way.sendall(bytes(1 << 20))
    except OSError: pass
    globals()[f"way{{n}}"] = way"""
    async with server, with_network([f"shop.example:{port}"], ["shop.example"]) as sandbox:
        before = open_files()
        await said(sandbox, folder, code)
        assert len(held) == 8
        await until(lambda: open_files() <= before + len(held))
        for writer in held:
            writer.transport.abort()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_session_has_no_network_between_its_calls(site: LocalWeb, tmp_path: Path) -> None:
    gateway = Gateway(
        read_rules([f"shop.example:{site.port}"]), private=["shop.example"], look_up=found_at("127.0.0.1")
    )
    finder, folders = SandboxFinder((tmp_path,), gateway), SessionFolders(tmp_path / "sessions")
    python = PythonTool(finder, folders)
    code = f"""import socket, threading, time
asked = b"GET http://shop.example:{site.port}/ HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
held = socket.create_connection(("127.0.0.1", 3128)); held.sendall(asked[:-2])
def on():
    while True:
        try:
            way = socket.create_connection(("127.0.0.1", 3128)); way.sendall(asked); way.recv(9999); way.close()
        except OSError: pass
        time.sleep(0.1)
threading.Thread(target=on, daemon=True).start(); time.sleep(1)"""
    try:
        async with folders.session("owner", "s1") as session:
            context = ToolContext(session, timeout_seconds=30, on_output=lambda _: None)
            assert not (await python.run({"code": code}, context)).is_error
            await asyncio.sleep(0.2)
            so_far = len(site.asked)
            assert so_far > 2
            await asyncio.sleep(1)
            assert len(site.asked) == so_far
            assert not (await python.run({"code": "time.sleep(1)"}, context)).is_error
            assert len(site.asked) > so_far
    finally:
        await python.close()
        finder.close()


async def test_the_servers_own_loopback_is_reached_where_it_is_listed(site: LocalWeb, folder: Path) -> None:
    for host in (f"127.0.0.1:{site.port}", f"LocalHost:{site.port}"):
        async with with_network([host], [host]) as sandbox:
            assert await said(sandbox, folder, ASK, f"http://{host}/") == ["200 hello from outside"]


async def test_both_tools_say_what_they_can_reach_and_reach_it(site: LocalWeb, tmp_path: Path) -> None:
    rules, private = read_rules([f"shop.example:{site.port}"]), ["shop.example"]
    gateway = Gateway(rules, private=private, look_up=found_at("127.0.0.1"))
    finder, folders = SandboxFinder((tmp_path,), gateway), SessionFolders(tmp_path / "sessions")
    python, terminal = PythonTool(finder, folders), TerminalTool(finder, folders)
    url = f"http://shop.example:{site.port}/"
    try:
        for tool, arguments in (
            (
                terminal,
                {"command": f"python3 -c 'import urllib.request as u; print(u.urlopen(\"{url}\").read().decode())'"},
            ),
            (python, {"code": f"import urllib.request as u; print(u.urlopen('{url}').read().decode())"}),
        ):
            assert f"to these hosts: shop.example:{site.port}." in tool.description
            output = await tool.run(arguments, ToolContext(None, timeout_seconds=30, on_output=lambda _: None))
            assert output.content == "hello from outside"
    finally:
        await python.close()
        finder.close()
    assert "There is no network." in TerminalTool(SandboxFinder(), folders).description
