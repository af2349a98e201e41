"""A client that stays connected."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from types import TracebackType
from typing import Any, Awaitable, Callable, Deque, Dict, List, Literal, Optional, Type

from .. import _core
from .._client import ClientChange, ClientView
from ..client import ClientConfig
from ..commands import Command, MessageKind, RoomProperty
from ..errors import make_error
from ..events import Ok, RoomItem
from ._sockets import Socket, adapt_client, in_time, is_lost, run_until_one_ends

__all__ = ["AsyncClient"]

BACKOFF_SECONDS = 0.5          # Doubled with every attempt that fails,
BACKOFF_SECONDS_MAX = 30.0     # up to here; the wait is anything below.
HEALTHY_SECONDS = 10.0         # A connection that held so long starts over with it.
CONNECT_SECONDS_MAX = 10.0
CLOSE_SECONDS_MAX = 2.0
TICK_SECONDS_MAX = 1.0
ENGINE_CLOSED = 2


class AsyncClient(ClientView):
    """A `chatroom.Client` with its connection: it connects, and again whenever that is lost.

        async with AsyncClient(lambda: websockets.connect(url)) as client:
            await client.login(nick="ann")
            await client.join(room="lobby")
            told = 0
            async for change in client:
                if change.what == "append":
                    for entry in client.entries("lobby", after=told):
                        print(entry.nick, entry.text)
                        told = entry.to

    It runs while it is entered. Commands are coroutines that are done when their reply is there,
    and raise `chatroom.Error` when they are refused, or `ClientError` "connection_lost" when
    nobody can tell; `login` waits for a connection. `post` waits for nothing: what is posted
    is said as soon as it can be.

    Changes wait for one reader, the same one once: when it comes, look at all that is new. The
    loop ends with the block, or when the server has said goodbye (`state` is "ended", `why`
    tells the reason). A command that waits then raises `CallError` "engine_closed".

    lost: What was raised by the last attempt to connect, or by the connection that it made; None
        while there is one, and when it ended well.

    connect: Called for a connection, again and again; returns an awaitable of a connection of
        `websockets` or aiohttp, or of a reader and a writer of asyncio, as
        `asyncio.open_connection`, on which each frame is a line. After a failure it is called
        again at random within half a second, which doubles each time up to 30 seconds. What it
        raises that is no failure to connect, such as TypeError, ends the loop over changes.
    config, wire, entropy, saved: As for `chatroom.Client`.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Any]],
        *,
        config: Optional[ClientConfig] = None,
        wire: Literal["json", "binary"] = "json",
        entropy: Optional[Callable[[int], bytes]] = None,
        saved: Optional[_core.Readable] = None,
    ) -> None:
        super().__init__()
        self._config = config if config is not None else ClientConfig()
        self._connect = connect
        self._text = wire == "json"
        self._out: Deque[bytes] = deque()
        self._changes: Dict[ClientChange, None] = {}    # In order, each once.
        # Who waits for a command, and what was listed for them; each is the tag of the command.
        self._asks: Dict[asyncio.Future[ClientChange], List[RoomItem]] = {}
        self._runner: Optional[asyncio.Future[None]] = None
        self.lost: Optional[Exception] = None
        self._open(self._config, wire, self._send, self._tell, entropy)
        if saved is not None:
            self._restore(saved)

    async def __aenter__(self) -> AsyncClient:
        if self._runner is not None:
            raise RuntimeError("a client is entered once")
        self._work, self._news = asyncio.Event(), asyncio.Event()
        self._runner = asyncio.ensure_future(self._run())
        self._runner.add_done_callback(self._ended)
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]],
                        error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        assert self._runner is not None
        self._runner.cancel()
        await asyncio.wait([self._runner])
        self._close()

    # What the client itself calls.

    def _send(self, frame: bytes) -> None:
        self._out.append(frame)
        self._work.set()

    def _tell(self, change: ClientChange) -> None:
        if change.what == "listed":
            if change.tag in self._asks and change.item is not None:
                self._asks[change.tag].append(change.item)
        elif change.what == "done":
            if not change.tag.done():
                change.tag.set_result(change)
        elif self._runner is not None:
            self._changes[change] = None
            self._news.set()
            if change.what == "close":
                self._work.set()

    # The connection.

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        attempts = 0
        while True:
            since = loop.time()
            try:
                of = await in_time(self._connect(), CONNECT_SECONDS_MAX)
                await self._talk(adapt_client(of, self._text))
            except (OSError, asyncio.TimeoutError) as error:
                self.lost = error
            except Exception as error:
                if not is_lost(error):
                    raise
                self.lost = error
            self._tell(ClientChange("state"))
            if self.state == "ended":
                return
            if loop.time() - since >= HEALTHY_SECONDS:
                attempts = 0
            # Full jitter: after a crash of the server not all come back at once.
            most = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2 ** min(attempts, 16))
            attempts += 1
            await asyncio.sleep(random.random() * most)

    async def _talk(self, socket: Socket) -> None:
        self._out.clear()
        self.lost = None
        try:
            self._tick(None)
            self._connected()
            await run_until_one_ends(self._pump_in(socket), self._pump_out(socket),
                                     self._keep_ticking())
        finally:
            self._disconnected()
            with contextlib.suppress(Exception):    # It is of no more use anyway.
                await in_time(socket.close(), CLOSE_SECONDS_MAX)

    async def _pump_in(self, socket: Socket) -> None:
        async for frame in socket:
            self._tick(None)
            self._receive(frame)

    async def _pump_out(self, socket: Socket) -> None:
        while not self.wants_close:
            while self._out:
                await socket.send(self._out.popleft())
            self._work.clear()
            await self._work.wait()

    async def _keep_ticking(self) -> None:
        self._tick(None)
        while not self.wants_close:    # Silence is noticed here, also when nothing can be sent.
            await asyncio.sleep(min(max(self._next_tick(), 10) / 1000, TICK_SECONDS_MAX))
            self._tick(None)

    def _ended(self, runner: asyncio.Future[None]) -> None:
        self._news.set()
        for asked in self._asks:
            if not asked.done():
                error = make_error(ENGINE_CLOSED, "", 0, 0, 0, "", 0, None)
                error.__cause__ = None if runner.cancelled() else runner.exception()
                asked.set_exception(error)

    # Changes.

    def __aiter__(self) -> AsyncClient:
        return self

    async def __anext__(self) -> ClientChange:
        if self._runner is None:
            raise RuntimeError("use `async with AsyncClient(...) as client` first")
        while not self._changes:
            if self._runner.done():
                if not self._runner.cancelled():
                    self._runner.result()    # Raises what ended it.
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        change = next(iter(self._changes))
        del self._changes[change]
        return change

    # Commands, as those of `chatroom.Client`.

    async def _ask(self, call: Callable[..., None], *values: object,
                   items: Optional[List[RoomItem]] = None) -> ClientChange:
        if self._runner is None:
            raise RuntimeError("use `async with AsyncClient(...) as client` first")
        if self._runner.done():
            raise make_error(ENGINE_CLOSED, "", 0, 0, 0, "", 0, None)
        asked: asyncio.Future[ClientChange] = asyncio.get_running_loop().create_future()
        self._asks[asked] = items if items is not None else []
        try:
            call(*values, asked)
            change = await asked
        finally:
            del self._asks[asked]
        if change.error is not None:
            raise change.error
        return change

    async def login(self, *, nick: str) -> None:
        """Logs in as a guest, as soon as there is a connection.

        nick: 1 to 64 bytes. When the server knows this client still, it stays who it is.
        """
        await self._ask(self._login, nick)

    async def logout(self) -> None:
        """Logs out and forgets everything; without a connection the server finds out later."""
        await self._ask(self._logout)

    async def rename(self, *, nick: str) -> None:
        """Changes the user's nick."""
        await self._ask(self._rename, nick)

    async def join(self, *, room: str) -> str:
        """Joins a room, and tells its name as the server keeps it."""
        return (await self._ask(self._join, room)).room

    async def create(self, *, room: str, title: str = "", topic: str = "",
                     capacity: int = 0) -> str:
        """Creates a room, joins it, and tells its name as the server keeps it.

        title, topic: For people; the server bounds them.
        capacity: Members at the most; 0: as the server likes.
        """
        values = (room, title, topic, capacity, False, False)
        return (await self._ask(self._create, values)).room

    async def leave(self, *, room: str) -> None:
        """Leaves a room."""
        await self._ask(self._leave, room)

    async def set(self, *, room: str, property: RoomProperty, value: str = "") -> None:
        """Sets one property of a room.

        value: Text; or a number in decimal, for yes and no 1 and 0.
        """
        await self._ask(self._set, (room, property, value))

    async def list_rooms(self) -> List[RoomItem]:
        """Reads the whole list of rooms."""
        items: List[RoomItem] = []
        await self._ask(self._list_rooms, items=items)
        return items

    async def older(self, *, room: str) -> None:
        """Reads a page of a room's history above what is there; it stands in `entries` then."""
        await self._ask(self._older, room)

    async def submit(self, command: Command) -> Optional[Ok]:
        """Sends a command of any type, and tells the reply if that is an `Ok`."""
        return (await self._ask(self._submit, command)).reply

    def post(self, *, room: str, text: str, kind: MessageKind = "text",
             reply_to: int = 0) -> int:
        """Says something, now or as soon as it can be, as `chatroom.Client.post` does."""
        self._tick(None)    # Its time is that of the call.
        return super().post(room=room, text=text, kind=kind, reply_to=reply_to)
