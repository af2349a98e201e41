"""The engine as one thread uses it."""

from __future__ import annotations

import gc
import os
import weakref
from typing import Any, List

import pytest

import chatroom
from chatroom import HOST, commands, events, frames
from conftest import NOON, Host, counting_entropy


def test_commands_as_methods_and_as_dataclasses_are_the_same(host: Host) -> None:
    alice = host.person("alice")
    host.chat.join(alice, room="lobby")
    host.chat.submit(alice, commands.Join(room="lobby"))
    first = host.chat.post(alice, room="lobby", text="one")
    second = host.chat.submit(alice, commands.Post(room="lobby", text="two", reply_to=1))
    assert (first.state, first.number, second.number) == ("done", 1, 2)
    assert first.time == NOON
    assert host.texts("alice") == ["one", "two"]


def test_a_line_from_a_text_box_becomes_a_command(host: Host) -> None:
    alice = host.person("alice")
    host.chat.join(alice, room="lobby")
    for line in "hello", "/me waves", "//slash":
        command = chatroom.parse_line("lobby", line)
        assert isinstance(command, commands.Post)
        host.chat.submit(alice, command)
    assert host.texts("alice") == ["hello", "waves", "/slash"]
    assert chatroom.parse_line("lobby", "/join Füße history=5") == commands.Join("Füße", 5)
    assert chatroom.parse_line("lobby", "/set lobby topic what for") == commands.Set(
        "lobby", property="topic", value="what for")
    assert chatroom.parse_line("lobby", "/nick \"two words\"") == commands.Nick("two words")
    assert chatroom.parse_line("lobby", "/help") == "help"
    assert chatroom.parse_line("lobby", " ") is None
    with pytest.raises(chatroom.Error) as refused:
        chatroom.parse_line("lobby", "/dance now")
    assert (refused.value.code, refused.value.found) == ("op_unknown", "dance")


def test_send_gets_bytes_and_all_recipients_at_once() -> None:
    calls: List[Any] = []
    with chatroom.Engine(send=lambda to, frame: calls.append((to, frame))) as chat:
        chat.tick(NOON)
        people = [chat.connect(tag=n) for n in range(5)]
        for n, session in enumerate(people):
            chat.guest(session, nick=f"user{n}")
            chat.join(session, room="lobby")
        calls.clear()
        chat.post(people[0], room="lobby", text="hi")
    [(recipients, frame)] = calls
    assert type(recipients) is list and sorted(recipients) == sorted(people)
    assert {session.tag for session in recipients} == set(range(5))
    assert type(frame) is bytes and b'"text":"hi"' in frame


def test_events_can_be_matched_by_class_and_member(host: Host) -> None:
    host.person("alice", "lobby", wire="typed")
    bob = host.person("bob", "lobby")
    host.chat.post(bob, room="lobby", text="hi", nonce="n1")
    host.chat.disconnect(bob)
    message, = host.events["alice"]
    assert isinstance(message, events.Message)
    assert message == events.Message(room="lobby", number=1, time=NOON, user=chatroom.UserId(2),
                                     nick="bob", text="hi", nonce="n1")
    assert isinstance(message.user, chatroom.UserId)
    assert "Message(room='lobby', number=1" in repr(message)


def test_a_typed_session_needs_deliver() -> None:
    with chatroom.Engine(send=print) as chat, pytest.raises(ValueError, match="deliver"):
        chat.connect(wire="typed")
    with chatroom.Engine(deliver=print) as chat, pytest.raises(ValueError, match="send"):
        chat.connect()


def test_a_frame_may_be_str_bytes_or_any_buffer(host: Host) -> None:
    alice = host.person("alice", "lobby")
    frame = frames.encode(commands.Post(room="lobby", text="día"))
    for form in (frame, frame.decode(), bytearray(frame), memoryview(frame)):
        assert host.chat.receive(alice, form) is True
    assert host.texts("alice") == ["día"] * 4
    with pytest.raises(TypeError):
        host.chat.receive(alice, 7)  # type: ignore[arg-type]


def test_lines(host: Host) -> None:
    alice = host.chat.connect(tag="alice", wire="lines")
    host.chat.receive(alice, "/guest alice")
    host.chat.receive(alice, "/join lobby")
    host.chat.receive(alice, "hello")
    assert any(b"hello" in line for line in host.frames["alice"])


