"""A chat for clients behind hostile proxies: web socket, server-sent events and long polling.

    pip install chatroom aiohttp
    python http_server.py [--port N] [--data FILE]

    GET  /chat                    the web socket: a frame is a message
    GET  /events                  server-sent events: first "session" with an id, then the frames
    POST /sessions                long polling: {"id": …}
    GET  /sessions/ID?after=N     the next frames: {"after": M, "frames": […]}; waits for some.
                                  Without an answer, ask with the same N again. M is the next N.
    POST /sessions/ID             a frame from the client, for events and polling alike

Who loses a connection connects anew by any of the three, and sends `resume` with its token and
cursors: what it missed comes first, without a hole.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
from pathlib import Path
from typing import Dict, List, Optional

from aiohttp import web
from aiohttp.typedefs import Handler

import chatroom
from chatroom.aio import AsyncEngine, AsyncSession

POLL_SECONDS = 20.0      # How long a question waits for an answer.
GONE_SECONDS = 60.0      # How long a session waits for the next question.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Talk:
    """A session that outlives the requests it is made of."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.frames = session.frames()
        self.asked = asyncio.Event()
        self.after = 0                    # How many answers were given,
        self.answer: List[bytes] = []     # and the last, in case that it was lost.
        self.next: Optional[asyncio.Future[bytes]] = None
        self.one_at_a_time = asyncio.Lock()

    async def poll(self, after: int) -> List[bytes]:
        """The next frames; none when there are none for a while.

        Raises StopAsyncIteration when the session has ended.
        """
        self.asked.set()
        async with self.one_at_a_time:
            if after != self.after:           # The last answer has not arrived.
                return self.answer
            if self.next is None:
                self.next = asyncio.ensure_future(self.frames.__anext__())
            done, _ = await asyncio.wait([self.next], timeout=POLL_SECONDS)
            if not done:
                return []
            frame, self.next = self.next.result(), None
            self.answer, self.after = [frame, *self.session.waiting()], self.after + 1
            return self.answer


class Host:
    def __init__(self, chat: AsyncEngine) -> None:
        self.chat = chat
        self.talks: Dict[str, Talk] = {}

    def talk(self, request: web.Request) -> Talk:
        found = self.talks.get(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound(text="This session is over: connect anew.\n")
        return found

    async def web_socket(self, request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse(heartbeat=30)
        await websocket.prepare(request)
        async with self.chat.connect() as session:
            await session.serve(websocket)
        return websocket

    async def events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        async with self.chat.connect() as session:
            name = secrets.token_urlsafe()
            talk = self.talks[name] = Talk(session)
            try:
                await response.write(f"event: session\ndata: {name}\n\n".encode())
                while True:
                    frames = await talk.poll(talk.after)    # JSON: one line each.
                    told = b"".join(b"data: %b\n\n" % frame for frame in frames)
                    await response.write(told or b": still here\n\n")
            except (ConnectionError, StopAsyncIteration):
                pass
            finally:
                del self.talks[name]
        return response

    async def open(self, request: web.Request) -> web.Response:
        name = secrets.token_urlsafe()
        entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(self.keep(name, entered))
        request.app[TASKS].append(task)
        task.add_done_callback(request.app[TASKS].remove)
        await entered
        return web.json_response({"id": name}, headers=HEADERS)

    async def keep(self, name: str, entered: asyncio.Future[None]) -> None:
        """Keeps a session of long polling, as long as somebody asks."""
        try:
            async with self.chat.connect() as session:
                talk = self.talks[name] = Talk(session)
                entered.set_result(None)
                try:
                    while not session.ended:
                        talk.asked.clear()
                        await asyncio.wait_for(talk.asked.wait(), POLL_SECONDS + GONE_SECONDS)
                except asyncio.TimeoutError:
                    pass
                finally:
                    del self.talks[name]
        except chatroom.Error as error:
            entered.set_exception(web.HTTPServiceUnavailable(text=error.text))

    async def poll(self, request: web.Request) -> web.Response:
        talk = self.talk(request)
        try:
            frames = await talk.poll(int(request.query.get("after", "0")))
        except StopAsyncIteration:
            raise web.HTTPNotFound(text="This session has ended.\n") from None
        body = b'{"after":%d,"frames":[%b]}' % (talk.after, b",".join(frames))
        return web.Response(body=body, content_type="application/json", headers=HEADERS)

    async def receive(self, request: web.Request) -> web.Response:
        talk = self.talk(request)
        talk.asked.set()
        await talk.session.receive(await request.read())
        return web.Response(status=204, headers=HEADERS)


@web.middleware
async def same_site(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Other sites' pages may not talk in the name of whoever reads them."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("//")[2] != request.host:
        raise web.HTTPForbidden(text="This page is of another site.\n")
    return await handler(request)


TASKS = web.AppKey("tasks", List["asyncio.Future[None]"])


def application(chat: AsyncEngine) -> web.Application:
    host = Host(chat)
    app = web.Application(client_max_size=chat.engine.config.limits.frame_bytes_max,
                          middlewares=[same_site])
    app[TASKS] = []
    app.add_routes([
        web.get("/chat", host.web_socket), web.get("/events", host.events),
        web.post("/sessions", host.open), web.get("/sessions/{id}", host.poll),
        web.post("/sessions/{id}", host.receive)])
    return app


async def main(port: int, data: Optional[Path]) -> None:
    async with AsyncEngine(store=data) as chat:
        if not chat.host.rooms():
            await chat.host.create(room="lobby")
        runner = web.AppRunner(application(chat), handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="A chat for clients behind proxies.")
    options.add_argument("--port", type=int, default=8080, help="0: any")
    options.add_argument("--data", type=Path, help="the file that keeps the chat")
    given = options.parse_args()
    try:
        asyncio.run(main(given.port, given.data))
    except KeyboardInterrupt:
        pass
