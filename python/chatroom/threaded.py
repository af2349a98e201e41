"""An engine that several threads may use."""

from __future__ import annotations

import functools
import logging
import threading
import weakref
from typing import Any, Callable

from . import _core, _engine
from ._clock import tell_time, wrap_calls

__all__ = ["Engine"]

_log = logging.getLogger("chatroom")

SLEEP_SECONDS_MAX = 1.0


class Engine(_engine.Engine):
    """As `chatroom.Engine`, with a lock around each call and a thread that tells the time.

    The lock is re-entrant, so callbacks may call the engine; they run in the thread that made
    the call, or in the ticker, while the lock is held. What a callback raises in the ticker is
    logged by the logger "chatroom". `lock` is there for what must not be split:

        with chat.lock:
            if chat.stats().rooms < 10:
                chat.create(chatroom.HOST, room=name)

    The ticker is a daemon thread. It ends with `close`, or when the engine is garbage.
    """

    def _prepare(self) -> None:
        self.lock = threading.RLock()
        self._inside = 0
        self._wake = threading.Event()
        self._ticker = threading.Thread(target=_keep_ticking, daemon=True, name="chatroom ticker",
                                        args=(weakref.ref(self), self._wake))

    def _opened(self) -> None:
        with self.lock:
            tell_time(self, _core.now_ms())
        self._ticker.start()

    def close(self) -> None:
        """Closes the engine and waits for the ticker to end. Twice is no error."""
        with self.lock:
            super().close()
        self._wake.set()
        if threading.current_thread() is not self._ticker:
            self._ticker.join()

    def _tick_now(self) -> float:
        """Ticks, and tells how many seconds to sleep."""
        while not self.lock.acquire(timeout=0.05):
            if self.closed:   # By somebody who holds the lock, and waits for this to end.
                return 0
        try:
            if self.closed:
                return 0
            try:
                tell_time(self, _core.now_ms())
            except Exception:
                _log.exception("a callback raised while the engine was ticking")
            due = _engine.Engine.next_tick(self)
            return SLEEP_SECONDS_MAX if due is None else min(due / 1000, SLEEP_SECONDS_MAX)
        finally:
            self.lock.release()


def _keep_ticking(of: weakref.ref[Engine], wake: threading.Event) -> None:
    while True:
        engine = of()
        if engine is None or engine.closed:
            return
        due = engine._tick_now()
        del engine   # While this sleeps, it keeps nothing alive.
        wake.wait(due)
        wake.clear()


def _locked(call: Callable[..., Any], timed: bool) -> Callable[..., Any]:
    @functools.wraps(call)
    def locked(self: Engine, *values: Any, **named: Any) -> Any:
        with self.lock:
            if timed and self._inside == 0 and not self.closed:
                tell_time(self, _core.now_ms())
            self._inside += 1
            try:
                return call(self, *values, **named)
            finally:
                self._inside -= 1
                if self._inside == 0 and not self.closed and self._next_tick() == 0:
                    self._wake.set()   # The rest of a fan-out waits.

    return locked


wrap_calls(Engine, _locked)
