"""Engines that keep their records in a file."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

import chatroom
from chatroom import HOST
from conftest import NOON


def texts(chat: chatroom.Engine) -> List[str]:
    return [message.text for message in chat.history(HOST, room="lobby")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.log"


def talk(path: Path, *said: str) -> bytes:
    """Opens, creates the lobby if it is not there, says something, and tells the digest."""
    with chatroom.Engine(store=path) as chat:
        chat.tick(NOON)
        if not chat.rooms(HOST):
            chat.create(HOST, room="lobby")
        for text in said:
            chat.post(HOST, room="lobby", text=text)
        return chat.digest()


def test_an_engine_is_as_it_was(path: Path) -> None:
    talk(path, "one")
    digest = talk(path, "two", "three")
    with chatroom.Engine(store=str(path)) as chat:
        assert texts(chat) == ["one", "two", "three"]
        assert chat.digest() == digest
        assert chat.config.incarnation > 1


def test_a_second_engine_on_the_same_file(path: Path) -> None:
    with chatroom.Engine(store=path):
        with pytest.raises(chatroom.StorageError) as caught:
            chatroom.Engine(store=path)
        assert (caught.value.code, caught.value.number) == ("store_locked", 0)
        program = ("import sys, chatroom\n"
                   "try: chatroom.Engine(store=sys.argv[1])\n"
                   "except chatroom.StorageError as error: print(error.code)\n")
        done = subprocess.run([sys.executable, "-c", program, path], capture_output=True,
                              text=True)
        assert done.stdout == "store_locked\n", done.stderr
    talk(path)


def test_a_program_that_is_killed_loses_nothing(path: Path) -> None:
    program = ("import os, sys, chatroom\n"
               "chat = chatroom.Engine(store=sys.argv[1])\n"
               "chat.tick(1_700_000_000_000)\n"
               "chat.create(chatroom.HOST, room='lobby')\n"
               "for n in range(100): chat.post(chatroom.HOST, room='lobby', text=str(n))\n"
               "os.kill(os.getpid(), 9)\n")
    done = subprocess.run([sys.executable, "-c", program, path])
    assert done.returncode != 0
    with chatroom.Engine(store=path) as chat:
        assert chat.history(HOST, room="lobby")[-1].text == "99"


@pytest.mark.parametrize("cut", [1, 7, 20])
def test_a_torn_end_is_cut_off(path: Path, cut: int, caplog: pytest.LogCaptureFixture) -> None:
    talk(path, "one", "two")
    os.truncate(path, path.stat().st_size - cut)
    with chatroom.Engine(store=path) as chat:
        assert texts(chat) == ["one"]
    assert "torn record" in caplog.text
    talk(path, "three")
    with chatroom.Engine(store=path) as chat:
        assert texts(chat) == ["one", "three"]


def test_a_damaged_file_is_left_as_it_is(path: Path) -> None:
    talk(path, "one", "two")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(chatroom.StorageError, match="log_damaged"):
        chatroom.Engine(store=path)
    assert path.read_bytes() == damaged


def test_another_file_is_left_as_it_is(path: Path) -> None:
    path.write_text("my diary\n")
    with pytest.raises(chatroom.StorageError):
        chatroom.Engine(store=path)
    assert path.read_text() == "my diary\n"
    with chatroom.Engine(store=path.with_name("other.log")):
        pass    # The lock was given back.


def test_a_full_disk_refuses_commands(
        path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    with chatroom.Engine(store=path) as chat:
        chat.tick(NOON)
        chat.create(HOST, room="lobby")
        size, write = path.stat().st_size, os.write
        monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:5]))
        with pytest.raises(chatroom.StorageError, match="storage_failed"):
            chat.post(HOST, room="lobby", text="lost")
        assert path.stat().st_size == size
        monkeypatch.undo()
        chat.post(HOST, room="lobby", text="kept")
    assert "no space left" in caplog.text
    with chatroom.Engine(store=path) as chat:
        assert texts(chat) == ["kept"]


def test_sync_waits_for_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: List[int] = []
    monkeypatch.setattr(os, "fsync", calls.append)
    with chatroom.Engine(store=chatroom.Store(path, sync=True)) as chat:
        chat.tick(NOON)
        chat.create(HOST, room="lobby")
    assert len(calls) >= 2
    with chatroom.Engine(store=path) as chat:
        assert chat.room(HOST, "lobby")
        before = len(calls)
        chat.tick(NOON)
        assert len(calls) == before


def test_a_store_or_a_log(path: Path) -> None:
    with pytest.raises(ValueError, match="not both"):
        chatroom.Engine(store=path, log=lambda record, number: True)
    assert not path.exists()


def test_a_snapshot_before_the_records(path: Path) -> None:
    """Records that the snapshot has already are passed over."""
    with chatroom.Engine(store=path) as chat:
        chat.tick(NOON)
        chat.create(HOST, room="lobby")
        snapshot = chat.snapshot()
        chat.post(HOST, room="lobby", text="later")
        digest = chat.digest()
    with chatroom.Engine(store=path, snapshot=snapshot) as chat:
        assert chat.digest() == digest


class FakeWindows(types.ModuleType):
    """What `msvcrt` does: one byte from where the file stands, by one open file at a time."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.locks: Dict[Tuple[int, int], int] = {}

    def locking(self, fd: int, mode: int, count: int) -> None:
        place = (os.fstat(fd).st_ino, os.lseek(fd, 0, os.SEEK_CUR))
        assert count == 1
        if place[1] >= 1 << 31:
            raise OSError(errno.EINVAL, "_lseek has 31 bits")
        if mode == self.LK_UNLCK:
            if self.locks.pop(place, None) != fd:
                raise OSError(errno.EACCES, "not locked by this file")
        elif place in self.locks:
            raise OSError(errno.EACCES, "locked")
        else:
            self.locks[place] = fd


def test_the_lock_of_windows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = FakeWindows()
    monkeypatch.setitem(sys.modules, "msvcrt", windows)
    monkeypatch.setattr(sys, "platform", "win32")
    module = types.ModuleType("chatroom._store_on_windows")
    module.__package__ = "chatroom"
    source = Path(chatroom.Store.__init__.__code__.co_filename).read_text("utf-8")
    exec(compile(source, "_store.py", "exec"), vars(module))
    monkeypatch.undo()
    monkeypatch.setattr("chatroom._engine.Store", module.Store)
    with chatroom.Engine(store=module.Store(path)) as chat:
        chat.tick(NOON)
        chat.create(HOST, room="lobby")
        assert len(windows.locks) == 1 and path.stat().st_size < 10_000
        with pytest.raises(chatroom.StorageError, match="store_locked"):
            module.Store(path)
        assert len(windows.locks) == 1, "the one who was refused has unlocked nothing"
    assert not windows.locks
    with chatroom.Engine(store=module.Store(path)) as chat:
        assert [item.room for item in chat.rooms(HOST)] == ["lobby"]
