"""Who speaks and who looks: sessions and users, as numbers that say what they are."""

from __future__ import annotations

from typing import Any, Union

__all__ = ["HOST", "Session", "UserId", "Viewer"]


class Session(int):
    """A connection to one engine: an int, never used again by that engine.

    tag: What the host gave to `Engine.connect`, such as its socket. None for a session that was
        made from a number.
    ended: Whether the engine has ended it, or the host.
    """

    tag: Any = None
    ended: bool = False

    def __repr__(self) -> str:
        return "HOST" if self == HOST else f"Session({int(self)})"

    __str__ = int.__repr__


class UserId(int):
    """A user: an int, never used again, the same on every node. 0 is nobody, or the host."""

    def __repr__(self) -> str:
        return f"UserId({int(self)})"

    __str__ = int.__repr__


HOST = Session(0xFFFFFFFF)
"""The actor above all, in place of a session: it reads everything and may act for any user."""

Viewer = Union[Session, UserId]
"""Who reads: a session, a user, or `HOST`."""
