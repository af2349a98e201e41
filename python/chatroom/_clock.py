"""The time of this machine, told to an engine."""

from __future__ import annotations

import logging

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
