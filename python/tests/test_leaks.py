"""References and memory stay flat, however long a program runs."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from typing import Any, Callable, List

import pytest

import chatroom
from chatroom import HOST
from chatroom.aio import AsyncEngine
from conftest import NOON

KILOBYTES_MAX = 1024    # What the memory may grow by: a leak of one object a cycle is twice that.


def resident_kilobytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    except OSError:
        pytest.skip("no /proc/self/statm here")


def memory_stays_flat(cycle: Callable[[int], Any], cycles: int) -> None:
    for n in range(cycles // 5):    # Tables, caches and free lists fill up first.
        cycle(n)
    gc.collect()
    before, objects = resident_kilobytes(), len(gc.get_objects())
    for n in range(cycles // 5, cycles):
        cycle(n)
    gc.collect()
    assert len(gc.get_objects()) - objects < 100
    assert resident_kilobytes() - before < KILOBYTES_MAX


def connect_post_disconnect(cycles: int) -> None:
    def send(recipients: List[chatroom.Session], frame: bytes) -> None:
        pass

    events: List[int] = []
    policies = chatroom.Policies(resume_window_ms=1, advance_ms=1)
    with chatroom.Engine(send=send, deliver=lambda to, event: events.clear(),
                         observe=lambda seen: events.clear(),
                         config=chatroom.Config(policies=policies)) as chat:
        chat.tick(NOON)
        chat.create(HOST, room="lobby")
        listener = chat.connect(user="listener", nick="listener", wire="typed")
        chat.join(listener, room="lobby")

        def cycle(n: int) -> None:
            chat.tick(NOON + n * 2)
            session = chat.connect(tag=[n])
            chat.guest(session, nick=f"user{n}")
            chat.join(session, room="lobby")
            chat.receive(session, b'{"op":"post","room":"lobby","text":"hello"}')
            try:
                chat.post(session, room="nowhere", text="x")
            except chatroom.RoomError:
                pass
            chat.history(session, room="lobby", limit=3)
            chat.disconnect(session)

        memory_stays_flat(cycle, cycles)
        assert chat.stats().users < 5


def test_memory_of_connect_post_disconnect_stays_flat() -> None:
    connect_post_disconnect(50_000)


@pytest.mark.slow
def test_memory_of_a_million_connect_post_disconnect_stays_flat() -> None:
    connect_post_disconnect(1_000_000)


def test_memory_of_callbacks_that_raise_stays_flat() -> None:
    def send(recipients: List[chatroom.Session], frame: bytes) -> None:
        raise ZeroDivisionError

    with chatroom.Engine(send=send) as chat:
        chat.tick(NOON)

        def cycle(n: int) -> None:
            try:
                chat.connect(tag=[n])
            except ZeroDivisionError:
                pass

        memory_stays_flat(cycle, 20_000)


def test_memory_of_asynchronous_sessions_stays_flat() -> None:
    async def main() -> None:
        async with AsyncEngine() as chat:
            async def cycle() -> None:
                async with chat.connect(user="a", nick="a") as session:
                    await session.join(room="lobby")
                    await session.post(room="lobby", text="x")
                    await session.__anext__()

            for _ in range(500):
                await cycle()
            gc.collect()
            objects, before = len(gc.get_objects()), resident_kilobytes()
            for _ in range(3000):
                await cycle()
            gc.collect()
            assert len(gc.get_objects()) - objects < 100
            assert resident_kilobytes() - before < KILOBYTES_MAX

    asyncio.run(main())


def test_references_are_as_many_as_before() -> None:
    tag, text, frame = object(), "a text of its own " * 3, b'{"op":"ping"}  '
    counted = (tag, text, frame, HOST, None, chatroom.Engine, chatroom.UserId)

    def use() -> None:
        with chatroom.Engine(send=lambda to, frame: None, observe=lambda seen: None,
                             deliver=lambda to, event: None) as chat:
            chat.tick(NOON)
            for wire in ("json", "typed"):
                session = chat.connect(tag=tag, user=wire, nick=wire, wire=wire)
                chat.join(session, room="lobby")
                chat.post(session, room="lobby", text=text, nonce="n")
                chat.receive(session, frame)
            chat.history(HOST, room="lobby")
            chat.members(HOST, room="lobby")
            try:
                chat.post(HOST, room="nowhere", text=text)
            except chatroom.RoomError:
                pass

    for _ in range(20):
        use()
    gc.collect()
    before = [sys.getrefcount(one) for one in counted]
    for _ in range(100):
        use()
    gc.collect()
    after = [sys.getrefcount(one) for one in counted]
    assert max(abs(a - b) for a, b in zip(before, after)) < 20, (before, after)
