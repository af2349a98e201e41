"""A complete chat service inside your program: users, rooms, history, delivery.

    import chatroom

    def send(recipients, frame):
        for session in recipients:
            print(session.tag, "gets", frame.decode())

    with chatroom.Engine(send=send) as chat:
        chat.tick()                                             # the engine has no clock
        alice = chat.connect(tag="alice")
        chat.receive(alice, b'{"op":"guest","nick":"alice"}')   # bytes, as they came
        chat.join(alice, room="lobby")                          # or typed
        chat.post(alice, room="lobby", text="hello")

The engine opens no socket, starts no thread and reads no clock: you hand it bytes that arrived
and a `send` for bytes to leave. `chatroom.aio` is the same for asyncio, `chatroom.threaded` for
threads. Commands are in `chatroom.commands`, events in `chatroom.events`, exceptions in
`chatroom.errors`. Programs that are clients have `chatroom.Client`, or `AsyncClient` in
`chatroom.aio`, and for the bare frames `chatroom.frames`.
"""

from __future__ import annotations

import sys

from . import _core

if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise ImportError("chatroom needs the global interpreter lock: start Python without "
                      "PYTHON_GIL=0 and -X gil=0")

from . import client, commands, errors, events
from ._client import Client, ClientChange
from ._core import parse_line
from ._engine import Engine
from ._ids import HOST, Session, UserId, Viewer
from ._outcome import PENDING, Observation, Outcome, Recovery
from ._store import Store
from .client import ClientConfig, ClientEntry, ClientMember, ClientPost, ClientRoom
from .codes import Code
from .commands import Command, Cursor
from .config import Budgets, Config, Limits, Policies
from .errors import (
    BusyError, CallError, ClientError, ClockError, Error, FrameError, MessageError, RoomError,
    SessionError, StorageError,
)
from .events import (
    Bye, CaughtUp, Entered, Event, Exited, Failure, Gap, Help, HistoryPage, Joined, Left,
    MemberItem, MembersPage, Message, Ok, Renamed, Resync, Room, RoomItem, RoomsPage, Welcome,
    You,
)
from .statistics import Statistics

__version__: str = _core.version

__all__ = [
    "Budgets", "BusyError", "Bye", "CallError", "CaughtUp", "Client", "ClientChange",
    "ClientConfig", "ClientEntry", "ClientError", "ClientMember", "ClientPost", "ClientRoom",
    "ClockError", "Code", "Command", "Config", "Cursor", "Engine", "Entered", "Error", "Event",
    "Exited", "Failure", "FrameError", "Gap", "HOST", "Help", "HistoryPage", "Joined", "Left",
    "Limits", "MemberItem", "MembersPage", "Message", "MessageError", "Observation", "Ok",
    "Outcome", "PENDING", "Policies", "Recovery", "Renamed", "Resync", "Room", "RoomError",
    "RoomItem", "RoomsPage", "Session", "SessionError", "Statistics", "StorageError", "Store",
    "UserId", "Viewer", "Welcome", "You", "client", "commands", "errors", "events",
    "parse_line",
]


def _adopt() -> None:
    """Tells the extension which classes its structs become."""
    from ._outcome import Observation, Outcome, Recovery

    tables = _core.describe()

    def camel(name: str) -> str:
        return "".join(word.capitalize() for word in name.split("_"))

    def by_table(module: object, names: "list[str]") -> "dict[str, type]":
        return {name: getattr(module, camel(name)) for name in names}

    classes = {of.TYPE: of for of in vars(events).values() if hasattr(of, "TYPE")}
    items = list(tables["items"])
    _core.adopt(
        {**by_table(commands, [table["name"] for table in tables["commands"]]),
         **by_table(commands, [name for name in items if name == "cursor"])},
        {**{table["name"]: classes[table["type"]] for table in tables["events"]},
         **by_table(events, [name for name in items if name != "cursor"])},
        {**by_table(client, [table["name"] for table in tables["client"]]),
         "ClientChange": ClientChange, "UserId": UserId, "Session": Session, "Outcome": Outcome,
         "Observation": Observation, "Recovery": Recovery, "Statistics": Statistics,
         "make_error": errors.make_error})


_adopt()
