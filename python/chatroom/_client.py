"""The client."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, List, Literal, Optional, Type, TypeVar

from . import _core
from .client import ClientConfig, ClientEntry, ClientMember, ClientNews, ClientPost, ClientRoom
from .commands import Command, MessageKind, RoomProperty
from .errors import Error
from .events import Ok, RoomItem

__all__ = ["Client", "ClientChange", "ClientView"]

_Self = TypeVar("_Self", bound="Client")


@dataclass(frozen=True)
class ClientChange:
    """What has changed in a client.

    what: Look there again.
    room: Name of the room, also of one that went; of "done" the room that was entered, as the
        server calls it; "": it is about none.
    tag: Of "listed" and "done": as it was given with the command.
    op: Of "done": the name of the command; None for others.
    error: Of "done": why it was refused, or what became of it; None: it is done.
    reply: Of "done": what the server said, if it was an `Ok`.
    item: Of "listed": one room of the list.
    """

    what: ClientNews
    room: str = ""
    tag: Any = None
    op: Optional[str] = None
    error: Optional[Error] = None
    reply: Optional[Ok] = None
    item: Optional[RoomItem] = None


class ClientView(_core.Client):
    """What a client shows, and what can be done without waiting for a reply.

    After it was closed it shows nothing.
    """

    _config: ClientConfig

    def __repr__(self) -> str:
        name = f"{type(self).__module__.partition('._')[0]}.{type(self).__name__}"
        if self.closed:
            return f"<{name} closed>"
        try:
            nick = f" nick={self.nick!r}" if self.nick else ""
            return f"<{name} {self.state}{nick} rooms={len(self.rooms())}>"
        except RuntimeError:
            return f"<{name} in use by another thread>"

    @property
    def config(self) -> ClientConfig:
        """The configuration that the client was opened with."""
        return self._config

    # Posts.

    def post(self, *, room: str, text: str, kind: MessageKind = "text",
             reply_to: int = 0) -> int:
        """Says something, now or as soon as it can be; returns the id of the post.

        It stands in `posts` until its message is in the room. On an error it is not kept.

        text: 1 to `limits.message_bytes_max` bytes of UTF-8.
        reply_to: The number of a message of this room; 0: none.

        Raises `RoomError` "room_unknown"; `FrameError` "member_missing", "member_too_long" or
        "text_invalid"; `ClientError` "pending_full", when too many posts are kept.
        """
        return self._post((room, text, kind, reply_to, ""))

    def resend(self, post: int) -> None:
        """Sends a failed post again, with the nonce it had.

        Raises `CallError` "invalid_argument" when no failed post has this id.
        """
        self._resend(post)

    def discard(self, post: int) -> None:
        """Forgets a failed post.

        Raises `CallError` "invalid_argument" when no failed post has this id. One that waits
        may be said already.
        """
        self._discard(post)

    # What a person looks at.

    def see(self, room: str) -> None:
        """Tells that the person has seen all of a room.

        Raises `RoomError` "room_unknown", as do the next two.
        """
        self._see(room)

    def hold(self, room: str, held: bool) -> None:
        """Keeps the oldest entries of a room while a person looks at them."""
        self._hold(room, held)

    def refresh(self, room: str) -> None:
        """Reads a room's members again, since no notice tells who is online."""
        self._refresh(room)

    def save(self) -> bytes:
        """Tells what a restart needs to come back: the user, tokens, which rooms, posts.

        The tokens are as good as a password. Raises `CallError` "engine_closed".
        """
        return self._save()

    # Reads. Objects do not change when the client does.

    def rooms(self) -> List[ClientRoom]:
        """Lists the rooms that the user is in, in the order in which they came."""
        return self._rooms()

    def room(self, name: str) -> ClientRoom:
        """Tells what there is to know of a room. Raises `RoomError` "room_unknown"."""
        return self._room(name)

    def entries(self, room: str, *, after: int = 0) -> List[ClientEntry]:
        """Lists a room's messages and gaps, ascending; none for an unknown room.

        after: Only what is above this number, such as `room(name).seen`.
        """
        return self._entries(room, after)

    def members(self, room: str) -> List[ClientMember]:
        """Lists a room's members, in no order; none for an unknown room."""
        return self._members(room)

    def posts(self, room: str) -> List[ClientPost]:
        """Lists own posts in a room that wait or have failed, as they were said."""
        return self._posts(room)

    def message(self, room: str, number: int) -> ClientEntry:
        """Finds a message by its number.

        Raises `RoomError` "room_unknown", `MessageError` "reply_unknown".
        """
        return self._message(room, number)