def test_reads_are_sequences_of_objects(host: Host) -> None:
    alice = host.person("alice", "lobby", "red")
    for text in ("one", "two", "three"):
        host.chat.post(alice, room="lobby", text=text)
    page = host.chat.history(alice, room="lobby", limit=2)
    assert [message.text for message in page] == ["two", "three"]
    assert (len(page), page[0].number, page.last, page.complete) == (2, 2, 3, False)
    before = host.chat.history(HOST, room="lobby", selector="before", number=2)
    assert [message.text for message in before] == ["one"] and before.complete
    assert sorted(room.room for room in host.chat.rooms(HOST)) == ["lobby", "red"]
    member, = host.chat.members(alice, room="lobby")
    assert (member.nick, member.online) == ("alice", True)
    assert host.chat.room(member.user, "lobby").owner == member.user
    assert not host.chat.history(HOST, room="red")


def test_reads_by_a_user_see_what_the_user_sees(host: Host) -> None:
    alice = host.person("alice", "lobby")
    host.person("bob")
    with pytest.raises(chatroom.RoomError, match="room_unknown"):
        host.chat.history(chatroom.UserId(2), room="lobby")
    assert host.chat.history(chatroom.UserId(1), room="lobby").room == "lobby"
    with pytest.raises(chatroom.SessionError):
        host.chat.history(chatroom.Session(99), room="lobby")
    assert host.chat.members(alice, room="lobby")[0].user == 1


def test_the_host_acts_for_users(host: Host) -> None:
    host.person("alice")
    host.chat.create(HOST, room="red", managed=True, title="Red team")
    host.chat.join(HOST, room="red", user=chatroom.UserId(1))
    host.chat.post(HOST, room="red", text="welcome")
    assert host.texts("alice") == ["welcome"]
    assert host.chat.room(HOST, "red").title == "Red team"


def test_resume_with_cursors(host: Host) -> None:
    alice = host.person("alice", "lobby")
    token = host.chat.token(alice).token
    bob = host.person("bob", "lobby")
    host.chat.post(bob, room="lobby", text="one")
    where = host.chat.room(alice, "lobby")
    host.chat.disconnect(alice)
    host.chat.post(bob, room="lobby", text="two")
    host.forget()
    again = host.chat.connect(tag="alice")
    outcome = host.chat.resume(again, token=token,
                               cursors=[chatroom.Cursor("lobby", 1, where.id)])
    assert outcome.user == 1 and len(outcome.token) == 32
    assert host.texts("alice") == ["two"]
    joined = next(e for e in host.heard("alice") if isinstance(e, events.Joined))
    assert (joined.resume, joined.from_) == ("continues", 2)


def test_pause_and_unpause_tell_what_was_missed(host: Host) -> None:
    alice, bob = host.person("alice", "lobby"), host.person("bob", "lobby")
    host.forget()
    host.chat.pause(alice)
    assert host.chat.receive(alice, b'{"op":"ping"}') is False
    host.chat.post(bob, room="lobby", text="one")
    assert host.texts("alice") == []
    host.chat.unpause(alice)
    assert host.texts("alice") == ["one"]
    assert host.chat.receive(alice, b'{"op":"ping"}') is True


def test_identities_that_the_host_vouches_for(host: Host) -> None:
    phone = host.chat.connect(tag="phone", user="steam:1", nick="Ada")
    host.chat.connect(tag="desk", user=b"steam:1", nick="Ada")
    host.chat.join(phone, room="lobby")
    assert host.chat.stats().users == 1
    assert any(isinstance(event, events.Joined) for event in host.heard("desk"))


def test_a_session_knows_that_it_was_ended(host: Host) -> None:
    session = host.chat.connect(tag="x")
    assert not session.ended
    host.chat.disconnect(session)
    assert session.ended


def test_ids_print_well_and_are_ints(host: Host) -> None:
    session = host.chat.connect(tag="x")
    assert (repr(session), str(session), f"{session}") == ("Session(1)", "1", "1")
    assert repr(HOST) == "HOST"
    assert repr(chatroom.UserId(7)) == "UserId(7)" and f"{chatroom.UserId(7)}" == "7"
    assert {session: "x"}[chatroom.Session(1)] == "x"
    assert chatroom.Session(1).tag is None


