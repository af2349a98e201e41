"""examples/python/chat_client.py, against a server that goes and comes back."""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import List

import pytest

from servers import EXAMPLES, WAIT_SECONDS, Server

pytest.importorskip("websockets", minversion="14")


class Person:
    """Somebody at a terminal."""

    def __init__(self, nick: str, port: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / "chat_client.py"), nick, "--url",
             f"ws://127.0.0.1:{port}/chat"], text=True, encoding="utf-8", stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.read: queue.Queue[str] = queue.Queue()
        self.all: List[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.read.put(line.rstrip("\n"))

    def says(self, *lines: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def sees(self, wanted: str) -> None:
        while wanted not in self.all:
            self.all.append(self.read.get(timeout=WAIT_SECONDS))

    def leaves(self) -> str:
        """Ends what is typed; returns what it said to stderr."""
        assert self.process.stdin is not None and self.process.stderr is not None
        self.process.stdin.close()
        assert self.process.wait(WAIT_SECONDS) == 0
        return self.process.stderr.read()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_people_talk_also_when_the_server_was_gone(tmp_path: Path) -> None:
    options = ["--port", free_port(), "--data", tmp_path / "chat.log"]
    server = Server("websockets_server.py", *options)
    ann, bob = Person("ann", server.port), Person("bob", server.port)
    ann.sees("* online")
    bob.sees("* online")
    ann.says("hello, día")
    bob.sees("ann: hello, día")
    server.kill()
    ann.sees("* offline")
    ann.says("said meanwhile")
    with Server("websockets_server.py", *options):
        bob.sees("ann: said meanwhile")
        bob.says("the last word")
        assert bob.leaves() == ""
        ann.sees("bob: the last word")
        assert ann.leaves() == ""
        cid = Person("cid", server.port)      # Who comes later is shown the history.
        cid.sees("ann: hello, día")
        assert cid.leaves() == ""
    assert ann.all.count("ann: said meanwhile") == 1
    assert bob.all.count("ann: said meanwhile") == 1


def test_commands_are_typed_too() -> None:
    with Server("websockets_server.py") as server:
        ann, bob = Person("ann", server.port), Person("bob", server.port)
        bob.sees("* online")
        ann.says("/me waves", "//slash", "/nick anna", "now", "/dance", "/help", "/leave nowhere")
        bob.sees("* ann waves")
        bob.sees("ann: /slash")
        bob.sees("anna: now")
        ann.sees("* No command has this name.")
        ann.sees("* There is no such room for you.")
        assert any("// begins a text" in line for line in ann.all)
        ann.leaves()
        bob.leaves()


def test_a_nick_that_is_taken() -> None:
    with Server("websockets_server.py") as server:
        ann = Person("ann", server.port)
        ann.sees("* online")
        other = Person("ann", server.port)
        assert other.process.wait(WAIT_SECONDS) == 1
        assert other.process.stderr is not None
        assert other.process.stderr.read().startswith("ann: ")
        ann.leaves()
