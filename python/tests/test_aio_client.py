"""chatroom.aio.AsyncClient: connected, cut off, and connected again."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any, AsyncIterator, Awaitable, Callable, Coroutine, Dict, List, Optional

import pytest

import chatroom
from chatroom import commands
from chatroom.aio import AsyncClient, AsyncEngine, AsyncSession, _client


class Wire:
    """Both ends of a web socket, without a network."""

    def __init__(self) -> None:
        self.client, self.server = End(), End()
        self.client.other, self.server.other = self.server, self.client


class End:
    other: End

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[Optional[Any]] = asyncio.Queue()
        self.closed = False

    async def send(self, frame: Any) -> None:
        if self.closed:
            raise ConnectionResetError
        self.other.inbox.put_nowait(frame)

    async def __aiter__(self) -> AsyncIterator[Any]:
        while (frame := await self.inbox.get()) is not None:
            yield frame

    async def close(self) -> None:
        for end in (self, self.other):
            end.closed = True
            end.inbox.put_nowait(None)


class Server:
    """An engine that is reached by `connect`, unless it is away."""

    def __init__(self, chat: AsyncEngine, wire: Any = "json") -> None:
        self.chat = chat
        self.kind = wire
        self.wires: List[Wire] = []
        self.attempts: List[float] = []
        self.away: Optional[Exception] = None
        self.tasks: List[asyncio.Future[None]] = []

    async def connect(self) -> End:
        self.attempts.append(time.monotonic())
        if self.away is not None:
            raise self.away
        wire = Wire()
        self.wires.append(wire)
        self.tasks.append(asyncio.ensure_future(self.serve(wire.server)))
        return wire.client

    async def serve(self, end: End) -> None:
        async with self.chat.connect(wire=self.kind) as session:
            await session.serve(end)

    async def cut(self) -> None:
        await self.wires[-1].server.close()


Test = Callable[[Server], Coroutine[Any, Any, None]]


def run(test: Test, wire: Any = "json", **options: Any) -> None:
    async def main() -> None:
        async with AsyncEngine(**options) as chat:
            server = Server(chat, wire)
            await asyncio.wait_for(test(server), 20)
            for task in server.tasks:
                await asyncio.wait_for(task, 10)

    asyncio.run(main())


async def until(condition: Callable[[], Any]) -> None:
    stop = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < stop, "nothing happened"
        await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client, "BACKOFF_SECONDS", 0.01)


@pytest.mark.parametrize("wire", ["json", "binary"])
def test_people_talk(wire: Any) -> None:
    async def talk(server: Server) -> None:
        async with AsyncClient(server.connect, wire=wire) as ann, \
                AsyncClient(server.connect, wire=wire) as bob:
            await asyncio.gather(ann.login(nick="ann"), bob.login(nick="bob"))
            assert await ann.create(room="Tea", title="Tea time") == "tea"
            assert await bob.join(room="TEA") == "tea"
            bob.post(room="tea", text="one")
            bob.post(room="tea", text="two")
            texts: List[str] = []
            async for change in ann:
                if change.what == "append":
                    seen = ann.room("tea").seen
                    texts += [entry.text for entry in ann.entries("tea", after=seen)]
                    ann.see("tea")
                if len(texts) == 2:
                    break
            assert texts == ["one", "two"]
            await ann.set(room="tea", property="topic", value="green")
            await bob.rename(nick="bo")
            assert [item.room for item in await bob.list_rooms()] == ["tea"]
            reply = await bob.submit(commands.Post(room="tea", text="three"))
            assert reply is not None and reply.number == 3
            assert await bob.submit(commands.History(room="tea")) is None
            await bob.leave(room="tea")
            await bob.logout()
            assert (bob.state, bob.rooms()) == ("login", [])

    run(talk, wire=wire)


def test_what_is_refused_raises() -> None:
    async def talk(server: Server) -> None:
        async with AsyncClient(server.connect) as ann:
            with pytest.raises(chatroom.FrameError, match="member_too_long"):
                await ann.login(nick="n" * 40)
            with pytest.raises(chatroom.ClientError, match="offline"):
                await ann.join(room="lobby")
            await ann.login(nick="ann")
            with pytest.raises(chatroom.RoomError, match="room_unknown"):
                await ann.leave(room="nowhere")
            with pytest.raises(chatroom.SessionError, match="already_logged_in"):
                await ann.login(nick="ann")

    run(talk)


def test_it_comes_back_and_has_missed_nothing() -> None:
    async def talk(server: Server) -> None:
        async with AsyncClient(server.connect) as ann:
            await ann.login(nick="ann")
            await ann.join(room="lobby")
            user = ann.user
            server.away = ConnectionRefusedError()
            waiting = asyncio.ensure_future(ann.rename(nick="anna"))
            await asyncio.sleep(0)
            await server.cut()
            with pytest.raises(chatroom.ClientError, match="connection_lost"):
                await waiting
            await until(lambda: ann.lost)
            assert ann.lost is server.away and ann.state == "offline"
            ann.post(room="lobby", text="mine")
            await server.chat.host.post(room="lobby", text="missed")
            server.away = None
            await until(lambda: ann.entries("lobby", after=1))
            assert [entry.text for entry in ann.entries("lobby")] == ["missed", "mine"]
            assert ann.user == user and ann.posts("lobby") == []
            assert not ann.lost

    run(talk)


def test_it_waits_longer_each_time_and_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: List[float] = []
    sleep = asyncio.sleep

    async def patient(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(_client, "BACKOFF_SECONDS", 0.5)
    monkeypatch.setattr(random, "random", lambda: 0.9)
    monkeypatch.setattr(asyncio, "sleep", patient)

    async def never() -> None:
        if len(waits) == 9:
            raise TypeError("the test is over")
        raise OSError

    async def main() -> None:
        async with AsyncClient(never) as ann:
            with pytest.raises(TypeError, match="over"):
                async for change in ann:
                    assert change.what == "state"

    asyncio.run(main())
    assert waits == [0.9 * most for most in (0.5, 1, 2, 4, 8, 16, 30, 30, 30)]


def test_a_connection_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client, "CONNECT_SECONDS_MAX", 0.02)

    async def talk(server: Server) -> None:
        hung: List[None] = []

        async def connect() -> End:
            if not hung:
                hung.append(None)
                await asyncio.sleep(3600)
            return await server.connect()

        async with AsyncClient(connect) as ann:
            await ann.login(nick="ann")
            assert hung

    run(talk)


def test_silence_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers nothing any more: a ping, then another connection."""
    async def talk(server: Server) -> None:
        config = chatroom.ClientConfig(ping_ms=50)
        async with AsyncClient(server.connect, config=config) as ann:
            await ann.login(nick="ann")
            first = server.wires[0]
            first.server.other = End()     # What the server says goes nowhere.
            await until(lambda: len(server.wires) == 2 and ann.state == "online")
            assert first.client.closed
            await server.cut()
            await first.server.close()

    run(talk)


