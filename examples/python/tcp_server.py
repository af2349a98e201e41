"""A chat over TCP for people with nc, on the standard library alone.

    pip install chatroom
    python tcp_server.py [--port N] [--data FILE] [--threads]

Line by line: what is said in one turn of the loop leaves each connection in one write. With
--threads it is the classic server of one thread for each connection, on `chatroom.threaded`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import socketserver
from pathlib import Path
from typing import Dict, List, Optional, cast

import chatroom
from chatroom import threaded

# A web page can have any browser send this to any port; its body would be lines, too.
HTTP_POST = b"POST "

LIMITS = chatroom.Limits(sessions_max=2048, users_max=4096, members_max=32768, rooms_max=512,
                         history_pages_max=8192)


def welcome(chat: chatroom.Engine, address: object) -> None:
    """What both servers do when they can be reached."""
    chat.tick()
    if not chat.rooms(chatroom.HOST):
        chat.create(chatroom.HOST, room="lobby")
    print("listening on {}:{}".format(*cast("tuple[str, int]", address)), flush=True)


# ---- On asyncio.


class Connection(asyncio.BufferedProtocol):
    """One who is connected: lines come in, what the room says goes out."""

    incoming = bytearray(1 << 16)             # One for all: what is in it is taken at once.
    unwritten: Dict[Connection, None] = {}    # Those with something to write, in order.

    def __init__(self, chat: chatroom.Engine) -> None:
        self.chat = chat
        self.out: List[bytes] = []
        self.unread = b""
        self.begun = False
        self.full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        try:
            self.session = self.chat.connect(tag=self, wire="lines")
        except chatroom.Error as error:       # So many that there is no place.
            self.transport.write(f"* {error.text}\n".encode())
            self.transport.set_protocol(asyncio.Protocol())    # What it says is not heard.
            self.transport.close()

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.incoming

    def buffer_updated(self, nbytes: int) -> None:
        self.unread += self.incoming[:nbytes]
        self.chat.tick()
        self.take_lines()

    def take_lines(self) -> None:
        """Hands over whole lines, until one is not taken, because its answer has no room."""
        if self.full:
            return
        *lines, rest = self.unread.split(b"\n")
        if lines and not self.begun:
            self.begun = True
            if lines[0].startswith(HTTP_POST):
                self.transport.close()
                return
        for n, line in enumerate(lines):
            if self.session.ended:
                return
            if not self.chat.receive(self.session, line.rstrip(b"\r")):
                self.unread = b"\n".join([*lines[n:], rest])
                return
        self.unread = rest
        if len(rest) > LIMITS.frame_bytes_max:    # A line without an end.
            self.transport.close()

    def flush(self) -> None:
        self.transport.write(b"".join(self.out))
        self.out.clear()
        if self.session.ended:
            self.transport.close()

    def pause_writing(self) -> None:
        """The connection is full: the engine keeps what it should get, and nothing is read."""
        self.full = True
        self.transport.pause_reading()
        if not self.session.ended:
            self.chat.pause(self.session)

    def resume_writing(self) -> None:
        self.full = False
        if not self.session.ended and not self.transport.is_closing():
            self.chat.unpause(self.session)
            self.transport.resume_reading()
            self.take_lines()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        if not self.session.ended:
            self.chat.disconnect(self.session)


def send(recipients: List[chatroom.Session], line: bytes) -> None:
    unwritten = Connection.unwritten
    if not unwritten:
        asyncio.get_running_loop().call_soon(flush)
    for session in recipients:
        session.tag.out.append(line)
        unwritten[session.tag] = None


def flush() -> None:
    """At the end of a turn: one write for each connection."""
    unwritten, Connection.unwritten = Connection.unwritten, {}
    for connection in unwritten:
        connection.flush()


async def serve(port: int, data: Optional[Path]) -> None:
    with chatroom.Engine(send=send, store=data, config=chatroom.Config(LIMITS)) as chat:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(chat), "127.0.0.1", port)
        welcome(chat, server.sockets[0].getsockname())
        while True:
            chat.tick()
            await asyncio.sleep(min((chat.next_tick() or 0) / 1000, 0.25))


# ---- On threads.


class Talker(socketserver.StreamRequestHandler):
    """A thread for what comes from a connection. What goes to it is written by who speaks."""

    def handle(self) -> None:
        # A full buffer makes `send` fail at once, and reading wait for ever.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
        chat = cast(ThreadedServer, self.server).chat
        try:
            session = chat.connect(tag=self.connection, wire="lines")
        except chatroom.Error as error:       # So many that there is no place.
            self.wfile.write(f"* {error.text}\n".encode())
            return
        begun = False
        try:
            while not session.ended:
                line = self.rfile.readline(LIMITS.frame_bytes_max)
                if not begun and line.startswith(HTTP_POST):
                    break
                begun = True
                if not line or not chat.receive(session, line.rstrip(b"\r\n")):
                    break
        except (ConnectionError, chatroom.SessionError):
            pass    # It is gone.
        finally:
            if not session.ended:
                chat.disconnect(session)


class ThreadedServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, chat: threaded.Engine, port: int) -> None:
        self.chat = chat
        super().__init__(("127.0.0.1", port), Talker)


def send_or_hang_up(recipients: List[chatroom.Session], line: bytes) -> None:
    """Who does not read is hung up on: nobody waits for anybody while the lock is held."""
    for session in recipients:
        try:
            whole = session.tag.send(line, socket.MSG_DONTWAIT) == len(line)
        except OSError:
            whole = False
        if not whole:
            with contextlib.suppress(OSError):    # It may be gone already.
                session.tag.shutdown(socket.SHUT_RDWR)


def serve_threads(port: int, data: Optional[Path]) -> None:
    config = chatroom.Config(LIMITS)
    with threaded.Engine(send=send_or_hang_up, store=data, config=config) as chat, \
            ThreadedServer(chat, port) as server:
        welcome(chat, server.server_address)
        server.serve_forever()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="A chat over TCP.")
    options.add_argument("--port", type=int, default=7000, help="0: any")
    options.add_argument("--data", type=Path, help="the file that keeps the chat")
    options.add_argument("--threads", action="store_true", help="a thread for each connection")
    given = options.parse_args()
    try:
        if given.threads:
            serve_threads(given.port, given.data)
        else:
            asyncio.run(serve(given.port, given.data))
    except KeyboardInterrupt:
        pass
