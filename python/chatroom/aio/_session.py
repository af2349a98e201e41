"""Sessions that coroutines read from."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import (
    TYPE_CHECKING, Any, AsyncIterator, Deque, Iterable, List, Optional, Tuple, Type, Union, cast,
)

from .. import _core
from .._calls import AsyncCalls
from .._ids import Session
from .._outcome import Outcome
from ..commands import Command
from ..events import Event, Joined
from ..frames import decode
from ._sockets import PushSocket, Socket, adapt, run_until_one_ends

if TYPE_CHECKING:
    from ._engine import LoopEngine

__all__ = ["Actor", "AsyncSession"]

Item = Union[bytes, Event]


class Actor(AsyncCalls):
    """One who speaks and looks: a session, or the host.

    Each command is a coroutine that is done when its outcome is known, and raises
    `chatroom.Error` when it is refused. Reads answer at once.

    id: The session, or `HOST`.
    """

    def __init__(self, engine: LoopEngine, id: Session) -> None:
        self._engine = engine
        self.id = id

    async def submit(self, command: Command, *, user: int = 0) -> Outcome:
        """Carries out a command of any type, as `chatroom.Engine.submit` does."""
        return await self._engine.settle(self._engine.submit(self.id, command, user=user))

    def room(self, name: str) -> Joined:
        """Tells what there is to know of a room, as its members see it."""
        return self._engine.room(self.id, name)

    async def _call(self, of: int, values: Tuple[Any, ...], user: int) -> Outcome:
        return await self._engine.settle(self._engine.call(self.id, of, values, user))

    def _read(self, op: str, values: Tuple[Any, ...]) -> Any:
        return getattr(self._engine, "_" + op)(self.id, values)


class AsyncSession(Actor):
    """A connection whose frames or events wait in a queue for one reader.

        async with chat.connect(user="ada", nick="Ada") as session:
            await session.join(room="lobby")
            async for event in session:
                ...

    It is connected while it is entered. A reader that is slow makes the queue full; then the
    engine holds back what goes to this session and tells it later, so that memory does not
    grow, nobody else waits, and nothing is missed that the history still holds. The loop
    over events or frames ends when the session has ended: by the engine, after a `Bye`, by
    leaving the block, or because the engine was closed.

    ended: Whether it has ended.
    """

    def __init__(self, engine: LoopEngine, queue_max: int, **options: Any) -> None:
        if queue_max < 1:
            raise ValueError("queue_max: at least 1")
        super().__init__(engine, Session(0))
        self.ended = False
        self._options = options
        self._queue: Deque[Item] = deque()
        self._queue_max = queue_max
        self._paused = False
        self._reader: Optional[asyncio.Future[None]] = None    # Waits for the queue.
        self._offers: Optional[asyncio.Future[None]] = None    # Waits for the engine to take.
        self._socket: Optional[PushSocket] = None               # Takes frames without waiting.

    def __repr__(self) -> str:
        state = "ended" if self.ended else f"{len(self._queue)} waiting"
        return f"<AsyncSession {int(self.id)} {state}{', paused' if self._paused else ''}>"

    async def __aenter__(self) -> AsyncSession:
        if self.id or self.ended:
            raise RuntimeError("a session is entered once")
        self._engine.loop
        self.id = self._engine.connect(tag=self, **self._options)
        self._engine.sessions[self] = None
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]],
                        error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        ended, closed = self.ended, self._engine.closed
        self.end()
        if not ended and not closed:
            self._engine.disconnect(self.id)

    # What arrives.

    def offer(self, session: Session, item: Item) -> None:
        """Takes what the engine sends; for the engine alone."""
        if len(self._queue) >= self._queue_max and not session.ended:
            if self._socket is not None:
                self.flush()
            if len(self._queue) >= self._queue_max or self._paused:
                self._paused = True
                self._engine.pause(session)   # This item is not taken; it comes again later.
                return
        self._queue.append(item)
        if session.ended:
            self.end()
        elif self._socket is None or self._offers is not None:
            self._wake()
        if self._socket is not None and len(self._queue) == 1:
            self._engine.flush_later(self)

    def flush(self) -> None:
        """Writes what waits to the socket, in one go; for the engine alone."""
        if self._socket is None or not self._queue:
            return
        self._socket.push(cast(Iterable[bytes], self._queue))
        self._queue.clear()
        if self._socket.is_full() and not self.ended:
            self._paused = True
            self._engine.pause(self.id)
            self._wake()

    def end(self) -> None:
        """Marks it as ended; for the engine alone."""
        self.ended = True
        self._engine.sessions.pop(self, None)
        self._wake()

    def _wake(self) -> None:
        for future in (self._reader, self._offers):
            if future is not None and not future.done():
                future.set_result(None)

    async def _next(self) -> Optional[Item]:
        """What comes next; None when the session has ended."""
        while not self._queue:
            if self.ended:
                return None
            await self._woken()
        return self._take()

    def _take(self) -> Item:
        item = self._queue.popleft()
        if self._paused and len(self._queue) <= self._queue_max // 2:
            self._go_on()
        return item

    async def _woken(self) -> None:
        if self._reader is not None:
            raise RuntimeError("another task reads this session")
        self._reader = self._engine.loop.create_future()
        try:
            await self._reader
        finally:
            self._reader = None

    def _go_on(self) -> None:
        if not self.ended:
            self._paused = False
            self._engine.unpause(self.id)
            self._wake()

    def __aiter__(self) -> AsyncSession:
        return self

    async def __anext__(self) -> Event:
        if self._options["wire"] not in ("json", "typed"):
            raise TypeError(f"wire {self._options['wire']!r} has no events: use frames()")
        item = await self._next()
        if item is None:
            raise StopAsyncIteration
        return cast(Event, decode(item)) if isinstance(item, bytes) else item

    async def frames(self) -> AsyncIterator[bytes]:
        """Iterates over what is sent to this session, as frames (bytes) in order."""
        if self._options["wire"] == "typed":
            raise TypeError("wire 'typed' has no frames: iterate over the session itself")
        while (item := await self._next()) is not None:
            yield cast(bytes, item)

    def waiting(self) -> List[bytes]:
        """Takes the frames that are there already, at most as many as the queue holds."""
        return [cast(bytes, self._take()) for _ in range(len(self._queue))]

    # What leaves.

    async def receive(self, frame: Union[_core.Readable, str]) -> None:
        """Hands over a frame as it came from the wire; the reply goes to this session.

        Waits while the session is paused, so that who does not read cannot write either.

        Raises `SessionError` "session_unknown" when the session has ended.
        """
        while not self._engine.receive(self.id, frame):
            if self._offers is None or self._offers.done():
                self._offers = self._engine.loop.create_future()
            await asyncio.shield(self._offers)

    async def serve(self, websocket: Any) -> None:
        """Pumps a web socket both ways, until the connection or the session ends.

        websocket: A connection of `websockets`, a `WebSocket` of Starlette or FastAPI that was
            accepted, or a `WebSocketResponse` of aiohttp that was prepared. It is closed when
            the session has ended.

        A connection that is lost ends it quietly; what else is raised goes to the caller.
        """
        if self._options["wire"] == "typed":
            raise TypeError("wire 'typed' has no frames to be sent to a socket")
        socket = adapt(websocket, text=self._options["wire"] != "binary")
        out = self._push(socket) if isinstance(socket, PushSocket) else self._pump_out(socket)
        try:
            await run_until_one_ends(out, self._pump_in(socket))
        finally:
            self._socket = None
        if self.ended:
            await socket.close()

    async def _pump_out(self, socket: Socket) -> None:
        while (item := await self._next()) is not None:
            await socket.send(cast(bytes, item))

    async def _push(self, socket: PushSocket) -> None:
        """Lets the engine write to the socket by itself, and waits when that is full."""
        self._socket = socket
        self.flush()
        while not self.ended:
            if self._paused:
                await socket.drain()
                self._go_on()
            else:
                await self._woken()
        self.flush()

    async def _pump_in(self, socket: Socket) -> None:
        async for frame in socket:
            if self.ended:
                return
            await self.receive(frame)
