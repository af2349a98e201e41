"""Callbacks that call the engine, and callbacks that raise."""

from __future__ import annotations

import sys
from typing import Any, Callable, List

import pytest

import chatroom
from chatroom import HOST
from conftest import NOON, Host


class Trouble(Exception):
    pass


class Hooked(Host):
    """A host whose callbacks do something more."""

    def __init__(self, **options: Any) -> None:
        self.on_send: Callable[[List[chatroom.Session], bytes], object] = lambda to, frame: None
        super().__init__(**options)

    def send(self, recipients: List[chatroom.Session], frame: bytes) -> None:
        super().send(recipients, frame)
        self.on_send(recipients, frame)


@pytest.fixture
def host() -> Hooked:
    return Hooked()


def once(act: Callable[[], Any], results: List[Any]) -> Callable[[Any, bytes], None]:
    def on_send(recipients: Any, frame: bytes) -> None:
        if not results:
            results.append(None)
            try:
                results[0] = act()
            except chatroom.Error as error:
                results[0] = error
    return on_send


def test_what_a_callback_raises_reaches_the_caller(host: Hooked) -> None:
    alice, bob = host.person("alice", "lobby"), host.person("bob", "lobby")

    def fail(recipients: Any, frame: bytes) -> None:
        raise Trouble("the wire is cut")

    host.on_send = fail
    with pytest.raises(Trouble, match="the wire is cut") as caught:
        host.chat.post(alice, room="lobby", text="one")
    assert any(entry.name == "fail" for entry in caught.traceback)
    host.on_send = lambda to, frame: None
    # What the call did is done, and the engine goes on.
    assert [m.text for m in host.chat.history(HOST, room="lobby")] == ["one"]
    host.chat.post(bob, room="lobby", text="two")
    assert host.texts("bob") == ["one", "two"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_each_call_that_sends_raises_it(host: Hooked) -> None:
    alice = host.person("alice", "lobby")
    host.chat.pause(alice)
    host.chat.post(HOST, room="lobby", text="x")

    def fail(recipients: Any, frame: bytes) -> None:
        raise Trouble

    host.on_send = fail
    for call in (lambda: host.chat.unpause(alice),
                 lambda: host.chat.receive(alice, b'{"op":"ping"}'),
                 lambda: host.chat.submit(HOST, chatroom.commands.Post(room="lobby", text="y")),
                 lambda: host.chat.destroy(HOST, room="lobby"),
                 lambda: host.chat.connect(tag="carol")):
        with pytest.raises(Trouble):
            call()
    host.on_send = lambda to, frame: None
    assert host.chat.stats().sessions == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connect_that_raised_leaves_no_session(host: Hooked) -> None:
    def fail(recipients: Any, frame: bytes) -> None:
        raise Trouble

    host.on_send = fail
    for user in ("", "steam:1"):
        with pytest.raises(Trouble):
            host.chat.connect(tag="x", user=user, nick="ada")
    assert host.chat.stats().sessions == 0


def test_of_several_exceptions_the_first_is_raised(
        host: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = host.person("alice", "lobby")
    others: List[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda seen: others.append(seen.exc_value))

    def fail(recipients: Any, frame: bytes) -> None:
        raise Trouble(str(len(others)), frame)

    host.on_send = fail
    with pytest.raises(Trouble) as caught:
        host.chat.receive(alice, b'{"op":"post","room":"lobby","text":"x"}')
    assert b'"op":"ok"' in caught.value.args[1]
    assert len(others) == 1 and b'"op":"message"' in others[0].args[1]


def test_even_keyboard_interrupts_go_through(host: Hooked) -> None:
    alice = host.person("alice", "lobby")

    def fail(recipients: Any, frame: bytes) -> None:
        raise KeyboardInterrupt

    host.on_send = fail
    with pytest.raises(KeyboardInterrupt):
        host.chat.post(alice, room="lobby", text="x")


def test_a_log_that_raises_has_not_stored() -> None:
    def log(record: bytes, number: int) -> bool:
        if b"secret" in record:
            raise Trouble
        return True

    host = Host(log=log)
    alice = host.person("alice", "lobby")
    before = host.chat.digest()
    with pytest.raises(Trouble):
        host.chat.post(alice, room="lobby", text="secret")
    assert host.chat.digest() == before
    assert host.chat.post(alice, room="lobby", text="open").number == 1


def test_a_log_must_answer() -> None:
    def log(record: bytes, number: int) -> Any:
        return None

    with chatroom.Engine(log=log) as chat:
        with pytest.raises(TypeError, match="True, False or PENDING, not None"):
            chat.tick(NOON)


def test_an_observer_that_raises(host: Hooked) -> None:
    def observe(seen: chatroom.Observation) -> None:
        raise Trouble

    with chatroom.Engine(observe=observe) as chat:
        with pytest.raises(Trouble):
            chat.tick(NOON)
            chat.create(HOST, room="lobby")
        chat_rooms = [room.room for room in chat.rooms(HOST)]
    assert chat_rooms == ["lobby"]


def test_commands_inside_callbacks_are_queued(host: Hooked) -> None:
    alice = host.person("alice", "lobby")
    results: List[Any] = []
    host.on_send = once(lambda: host.chat.post(alice, room="lobby", text="echo"), results)
    outer = host.chat.post(alice, room="lobby", text="one")
    assert (outer.state, outer.number) == ("done", 1)
    assert results[0].state == "queued" and results[0].ticket > 0
    assert host.texts("alice") == ["one", "echo"]
    assert [seen.ticket for seen in host.seen if seen.ticket] == [results[0].ticket]


def test_frames_inside_callbacks_are_queued(host: Hooked) -> None:
    alice, bob = host.person("alice", "lobby"), host.person("bob", "lobby")
    results: List[Any] = []
    host.on_send = once(lambda: host.chat.receive(
        bob, b'{"op":"post","room":"lobby","text":"echo"}'), results)
    host.chat.post(alice, room="lobby", text="one")
    assert results == [True]
    assert host.texts("alice") == ["one", "echo"]


def test_a_full_queue_is_busy() -> None:
    host = Hooked(config=chatroom.Config(limits=chatroom.Limits(queue_bytes=256)))
    alice = host.person("alice", "lobby")
    refused: List[str] = []

    def flood(recipients: Any, frame: bytes) -> None:
        if b'"one"' in frame:
            for _ in range(20):
                try:
                    host.chat.post(alice, room="lobby", text="x" * 50)
                except chatroom.BusyError as error:
                    refused.append(error.code)

    host.on_send = flood
    host.chat.post(alice, room="lobby", text="one")
    assert set(refused) == {"queue_full"}
    assert len(host.texts("alice")) == 1 + 20 - len(refused)


@pytest.mark.parametrize("act", ["commit", "recover", "restore", "digest", "snapshot", "close"])
def test_what_is_not_allowed_inside_callbacks(host: Hooked, act: str) -> None:
    alice = host.person("alice", "lobby")
    arguments = {"commit": [b""], "recover": [b""], "restore": [b""]}.get(act, [])
    results: List[Any] = []
    host.on_send = once(lambda: getattr(host.chat, act)(*arguments), results)
    host.chat.post(alice, room="lobby", text="x")
    assert results[0].code == "inside_callback"
    assert not host.chat.closed


def test_what_takes_effect_at_once_inside_callbacks(host: Hooked) -> None:
    alice, bob = host.person("alice", "lobby"), host.person("bob", "lobby")
    results: List[Any] = []

    def act() -> Any:
        host.chat.pause(bob)
        host.chat.tick(NOON + 5)
        carol = host.chat.connect(tag="carol")
        assert not host.frames["carol"], "no frame inside a frame"
        host.chat.disconnect(alice)
        return carol, [m.text for m in host.chat.history(HOST, room="lobby")], host.chat.stats()

    host.on_send = once(act, results)
    host.chat.post(alice, room="lobby", text="x")
    carol, texts, stats = results[0]
    assert texts == ["x"] and stats.sessions_paused == 1
    assert type(host.heard("carol")[0]) is chatroom.Welcome
    assert carol.tag == "carol"
    with pytest.raises(chatroom.SessionError):
        host.chat.pause(alice)
    host.on_send = lambda to, frame: None
    host.forget()
    host.chat.unpause(bob)
    assert host.texts("bob") == ["x"], "pausing inside send: that frame was not taken"


def test_recipients_who_left_inside_the_same_send(host: Hooked) -> None:
    people = [host.person(f"user{n}", "lobby") for n in range(6)]
    host.forget()

    def leave(recipients: List[chatroom.Session], frame: bytes) -> None:
        host.on_send = lambda to, frame: None
        for session in people[1:4]:
            host.chat.disconnect(session)

    host.on_send = leave
    host.chat.post(people[0], room="lobby", text="one")
    host.chat.post(people[0], room="lobby", text="two")
    assert host.texts("user5") == ["one", "two"]
    assert host.texts("user1") == ["one"]


def test_an_exception_in_a_nested_call_waits_for_the_outermost(host: Hooked) -> None:
    alice = host.person("alice", "lobby")
    reached: List[str] = []

    def fail(recipients: Any, frame: bytes) -> None:
        if b"outer" in frame:
            host.chat.post(alice, room="lobby", text="inner")
            reached.append("after the inner call")
        elif b"inner" in frame:
            raise Trouble

    host.on_send = fail
    with pytest.raises(Trouble):
        host.chat.post(alice, room="lobby", text="outer")
    assert reached == ["after the inner call"]
