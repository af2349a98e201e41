"""Engines and sessions for asyncio."""

from __future__ import annotations

import asyncio
import functools
import gc
import weakref
from typing import Any, Awaitable, Callable, Dict, List, Optional, Tuple

import pytest

import chatroom
from chatroom import commands, events
from chatroom.aio import AsyncEngine, AsyncSession
from chatroom.errors import make_error
from conftest import NOON


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Runs a coroutine as a test, for ten seconds at the most."""
    @functools.wraps(test)
    def run(*values: Any, **named: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*values, **named), 10))

    return run


async def until(session: AsyncSession, wanted: Any) -> Any:
    """The next event of a class."""
    async for event in session:
        if isinstance(event, wanted):
            return event
    raise AssertionError(f"the session ended before {wanted}")


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@in_loop
async def test_two_people_talk() -> None:
    async with AsyncEngine() as chat:
        async with chat.connect(user="a", nick="ann") as ann, chat.connect() as bob:
            await ann.join(room="lobby")
            await bob.guest(nick="bob")
            await bob.submit(commands.Join(room="lobby"))
            outcome = await ann.post(room="lobby", text="hello")
            assert outcome.number == 1
            message = await until(bob, events.Message)
            assert (message.text, message.nick) == ("hello", "ann")
            assert [m.text for m in bob.history(room="lobby")] == ["hello"]
            assert bob.room("lobby").members == 2
            with pytest.raises(chatroom.RoomError, match="room_unknown"):
                await bob.leave(room="red")


@in_loop
async def test_frames_events_and_typed_events_say_the_same() -> None:
    async with AsyncEngine() as chat:
        async with chat.connect(user="j", nick="j") as json, \
                chat.connect(user="t", nick="t", wire="typed") as typed, \
                chat.connect(user="f", nick="f") as raw:
            for session in (json, typed, raw):
                await session.join(room="lobby")
            await chat.host.post(room="lobby", text="hi")
            one, two = await until(json, events.Message), await until(typed, events.Message)
            assert one == two
            async for frame in raw.frames():
                if b'"op":"message"' in frame:
                    assert isinstance(frame, bytes) and b'"text":"hi"' in frame
                    break
            with pytest.raises(TypeError, match="frames"):
                async for frame in typed.frames():
                    pass
        async with chat.connect(wire="lines") as lines:
            with pytest.raises(TypeError, match="lines"):
                await lines.__anext__()


@in_loop
async def test_the_engine_tells_itself_the_time() -> None:
    now = NOON

    def clock() -> int:
        return now

    config = chatroom.Config(policies=chatroom.Policies(resume_window_ms=20, advance_ms=10))
    async with AsyncEngine(config=config, clock=clock) as chat:
        async with chat.connect() as session:
            assert (await session.guest(nick="x")).time == NOON
            now += 5
            assert (await session.join(room="lobby")).time == NOON + 5
        assert chat.engine.stats().users == 1
        now += 1000
        while chat.engine.stats().users:
            await asyncio.sleep(0.01)


@in_loop
async def test_a_clock_that_leaps_is_believed() -> None:
    now = NOON
    async with AsyncEngine(clock=lambda: now) as chat:
        now += 3 << 30
        await chat.host.create(room="lobby")
        assert chat.engine.room(chatroom.HOST, "lobby")


@in_loop
async def test_a_slow_reader_costs_no_memory_and_misses_nothing() -> None:
    async with AsyncEngine() as chat:
        async with chat.connect(user="a", nick="ann", queue_max=4) as slow, \
                chat.connect(user="b", nick="bob") as quick:
            for session in (slow, quick):
                await session.join(room="lobby")
            for n in range(200):
                await chat.host.post(room="lobby", text=str(n))
                assert len(slow._queue) <= 4
                assert (await until(quick, events.Message)).text == str(n)
            assert chat.engine.stats().sessions_paused == 1
            texts = [(await until(slow, events.Message)).text for _ in range(200)]
            assert texts == [str(n) for n in range(200)]
            assert len(slow._queue) == 0
            await until_live(chat, slow)


async def until_live(chat: AsyncEngine, session: AsyncSession) -> None:
    await chat.host.post(room="lobby", text="live")
    assert (await until(session, events.Message)).text == "live"
    assert chat.engine.stats().sessions_paused == 0


@in_loop
async def test_what_is_gone_from_the_history_is_told_as_a_gap() -> None:
    config = chatroom.Config(policies=chatroom.Policies(room_messages_max=10))
    async with AsyncEngine(config=config) as chat:
        async with chat.connect(user="a", nick="ann", queue_max=2) as slow:
            await slow.join(room="lobby")
            await until(slow, events.Joined)
            for n in range(1, 101):
                await chat.host.post(room="lobby", text=str(n))
            gap = await until(slow, events.Gap)
            assert gap.to == 90
            assert (await until(slow, events.Message)).number == 91


@in_loop
async def test_who_does_not_read_cannot_write() -> None:
    async with AsyncEngine() as chat:
        async with chat.connect(queue_max=2) as session:
            sent = 0

            async def write() -> None:
                nonlocal sent
                for _ in range(50):
                    await session.receive(b'{"op":"ping"}')
                    sent += 1

            writer = asyncio.ensure_future(write())
            await turns(100)
            assert sent < 5
            count = 0
            while count < 50:
                count += isinstance(await session.__anext__(), events.Ok)
            await writer
            assert sent == 50


@in_loop
async def test_a_reader_that_is_cancelled_loses_nothing() -> None:
    async with AsyncEngine() as chat:
        async with chat.connect(user="a", nick="ann", wire="typed") as session:
            await session.join(room="lobby")
            await until(session, events.Joined)
            texts: List[str] = []
            cancelled = 0
            for n in range(30):
                reader = asyncio.ensure_future(until(session, events.Message))
                await turns(n % 3)
                if n % 2:
                    reader.cancel()
                await chat.host.post(room="lobby", text=str(n))
                if not n % 2:
                    reader.cancel()
                await asyncio.wait([reader])
                cancelled += reader.cancelled()
                texts += [] if reader.cancelled() else [reader.result().text]
            while len(texts) < 30:
                texts.append((await until(session, events.Message)).text)
            assert texts == [str(n) for n in range(30)]
            assert 0 < cancelled


@in_loop
async def test_one_reader_at_a_time() -> None:
    async with AsyncEngine() as chat:
        async with chat.connect() as session:
            await session.__anext__()
            first = asyncio.ensure_future(session.__anext__())
            await turns()
            with pytest.raises(RuntimeError, match="another task"):
                await session.__anext__()
            first.cancel()


@in_loop
async def test_a_block_that_is_left_ends_the_session() -> None:
    async with AsyncEngine() as chat:
        with pytest.raises(ZeroDivisionError):
            async with chat.connect() as session:
                raise ZeroDivisionError
        assert chat.engine.stats().sessions == 0
        assert session.ended and "ended" in repr(session)
        with pytest.raises(RuntimeError, match="once"):
            await session.__aenter__()
        task = asyncio.ensure_future(_stay(chat))
        await turns()
        assert chat.engine.stats().sessions == 1
        task.cancel()
        await asyncio.wait([task])
        assert chat.engine.stats().sessions == 0


async def _stay(chat: AsyncEngine) -> None:
    async with chat.connect() as session:
        async for _ in session:
            pass


@in_loop
async def test_a_session_that_the_engine_ends() -> None:
    config = chatroom.Config(budgets=chatroom.Budgets(bad_frames_max=2))
    async with AsyncEngine(config=config) as chat:
        async with chat.connect() as session:
            await session.receive(b"{")
            await session.receive(b"{")
            told = [type(event) async for event in session]
            assert told[0] is events.Welcome and told[-1] is events.Bye
            with pytest.raises(chatroom.SessionError):
                await session.receive(b"{")
        assert chat.engine.stats().sessions == 0


@in_loop
async def test_closing_the_engine_ends_every_session() -> None:
    chat = AsyncEngine()
    await chat.__aenter__()
    async with chat.connect() as session:
        await session.__anext__()
        reader = asyncio.ensure_future(session.__anext__())
        await turns()
        chat.close()
        with pytest.raises(StopAsyncIteration):
            await reader
        with pytest.raises(chatroom.CallError, match="engine_closed"):
            await session.guest(nick="x")
    chat.close()


@in_loop
async def test_an_engine_wants_its_loop() -> None:
    chat = AsyncEngine()
    with pytest.raises(RuntimeError, match="async with"):
        async with chat.connect():
            pass
    assert repr(chat) == "<chatroom.aio.AsyncEngine sessions=0 users=0 rooms=0>"
    chat.close()


class Trouble(Exception):
    pass


@in_loop
async def test_what_a_callback_raises_reaches_the_coroutine() -> None:
    armed = False

    def observe(seen: chatroom.Observation) -> None:
        if armed:
            raise Trouble

    async with AsyncEngine(observe=observe) as chat:
        async with chat.connect(user="a", nick="ann") as session:
            await session.join(room="lobby")
            armed = True
            with pytest.raises(Trouble):
                await session.post(room="lobby", text="x")
            armed = False
            assert [m.text for m in session.history(room="lobby")] == ["x"]
            assert (await until(session, events.Message)).text == "x"


@in_loop
async def test_what_a_callback_raises_while_ticking_goes_to_the_loop() -> None:
    armed = False
    told: List[Dict[str, Any]] = []

    def log(record: bytes, number: int) -> bool:
        if armed:
            raise Trouble
        return True

    config = chatroom.Config(policies=chatroom.Policies(resume_window_ms=20, advance_ms=10))
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
    async with AsyncEngine(log=log, config=config) as chat:
        async with chat.connect() as session:
            await session.guest(nick="x")
        armed = True
        while not told:
            await asyncio.sleep(0.01)
        armed = False
        while chat.engine.stats().users:
            await asyncio.sleep(0.01)
    assert isinstance(told[0]["exception"], Trouble)


class SlowLog:
    """A log that stores later, or does not."""

    def __init__(self) -> None:
        self.pending: List[Tuple[int, bytes]] = []

    def __call__(self, record: bytes, number: int) -> Any:
        self.pending.append((number, record))
        return chatroom.PENDING


@in_loop
async def test_a_command_waits_for_its_record() -> None:
    log = SlowLog()
    async with AsyncEngine(log=log) as chat:
        async def commit() -> None:
            while log.pending:
                chat.commit(log.pending.pop(0)[1])

        await commit()
        creating = asyncio.ensure_future(chat.host.create(room="lobby"))
        await turns()
        assert not creating.done()
        await commit()
        assert (await creating).state == "done"
        posts = [asyncio.ensure_future(chat.host.post(room="lobby", text=t)) for t in "ab"]
        await turns()
        chat.commit(log.pending[0][1])
        chat.abandon(log.pending[1][0])
        assert (await posts[0]).number == 1
        with pytest.raises(chatroom.StorageError, match="storage_failed"):
            await posts[1]
        log.pending.clear()
        waiting = asyncio.ensure_future(chat.host.post(room="lobby", text="c"))
        cancelled = asyncio.ensure_future(chat.host.post(room="lobby", text="d"))
        await turns()
        cancelled.cancel()
        await asyncio.wait([cancelled])
        chat.commit(log.pending[0][1])
        chat.commit(log.pending[1][1])     # It counts, though nobody waits for it.
        assert (await waiting).number == 2
        assert chat.host.room("lobby").last == 3
        last = asyncio.ensure_future(chat.host.post(room="lobby", text="e"))
        await turns()
    with pytest.raises(chatroom.CallError, match="engine_closed"):
        await last


class FakeSocket:
    """A connection in the manner of `websockets`."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        self.sent: List[str] = []
        self.closed = False
        self.stalled: Optional[asyncio.Event] = None

    async def send(self, frame: str) -> None:
        if self.stalled is not None:
            await self.stalled.wait()
        self.sent.append(frame)

    async def __aiter__(self) -> Any:
        while (item := await self.incoming.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item

    async def close(self) -> None:
        self.closed = True


class ConnectionClosed(Exception):
    """As `websockets` has it."""


@in_loop
async def test_serve_pumps_both_ways() -> None:
    socket = FakeSocket()
    async with AsyncEngine() as chat:
        async with chat.connect() as session:
            serving = asyncio.ensure_future(session.serve(socket))
            socket.incoming.put_nowait('{"op":"guest","nick":"ann"}')
            socket.incoming.put_nowait(b'{"op":"join","room":"lobby"}')
            while len(socket.sent) < 4:
                await asyncio.sleep(0)
            assert all(isinstance(frame, str) for frame in socket.sent)
            socket.incoming.put_nowait(None)
            await serving
        assert chat.engine.stats().sessions == 0
    assert not socket.closed, "the peer has closed it"


@pytest.mark.parametrize("error, quiet", [
    (ConnectionClosed(), True), (ConnectionResetError(), True), (Trouble(), False)])
@in_loop
async def test_serve_and_connections_that_break(error: Exception, quiet: bool) -> None:
    socket = FakeSocket()
    async with AsyncEngine() as chat:
        async with chat.connect() as session:
            socket.incoming.put_nowait(error)
            if quiet:
                await session.serve(socket)
            else:
                with pytest.raises(Trouble):
                    await session.serve(socket)


@in_loop
async def test_serve_closes_the_socket_of_a_session_that_ended() -> None:
    socket = FakeSocket()
    config = chatroom.Config(budgets=chatroom.Budgets(bad_frames_max=1))
    async with AsyncEngine(config=config) as chat:
        async with chat.connect() as session:
            socket.incoming.put_nowait("{")
            await session.serve(socket)
    assert socket.closed and '"op":"bye"' in socket.sent[-1]


@in_loop
async def test_serve_that_is_cancelled_leaves_no_task() -> None:
    socket = FakeSocket()
    async with AsyncEngine() as chat:
        async with chat.connect() as session:
            before = asyncio.all_tasks()
            serving = asyncio.ensure_future(session.serve(socket))
            await turns()
            assert len(asyncio.all_tasks()) == len(before) + 3
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving
        assert asyncio.all_tasks() == before


@in_loop
async def test_a_stalled_socket_pauses_its_session_alone() -> None:
    stalled, quick = FakeSocket(), FakeSocket()
    stalled.stalled = asyncio.Event()
    async with AsyncEngine() as chat:
        async with chat.connect(user="a", nick="a", queue_max=4) as one, \
                chat.connect(user="b", nick="b", queue_max=4) as two:
            pumps = [asyncio.ensure_future(one.serve(stalled)),
                     asyncio.ensure_future(two.serve(quick))]
            await one.join(room="lobby")
            await two.join(room="lobby")
            for n in range(100):
                await chat.host.post(room="lobby", text=f"text {n}")
                await turns(3)
            assert sum('"text"' in frame for frame in quick.sent) == 100
            assert len(stalled.sent) == 0 and len(one._queue) <= 4
            stalled.stalled.set()
            while sum('"text"' in frame for frame in stalled.sent) < 100:
                await asyncio.sleep(0)
            for pump in pumps:
                pump.cancel()


@in_loop
async def test_no_other_object_is_a_socket() -> None:
    async with AsyncEngine() as chat:
        async with chat.connect() as session:
            with pytest.raises(TypeError, match="not a web socket"):
                await session.serve(object())


@in_loop
async def test_eager_callbacks_may_command_too() -> None:
    """A command inside a callback is queued; the coroutine is done when it ran."""
    tasks: List[Any] = []

    def observe(seen: chatroom.Observation) -> None:
        if isinstance(seen.command, commands.Post) and seen.command.text == "hello":
            steps = chat.host.post(room="lobby", text="echo")
            tasks.append(steps)
            steps.send(None)    # Runs until it waits, as an eager task does.

    async with AsyncEngine(observe=observe) as chat:
        await chat.host.create(room="lobby")
        await chat.host.post(room="lobby", text="hello")
        with pytest.raises(StopIteration) as done:
            tasks[0].send(None)
        assert done.value.value.number == 2


def test_sessions_are_collected() -> None:
    async def main() -> None:
        async with AsyncEngine() as chat:
            seen = []
            for _ in range(20):
                async with chat.connect() as session:
                    await session.__anext__()
                    seen.append(weakref.ref(session))
            del session
            gc.collect()
            assert not any(one() for one in seen)

    asyncio.run(main())


def test_make_error_knows_engine_closed() -> None:
    from chatroom.aio import _engine

    assert make_error(_engine.ENGINE_CLOSED, "", 0, 0, 0, "", 0, None).code == "engine_closed"