def test_changes_end_when_the_server_says_goodbye() -> None:
    async def talk(server: Server) -> None:
        async with AsyncClient(server.connect) as ann:
            await ann.login(nick="ann")
            wire = server.wires[0]
            wire.client.inbox.put_nowait('{"op":"bye","code":"capacity"}')
            told = [change.what async for change in ann]
            assert "close" in told
            assert ann.state == "ended" and ann.why is not None
            with pytest.raises(chatroom.CallError, match="engine_closed"):
                await ann.join(room="lobby")
            assert len(server.attempts) == 1

    run(talk)


def test_what_waits_when_the_block_is_left() -> None:
    async def talk(server: Server) -> None:
        server.away = OSError()
        async with AsyncClient(server.connect) as ann:
            login = asyncio.ensure_future(ann.login(nick="ann"))

            async def changes() -> int:
                return len([change async for change in ann])

            reader = asyncio.ensure_future(changes())
            cancelled = asyncio.ensure_future(ann.login(nick="bob"))
            await asyncio.sleep(0.01)
            cancelled.cancel()
            await asyncio.sleep(0.01)
        with pytest.raises(chatroom.Error) as caught:
            await login
        assert caught.value.code in ("superseded", "engine_closed")
        assert await reader > 0
        assert ann.closed and repr(ann) == "<chatroom.aio.AsyncClient closed>"
        with pytest.raises(RuntimeError, match="entered once"):
            await ann.__aenter__()

    run(talk)


def test_a_connect_that_is_wrong_ends_it() -> None:
    async def talk(server: Server) -> None:
        server.away = TypeError("no such option")
        config = chatroom.ClientConfig(rooms_max=3)
        async with AsyncClient(server.connect, config=config) as ann:
            with pytest.raises(chatroom.CallError, match="engine_closed") as caught:
                await ann.login(nick="ann")
            assert caught.value.__cause__ is server.away
            with pytest.raises(TypeError, match="no such option"):
                await ann.__anext__()
            assert ann.config is config and len(server.attempts) == 1

    run(talk)