def test_reprs_help(host: Host) -> None:
    host.person("alice", "lobby")
    assert repr(host.chat) == "<chatroom.Engine sessions=1 users=1 rooms=1>"
    host.chat.close()
    assert repr(host.chat) == "<chatroom.Engine closed>"


def test_a_closed_engine_says_so(host: Host) -> None:
    alice = host.person("alice")
    host.chat.close()
    host.chat.close()
    assert host.chat.closed
    with pytest.raises(chatroom.CallError) as caught:
        host.chat.post(alice, room="lobby", text="x")
    assert caught.value.code == "engine_closed"
    for call in (host.chat.connect, host.chat.tick, host.chat.digest, host.chat.snapshot):
        with pytest.raises(chatroom.CallError):
            call()
    assert host.chat.next_tick() is None


def test_errors_carry_their_facts(host: Host) -> None:
    alice = host.person("alice")
    with pytest.raises(chatroom.SessionError) as caught:
        host.chat.guest(alice, nick="again")
    assert (caught.value.code, caught.value.number) == ("already_logged_in", 43)
    with pytest.raises(chatroom.FrameError) as long:
        host.chat.create(alice, room="x" * 99)
    assert (long.value.code, long.value.field, long.value.limit) == ("member_too_long", "room", 32)
    assert str(long.value).startswith("member_too_long: ")
    assert "limit 32" in str(long.value)
    with pytest.raises(chatroom.SessionError) as unknown:
        host.chat.disconnect(chatroom.Session(999))
    assert (unknown.value.code, unknown.value.field) == ("session_unknown", "")


def test_a_wrong_config_is_named() -> None:
    config = chatroom.Config(limits=chatroom.Limits(rooms_max=0))
    with pytest.raises(chatroom.CallError) as caught:
        chatroom.Engine(config=config)
    assert (caught.value.code, caught.value.field) == ("config_invalid", "rooms_max")
    assert config.footprint() == 0
    with pytest.raises(ValueError, match="sessions_max"):
        chatroom.Engine(config=chatroom.Config(limits=chatroom.Limits(sessions_max=1 << 40)))


@pytest.mark.parametrize("call, error, words", [
    (lambda c, s: c.post(s, room=7, text="x"), TypeError, "room: must be str"),
    (lambda c, s: c.post(s, room="lobby", text="x", kind="loud"), ValueError, "text, emote"),
    (lambda c, s: c.post(s, room="lobby", text="x", reply_to=-1), ValueError, "out of range"),
    (lambda c, s: c.join(s, room="lobby", history=1 << 32), ValueError, "out of range"),
    (lambda c, s: c.join(s, room="lobby", history="2"), TypeError, "must be int"),
    (lambda c, s: c.post(s, room="lobby", text="\ud800"), UnicodeEncodeError, "surrogates"),
    (lambda c, s: c.post("s", room="lobby", text="x"), TypeError, "incompatible"),
    (lambda c, s: c.submit(s, "post"), AttributeError, "TYPE"),
    (lambda c, s: c.connect(wire="morse"), ValueError, "one of json"),
    (lambda c, s: c.snapshot("all"), ValueError, "everything"),
])
def test_wrong_arguments_are_python_errors(host: Host, call: Any, error: Any, words: str) -> None:
    alice = host.person("alice", "lobby")
    before = host.chat.digest()
    with pytest.raises(error, match=words):
        call(host.chat, alice)
    assert host.chat.digest() == before


