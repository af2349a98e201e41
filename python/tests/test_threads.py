"""One engine and several threads: refused by the bare one, served by `chatroom.threaded`."""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
import weakref
from typing import Any, Callable, List

import pytest

import chatroom
from chatroom import HOST, threaded
from conftest import NOON


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.005)


def in_thread(act: Callable[[], Any]) -> Any:
    """What a function comes to in another thread."""
    results: List[Any] = []

    def run() -> None:
        try:
            results.append(act())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert results, "the other thread hangs"
    return results[0]


def test_overlapping_use_of_the_bare_engine_raises() -> None:
    came: List[Any] = []

    def send(recipients: Any, frame: bytes) -> None:
        came.append(in_thread(lambda: chat.post(HOST, room="lobby", text="y")))
        came.append(in_thread(lambda: chat.stats()))
        came.append(in_thread(lambda: repr(chat)))

    chat = chatroom.Engine(send=send)
    chat.tick(NOON)
    session = chat.connect()
    assert all(isinstance(error, RuntimeError) for error in came[:2])
    assert "threaded.Engine" in str(came[0])
    assert came[2] == "<chatroom.Engine in use by another thread>"
    chat.close()
    assert session == 1


def test_any_thread_one_at_a_time() -> None:
    chat = chatroom.Engine(send=lambda to, frame: None)
    chat.tick(NOON)
    in_thread(lambda: chat.create(HOST, room="lobby"))
    assert in_thread(lambda: chat.post(HOST, room="lobby", text="x")).number == 1
    assert chat.post(HOST, room="lobby", text="y").number == 2


def long_log() -> bytes:
    log: List[bytes] = []

    def append(record: bytes, number: int) -> bool:
        log.append(record)
        return True

    with chatroom.Engine(log=append) as chat:
        chat.tick(NOON)
        chat.create(HOST, room="lobby")
        for n in range(2000):
            chat.post(HOST, room="lobby", text=str(n))
    return b"".join(log)


def test_other_threads_run_while_a_log_is_recovered() -> None:
    log = long_log() * 200     # The same records again are passed over, one by one.
    chat = chatroom.Engine()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)  # Nobody gets the interpreter unless it is given up.
    overlapping: List[Any] = []
    done = threading.Event()

    def meanwhile() -> None:
        while not done.is_set() and not overlapping:
            try:
                chat.stats()
            except RuntimeError as error:
                overlapping.append(error)
            time.sleep(0)

    thread = threading.Thread(target=meanwhile)
    try:
        thread.start()
        come = chat.recover(log)
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(interval)
    assert come.records > 2000
    assert overlapping, "recover held the interpreter all the while"
    assert chat.history(HOST, room="lobby")[-1].text == "1999"


def test_observers_are_called_while_a_log_is_recovered() -> None:
    seen: List[chatroom.Observation] = []
    with chatroom.Engine(observe=seen.append) as chat:
        chat.recover(long_log())
    assert len(seen) > 2000 and all(one.origin == "recovery" for one in seen)


