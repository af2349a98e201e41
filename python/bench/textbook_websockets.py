"""The room of the tutorials, on the same library: a set of connections and a loop.

The first message of a connection names its room, as tests/bench/load/load.cpp has it.
"""

import asyncio
from collections import defaultdict

from websockets.asyncio.server import broadcast, serve

rooms = defaultdict(set)


async def handler(websocket):
    room = rooms[await websocket.recv()]
    room.add(websocket)
    try:
        async for message in websocket:
            broadcast(room, message)
    finally:
        room.remove(websocket)


async def main():
    async with serve(handler, "127.0.0.1", 0) as server:
        print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.wait_closed()


asyncio.run(main())
