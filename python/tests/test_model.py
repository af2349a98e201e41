"""Random walks of commands, compared with a naive model of rooms in Python."""

from __future__ import annotations

from collections import Counter
from typing import Any, Counter as Counts, Dict, List, Set, Tuple

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule,
)

import chatroom
from chatroom import HOST, events, frames
from conftest import NOON

NAMES = st.sampled_from(["ann", "bob", "cid", "dan", "eve"])
ROOMS = st.sampled_from(["lobby", "lobby", "lobby", "red", "blue", "den"])
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF,
                              blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=20)
KEPT = 5          # Messages of a room.
CAPACITY = 3      # Members of a room.
ROOMS_MAX = 3
SESSIONS_MAX = 3  # Of one user.


met: Counts[str] = Counter()    # Events and errors, so that a walk that goes nowhere is seen.


class Room:
    def __init__(self, by_host: bool) -> None:
        self.by_host = by_host
        self.members: Set[str] = set()
        self.said: List[Tuple[str, str]] = []      # Nick and text, from number 1.


class Client:
    """What a session was told: the place in each room, and every text by its number."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: Dict[str, int] = {}           # The next number in each room.
        self.texts: Dict[Tuple[str, int], str] = {}
        self.id = chatroom.Session(0)

    def take(self, event: Any) -> None:
        met[type(event).__name__] += 1
        if isinstance(event, events.Resync):
            self.places.clear()
        elif isinstance(event, events.Joined):
            # What follows is told from here on: history that was missed, or what comes live.
            self.places[event.room] = event.from_ or event.last + 1
            self.texts = {key: t for key, t in self.texts.items() if key[0] != event.room}
        elif isinstance(event, events.Left):
            del self.places[event.room]
        elif isinstance(event, events.Gap):
            self.check_place(event.room, event.from_)
            self.places[event.room] = event.to + 1
        elif isinstance(event, events.Message):
            self.check_place(event.room, event.number)
            self.places[event.room] = event.number + 1
            self.texts[event.room, event.number] = event.text

    def check_place(self, room: str, number: int) -> None:
        assert number == self.places[room], "a hole, or told twice"


class Walk(RuleBasedStateMachine):
    clients = Bundle("clients")

    def __init__(self) -> None:
        super().__init__()
        self.log: List[bytes] = []
        self.rooms: Dict[str, Room] = {}
        self.people: List[Client] = []
        self.paused: Set[Client] = set()
        self.chat = chatroom.Engine(
            send=self.send, deliver=self.deliver, log=self.append,
            config=chatroom.Config(
                limits=chatroom.Limits(rooms_max=ROOMS_MAX, sessions_per_user_max=SESSIONS_MAX),
                policies=chatroom.Policies(room_capacity=CAPACITY, room_messages_max=KEPT)))
        self.chat.tick(NOON)

    # The host.

    def send(self, recipients: List[chatroom.Session], frame: bytes) -> None:
        for session in recipients:
            session.tag.take(frames.decode(frame))

    def deliver(self, recipients: List[chatroom.Session], event: chatroom.Event) -> None:
        for session in recipients:
            session.tag.take(event)

    def append(self, record: bytes, number: int) -> bool:
        self.log.append(record)
        return True

    def refused(self, code: str, call: Any, *values: Any, **named: Any) -> None:
        before = self.chat.digest()
        with pytest.raises(chatroom.Error) as caught:
            call(*values, **named)
        assert caught.value.code == code
        met[code] += 1
        assert self.chat.digest() == before

    # What may happen.

    @initialize(target=clients, wire=st.sampled_from(["json", "typed"]))
    def some_are_in_the_lobby(self, wire: Any) -> Any:
        there = [self.enter(name, wire) for name in ("ann", "bob", "cid")]
        for client in there:
            self.join(client, "lobby")
        return multiple(*there)

    @rule(target=clients, name=NAMES, wire=st.sampled_from(["json", "typed"]))
    def connect(self, name: str, wire: Any) -> Any:
        if sum(other.name == name for other in self.people) == SESSIONS_MAX:
            self.refused("user_sessions_full", self.chat.connect, tag=Client(name), user=name,
                         nick=name)
            return multiple()
        return self.enter(name, wire)

    def enter(self, name: str, wire: Any) -> Client:
        client = Client(name)
        client.id = self.chat.connect(tag=client, user=name, nick=name, wire=wire)
        self.people.append(client)
        return client

    @rule(client=consumes(clients))
    def disconnect(self, client: Client) -> None:
        self.chat.disconnect(client.id)
        self.people.remove(client)
        self.paused.discard(client)
        self.refused("session_unknown", self.chat.disconnect, client.id)

    @rule(client=clients, room=ROOMS)
    def join(self, client: Client, room: str) -> None:
        there = self.rooms.get(room)
        if there is None and len(self.rooms) == ROOMS_MAX:
            self.refused("rooms_full", self.chat.join, client.id, room=room)
        elif there and client.name not in there.members and len(there.members) == CAPACITY:
            self.refused("room_full", self.chat.join, client.id, room=room)
        else:
            self.chat.join(client.id, room=room)
            self.rooms.setdefault(room, Room(False)).members.add(client.name)

    @rule(client=clients, room=ROOMS)
    def leave(self, client: Client, room: str) -> None:
        there = self.rooms.get(room)
        if there is None or client.name not in there.members:
            self.refused("room_unknown", self.chat.leave, client.id, room=room)
            return
        self.chat.leave(client.id, room=room)
        there.members.remove(client.name)
        if not there.members and not there.by_host:
            del self.rooms[room]

    @rule(client=clients, room=ROOMS, texts=st.lists(TEXTS, min_size=1, max_size=12),
          kind=st.sampled_from(["text", "emote"]))
    def post(self, client: Client, room: str, texts: List[str], kind: Any) -> None:
        there = self.rooms.get(room)
        if there is None or client.name not in there.members:
            self.refused("room_unknown", self.chat.post, client.id, room=room, text=texts[0])
            return
        for text in texts:
            outcome = self.chat.post(client.id, room=room, text=text, kind=kind)
            there.said.append((client.name, text))
            assert outcome.number == len(there.said)

    @rule(room=ROOMS, text=TEXTS)
    def host_posts(self, room: str, text: str) -> None:
        if room in self.rooms:
            self.chat.post(HOST, room=room, text=text)
            self.rooms[room].said.append(("", text))
        else:
            self.refused("room_unknown", self.chat.post, HOST, room=room, text=text)

    @rule(room=ROOMS)
    def host_creates(self, room: str) -> None:
        if room in self.rooms:
            self.refused("room_exists", self.chat.create, HOST, room=room)
        elif len(self.rooms) == ROOMS_MAX:
            self.refused("rooms_full", self.chat.create, HOST, room=room)
        else:
            self.chat.create(HOST, room=room)
            self.rooms[room] = Room(True)

    @rule(room=ROOMS)
    def host_destroys(self, room: str) -> None:
        if self.rooms.pop(room, None):
            self.chat.destroy(HOST, room=room)
        else:
            self.refused("room_unknown", self.chat.destroy, HOST, room=room)

    @rule(client=clients)
    def pause(self, client: Client) -> None:
        self.chat.pause(client.id)
        self.paused.add(client)
        assert self.chat.receive(client.id, b'{"op":"ping"}') is False

    @rule(client=clients)
    def unpause(self, client: Client) -> None:
        self.chat.unpause(client.id)
        self.paused.discard(client)

    @rule(client=clients, room=ROOMS, text=TEXTS, count=st.integers(1, 2 * KEPT))
    def falls_behind(self, client: Client, room: str, text: str, count: int) -> None:
        self.pause(client)
        for n in range(count):
            self.host_posts(room, f"{text}{n}")
        self.unpause(client)

    @rule(client=clients, room=ROOMS)
    def leaves_while_paused(self, client: Client, room: str) -> None:
        self.pause(client)
        self.leave(client, room)
        self.unpause(client)

    # What holds at all times.

    @invariant()
    def rooms_and_members_agree(self) -> None:
        listed = {item.room: item.members for item in self.chat.rooms(HOST)}
        assert listed == {name: len(room.members) for name, room in self.rooms.items()}
        online = {client.name for client in self.people}
        for name, room in self.rooms.items():
            members = {m.nick: m.online for m in self.chat.members(HOST, room=name)}
            assert members == {member: member in online for member in room.members}

    @invariant()
    def histories_agree(self) -> None:
        for name, room in self.rooms.items():
            page = self.chat.history(HOST, room=name)
            last = len(room.said)
            assert [m.number for m in page] == list(range(max(1, last - KEPT + 1), last + 1))
            assert [(m.nick, m.text) for m in page] == room.said[-KEPT:]

    @invariant()
    def who_is_not_paused_knows_all(self) -> None:
        for client in self.people:
            for (name, number), text in client.texts.items():
                if client not in self.paused and name in client.places:
                    assert self.rooms[name].said[number - 1][1] == text
            if client not in self.paused:
                mine = {name for name, room in self.rooms.items() if client.name in room.members}
                assert set(client.places) == mine
                for name in mine:
                    assert client.places[name] == len(self.rooms[name].said) + 1

    @invariant()
    def counts_agree(self) -> None:
        stats = self.chat.stats()
        assert (stats.sessions, stats.sessions_paused) == (len(self.people), len(self.paused))
        assert stats.rooms == len(self.rooms)

    def teardown(self) -> None:
        with chatroom.Engine() as again:
            if self.log:
                again.recover(b"".join(self.log))
                assert again.digest() == self.chat.digest()
        with chatroom.Engine(config=self.chat.config, snapshot=self.chat.snapshot()) as copy:
            assert copy.digest() == self.chat.digest()
        self.chat.close()


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=120, stateful_step_count=50, deadline=None,
                             derandomize=True, suppress_health_check=list(HealthCheck))


def test_the_walk_met_everything() -> None:
    if not met:
        pytest.skip("the walk itself was not run")
    assert met["Message"] > 1000
    for name in ("Gap", "Joined", "Left", "Entered", "Exited", "Resync", "CaughtUp", "room_full",
                 "rooms_full", "room_exists", "room_unknown", "user_sessions_full"):
        assert met[name] > 0, (name, met)