def test_threads_share_a_threaded_engine() -> None:
    told: List[bytes] = []
    with threaded.Engine(send=lambda to, frame: told.append(frame)) as chat:
        people = [chat.connect(user=f"id{n}", nick=f"user{n}") for n in range(4)]
        for session in people:
            chat.join(session, room="lobby")
        told.clear()

        def work(session: chatroom.Session) -> None:
            for n in range(100):
                chat.post(session, room="lobby", text=str(n))

        threads = [threading.Thread(target=work, args=(session,)) for session in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert chat.room(HOST, "lobby").last == 400
        assert sum(b'"op":"message"' in frame for frame in told) == 400


def test_the_lock_is_re_entrant() -> None:
    echoes: List[str] = []

    def send(recipients: Any, frame: bytes) -> None:
        if b'"hello"' in frame:
            echoes.append(chat.post(HOST, room="lobby", text="echo").state)

    with threaded.Engine(send=send) as chat:
        chat.join(chat.connect(user="a", nick="a"), room="lobby")
        with chat.lock:
            chat.post(HOST, room="lobby", text="hello")
        assert echoes == ["queued"]
        assert chat.room(HOST, "lobby").last == 2


def test_the_ticker_does_what_is_due() -> None:
    config = chatroom.Config(policies=chatroom.Policies(resume_window_ms=50, advance_ms=10))
    with threaded.Engine(send=lambda to, frame: None, config=config) as chat:
        session = chat.connect()
        chat.guest(session, nick="alice")
        chat.disconnect(session)
        assert chat.stats().users == 1
        wait_for(lambda: chat.stats().users == 0)


def test_the_ticker_sends_the_rest_of_a_fan_out() -> None:
    budgets = chatroom.Budgets(deliveries_per_call=8)
    told: List[chatroom.Session] = []

    def send(recipients: List[chatroom.Session], frame: bytes) -> None:
        if b'"hello"' in frame:
            told.extend(recipients)

    with threaded.Engine(send=send, config=chatroom.Config(budgets=budgets)) as chat:
        for n in range(100):
            chat.join(chat.connect(user=f"id{n}", nick=f"user{n}"), room="lobby")
        chat.post(HOST, room="lobby", text="hello")
        wait_for(lambda: len(told) == 100)
    assert len(set(told)) == 100


def test_commands_have_the_time_of_the_call() -> None:
    with threaded.Engine() as chat:
        chat.create(HOST, room="lobby")
        time.sleep(0.03)
        now = time.time() * 1000
        assert abs(chat.post(HOST, room="lobby", text="x").time - now) < 25


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_a_callback_raises_in_the_ticker_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    told: List[chatroom.Session] = []

    def send(recipients: List[chatroom.Session], frame: bytes) -> None:
        if b'"hello"' in frame:
            told.extend(recipients)
            if threading.current_thread().name == "chatroom ticker":
                raise ZeroDivisionError

    config = chatroom.Config(budgets=chatroom.Budgets(deliveries_per_call=8))
    with threaded.Engine(send=send, config=config) as chat:
        for n in range(40):
            chat.join(chat.connect(user=f"id{n}", nick=f"user{n}"), room="lobby")
        chat.post(HOST, room="lobby", text="hello")
        wait_for(lambda: len(told) == 40)
        wait_for(lambda: "ZeroDivisionError" in caplog.text)


def test_close_while_the_lock_is_held() -> None:
    chat = threaded.Engine()
    with chat.lock:
        time.sleep(0.05)
        chat._wake.set()
        chat.close()
    assert chat.closed


def test_close_ends_the_ticker() -> None:
    chat = threaded.Engine()
    ticker = chat._ticker
    assert ticker.daemon and ticker.is_alive()
    chat.close()
    chat.close()
    assert not ticker.is_alive()


def test_a_forgotten_threaded_engine_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threaded, "SLEEP_SECONDS_MAX", 0.02)
    chat = threaded.Engine()
    ticker, gone = chat._ticker, weakref.ref(chat)
    del chat

    def is_gone() -> bool:
        gc.collect()
        return gone() is None

    wait_for(is_gone)
    ticker.join(10)
    assert not ticker.is_alive()


def test_a_threaded_engine_with_a_store_and_a_snapshot(tmp_path: Any) -> None:
    with threaded.Engine(store=tmp_path / "chat.log") as chat:
        chat.create(HOST, room="lobby")
        snapshot = chat.snapshot()
    with threaded.Engine(snapshot=snapshot) as chat:
        assert chat.room(HOST, "lobby")
    with threaded.Engine(store=tmp_path / "chat.log") as chat:
        assert chat.room(HOST, "lobby")


def test_every_public_call_is_locked() -> None:
    """A new method of Engine must be named in threaded.py."""
    for name in dir(chatroom.Engine):
        call = getattr(chatroom.Engine, name)
        if not name.startswith("_") and callable(call) and name != "close":
            assert getattr(threaded.Engine, name) is not call, name
