"""chatroom.Client: commands, callbacks, and what it takes from its host."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections import deque
from typing import Any, Deque, List, Literal

import pytest

import chatroom
from chatroom import HOST, commands
from conftest import NOON

WELCOME = ('{"op":"welcome","protocol":1,"frame_bytes_max":8192,"message_bytes_max":100,'
           '"nonce_bytes_max":32,"room_name_bytes_max":32}')


class Trouble(Exception):
    pass


class Line:
    """A client and an engine, with a wire between them that is cut at will."""

    def __init__(self, chat: chatroom.Engine, wire: Literal["json", "binary"] = "json",
                 **options: Any) -> None:
        self.chat = chat
        self.wire = wire
        self.changes: List[chatroom.ClientChange] = []
        self.inbox: Deque[bytes] = deque()
        self.outbox: Deque[bytes] = deque()
        self.client = chatroom.Client(send=self.outbox.append, tell=self.changes.append,
                                      wire=wire, **options)
        self.client.tick(NOON)
        self.connect()

    def connect(self) -> None:
        self.client.connected()
        self.session = self.chat.connect(tag=self, wire=self.wire)
        self.flow()

    def cut(self) -> None:
        self.inbox.clear()
        self.outbox.clear()
        self.chat.disconnect(self.session)
        self.client.disconnected()

    def flow(self) -> None:
        while self.inbox or self.outbox:
            if self.outbox:
                self.chat.receive(self.session, self.outbox.popleft())
            else:
                self.client.receive(self.inbox.popleft())

    def done(self) -> List[Any]:
        """Tags of the commands that are done, with what became of them; since the last time."""
        told = [(change.tag, change.error.code if change.error else None)
                for change in self.changes if change.what == "done"]
        self.changes.clear()
        return told

    def enter(self, nick: str) -> None:
        self.client.login(nick=nick)
        self.flow()
        self.client.join(room="lobby")
        self.flow()
        self.changes.clear()


@pytest.fixture
def chat() -> chatroom.Engine:
    def send(recipients: List[chatroom.Session], frame: bytes) -> None:
        for session in recipients:
            session.tag.inbox.append(frame)

    made = chatroom.Engine(send=send)
    made.tick(NOON)
    return made


@pytest.fixture
def line(chat: chatroom.Engine) -> Line:
    made = Line(chat)
    made.enter("ann")
    return made


def lone(**options: Any) -> chatroom.Client:
    """A client that has been welcomed and logged in, by nobody."""
    given = {"send": lambda frame: None, **options}
    client = chatroom.Client(**given)
    client.connected()
    client.receive(WELCOME.replace("8192", str(client.config.frame_bytes_max)))
    client.login(nick="ann")
    client.receive('{"op":"ok","ref":1,"user":7,"nick":"ann"}')
    return client


@pytest.mark.parametrize("wire", ["json", "binary"])
def test_people_talk(chat: chatroom.Engine, wire: Literal["json", "binary"]) -> None:
    ann, bob = Line(chat, wire), Line(chat, wire)
    ann.enter("ann")
    bob.enter("bob")
    ann.client.post(room="lobby", text="día", kind="emote")
    assert [post.text for post in ann.client.posts("lobby")] == ["día"]
    ann.flow()
    assert ann.client.posts("lobby") == []
    bob.client.post(room="lobby", text="yes", reply_to=1)
    bob.flow()
    ann.flow()
    first, second = ann.client.entries("lobby")
    assert (first.what, first.kind, first.nick, first.text) == ("message", "emote", "ann", "día")
    assert (second.number, second.to, second.reply_to, second.user) == (2, 2, 1, bob.client.user)
    assert ann.client.entries("lobby", after=1) == [second]
    assert ann.client.entries("lobby", after=2) == ann.client.entries("nowhere") == []
    assert ann.client.message("lobby", 2) == second
    assert ann.client.room("lobby").unread == 1
    ann.client.see("lobby")
    assert ann.client.room("lobby").seen == 2 and ann.client.room("lobby").unread == 0
    ann.client.tick(NOON + 10_000)
    ann.client.refresh("lobby")
    ann.flow()
    assert ([(m.nick, m.online) for m in sorted(ann.client.members("lobby"), key=lambda m: m.user)]
            == [("ann", True), ("bob", True)])
    assert [room.name for room in ann.client.rooms()] == ["lobby"]


def test_changes_match(line: Line) -> None:
    line.client.list_rooms(tag="list")
    line.client.rename(nick="anna", tag="rename")
    line.client.create(room="Tea", title="Tea time", tag="create")
    line.flow()
    listed, rename, create, = (
        [change for change in line.changes if change.tag == tag] for tag in
        ("list", "rename", "create"))
    assert [(c.what, c.item.room if c.item else None, c.op) for c in listed] == [
        ("listed", "lobby", None), ("done", None, "rooms")]
    assert isinstance(rename[0].reply, chatroom.Ok) and rename[0].op == "nick"
    assert [(c.what, c.room, c.op) for c in create] == [("done", "tea", "create")]
    assert chatroom.ClientChange("room", "tea") in line.changes
    assert line.client.room("tea").title == "Tea time"
    line.client.set(room="tea", property="topic", value="Green")
    line.client.leave(room="lobby", tag="leave")
    line.flow()
    assert line.client.room("tea").topic == "Green"
    assert line.done()[-1] == ("leave", None)
    assert [room.name for room in line.client.rooms()] == ["tea"]


def test_older_messages_are_read(chat: chatroom.Engine) -> None:
    chat.create(HOST, room="lobby")
    for n in range(1, 41):
        chat.post(HOST, room="lobby", text=str(n))
    line = Line(chat, config=chatroom.ClientConfig(join_history=5))
    line.enter("ann")
    line.client.hold("lobby", True)
    assert [entry.number for entry in line.client.entries("lobby")] == list(range(36, 41))
    line.client.older(room="lobby", tag="older")
    line.flow()
    assert ("older", None) in line.done()
    assert [entry.number for entry in line.client.entries("lobby")] == list(range(1, 41))
    assert line.client.room("lobby").complete


def test_any_command_can_be_sent(line: Line) -> None:
    line.client.submit(commands.Ping(), tag="ping")
    line.client.submit(commands.Join(room="tea", history=3), tag="join")
    line.client.submit(commands.Configure("room_capacity", 3), tag="configure")
    line.flow()
    assert line.done() == [("ping", None), ("join", None), ("configure", "forbidden")]
    assert len(line.client.rooms()) == 2


# ---- Commands and their tags.


def test_a_tag_is_any_object_and_comes_back_once(line: Line) -> None:
    tag: List[str] = []
    line.client.join(room="tea", tag=tag)
    line.flow()
    [change] = [change for change in line.changes if change.what == "done"]
    assert change.tag is tag
    line.changes.clear()
    del change
    assert sys.getrefcount(tag) == 2, "it is not kept"


def test_what_is_under_way_is_done_when_the_connection_is_lost(line: Line) -> None:
    line.client.join(room="tea", tag="join")
    line.client.rename(nick="x", tag="rename")
    line.cut()
    assert sorted(line.done()) == [("join", "connection_lost"), ("rename", "connection_lost")]
    with pytest.raises(chatroom.ClientError) as caught:
        line.client.join(room="tea", tag="again")
    assert (caught.value.code, caught.value.number) == ("offline", 80)
    assert line.done() == []


def test_a_post_waits_for_the_connection_and_the_user_comes_back(line: Line) -> None:
    user = line.client.user
    line.cut()
    line.client.post(room="lobby", text="later")
    line.connect()
    assert [entry.text for entry in line.client.entries("lobby")] == ["later"]
    assert (line.client.state, line.client.user) == ("online", user)


def test_errors_of_the_client_are_a_group() -> None:
    """80 to 85, each where it comes from."""
    changes: List[chatroom.ClientChange] = []
    client = lone(tell=changes.append,
                  config=chatroom.ClientConfig(posts_max=1))
    client.join(room="lobby", tag="join")
    client.receive('{"op":"message"}')
    client.receive('{"op":"rooms","ref":2,"rooms":[]}')
    client.receive('{"op":"joined","room":"lobby","id":1,"last":0}')
    client.post(room="lobby", text="x")
    with pytest.raises(chatroom.ClientError, match="pending_full"):
        client.post(room="lobby", text="y")
    # It left, its reply is lost, and too much was said since to find it.
    client.disconnected()
    client.connected()
    client.receive(WELCOME)
    client.receive('{"op":"ok","ref":5,"user":7,"nick":"ann"}')
    client.receive('{"op":"joined","room":"lobby","id":1,"last":5000}')
    [post] = client.posts("lobby")
    assert post.failed == "outcome_unknown"
    told = {change.tag: change.error for change in changes if change.tag}
    assert isinstance(told["join"], chatroom.ClientError)
    assert (told["join"].code, told["join"].number) == ("reply_invalid", 85)
    other = chatroom.Client(send=lambda frame: None, tell=changes.append)
    other.login(nick="ann", tag="first")
    other.login(nick="bob")
    [error] = [change.error for change in changes if change.tag == "first"]
    assert error is not None and (error.code, type(error)) == ("superseded",
                                                               chatroom.ClientError)


def test_a_refusal_has_its_facts(line: Line) -> None:
    line.client.rename(nick="n" * 60, tag="long")
    line.client.submit(commands.Post(room="nowhere", text="x"), tag="nowhere")
    line.flow()
    errors = {change.tag: change.error for change in line.changes}
    assert isinstance(errors["long"], chatroom.FrameError)
    assert (errors["long"].field, errors["long"].limit) == ("nick", 32)
    assert isinstance(errors["nowhere"], chatroom.RoomError)


def test_a_failed_post_is_for_a_person(chat: chatroom.Engine, line: Line) -> None:
    client = line.client
    other = chat.connect(tag=line, user="x", nick="x")
    chat.join(other, room="lobby")
    client.post(room="lobby", text="answer", reply_to=99)
    line.flow()
    [post] = client.posts("lobby")
    assert post.failed == "reply_unknown"
    client.resend(post.id)
    line.flow()
    [post] = client.posts("lobby")
    client.discard(post.id)
    assert client.posts("lobby") == []
    for call in (client.resend, client.discard):
        with pytest.raises(chatroom.CallError, match="invalid_argument"):
            call(post.id)


def test_posts_that_are_not_sound(line: Line) -> None:
    for text, code in (("", "member_missing"), ("x" * 5000, "member_too_long")):
        with pytest.raises(chatroom.FrameError, match=code):
            line.client.post(room="lobby", text=text)
    with pytest.raises(chatroom.RoomError, match="room_unknown"):
        line.client.post(room="nowhere", text="x")
    with pytest.raises(ValueError, match="kind: must be one of text, emote"):
        line.client.post(room="lobby", text="x", kind="shout")  # type: ignore[arg-type]
    assert line.client.posts("lobby") == []


def test_reads_of_what_is_not_there(line: Line) -> None:
    for read in (lambda: line.client.room("nowhere"), lambda: line.client.message("nowhere", 1),
                 lambda: line.client.see("nowhere"), lambda: line.client.hold("nowhere", True),
                 lambda: line.client.refresh("nowhere"),
                 lambda: line.client.older(room="nowhere")):
        with pytest.raises(chatroom.RoomError, match="room_unknown"):
            read()
    with pytest.raises(chatroom.MessageError, match="reply_unknown"):
        line.client.message("lobby", 1)


# ---- Opening, closing, coming back.


def test_opening() -> None:
    def send(frame: bytes) -> None:
        pass

    for name, value in (("ping_ms", 0), ("rooms_max", 0), ("topic_bytes_max", 4000)):
        config = chatroom.ClientConfig(**{name: value})
        assert config.footprint() == 0
        with pytest.raises(chatroom.CallError, match="config_invalid") as caught:
            chatroom.Client(send=send, config=config)
        assert caught.value.field == name
    with pytest.raises(ValueError, match="rooms_max: is out of range"):
        chatroom.Client(send=send, config=chatroom.ClientConfig(rooms_max=-1))
    with pytest.raises(TypeError, match="send: must be callable"):
        chatroom.Client(send=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="tell: must be callable"):
        chatroom.Client(send=send, tell=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="wire: must be json or binary"):
        chatroom.Client(send=send, wire="lines")  # type: ignore[arg-type]
    assert 100_000 < chatroom.ClientConfig().footprint() < 2 << 20


def test_what_is_saved_comes_back(line: Line, chat: chatroom.Engine) -> None:
    line.client.post(room="lobby", text="said")
    line.flow()
    saved = line.client.save()
    line.cut()
    again = Line(chat, saved=saved)
    assert (again.client.nick, again.client.state) == ("ann", "online")
    assert [entry.text for entry in again.client.entries("lobby")] == ["said"]
    with pytest.raises(chatroom.StorageError, match="snapshot_invalid"):
        chatroom.Client(send=print, saved=saved[:-1])
    with pytest.raises(chatroom.CallError, match="invalid_argument"):
        again.client.restore(saved)


def test_a_closed_client(line: Line) -> None:
    with line.client as client:
        assert repr(client) == "<chatroom.Client online nick='ann' rooms=1>"
    client.close()
    assert client.closed and repr(client) == "<chatroom.Client closed>"
    assert (client.state, client.user, client.rooms()) == ("offline", 0, [])
    assert client.next_tick() is None
    for call in (client.connected, client.disconnected, client.tick, client.logout, client.save):
        with pytest.raises(chatroom.CallError, match="engine_closed"):
            call()


def test_time_and_silence() -> None:
    sent: List[bytes] = []
    changes: List[chatroom.ClientChange] = []
    client = lone(send=sent.append, tell=changes.append)
    assert client.next_tick() == client.config.ping_ms == 20000
    client.tick(20_000)
    assert b'"op":"ping"' in sent[-1]
    client.tick(40_000)
    assert client.wants_close and changes[-1].what == "close"
    assert isinstance(client.why, chatroom.ClientError)
    assert client.why.code == "connection_lost"
    client.disconnected()
    assert (client.wants_close, client.next_tick()) == (False, None)
    client.tick()    # This machine's.
    assert client.state == "offline"


def test_a_server_that_talks_nonsense() -> None:
    client = lone()
    for frame in (b"", b"{", b"\xff\xfe", "hello", bytearray(b"[1]"), memoryview(b"null"),
                  b"x" * 100_000):
        client.receive(frame)
    assert client.faults == 7
    with pytest.raises(TypeError):
        client.receive(3)  # type: ignore[arg-type]


# ---- Callbacks that call the client, and callbacks that raise.


def test_what_a_callback_raises_reaches_the_caller() -> None:
    def fail(of: object) -> None:
        raise Trouble("the wire is cut")

    client = chatroom.Client(send=fail)
    client.connected()
    client.receive(WELCOME)
    with pytest.raises(Trouble, match="the wire is cut") as caught:
        client.login(nick="ann")
    assert any(entry.name == "fail" for entry in caught.traceback)
    # What the call did is done: the frame counts as sent.
    client.receive('{"op":"ok","ref":1,"user":7,"nick":"ann"}')
    assert (client.state, client.nick) == ("online", "ann")

    told = chatroom.Client(send=lambda frame: None, tell=fail)
    for call in (told.connected, lambda: told.receive(WELCOME), told.disconnected):
        with pytest.raises(Trouble):
            call()
    assert told.state == "offline" and told.faults == 0


def test_of_several_exceptions_the_first_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    others: List[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda seen: others.append(seen.exc_value))
    raising: List[str] = []

    def fail(change: chatroom.ClientChange) -> None:
        if raising:
            raise Trouble(change.what, change.tag)

    client = lone(tell=fail)
    client.join(room="lobby", tag="a")
    client.join(room="tea", tag="b")
    raising.append("now")
    with pytest.raises(Trouble) as caught:
        client.disconnected()
    assert caught.value.args == ("state", None)
    assert [other.args for other in others] == [("done", "a"), ("done", "b")]
    raising.clear()
    client.connected()


def test_even_keyboard_interrupts_go_through() -> None:
    def fail(change: chatroom.ClientChange) -> None:
        raise KeyboardInterrupt

    client = chatroom.Client(send=lambda frame: None, tell=fail)
    with pytest.raises(KeyboardInterrupt):
        client.connected()
    assert client.state == "connecting"


def test_an_entropy_that_raises_or_is_short() -> None:
    drawn: List[Any] = [b"short", Trouble("empty")]

    def entropy(count: int) -> bytes:
        given = drawn.pop(0)
        if isinstance(given, Exception):
            raise given
        made: bytes = given
        return made

    client = lone(entropy=entropy)
    client.join(room="lobby")
    client.receive('{"op":"ok","ref":2,"room":"lobby"}')
    client.receive('{"op":"joined","room":"lobby","id":1,"last":0}')
    with pytest.raises(ValueError, match="as many bytes as asked for"):
        client.post(room="lobby", text="x")
    with pytest.raises(Trouble):
        client.post(room="lobby", text="x")
    assert client.posts("lobby") == []


def test_what_is_not_allowed_inside_callbacks() -> None:
    refused: List[str] = []

    def tell(change: chatroom.ClientChange) -> None:
        for call in (client.close, lambda: client.receive(WELCOME),
                     lambda: client.restore(b"")):
            try:
                call()
            except chatroom.CallError as error:
                refused.append(error.code)

    client = chatroom.Client(send=lambda frame: None, tell=tell)
    client.connected()
    assert refused == ["inside_callback"] * 3
    assert not client.closed and client.faults == 0


def test_what_is_allowed_inside_callbacks(chat: chatroom.Engine) -> None:
    """A server in the same program answers inside `send`; `tell` joins and posts."""
    def tell(change: chatroom.ClientChange) -> None:
        if change.op == "guest":
            client.join(room="lobby", tag="joined")
        if change.tag == "joined":
            client.post(room="lobby", text=client.nick)

    class Wire:
        def __init__(self) -> None:
            self.inbox: List[bytes] = []

    def send(frame: bytes) -> None:
        chat.receive(session, frame)
        while wire.inbox:
            client.receive(wire.inbox.pop(0))

    wire = Wire()
    client = chatroom.Client(send=send, tell=tell)
    client.login(nick="ann")
    client.connected()
    session = chat.connect(tag=wire)
    client.receive(wire.inbox.pop(0))
    assert [entry.text for entry in client.entries("lobby")] == ["ann"]
    assert client.posts("lobby") == []


def test_an_exception_in_a_nested_call_waits_for_the_outermost() -> None:
    reached: List[str] = []

    def tell(change: chatroom.ClientChange) -> None:
        if change.tag == "outer":
            client.login(nick="bob", tag="inner")
            client.login(nick="cid")
            reached.append("after the inner calls")
        if change.tag == "inner":
            raise Trouble

    client = chatroom.Client(send=lambda frame: None, tell=tell)
    client.login(nick="ann", tag="outer")
    with pytest.raises(Trouble):
        client.login(nick="eve")
    assert reached == ["after the inner calls"]


# ---- Threads, and Python's memory.


def test_overlapping_use_raises() -> None:
    came: List[Any] = []

    def send(frame: bytes) -> None:
        def use() -> None:
            try:
                client.rooms()
            except RuntimeError as error:
                came.append(str(error))
            came.append(repr(client))

        thread = threading.Thread(target=use)
        thread.start()
        thread.join(20)

    client = chatroom.Client(send=send)
    client.connected()
    client.login(nick="ann")
    client.receive(WELCOME)
    assert came == ["the client is in use by another thread: use one client for each thread",
                    "<chatroom.Client in use by another thread>"]


def test_a_forgotten_client_is_collected() -> None:
    class Owner:
        def __init__(self) -> None:
            self.client = chatroom.Client(send=self.send, tell=self.send)
            self.client.login(nick="ann", tag=self)

        def send(self, frame: Any) -> None:
            pass

    owner = Owner()
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    assert gone() is None


def test_a_finalizer_may_call_the_client_while_it_is_read() -> None:
    """What is told meanwhile moves the texts of the client, but not those that are listed."""
    # So little memory that the texts are moved together again and again.
    client = lone(config=chatroom.ClientConfig(
        rooms_max=1, text_bytes_max=8192, posts_max=1, post_bytes_max=64, asks_max=1,
        ask_bytes_max=128, frame_bytes_max=512))
    client.join(room="lobby")
    client.receive('{"op":"ok","ref":2,"room":"lobby"}')
    client.receive('{"op":"joined","room":"lobby","id":1,"last":0}')
    told = 0

    def hear() -> None:
        nonlocal told
        told += 1
        client.receive(f'{{"op":"message","room":"lobby","number":{told},'
                       f'"text":"{told} is its number"}}')

    for _ in range(300):
        hear()
    threshold = gc.get_threshold()
    gc.callbacks.append(lambda phase, info: hear() if phase == "stop" else None)
    gc.set_threshold(1)
    try:
        listed = client.entries("lobby")
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.pop()
    if sys.version_info < (3, 12):
        assert told > 400, "nothing was collected meanwhile"
    assert len(listed) > 200
    for before, entry in zip(listed, listed[1:]):
        assert entry.number == before.number + 1
        assert entry.text == f"{entry.number} is its number"


def test_references_are_as_many_as_before() -> None:
    tag, send = object(), lambda frame: None
    counted = (tag, send, None, chatroom.ClientChange, chatroom.UserId)

    def use() -> None:
        with lone(send=send, tell=lambda change: None) as client:
            client.join(room="lobby", tag=tag)
            client.receive('{"op":"ok","ref":2,"room":"lobby"}')
            client.receive('{"op":"joined","room":"lobby","id":1,"last":0}')
            client.post(room="lobby", text="x")
            client.receive('{"op":"message","room":"lobby","number":1,"text":"y"}')
            client.entries("lobby")
            client.rooms()
            client.posts("lobby")
            client.list_rooms(tag=tag)
            try:
                client.leave(room="x" * 9000, tag=tag)
            except chatroom.Error:
                pass
            client.save()

    for _ in range(20):
        use()
    gc.collect()
    before = [sys.getrefcount(one) for one in counted]
    for _ in range(100):
        use()
    gc.collect()
    after = [sys.getrefcount(one) for one in counted]
    assert max(abs(a - b) for a, b in zip(before, after)) < 20, (before, after)