@pytest.mark.parametrize("end", ["connecting", "closing"])
def test_the_block_is_left_while_something_ends_by_itself(end: str) -> None:
    """The cancellation is not lost among the two."""
    async def talk(server: Server) -> None:
        ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waits: List[None] = []

        async def at_the_end() -> None:
            waits.append(None)
            await ending

        async def connect() -> End:
            if end == "connecting":
                await at_the_end()
            made = await server.connect()
            made.close = at_the_end    # type: ignore[method-assign]
            return made

        async with AsyncClient(connect):
            if end == "closing":
                await until(lambda: server.wires)
                await server.cut()
            await until(lambda: waits)
            if end == "connecting":
                ending.set_exception(OSError())
            else:
                ending.set_result(None)

    run(talk)


def test_it_must_be_entered() -> None:
    async def main() -> None:
        ann = AsyncClient(lambda: asyncio.sleep(0))
        with pytest.raises(RuntimeError, match="async with"):
            await ann.login(nick="ann")
        with pytest.raises(RuntimeError, match="async with"):
            await ann.__anext__()

    asyncio.run(main())


def test_changes_that_nobody_reads_do_not_grow() -> None:
    async def talk(server: Server) -> None:
        async with AsyncClient(server.connect) as ann:
            await ann.login(nick="ann")
            await ann.join(room="lobby")
            for n in range(2000):
                await server.chat.host.post(room="lobby", text=str(n))
            await until(lambda: ann.room("lobby").last == 2000)
            assert len(ann._changes) < 15
            server.wires[0].client.inbox.put_nowait(b"[]")
            await until(lambda: ann.faults == 1)

    run(talk)


def test_what_is_saved_comes_back() -> None:
    async def talk(server: Server) -> None:
        async with AsyncClient(server.connect) as ann:
            await ann.login(nick="ann")
            await ann.join(room="lobby")
            await server.chat.host.post(room="lobby", text="hello")
            await until(lambda: ann.entries("lobby"))
            saved = ann.save()
        async with AsyncClient(server.connect, saved=saved) as ann:
            await until(lambda: ann.entries("lobby"))
            assert (ann.nick, ann.state) == ("ann", "online")

    run(talk)


def test_a_stream_of_lines() -> None:
    """The reader and the writer of `asyncio.open_connection`."""
    async def talk(server: Server) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async with server.chat.connect() as session:
                pump = asyncio.ensure_future(write(session, writer))
                while line := await reader.readline():
                    await session.receive(line)
                pump.cancel()
            writer.close()

        async def write(session: AsyncSession, writer: asyncio.StreamWriter) -> None:
            async for frame in session.frames():
                writer.write(frame + b"\n")

        tcp = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = tcp.sockets[0].getsockname()[1]

        def connect() -> Awaitable[Any]:
            return asyncio.open_connection("127.0.0.1", port)

        async with AsyncClient(connect) as ann:
            await ann.login(nick="ann")
            await ann.join(room="lobby")
            ann.post(room="lobby", text="over\nTCP")
            await until(lambda: ann.entries("lobby"))
            assert ann.message("lobby", 1).text == "over\nTCP"
        async with AsyncClient(connect, wire="binary") as binary:
            with pytest.raises(TypeError, match="no frame of wire 'binary'"):
                async for change in binary:
                    pass
        tcp.close()
        await tcp.wait_closed()

    run(talk)


@pytest.mark.parametrize("library", ["websockets", "aiohttp"])
def test_the_libraries(library: str) -> None:
    pytest.importorskip("websockets", minversion="14")
    aiohttp = pytest.importorskip("aiohttp")
    from websockets.asyncio.client import connect
    from websockets.asyncio.server import ServerConnection, serve

    async def talk(server: Server) -> None:
        async def handler(websocket: ServerConnection) -> None:
            async with server.chat.connect() as session:
                await session.serve(websocket)

        async with aiohttp.ClientSession() as http:
            connects: Dict[str, Callable[[], Awaitable[Any]]] = {
                "websockets": lambda: connect(url), "aiohttp": lambda: http.ws_connect(url)}
            async with serve(handler, "127.0.0.1", 0) as listening:
                url = f"ws://127.0.0.1:{next(iter(listening.sockets)).getsockname()[1]}"
                async with AsyncClient(connects[library]) as ann:
                    await ann.login(nick="ann")
                    await ann.join(room="lobby")
                    ann.post(room="lobby", text="día")
                    await until(lambda: ann.entries("lobby"))
                    for websocket in list(listening.connections):
                        await websocket.close()
                    await until(lambda: ann.state == "online" and ann.room("lobby").live)
                    await server.chat.host.post(room="lobby", text="again")
                    await until(lambda: ann.room("lobby").last == 2)
            # Nobody listens any more.
            async with AsyncClient(connects[library]) as bob:
                await until(lambda: bob.lost)
                assert isinstance(bob.lost, Exception)

    run(talk)
