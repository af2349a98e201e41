"""The exceptions: one base, and a subclass for each group of codes."""

from __future__ import annotations

from typing import Optional, Tuple, Type, cast

from . import _core
from ._outcome import Recovery
from .codes import Code

__all__ = [
    "BusyError", "CallError", "ClientError", "ClockError", "Error", "FrameError", "MessageError",
    "RoomError", "SessionError", "StorageError",
]


class Error(Exception):
    """The engine refused a call, and nothing has changed.

    code: The name of the error, stable, such as "room_full".
    number: Its number, stable; 0 for those that only Python knows.
    retry_after: Seconds after which trying again makes sense; None: it does not.
    field: The member that is wrong, or the limit that is reached; "" when there is none.
    limit: Its bound.
    value: What was found instead.
    at: Byte offset in the frame or text, counted from 1; 0: none.
    found: What was read there, such as an unknown op.
    """

    __match_args__ = ("code",)

    def __init__(
        self,
        code: Code,
        text: str = "",
        *,
        number: int = 0,
        retry_after: Optional[float] = None,
        field: str = "",
        limit: int = 0,
        value: int = 0,
        at: int = 0,
        found: str = "",
    ) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.number = number
        self.retry_after = retry_after
        self.field = field
        self.limit = limit
        self.value = value
        self.at = at
        self.found = found

    def __str__(self) -> str:
        facts = [f"{name} {value!r}" for name, value in (
            ("field", self.field), ("limit", self.limit), ("value", self.value), ("at", self.at),
            ("found", self.found), ("retry_after", self.retry_after)) if value]
        return f"{self.code}: {self.text}" + (f" ({', '.join(facts)})" if facts else "")


class CallError(Error):
    """The call itself: its arguments, the configuration, or where it was made."""


class BusyError(Error):
    """A queue is full; the same call works later."""


class ClockError(Error):
    """No time was told yet, or it leapt."""


class FrameError(Error):
    """A frame or a command is not what it should be."""


class SessionError(Error):
    """Sessions, users, nicks and tokens."""


class RoomError(Error):
    """Rooms, their names and their members."""


class MessageError(Error):
    """Messages and the history."""


class StorageError(Error):
    """The log, records, snapshots and the store.

    recovery: How far `Engine.recover` came before; None for other calls.
    """

    recovery: Optional[Recovery] = None


class ClientError(Error):
    """A client: its connection, and what only it can know of its commands."""


# By the tens of the number.
GROUPS: Tuple[Type[Error], ...] = (
    CallError, BusyError, ClockError, FrameError, SessionError, RoomError, MessageError,
    StorageError, ClientError)


def make_error(
    number: int,
    field: str,
    limit: int,
    value: int,
    at: int,
    found: str,
    retry_ms: int,
    recovery: Optional[Recovery],
) -> Error:
    """Makes the exception of an error of the engine."""
    group = number // 10
    error = (GROUPS[group] if group < len(GROUPS) else Error)(
        cast(Code, _core.error_name(number)), _core.error_text(number), number=number,
        retry_after=retry_ms / 1000 if retry_ms else None, field=field, limit=limit, value=value,
        at=at, found=found)
    if recovery is not None and isinstance(error, StorageError):
        error.recovery = recovery
    return error