def test_wrong_options_are_python_errors() -> None:
    wrong: List[Any] = [{"send": 7}, {"log": "chat.log"}, {"observe": []}]
    for options in wrong:
        with pytest.raises(TypeError, match="callable"):
            chatroom.Engine(**options)
    with pytest.raises(ValueError, match="cooking"):
        chatroom.Engine(features=["cooking"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="ascii"):
        chatroom.Engine(names="latin")  # type: ignore[arg-type]


def test_features_that_are_left_out() -> None:
    host = Host(features=["guests", "rooms"], names="ascii")
    alice = host.person("alice", "lobby")
    with pytest.raises(chatroom.FrameError, match="op_unknown"):
        host.chat.post(alice, room="lobby", text="x")
    with pytest.raises(chatroom.RoomError, match="room_name_invalid"):
        host.chat.join(alice, room="día")


def test_all_features_are_registered_by_default(host: Host) -> None:
    host.chat.connect(tag="x")
    assert host.heard("x")[0].features.split() == list(chatroom._engine.FEATURES)


def test_time() -> None:
    host = Host(config=chatroom.Config(budgets=chatroom.Budgets(clock_leap_max_ms=1000)))
    with pytest.raises(chatroom.ClockError, match="clock_leap"):
        host.chat.tick(NOON + 5000)
    host.chat.tick(NOON + 5000, leap_confirmed=True)
    host.chat.advance(500)
    host.chat.tick(NOON)
    assert host.chat.create(HOST, room="lobby").time == NOON + 5500
    with chatroom.Engine(send=lambda to, frame: None) as fresh:
        session = fresh.connect()
        with pytest.raises(chatroom.ClockError, match="no_time"):
            fresh.guest(session, nick="x")
        fresh.tick()
        assert fresh.guest(session, nick="x").time > NOON


def test_next_tick(host: Host) -> None:
    alone = host.chat.next_tick()
    alice = host.person("alice")
    host.chat.disconnect(alice)
    due = host.chat.next_tick()
    assert due is not None and 0 < due <= host.chat.config.policies.resume_window_ms
    assert alone is not None and alone > due


def test_same_records_same_digest(host: Host) -> None:
    log: List[bytes] = []

    def append(record: bytes, number: int) -> bool:
        assert number == len(log) + 1
        log.append(record)
        return True

    with chatroom.Engine(send=lambda to, frame: None, log=append) as chat:
        chat.tick(NOON)
        alice = chat.connect()
        chat.guest(alice, nick="alice")
        chat.join(alice, room="lobby")
        chat.post(alice, room="lobby", text="hello")
        with chatroom.Engine() as replica:
            for record in log:
                replica.commit(record)
            with pytest.raises(chatroom.StorageError, match="already_applied"):
                replica.commit(log[0])
            assert replica.digest() == chat.digest()
            assert len(replica.digest()) == 32
        seen: List[chatroom.Observation] = []
        with chatroom.Engine(observe=seen.append) as again:
            come = again.recover(b"".join(log))
            assert (come.records, come.bytes) == (len(log), sum(map(len, log)))
            assert again.digest() == chat.digest()
        assert {s.origin for s in seen} == {"recovery"}
        assert seen[-1].command == commands.Post(room="lobby", text="hello")


def test_torn_and_damaged_logs_say_where() -> None:
    log: List[bytes] = []

    def append(record: bytes, number: int) -> bool:
        log.append(record)
        return True

    with chatroom.Engine(log=append) as chat:
        chat.tick(NOON)
        chat.create(HOST, room="lobby")
        chat.create(HOST, room="red")
    whole = b"".join(log)
    with chatroom.Engine() as torn, pytest.raises(chatroom.StorageError) as caught:
        torn.recover(whole[:-1])
    assert caught.value.code == "log_torn"
    assert caught.value.recovery == chatroom.Recovery(len(log) - 1, len(whole) - len(log[-1]))
    damaged = bytearray(whole)
    damaged[len(log[0]) + 9] ^= 1
    with chatroom.Engine() as other, pytest.raises(chatroom.StorageError, match="log_damaged"):
        other.recover(memoryview(damaged))


def test_pending_records_wait_for_commit_or_abandon() -> None:
    log: List[Any] = []
    seen: List[chatroom.Observation] = []
    ready = False

    def append(record: bytes, number: int) -> Any:
        if not ready:
            return True
        log.append((number, record))
        return chatroom.PENDING

    with chatroom.Engine(log=append, observe=seen.append) as chat:
        chat.tick(NOON)
        chat.create(HOST, room="lobby")
        ready = True
        first = chat.post(HOST, room="lobby", text="one")
        second = chat.post(HOST, room="lobby", text="two")
        assert (first.state, second.state) == ("pending", "pending")
        assert not chat.history(HOST, room="lobby")
        seen.clear()
        chat.commit(log[0][1])
        chat.abandon(log[1][0])
        assert [(s.ticket, s.code, s.number) for s in seen] == [
            (first.ticket, None, 1), (second.ticket, "storage_failed", 0)]
        assert [m.text for m in chat.history(HOST, room="lobby")] == ["one"]
        with pytest.raises(chatroom.CallError):
            chat.abandon(999)


def test_a_log_that_fails_refuses_the_command() -> None:
    with chatroom.Engine(log=lambda record, number: False) as chat:
        chat.tick(NOON)
        with pytest.raises(chatroom.StorageError, match="storage_failed"):
            chat.create(HOST, room="lobby")
        assert not chat.rooms(HOST)


def test_snapshots(host: Host) -> None:
    alice = host.person("alice", "lobby")
    host.chat.post(alice, room="lobby", text="hello")
    snapshot = host.chat.snapshot()
    with chatroom.Engine() as other:
        other.restore(snapshot)
        assert other.digest() == host.chat.digest()
        assert [m.text for m in other.history(HOST, room="lobby")] == ["hello"]
    with chatroom.Engine(snapshot=host.chat.snapshot("migration")) as other:
        assert [m.text for m in other.history(HOST, room="lobby")] == ["hello"]
    small = chatroom.Config(limits=chatroom.Limits(room_name_bytes_max=4))
    with pytest.raises(chatroom.CallError) as caught:
        chatroom.Engine(config=small, snapshot=snapshot)
    assert (caught.value.code, caught.value.field) == ("limit_too_small", "room_name_bytes_max")
    with chatroom.Engine() as other, pytest.raises(chatroom.StorageError):
        other.restore(snapshot[:-1])


def test_entropy_makes_tokens() -> None:
    host = Host(entropy=counting_entropy())
    alice = host.chat.connect(tag="alice")
    assert host.chat.guest(alice, nick="alice").token == "0102030405060708090a0b0c0d0e0f10"
    with pytest.raises(ValueError, match="as many bytes"):
        chatroom.Engine(entropy=lambda count: b"")
    with pytest.raises(ZeroDivisionError):
        chatroom.Engine(entropy=lambda count: bytes(1 // 0))


def test_observations(host: Host) -> None:
    alice = host.person("alice")
    host.chat.receive(alice, b'{"op":"join","room":"lobby"}')
    with pytest.raises(chatroom.Error):
        host.chat.join(alice, room="")
    host.chat.receive(alice, b"{no")
    joined, refused, unreadable = host.seen
    assert (joined.origin, joined.session, joined.user) == ("here", alice, 1)
    assert joined.session is alice
    assert joined.command == commands.Join(room="lobby") and joined.code is None
    assert refused.code == "member_missing"
    assert (unreadable.command, unreadable.code) == (None, "frame_malformed")
    assert unreadable.at > 0


def test_a_session_that_the_engine_ends_is_forgotten() -> None:
    host = Host(config=chatroom.Config(budgets=chatroom.Budgets(bad_frames_max=2)))

    class Socket:
        pass

    socket = Socket()
    gone = weakref.ref(socket)
    session = host.chat.connect(tag=socket)
    for _ in range(2):
        host.chat.receive(session, b"{")
    assert isinstance(host.heard(socket)[-1], events.Bye)
    assert session.ended
    with pytest.raises(chatroom.SessionError):
        host.chat.receive(session, b"{")
    del socket, session
    host.forget()
    gc.collect()
    assert gone() is None


def test_an_engine_that_knows_its_owner_is_collected() -> None:
    class Owner:
        def __init__(self) -> None:
            self.chat = chatroom.Engine(send=self.send, observe=lambda seen: self.chat)
            self.chat.tick(NOON)
            self.session = self.chat.connect(tag=self)

        def send(self, recipients: Any, frame: bytes) -> None:
            pass

    gone = weakref.ref(Owner())
    gc.collect()
    assert gone() is None


def test_memory_is_given_back(host: Host) -> None:
    resident = 0
    for _ in range(200):
        with chatroom.Engine(send=lambda to, frame: None) as chat:
            chat.tick(NOON)
            chat.connect()
        if not resident and _ == 20:
            resident = _resident_bytes()
    assert _resident_bytes() < resident + (16 << 20)


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pytest.skip("no /proc/self/statm here")
