"""A chat client for a terminal, on the library `websockets`.

    pip install chatroom websockets
    python chat_client.py NICK [--url ws://127.0.0.1:8000/chat] [--room lobby]

Talks to websockets_server.py, http_server.py and the web chat's own server. What is typed is said,
`/me waves` is an emote, and `/nick NAME` and the like are commands. When the connection is lost it
comes back by itself, and nothing is missed or said twice.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
from typing import Dict, Optional

from websockets.asyncio.client import connect

import chatroom
from chatroom.aio import AsyncClient
from chatroom.commands import Post


def read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[Optional[str]]) -> None:
    """What is typed, in a thread of its own, since reading it waits. None: that was all."""
    try:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line.rstrip("\n"))
        loop.call_soon_threadsafe(lines.put_nowait, None)
    except RuntimeError:
        pass    # The chat is over.


async def say(client: AsyncClient, room: str, lines: asyncio.Queue[Optional[str]]) -> None:
    """Does what each line asks for; done when all that was typed is said."""
    while (line := await lines.get()) is not None:
        try:
            command = chatroom.parse_line(room, line)
            if command == "help":
                print("* what you type is said; /me waves; /nick NAME; /set ROOM topic WORDS; "
                      "// begins a text with a slash", flush=True)
            elif isinstance(command, Post):
                client.post(room=command.room, text=command.text, kind=command.kind)
            elif command is not None:
                await client.submit(command)
        except chatroom.Error as error:
            print(f"* {error.text}", flush=True)
    while any(post.failed is None for post in client.posts(room)):
        await asyncio.sleep(0.05)


def print_new(client: AsyncClient, room: chatroom.ClientRoom, shown: Dict[int, int]) -> None:
    """Prints what a room has above the number that was shown."""
    for entry in client.entries(room.name, after=shown.get(room.id, 0)):
        if entry.what == "hole":
            break       # It is being read: "gap" tells when it is there.
        if entry.what == "message":
            who = entry.nick or "the host"
            print(f"* {who} {entry.text}" if entry.kind == "emote" else f"{who}: {entry.text}",
                  flush=True)
        shown[room.id] = entry.to
    client.see(room.name)


async def show(client: AsyncClient) -> None:
    """Prints what is new, until the server says goodbye."""
    state = ""
    shown: Dict[int, int] = {}      # By the id of the room, since a name may come again.
    async for change in client:
        room = {room.name: room for room in client.rooms()}.get(change.room)
        if change.what in ("reset", "append", "gap") and room is not None:
            print_new(client, room, shown)
        elif change.what == "posts":
            for post in client.posts(change.room):
                if post.failed is not None:
                    print(f"* not said ({post.failed}): {post.text}", flush=True)
                    client.discard(post.id)
        elif change.what == "state" and client.state != state:
            state = client.state
            print(f"* {state}", flush=True)


async def main(nick: str, url: str, room: str) -> None:
    lines: asyncio.Queue[Optional[str]] = asyncio.Queue()
    async with AsyncClient(lambda: connect(url)) as client:
        showing = asyncio.ensure_future(show(client))
        await client.login(nick=nick)
        room = await client.join(room=room)
        threading.Thread(target=read_lines, args=(asyncio.get_running_loop(), lines),
                         daemon=True).start()
        saying = asyncio.ensure_future(say(client, room, lines))
        await asyncio.wait([showing, saying], return_when=asyncio.FIRST_COMPLETED)
        saying.cancel()
    await showing
    if client.why is not None:
        print(f"* {client.why.text}")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="A chat client for a terminal.")
    options.add_argument("nick")
    options.add_argument("--url", default="ws://127.0.0.1:8000/chat")
    options.add_argument("--room", default="lobby")
    given = options.parse_args()
    try:
        asyncio.run(main(given.nick, given.url, given.room))
    except chatroom.Error as error:    # Such as a nick that is taken.
        sys.exit(f"{given.nick}: {error.text}")
    except KeyboardInterrupt:
        pass
