"""examples/python/http_server.py: three transports in one room, each with its reconnect."""

from __future__ import annotations

import asyncio
import json
from typing import Any, AsyncIterator, Dict, List, Optional, Set

import pytest

from chatroom import commands, events, frames
from servers import Server

aiohttp = pytest.importorskip("aiohttp")


class Client:
    """Keeps what it knows over all its connections, and checks that there is no hole."""

    def __init__(self, http: Any, url: str, nick: str) -> None:
        self.http, self.url, self.nick = http, url, nick
        self.token = ""
        self.room = 0
        self.known = 0
        self.texts: List[str] = []

    async def connect(self) -> None:
        raise NotImplementedError

    async def send(self, command: commands.Command) -> None:
        raise NotImplementedError

    async def lines(self) -> List[bytes]:
        """What comes next, at least one frame."""
        raise NotImplementedError

    async def lose(self) -> None:
        """Loses the connection without a word."""
        raise NotImplementedError

    async def enter(self) -> None:
        await self.connect()
        if self.token:
            await self.send(commands.Resume(
                self.token, [commands.Cursor("lobby", self.known, self.room)]))
        else:
            await self.send(commands.Guest(self.nick))
            await self.until(events.Ok)
            await self.send(commands.Join("lobby"))
        await self.until(events.Joined)

    def take(self, event: Any) -> None:
        assert not isinstance(event, events.Failure), event
        if isinstance(event, events.Ok) and event.token:
            self.token = event.token
        elif isinstance(event, events.Joined):
            self.room = event.id
            if event.resume == "none":
                self.known = event.last
        elif isinstance(event, events.Message):
            assert event.number == self.known + 1, "a hole, or told twice"
            self.known = event.number
            self.texts.append(event.text)

    async def until(self, wanted: Any) -> None:
        met = False
        while not met:
            for frame in await asyncio.wait_for(self.lines(), 20):
                event = frames.decode(frame)
                self.take(event)
                met = met or isinstance(event, wanted)

    async def until_known(self, number: int) -> None:
        while self.known < number:
            await self.until(object)


class WebSocketClient(Client):
    async def connect(self) -> None:
        self.socket = await self.http.ws_connect(self.url + "/chat")

    async def send(self, command: commands.Command) -> None:
        await self.socket.send_str(frames.encode(command).decode())

    async def lines(self) -> List[bytes]:
        return [(await self.socket.receive_str()).encode()]

    async def lose(self) -> None:
        self.socket._response.connection.transport.abort()


class PostingClient(Client):
    session = ""

    async def send(self, command: commands.Command) -> None:
        async with self.http.post(f"{self.url}/sessions/{self.session}",
                                  data=frames.encode(command)) as answer:
            assert answer.status == 204


class EventsClient(PostingClient):
    async def connect(self) -> None:
        self.stream = await self.http.get(self.url + "/events")
        assert self.stream.headers["Content-Type"].startswith("text/event-stream")
        assert await self.stream.content.readline() == b"event: session\n"
        self.session = (await self.stream.content.readline()).decode()[6:].strip()

    async def lines(self) -> List[bytes]:
        while True:
            line = await self.stream.content.readline()
            assert line, "the stream has ended"
            if line.startswith(b"data: "):
                return [line[6:].strip()]

    async def lose(self) -> None:
        self.stream.close()


class PollingClient(PostingClient):
    async def connect(self) -> None:
        async with self.http.post(self.url + "/sessions") as answer:
            self.session = (await answer.json())["id"]
        self.after = 0

    async def lines(self) -> List[bytes]:
        where = f"{self.url}/sessions/{self.session}?after={self.after}"
        async with self.http.get(where) as answer:
            said = await answer.json()
        async with self.http.get(where) as answer:   # As if that answer had been lost.
            if said["frames"]:
                assert await answer.json() == said
        self.after = said["after"]
        return [json.dumps(frame).encode() for frame in said["frames"]]

    async def lose(self) -> None:
        self.session = "lost"


def test_three_transports_in_one_room() -> None:
    async def talk(url: str) -> None:
        async with aiohttp.ClientSession() as http:
            people: List[Client] = [WebSocketClient(http, url, "ws"),
                                    EventsClient(http, url, "sse"),
                                    PollingClient(http, url, "poll")]
            for person in people:
                await person.enter()
            for n, person in enumerate(people):
                await person.send(commands.Post("lobby", f"from {person.nick}"))
                for other in people:
                    await other.until_known(n + 1)
            for n, person in enumerate(people):     # Each loses its connection once.
                others = [other for other in people if other is not person]
                last = others[0].known
                await person.lose()
                await others[0].send(commands.Post("lobby", f"{person.nick} is away"))
                await others[1].send(commands.Post("lobby", f"{person.nick} is still away"))
                for other in others:
                    await other.until_known(last + 2)
                await person.enter()
                await person.until_known(last + 2)
                await person.send(commands.Post("lobby", f"{person.nick} is back"))
                for other in people:
                    await other.until_known(last + 3)
            assert people[0].texts == people[1].texts == people[2].texts
            assert len(people[0].texts) == 12

    with Server("http_server.py") as server:
        asyncio.run(talk(server.url))


def test_sessions_that_nobody_knows() -> None:
    async def talk(url: str) -> None:
        async with aiohttp.ClientSession() as http:
            for path in ("/sessions/guessed", "/sessions/guessed?after=3"):
                async with http.get(url + path) as answer:
                    assert answer.status == 404
            async with http.post(url + "/sessions/guessed", data=b"{}") as answer:
                assert answer.status == 404

    with Server("http_server.py") as server:
        asyncio.run(talk(server.url))


def test_pages_of_other_sites_are_refused() -> None:
    async def talk(url: str) -> None:
        async with aiohttp.ClientSession() as http:
            for origin, status in (("http://evil.example", 403), ("null", 403), (url, 200)):
                headers = {"Origin": origin}
                async with http.post(url + "/sessions", headers=headers) as answer:
                    assert answer.status == status
                if status == 200:
                    async with http.ws_connect(url + "/chat", headers=headers):
                        continue
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await http.ws_connect(url + "/chat", headers=headers)

    with Server("http_server.py") as server:
        asyncio.run(talk(server.url))