class Client(ClientView):
    """The client half of the protocol, without a network, a clock or a thread of its own.

    It keeps a whole view of the rooms, says each post once, comes back after a lost connection
    as the same user in the same rooms, and reads what it missed. No frame makes it raise or
    grow: what is not as it should be is passed over and counted in `faults`.

    The host connects and calls `connected`, hands over each frame that arrives to `receive`,
    and the time to `tick`; `send` gets the frames to leave. `chatroom.aio.AsyncClient` is the
    same for asyncio, with the connection.

        def tell(change):
            if change.what == "append":
                print(client.entries(change.room)[-1].text)

        client = chatroom.Client(send=connection.send, tell=tell)
        client.login(nick="ann")
        client.tick()
        client.connected()

    One thread at a time: overlapping use raises RuntimeError.

    Commands take a `tag`, any object: the change "done" has it, once, also when the connection
    is lost, and it may come before the call returns. When the call itself raises, nothing
    happened and no "done" comes. With `tag` None it is told of all the same.

    Callbacks may call the client, but for `close`, and inside `tell` also but for `receive`
    and `restore`: these raise `CallError` "inside_callback". What a callback raises reaches
    the caller of the outermost call when the client is done with it; the client stays
    consistent, and what the call did is done: a frame whose `send` raised counts as sent. Of
    several exceptions the first is raised, and the others go to `sys.unraisablehook`.

    send: Called with a frame (bytes) that is to leave.
    tell: Called with each `ClientChange` at the end of the call that made it: first what
        changed of the state and the rooms, each once, then which commands are done.
    config: None: `ClientConfig()`.
    wire: How frames look: JSON, or the encoding of records.
    entropy: Called with a count; returns as many unpredictable bytes, for the nonces of posts.
        None: the operating system's.
    saved: What `save` told, to go on from there.

    Raises `CallError` "config_invalid", whose `field` names what is wrong, or "memory_short";
    and what `restore` raises.
    """

    def __init__(
        self,
        *,
        send: Callable[[bytes], object],
        tell: Optional[Callable[[ClientChange], object]] = None,
        config: Optional[ClientConfig] = None,
        wire: Literal["json", "binary"] = "json",
        entropy: Optional[Callable[[int], bytes]] = None,
        saved: Optional[_core.Readable] = None,
    ) -> None:
        super().__init__()
        self._config = config if config is not None else ClientConfig()
        self._open(self._config, wire, send, tell, entropy)
        if saved is not None:
            try:
                self._restore(saved)
            except BaseException:
                self._close()
                raise

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """Gives the memory back; nothing is sent or told. Twice is no error.

        Raises `CallError` "inside_callback" inside a callback.
        """
        self._close()

    # The connection and the time. All that follow raise `CallError` "engine_closed".

    def connected(self) -> None:
        """Tells that there is a connection, a new one. The server speaks first."""
        self._connected()

    def disconnected(self) -> None:
        """Tells that it is gone. What was under way is done, with "connection_lost"."""
        self._disconnected()

    def receive(self, frame: _core.Frame) -> None:
        """Takes a frame as it came. Raises `CallError` "inside_callback" inside `tell`."""
        self._receive(frame)

    def tick(self, now_ms: Optional[int] = None) -> None:
        """Tells the time in Unix milliseconds (None: that of this machine), does what is due.

        Every call counts with the time told last. A time before the last is taken as the last.
        """
        self._tick(now_ms)

    def next_tick(self) -> Optional[int]:
        """Tells how many milliseconds it can be left alone, from the time told last.

        None: for ever, since there is no connection.
        """
        due = self._next_tick()
        return due if due < 1 << 63 else None

    # Commands. All raise `BusyError` "queue_full" when too many are not done, and all but the
    # first two `ClientError` "offline" without a user on a connection.

    def login(self, *, nick: str, tag: object = None) -> None:
        """Logs in as a guest, now or as soon as there is a connection.

        nick: 1 to 64 bytes. When the server knows this client still, it stays who it is.

        Raises `SessionError` "already_logged_in"; `FrameError` "member_missing" or
        "member_too_long".
        """
        self._login(nick, tag)

    def logout(self, *, tag: object = None) -> None:
        """Logs out and forgets everything; without a connection the server finds out later."""
        self._logout(tag)

    def rename(self, *, nick: str, tag: object = None) -> None:
        """Changes the user's nick."""
        self._rename(nick, tag)

    def join(self, *, room: str, tag: object = None) -> None:
        """Joins a room; done when it is there, and "done" names it as the server does."""
        self._join(room, tag)

    def create(self, *, room: str, title: str = "", topic: str = "", capacity: int = 0,
               tag: object = None) -> None:
        """Creates a room and joins it; done when it is there.

        title, topic: For people; the server bounds them.
        capacity: Members at the most; 0: as the server likes.
        """
        self._create((room, title, topic, capacity, False, False), tag)

    def leave(self, *, room: str, tag: object = None) -> None:
        """Leaves a room."""
        self._leave(room, tag)

    def set(self, *, room: str, property: RoomProperty, value: str = "",
            tag: object = None) -> None:
        """Sets one property of a room.

        value: Text; or a number in decimal, for yes and no 1 and 0.
        """
        self._set((room, property, value), tag)

    def list_rooms(self, *, tag: object = None) -> None:
        """Reads the list of rooms: "listed" comes for each, with the tag, then "done"."""
        self._list_rooms(tag)

    def older(self, *, room: str, tag: object = None) -> None:
        """Reads a page of a room's history above what is there; it stands in `entries` then.

        Raises `RoomError` "room_unknown".
        """
        self._older(room, tag)

    def submit(self, command: Command, *, tag: object = None) -> None:
        """Sends a command of any type. The view changes by what the server tells alone.

        Raises `FrameError` "frame_too_long".
        """
        self._submit(command, tag)

    def restore(self, saved: _core.Readable) -> None:
        """Takes over what `save` told, as the first thing that the client is told.

        The end of what each room held is asked for again.

        Raises `StorageError` "snapshot_invalid"; `CallError` "limit_too_small" or
        "invalid_argument". Nothing has changed then.
        """
        self._restore(saved)
