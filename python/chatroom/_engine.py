"""The engine."""

from __future__ import annotations

import os
from dataclasses import replace
from types import TracebackType
from typing import Any, Callable, List, Literal, Optional, Sequence, Type, TypeVar, Union

from . import _core
from ._calls import Calls
from ._ids import Session, Viewer
from ._outcome import Observation, Outcome, Recovery
from ._store import Store
from .commands import Command
from .config import Config
from .errors import Error
from .events import Event, Joined
from .statistics import Statistics

__all__ = ["Engine"]

Send = Callable[[List[Session], bytes], object]
Deliver = Callable[[List[Session], Event], object]
Log = Callable[[bytes, int], Union[bool, Literal["pending"]]]
Observe = Callable[[Observation], object]
Wire = Literal["json", "lines", "binary", "typed"]
Feature = Literal["guests", "rooms", "posts", "settings"]
FEATURES: Sequence[Feature] = ("guests", "rooms", "posts", "settings")

_Self = TypeVar("_Self", bound="Engine")


class Engine(Calls):
    """A chat service without a network, a clock or a thread of its own.

    The host hands over bytes that arrived (`receive`) or typed commands (`post`, `join` …), and
    `send` gets the bytes to leave, once per event, with all who get them. The first command
    waits for a `tick`, which tells the time.

    One thread at a time: overlapping use raises RuntimeError. `chatroom.threaded.Engine` may be
    used by several, `chatroom.aio.AsyncEngine` by asyncio.

    Callbacks may call the engine. Inside them reads answer at once; commands and frames are
    queued and run before the outer call returns (`Outcome.state` is "queued"); `disconnect`,
    `pause`, `unpause` and a `connect` without a user take effect at once; `tick` only tells the
    time; all else raises `CallError` "inside_callback". What a callback raises reaches the
    caller of the outermost call when the engine is done with it; the engine stays consistent,
    and what the call did is done. Of several exceptions the first is raised, and the others go
    to `sys.unraisablehook`. A `log` that raises has not stored its record.

    send: Called with a list of sessions and one frame (bytes) for all of them. When a
        connection is full, `pause` its session: then it has not got this frame, and `unpause`
        tells it later what it missed.
    deliver: Called with a list of sessions and one event, for sessions of wire "typed".
    config: Limits, policies and budgets; None: `Config()`.
    store: A file, or a `Store`, that keeps the records and gives them back.
    log: Called with each record (bytes) and its number before it counts; returns True when it
        is stored, False when it is not, or `PENDING`. Not together with `store`.
    observe: Called with an `Observation` of each command that is done or refused.
    entropy: Called with a count; returns as many unpredictable bytes. None: the operating
        system's.
    snapshot: As `restore` takes it: the state to begin with, before what the store holds.
    features: What clients can do; all by default.
    names: Which nicks and room names there can be: in every script, or in ASCII alone.

    Raises `CallError` "config_invalid", whose `field` names what is wrong, "memory_short" or
    "entropy_failed"; `StorageError` when the store is locked or damaged.
    """

    def __init__(
        self,
        *,
        send: Optional[Send] = None,
        deliver: Optional[Deliver] = None,
        config: Optional[Config] = None,
        store: Union[str, os.PathLike[str], Store, None] = None,
        log: Optional[Log] = None,
        observe: Optional[Observe] = None,
        entropy: Optional[Callable[[int], bytes]] = None,
        snapshot: Optional[_core.Readable] = None,
        features: Sequence[Feature] = FEATURES,
        names: Literal["unicode", "ascii"] = "unicode",
    ) -> None:
        super().__init__()
        self._prepare()
        if store is not None and log is not None:
            raise ValueError("give `store` or `log`, not both")
        self._config = config if config is not None else Config()
        self._store: Optional[Store] = None
        if store is not None:
            self._store = store if isinstance(store, Store) else Store(store)
            log = self._store.append
        try:
            while True:
                if self._store is not None:
                    self._config = replace(self._config, incarnation=self._store.incarnation)
                self._open(self._config, tuple(features), names, send, deliver, log, observe,
                           self._settle_callback(), entropy)
                if snapshot is not None:
                    self._restore(snapshot)
                if self._store is None or self._store.recover(self):
                    break
                self._close()
        except BaseException:
            self._close()
            if self._store is not None:
                self._store.close()
            raise
        self._opened()

    def _prepare(self) -> None:
        """For subclasses: called before the engine is opened."""

    def _opened(self) -> None:
        """For subclasses: called when the engine is open."""

    def _settle_callback(self) -> Optional[Callable[[int, Union[Outcome, Error]], None]]:
        """For subclasses: what is called with the ticket of a command that was queued or
        pending, and with what it came to."""
        return None

    def __repr__(self) -> str:
        name = f"{type(self).__module__.partition('._')[0]}.{type(self).__name__}"
        if self.closed:
            return f"<{name} closed>"
        try:
            now = self.stats()
        except RuntimeError:
            return f"<{name} in use by another thread>"
        return f"<{name} sessions={now.sessions} users={now.users} rooms={now.rooms}>"

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    @property
    def config(self) -> Config:
        """The configuration that the engine was opened with."""
        return self._config

    def close(self) -> None:
        """Gives the memory back and closes the store; nothing is sent. Twice is no error.

        Raises `CallError` "inside_callback" inside a callback.
        """
        self._close()
        if self._store is not None:
            self._store.close()

    # Sessions.

    def connect(
        self,
        *,
        tag: Any = None,
        wire: Wire = "json",
        frame_bytes_max: int = 0,
        user: Union[str, bytes] = "",
        nick: str = "",
    ) -> Session:
        """Takes up a connection and welcomes it: `send` is called before this returns.

        tag: Anything; it comes back as `Session.tag` with every frame to this session.
        wire: How its frames look; "typed": none, events go to `deliver`.
        frame_bytes_max: No longer frame goes to it, in bytes; 0: as the limits say.
        user: An identity that the host vouches for, up to `identity_bytes_max` bytes: the
            session is logged in at once, and a second one joins the same user. "": a guest.
        nick: The shown name, with `user`.

        Raises `SessionError` and what `guest` raises. If a callback raises, the session is
        disconnected again.
        """
        return self._connect(tag, wire, frame_bytes_max, user, nick)

    def disconnect(self, session: Session) -> None:
        """Ends a session; its user stays for `resume_window_ms`. Nothing more is sent to it.

        Raises `SessionError` "session_unknown".
        """
        self._disconnect(session)

    def receive(self, session: Session, frame: Union[_core.Readable, str]) -> bool:
        """Takes a frame as it came from the wire. The reply, and any error, goes to the session.

        Returns False when it was not taken, because the session is paused or its last reply is
        not out yet: offer the frame again after `unpause`.

        Raises `SessionError` "session_unknown"; `BusyError` "queue_full" inside a callback.
        """
        return self._receive(session, frame)

    def submit(self, session: Session, command: Command, *, user: int = 0) -> Outcome:
        """Carries out a command of any type; no reply is sent. The methods of its name do so too.

        user: On whose behalf the host acts; for `HOST` alone.

        Raises the `Error` that says why the command was refused; nothing has changed then.
        Reads are not submitted: `CallError` "invalid_argument".
        """
        return self._submit(session, command, user)

    def pause(self, session: Session) -> None:
        """Holds back all that goes to a session; inside `send`, the frame at hand as well.

        Raises `SessionError` "session_unknown".
        """
        self._pause(session)

    def unpause(self, session: Session) -> None:
        """Tells a session what it missed, a part with each call, and goes on live.

        Raises `SessionError` "session_unknown".
        """
        self._unpause(session)

    # Time.

    def tick(self, now_ms: Optional[int] = None, *, leap_confirmed: bool = False) -> None:
        """Tells the time in Unix milliseconds (None: that of this machine), does what is due.

        Raises `ClockError` "clock_leap" when it is more than `clock_leap_max_ms` ahead and not
        confirmed; nothing has changed then. A time before the last is taken as the last.
        """
        self._tick(now_ms, leap_confirmed)

    def advance(self, elapsed_ms: int) -> None:
        """As `tick`, for hosts without a calendar: so many milliseconds have gone by."""
        self._advance(elapsed_ms)

    def next_tick(self) -> Optional[int]:
        """Tells how many milliseconds the engine can be left alone.

        0: work waits; None: for ever, since it is closed.
        """
        due = self._next_tick()
        return due if due < 1 << 63 else None

    # Records and snapshots.

    def commit(self, record: _core.Readable) -> None:
        """Applies a record that the log has stored: a pending one, or another node's.

        Raises `StorageError`, such as "already_applied"; `CallError` "limit_too_small".
        """
        self._commit(record)

    def abandon(self, number: int) -> None:
        """Gives up a pending record that is known not to be stored; its command is refused.

        Raises `CallError` "invalid_argument" when no such record is pending.
        """
        self._abandon(number)

    def recover(self, log: _core.Readable) -> Recovery:
        """Applies a log, or a part of it that begins and ends with whole records.

        Other threads run meanwhile. Neither `send` nor `log` is called; `observe` is.

        Raises `StorageError` "log_torn", cut it at `error.recovery.bytes` and go on;
        "log_damaged"; and what `commit` raises, but for "already_applied".
        """
        return self._recover(log)

    def digest(self) -> bytes:
        """Tells the fingerprint of the shared state, 32 bytes; linear in it."""
        return self._digest()

    def snapshot(self, scope: Literal["everything", "migration"] = "everything") -> bytes:
        """Writes the shared state; linear in it, and other threads run meanwhile.

        scope: "migration" is for the next host, who is not trusted: no tokens, no sessions.
        """
        return self._snapshot(scope)

    def restore(self, snapshot: _core.Readable) -> None:
        """Takes over a snapshot, as the first thing that the engine is told.

        Raises `StorageError` "snapshot_invalid" or "behaviour_unknown"; `CallError`
        "limit_too_small", whose `field` names it. Nothing has changed then.
        """
        self._restore(snapshot)

    # Reads.

    def room(self, viewer: Viewer, name: str) -> Joined:
        """Tells what there is to know of a room, as its members see it.

        Raises `RoomError` "room_unknown".
        """
        return self._room(viewer, name)

    def stats(self) -> Statistics:
        """Tells counters since the engine was opened, and gauges."""
        return self._stats()
