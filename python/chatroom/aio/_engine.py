"""The engine, owned by an event loop."""

from __future__ import annotations

import asyncio
import functools
import os
from types import TracebackType
from typing import Any, Callable, Dict, List, Literal, Optional, Sequence, Tuple, Type, Union

from .. import _core
from .._clock import tell_time, wrap_calls
from .._engine import FEATURES, Engine, Feature, Log, Observe, Wire
from .._ids import HOST, Session
from .._outcome import Outcome
from .._store import Store
from ..config import Config
from ..errors import Error, make_error
from ._session import Actor, AsyncSession, Item

__all__ = ["AsyncEngine"]

ENGINE_CLOSED = 2
SLEEP_SECONDS_MAX = 3600.0


class AsyncEngine:
    """A chat service for one event loop: it tells itself the time and gives each session a queue.

    Use it as `async with AsyncEngine(...) as chat`, inside the loop that serves it. Callbacks
    are ordinary functions. What they raise reaches the coroutine whose call they were part of;
    when it was the clock's, it goes to the loop's exception handler, and the clock goes on.
    Cancelling a coroutine never leaves the engine half way: it changes only between awaits.

    host: The host itself as an `Actor`: `await chat.host.create(room="lobby")`.
    engine: The `chatroom.Engine` within, for all that is not here. Its calls are stamped with
        the time as well; its `connect` is not for use.

    config, store, log, observe, entropy, snapshot, features, names: As for `chatroom.Engine`.
    clock: Called for the time in Unix milliseconds; None: that of this machine.
    """

    def __init__(
        self,
        *,
        config: Optional[Config] = None,
        store: Union[str, os.PathLike[str], Store, None] = None,
        log: Optional[Log] = None,
        observe: Optional[Observe] = None,
        entropy: Optional[Callable[[int], bytes]] = None,
        snapshot: Optional[_core.Readable] = None,
        features: Sequence[Feature] = FEATURES,
        names: Literal["unicode", "ascii"] = "unicode",
        clock: Optional[Callable[[], int]] = None,
    ) -> None:
        self.engine = LoopEngine(send=_send, deliver=_send, config=config, store=store, log=log,
                                 observe=observe, entropy=entropy, snapshot=snapshot,
                                 features=features, names=names)
        self.host = Actor(self.engine, HOST)
        if clock is not None:
            self.engine.clock = clock

    def __repr__(self) -> str:
        return repr(self.engine).replace(type(self.engine).__name__, type(self).__name__)

    async def __aenter__(self) -> AsyncEngine:
        self.engine.start(asyncio.get_running_loop())
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]],
                        error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """Closes the engine; every session ends, and what is awaited raises "engine_closed"."""
        self.engine.close()

    def connect(
        self,
        *,
        wire: Wire = "json",
        frame_bytes_max: int = 0,
        user: Union[str, bytes] = "",
        nick: str = "",
        queue_max: int = 64,
    ) -> AsyncSession:
        """Makes a session, which is connected while it is entered: `async with chat.connect()`.

        wire, frame_bytes_max, user, nick: As for `chatroom.Engine.connect`.
        queue_max: Frames or events that wait for the reader at the most; when there are more,
            the session is paused, and the engine's history keeps them.

        Entering raises what `chatroom.Engine.connect` raises.
        """
        return AsyncSession(self.engine, queue_max, wire=wire, frame_bytes_max=frame_bytes_max,
                            user=user, nick=nick)

    def commit(self, record: _core.Readable) -> None:
        """Applies a record that the log has stored, as `chatroom.Engine.commit` does."""
        self.engine.commit(record)

    def abandon(self, number: int) -> None:
        """Gives up a pending record, as `chatroom.Engine.abandon` does."""
        self.engine.abandon(number)


def _send(recipients: List[Session], item: Item) -> None:
    for session in recipients:
        session.tag.offer(session, item)


class LoopEngine(Engine):
    """The engine within: its calls are stamped with the time, and wake it when work is left."""

    def _prepare(self) -> None:
        self.sessions: Dict[AsyncSession, None] = {}   # Those that are entered, in order.
        self.clock: Callable[[], int] = _core.now_ms
        self._tickets: Dict[int, asyncio.Future[Outcome]] = {}
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._timer: Optional[asyncio.TimerHandle] = None
        self._unwritten: List[AsyncSession] = []
        self._inside = 0
        self._told = -1

    def flush_later(self, session: AsyncSession) -> None:
        """Has a session write what it has, once, when this turn of the loop is over."""
        if not self._unwritten:
            self.loop.call_soon(self._flush)
        self._unwritten.append(session)

    def _flush(self) -> None:
        unwritten, self._unwritten = self._unwritten, []
        for session in unwritten:
            session.flush()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._stamp()
        self._set_timer()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("use `async with AsyncEngine(...) as chat` first")
        return self._loop

    def close(self) -> None:
        super().close()
        if self._timer is not None:
            self._timer.cancel()
        for future in self._tickets.values():
            if not future.done():
                future.set_exception(make_error(ENGINE_CLOSED, "", 0, 0, 0, "", 0, None))
        for session in list(self.sessions):
            session.end()

    def call(self, session: Session, of: int, values: Tuple[Any, ...], user: int) -> Outcome:
        """Submits a command by its number and members."""
        return self._submit_values(session, of, values, user)

    async def settle(self, outcome: Outcome) -> Outcome:
        """Waits until a command is done that was queued or is pending."""
        if outcome.state == "done":
            return outcome
        future: asyncio.Future[Outcome] = self.loop.create_future()
        self._tickets[outcome.ticket] = future
        try:
            return await future
        finally:
            del self._tickets[outcome.ticket]

    def _settle_callback(self) -> Callable[[int, Union[Outcome, Error]], None]:
        return self._settled

    def _settled(self, ticket: int, came: Union[Outcome, Error]) -> None:
        future = self._tickets.get(ticket)
        if future is None or future.done():
            return
        if isinstance(came, Error):
            future.set_exception(came)
        else:
            future.set_result(came)

    def _stamp(self) -> None:
        now = self.clock()
        if now != self._told:
            self._told = now
            tell_time(self, now)

    def _set_timer(self) -> None:
        """Wakes the engine when it wants to be, if the timer does not do so already."""
        if self._loop is None or self.closed:
            return
        due = self._next_tick()
        at = self._loop.time() + min(due / 1000, SLEEP_SECONDS_MAX)
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        try:
            self._told = self.clock()
            tell_time(self, self._told)
        except Exception as error:
            self.loop.call_exception_handler({
                "message": "a callback raised while the engine was ticking",
                "exception": error})
        self._set_timer()


def _stamped(call: Callable[..., Any], timed: bool) -> Callable[..., Any]:
    @functools.wraps(call)
    def stamped(self: LoopEngine, *values: Any, **named: Any) -> Any:
        if self._inside != 0:
            return call(self, *values, **named)
        if timed and not self.closed:
            self._stamp()
        self._inside += 1
        try:
            return call(self, *values, **named)
        finally:
            self._inside -= 1
            self._set_timer()

    return stamped


wrap_calls(LoopEngine, _stamped)
LoopEngine.call = _stamped(LoopEngine.call, True)  # type: ignore[method-assign]
