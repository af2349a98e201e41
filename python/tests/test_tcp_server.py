"""examples/python/tcp_server.py: lines over TCP, on asyncio and on threads."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any, List

import pytest

from servers import EXAMPLES, Server, wait_until

KINDS = pytest.mark.parametrize("kind", [[], ["--threads"]], ids=["asyncio", "threads"])


class Person:
    """Someone with nc."""

    def __init__(self, server: Server, *says: str, buffer_bytes: int = 0) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(20)
        if buffer_bytes:    # Only before connecting does it bound what the peer may send.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self.socket.connect(("127.0.0.1", server.port))
        self.heard = self.socket.makefile("r", encoding="utf-8", newline="\n")
        self.say(*says)

    def say(self, *lines: str) -> None:
        self.socket.sendall("".join(line + "\n" for line in lines).encode())

    def until(self, words: str) -> str:
        for line in self.heard:
            if words in line:
                return line
        raise AssertionError(f"hung up before {words!r}")


@KINDS
def test_people_talk(kind: List[str]) -> None:
    with Server("tcp_server.py", *kind) as server:
        ann = Person(server, "/guest ann", "/join lobby")
        ann.until("lobby")
        bob = Person(server, "/guest bob", "/join lobby", "hello, día")
        assert "bob" in ann.until("hello, día")
        bob.until("hello, día")
        ann.say("/nothing")
        ann.until("op_unknown")


@KINDS
def test_what_a_page_posts_is_no_line(kind: List[str]) -> None:
    with Server("tcp_server.py", *kind) as server:
        ann = Person(server, "/guest ann", "/join lobby")
        ann.until("lobby")
        page = Person(server, "POST / HTTP/1.1\r", "\r", "/guest page", "/join lobby", "spam")
        assert not [line for line in page.heard if "page" in line]    # And it is hung up on.
        ann.say("after it")
        heard = [ann.heard.readline()]
        while "after it" not in heard[-1]:
            heard.append(ann.heard.readline())
        assert not [line for line in heard if "page" in line or "spam" in line]


@KINDS
def test_who_finds_no_place_is_told(kind: List[str], tmp_path: Path) -> None:
    small = tmp_path / "small_server.py"
    source = (EXAMPLES / "tcp_server.py").read_text(encoding="utf-8")
    assert "sessions_max=2048" in source
    small.write_text(source.replace("sessions_max=2048", "sessions_max=1"), encoding="utf-8")
    with Server(small, *kind) as server:
        ann = Person(server, "/guest ann", "/join lobby")
        ann.until("lobby")
        assert Person(server).until("* ")
        ann.say("still here")
        ann.until("still here")


@KINDS
def test_lines_come_in_pieces_and_together(kind: List[str]) -> None:
    with Server("tcp_server.py", *kind) as server:
        ann = Person(server, "/guest ann", "/join lobby")
        for byte in b"one letter at a time\r\n":
            ann.socket.sendall(bytes([byte]))
        ann.until("one letter at a time")
        ann.say(*(f"line {n}" for n in range(500)))
        for n in range(500):
            ann.until(f"line {n}")


@KINDS
def test_a_chat_comes_back_after_a_crash(kind: List[str], tmp_path: Path) -> None:
    server = Server("tcp_server.py", "--data", tmp_path / "chat.log", *kind)
    ann = Person(server, "/guest ann", "/join lobby", "remember me")
    ann.until("remember me")
    server.kill()
    with Server("tcp_server.py", "--data", tmp_path / "chat.log", *kind) as server:
        Person(server, "/guest bob", "/join lobby history=5").until("remember me")


def stalled(server: Server) -> Person:
    one = Person(server, "/guest stalled", "/join lobby", buffer_bytes=16384)
    one.until("lobby")
    return one


def flood(server: Server, count: int) -> Person:
    quick = Person(server, "/guest quick", "/join lobby")
    for n in range(count):
        quick.say(f"{n} " + "x" * 1500)
        quick.until(f"{n} xxx")
    return quick


def test_a_stalled_connection_is_told_later() -> None:
    with Server("tcp_server.py") as server:
        slow = stalled(server)
        before = server.resident_bytes()
        quick = flood(server, 6000)
        assert server.resident_bytes() < before + (8 << 20)
        quick.say("the end")
        quick.until("the end")
        slow.until("gap")             # The history keeps 1,000.
        slow.until("the end")
        slow.say("back again")
        quick.until("back again")


def test_a_thread_hangs_up_on_a_stalled_connection() -> None:
    with Server("tcp_server.py", "--threads") as server:
        slow = stalled(server)
        quick = flood(server, 1000)
        with pytest.raises((AssertionError, ConnectionError)):
            slow.until("the end")
        quick.say("the end")
        quick.until("the end")


def test_a_line_without_an_end_is_cut_off() -> None:
    with Server("tcp_server.py") as server:
        ann = Person(server, "/guest ann")
        with pytest.raises((ConnectionError, AssertionError)):
            for _ in range(1000):
                ann.socket.sendall(b"x" * 10000)
                time.sleep(0.001)
            ann.until("nothing")


def test_a_connection_that_is_gone_is_forgotten() -> None:
    with Server("tcp_server.py", "--threads") as server:
        for n in range(20):
            one = Person(server, f"/guest user{n}", "/join lobby")
            one.until("lobby")
            one.socket.close()
            one.heard.close()
        ann = Person(server, "/guest ann", "/join lobby", "/members lobby")

        def alone() -> Any:
            ann.say("/members lobby", "the end")
            return "user19" in ann.until("user19") and ann.until("the end")

        wait_until(alone)
