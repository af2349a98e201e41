"""A chat for browsers, on the library `websockets`.

    pip install chatroom websockets
    python websockets_server.py [--port N] [--data FILE]

Serves the page of examples/web_chat at / and its web socket at /chat.
"""

from __future__ import annotations

import argparse
import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Dict, Optional

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

import chatroom
from chatroom.aio import AsyncEngine

PAGE = Path(__file__).resolve().parents[1] / "web_chat" / "page"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css",
         ".svg": "image/svg+xml"}
FILES: Dict[str, Path] = {"/" + file.relative_to(PAGE).as_posix(): file
                          for file in PAGE.rglob("*") if file.suffix in TYPES}
FILES["/"] = PAGE / "index.html"


def answer(connection: ServerConnection, request: Request) -> Optional[Response]:
    """Answers what is asked for; None: it is for the web socket."""
    path = request.path.partition("?")[0]
    if path == "/chat":
        # Other sites' pages may not talk in the name of whoever reads them.
        origin = request.headers.get("Origin")
        if origin is None or origin.partition("//")[2] == request.headers["Host"]:
            return None
        return connection.respond(HTTPStatus.FORBIDDEN, "This page is of another site.\n")
    if path not in FILES:
        return connection.respond(HTTPStatus.NOT_FOUND, "There is no such page.\n")
    response = connection.respond(HTTPStatus.OK, "")
    response.body = FILES[path].read_bytes()
    del response.headers["Content-Length"], response.headers["Content-Type"]
    response.headers["Content-Length"] = str(len(response.body))
    response.headers["Content-Type"] = TYPES[FILES[path].suffix] + "; charset=utf-8"
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    return response


async def main(port: int, data: Optional[Path]) -> None:
    limits = chatroom.Limits(sessions_max=2048, users_max=4096, members_max=32768,
                             rooms_max=512, history_pages_max=8192)
    async with AsyncEngine(store=data, config=chatroom.Config(limits)) as chat:
        if not chat.host.rooms():
            await chat.host.create(room="lobby")

        async def handler(websocket: ServerConnection) -> None:
            async with chat.connect() as session:
                await session.serve(websocket)

        async with serve(handler, "127.0.0.1", port, process_request=answer,
                         max_size=limits.frame_bytes_max) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            print(f"listening on http://127.0.0.1:{port}/", flush=True)
            await server.wait_closed()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="A chat for browsers.")
    options.add_argument("--port", type=int, default=8000, help="0: any")
    options.add_argument("--data", type=Path, help="the file that keeps the chat")
    given = options.parse_args()
    try:
        asyncio.run(main(given.port, given.data))
    except KeyboardInterrupt:
        pass
