"""What calls and callbacks tell, beside events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Optional

from ._ids import Session, UserId
from .codes import Code
from .commands import Command

__all__ = ["Observation", "Outcome", "PENDING", "Recovery"]

PENDING: Literal["pending"] = "pending"
"""What `log` returns when `Engine.commit` or `Engine.abandon` follows."""


@dataclass(frozen=True)
class Outcome:
    """What a command came to.

    state: "done"; "queued" inside a callback, or "pending" while the log stores the record:
        then `observe` sees the outcome later, by the ticket.
    ticket: Names the command in `Observation.ticket`; 0 when it is done.
    number: Of the message posted; 0 for other commands.
    time: Of the command, in Unix milliseconds.
    user: Who the session is now.
    token: After guest, resume and token: 32 hexadecimal digits for `Engine.resume`, once.
    """

    state: Literal["done", "queued", "pending"]
    ticket: int
    number: int
    time: int
    user: UserId
    token: str


@dataclass(frozen=True)
class Observation:
    """What the operator sees of a command: every one that is done or refused, of the reads those
    that come as frames.

    origin: Where it came from: this engine, another node, or the log that is recovered.
    session: Of this engine; None when it came from elsewhere.
    user: On whose behalf; 0: nobody yet, or the host.
    command: None when the frame could not be read.
    code: Why it was refused; None when it was done.
    at: Byte offset of what is wrong, counted from 1; 0: none.
    ticket: As the `Outcome` gave it; 0: none.
    number: Of the message, when it is a post.
    time: In Unix milliseconds.
    """

    origin: Literal["here", "elsewhere", "recovery"]
    session: Optional[Session]
    user: UserId
    command: Optional[Command]
    code: Optional[Code]
    at: int
    ticket: int
    number: int
    time: int


@dataclass(frozen=True)
class Recovery:
    """How far `Engine.recover` came.

    records: Whole records read.
    bytes: Where the last of them ends.
    """

    records: int
    bytes: int
