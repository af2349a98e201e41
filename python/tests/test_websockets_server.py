"""examples/python/websockets_server.py, with clients of the library and a browser."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, AsyncIterator, List

import pytest

from chatroom import commands, events, frames
from servers import EXAMPLES, Server, node_modules

websockets = pytest.importorskip("websockets.asyncio.client")
pytest.importorskip("websockets", minversion="14")


class Client:
    """A client that knows the protocol, and no engine."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.token = ""

    async def send(self, command: commands.Command) -> None:
        await self.socket.send(frames.encode(command).decode())

    async def next(self) -> Any:
        event = frames.decode(await asyncio.wait_for(self.socket.recv(), 20))
        if isinstance(event, events.Ok) and event.token:
            self.token = event.token
        return event

    async def until(self, wanted: Any) -> Any:
        while not isinstance(event := await self.next(), wanted):
            assert not isinstance(event, events.Failure), event
        return event

    async def enter(self, nick: str, room: str = "lobby") -> None:
        await self.send(commands.Guest(nick))
        await self.send(commands.Join(room))
        await self.until(events.Joined)


def connect(server: Server, **options: Any) -> Any:
    return websockets.connect(f"ws://127.0.0.1:{server.port}/chat", **options)


@pytest.mark.parametrize("options", [{}, {"compression": None}], ids=["deflate", "plain"])
def test_people_talk(options: Any) -> None:
    async def talk(server: Server) -> None:
        async with connect(server, **options) as one, connect(server) as two:
            ann, bob = Client(one), Client(two)
            await ann.enter("ann")
            await bob.enter("bob")
            for n in range(100):
                await bob.send(commands.Post("lobby", f"día {n}"))
            for n in range(100):
                assert (await ann.until(events.Message)).text == f"día {n}"
            await bob.send(commands.History("lobby", limit=2))
            assert [m.text for m in await bob.until(events.HistoryPage)] == ["día 98", "día 99"]

    with Server("websockets_server.py") as server:
        asyncio.run(talk(server))


def test_a_stalled_client_does_not_hurt_the_others() -> None:
    """It is paused: the server's memory stays, and it is told later, or told of a gap."""
    posts, text = 7000, "x" * 1500

    async def talk(server: Server) -> None:
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.connect(("127.0.0.1", server.port))
        async with connect(server, sock=small, compression=None) as one, \
                connect(server, compression=None) as two:
            stalled, quick = Client(one), Client(two)
            await stalled.enter("stalled")
            await quick.enter("quick")
            one.transport.pause_reading()
            before = server.resident_bytes()
            for n in range(posts):
                await quick.send(commands.Post("lobby", f"{n} {text}"))
                assert (await quick.until(events.Message)).text.startswith(f"{n} ")
            assert server.resident_bytes() < before + (8 << 20)
            one.transport.resume_reading()
            known, gaps = 0, 0
            while known < posts:
                event = await stalled.until((events.Message, events.Gap))
                if isinstance(event, events.Gap):
                    assert event.from_ == known + 1
                    known, gaps = event.to, gaps + 1
                else:
                    assert event.number == known + 1
                    known += 1
            assert gaps > 0, "it was never behind"

    with Server("websockets_server.py") as server:
        asyncio.run(talk(server))


def test_a_chat_comes_back_after_a_crash(tmp_path: Path) -> None:
    data = tmp_path / "chat.log"

    async def before(server: Server) -> str:
        async with connect(server) as one:
            ann = Client(one)
            await ann.enter("ann")
            await ann.send(commands.Post("lobby", "still there"))
            await ann.until(events.Message)
            return ann.token

    async def after(server: Server, token: str) -> None:
        async with connect(server) as one:
            ann = Client(one)
            await ann.send(commands.Resume(token, [commands.Cursor("lobby", 0)]))
            assert (await ann.until(events.Message)).text == "still there"

    server = Server("websockets_server.py", "--data", data)
    token = asyncio.run(before(server))
    server.kill()
    with Server("websockets_server.py", "--data", data) as server:
        asyncio.run(after(server, token))


def get(url: str, **headers: str) -> Any:
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20)


def test_the_page_is_served() -> None:
    page = EXAMPLES.parent / "web_chat" / "page"
    if not page.is_dir():
        pytest.skip("examples/web_chat/page is not there")
    with Server("websockets_server.py") as server:
        for path, type in (("/", "text/html"), ("/client.js", "text/javascript"),
                           ("/style.css", "text/css")):
            answer = get(server.url + path)
            name = "index.html" if path == "/" else path[1:]
            assert answer.read() == (page / name).read_bytes()
            assert answer.headers.get_content_type() == type
        for path in ("/nothing", "/../websockets_server.py", "/%2e%2e/websockets_server.py"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                get(server.url + path)


def test_pages_of_other_sites_are_refused() -> None:
    async def talk(server: Server) -> None:
        with pytest.raises(Exception, match="403"):
            async with connect(server, origin="http://evil.example"):
                pass
        async with connect(server, origin=server.url):
            pass

    with Server("websockets_server.py") as server:
        asyncio.run(talk(server))


def test_a_browser_talks() -> None:
    """The page itself, in a real browser, if there is one."""
    modules = node_modules("playwright-core")
    if not Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).is_file():
        pytest.skip("no browser: install chromium, or set CHROMIUM to it")
    with Server("websockets_server.py") as server:
        done = subprocess.run(["node", Path(__file__).with_name("browser.mjs"), modules,
                               server.url], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
