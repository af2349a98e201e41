"""A file of records, one behind the other, that a new engine is fed with."""

from __future__ import annotations

import logging
import mmap
import os
import sys
from typing import TYPE_CHECKING, Union

from .errors import StorageError

if TYPE_CHECKING:
    from ._engine import Engine

__all__ = ["Store"]

_log = logging.getLogger("chatroom")


class Store:
    """Keeps an engine's records in a file, so that the engine is as it was after a restart.

    Without `sync`, records are the operating system's when a call returns: they survive a crash
    of the program, and `flush` makes them survive one of the machine. With `sync`, each record
    is on the disk before it counts.

    The file is locked as long as it is open: by `flock`, which a network file system may not
    have, and on Windows, where this is not tested, by the lock of one byte.

    Raises `StorageError` "store_locked" when another engine has the file open, in this process
    or another; OSError when it cannot be opened.
    """

    def __init__(self, path: Union[str, os.PathLike[str]], *, sync: bool = False) -> None:
        self.path = os.fspath(path)
        self.sync = sync
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._locked = False
        try:
            self._locked = _lock(self._fd)
            if not self._locked:
                raise StorageError("store_locked",
                                   f"{self.path}: another engine has this file open.")
            self._size = os.lseek(self._fd, 0, os.SEEK_END)
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"Store({self.path!r}, sync={self.sync})"

    @property
    def incarnation(self) -> int:
        """Rises with every start, since each start appends a record longer than 64 bytes."""
        return self._size // 64 + 1

    def recover(self, engine: Engine) -> bool:
        """Feeds the engine. False: a torn end was cut off, so the incarnation is another now.

        Raises `StorageError` when the file is damaged, or is no log; it is left as it is.
        """
        if self._size == 0:
            return True
        with mmap.mmap(self._fd, self._size, access=mmap.ACCESS_READ) as log:
            try:
                engine.recover(log)
                return True
            except StorageError as error:
                come = error.recovery
                # With nothing whole before the tear it may be any file.
                if error.code != "log_torn" or come is None or come.records == 0:
                    raise
        _log.warning("%s: cut off the %d bytes of a torn record at byte %d", self.path,
                     self._size - come.bytes, come.bytes)
        self._size = come.bytes
        os.ftruncate(self._fd, self._size)
        return False

    def append(self, record: bytes, number: int) -> bool:
        """Stores a record; False when it could not, and then nothing of it is left."""
        try:
            os.lseek(self._fd, self._size, os.SEEK_SET)
            if os.write(self._fd, record) != len(record):
                raise OSError(f"{self.path}: no space left for a record")
        except OSError as error:
            _log.error("%s: a record was not stored: %s", self.path, error)
            os.ftruncate(self._fd, self._size)
            return False
        self._size += len(record)
        if self.sync:
            # When this fails nobody can say what is stored; the caller is told, and stops.
            self.flush()
        return True

    def flush(self) -> None:
        """Waits until all that was appended is on the disk."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Closes the file; a second time does nothing."""
        if self._fd >= 0:
            try:
                if self._locked:
                    _unlock(self._fd)
            finally:
                os.close(self._fd)
                self._fd = -1


if sys.platform == "win32":
    import msvcrt

    # Nobody else can read a locked byte, so it is one behind most logs, and not further, since the
    # C runtime of some versions has 31 bits for it. Nothing need be there.
    LOCKED_BYTE = (1 << 31) - 1

    def _lock(fd: int) -> bool:
        os.lseek(fd, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(fd: int) -> None:
        # When it is closed the system unlocks it, too, but at a time of its own.
        os.lseek(fd, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(fd: int) -> None:
        """Closing does."""
