"""`AsyncSession.serve` on the web sockets of Starlette, and so of FastAPI."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from chatroom import commands, events, frames
from chatroom.aio import AsyncEngine

pytest.importorskip("starlette")
pytest.importorskip("httpx")


@pytest.mark.filterwarnings("ignore:.*httpx")
def test_people_talk() -> None:
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.testclient import TestClient
    from starlette.websockets import WebSocket

    served = threading.Event()

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        async with AsyncEngine() as chat:
            async with chat.connect() as session:
                await session.serve(websocket)
            assert chat.engine.stats().sessions == 0
        served.set()

    def told(socket: Any) -> Any:
        return frames.decode(socket.receive_text())

    app = Starlette(routes=[WebSocketRoute("/chat", handler)])
    with TestClient(app) as client, client.websocket_connect("/chat") as socket:
        assert isinstance(told(socket), events.Welcome)
        socket.send_text(frames.encode(commands.Guest("ann")).decode())
        assert told(socket).nick == "ann"
        socket.send_bytes(frames.encode(commands.Join("lobby"), 7))
        assert told(socket).ref == 7
        assert isinstance(told(socket), events.Joined)
        socket.close()
        assert served.wait(20), "the connection is gone, and serve goes on"
