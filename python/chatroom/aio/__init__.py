"""An engine for asyncio, which tells itself the time; and a client, which stays connected.

    async def handler(websocket):                      # of the library `websockets`, or another
        async with chat.connect() as session:
            await session.serve(websocket)

    async with AsyncEngine() as chat, websockets.serve(handler, "127.0.0.1", 8000):
        await asyncio.get_running_loop().create_future()

A program may be in the room itself:

    async with chat.connect(user="bot", nick="bot", wire="typed") as bot:
        await bot.join(room="lobby")
        async for event in bot:
            match event:
                case Message(text="!time"):
                    await bot.post(room="lobby", text=time.ctime())

`AsyncClient` is for programs at the other end of a connection.
"""

from __future__ import annotations

from ._client import AsyncClient
from ._engine import AsyncEngine
from ._session import Actor, AsyncSession

__all__ = ["Actor", "AsyncClient", "AsyncEngine", "AsyncSession"]
