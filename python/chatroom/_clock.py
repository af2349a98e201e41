"""The time of this machine, told to an engine."""

from __future__ import annotations

import logging
from typing import Any, Callable, Tuple, Type

from ._calls import Calls
from ._engine import Engine
from .errors import ClockError

_log = logging.getLogger("chatroom")


def tell_time(engine: Engine, now_ms: int) -> None:
    """Ticks. A clock that leaps, as after a sleep of the machine, is believed, and logged."""
    try:
        Engine.tick(engine, now_ms)
    except ClockError as error:
        if error.code != "clock_leap":
            raise
        _log.warning("the clock leapt forward to %d ms", now_ms)
        Engine.tick(engine, now_ms, leap_confirmed=True)


# Which calls are stamped with the time, and which are not.
_TIMED = ("connect", "disconnect", "receive", "submit", "unpause",
          *(name for name in vars(Calls) if not name.startswith("_")))
_PLAIN = ("pause", "tick", "advance", "next_tick", "commit", "abandon", "recover", "digest",
          "snapshot", "restore", "room", "stats")

Call = Callable[..., Any]


def wrap_calls(of: Type[Engine], wrapped: Callable[[Call, bool], Call]) -> None:
    """Replaces the calls of a subclass: each by `wrapped(call, whether it is stamped)`."""
    calls: Tuple[str, ...] = _TIMED + _PLAIN
    for name in calls:
        setattr(of, name, wrapped(getattr(Engine, name), name in _TIMED))
