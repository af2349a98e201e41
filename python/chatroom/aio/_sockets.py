"""What the web sockets of several libraries have in common."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Awaitable, Coroutine, Iterable, Tuple, Union

__all__ = [
    "PushSocket", "Socket", "adapt", "adapt_client", "in_time", "is_lost", "run_until_one_ends",
]

# Names, so that no library must be there: what they raise when a connection is gone, or when
# there was none to be had.
LOST = {"ConnectionClosed", "InvalidHandshake", "WebSocketDisconnect", "ClientError"}


def is_lost(error: BaseException) -> bool:
    """Whether an exception only says that a connection is gone, or that there is none."""
    return isinstance(error, (ConnectionError, EOFError)) or any(
        of.__name__ in LOST for of in type(error).__mro__)


async def run_until_one_ends(*of: Coroutine[Any, Any, None]) -> None:
    """Runs what belongs to a connection, and raises what does not say that it is lost."""
    pumps = [asyncio.ensure_future(one) for one in of]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        # Not `gather`: cancelled itself, it would raise a pump's cancellation, by which the
        # cancel scopes of anyio do not know their own.
        await asyncio.wait(pumps)
    for pump in pumps:
        error = None if pump.cancelled() else pump.exception()
        if isinstance(error, Exception) and not is_lost(error):
            raise error


async def in_time(of: Awaitable[Any], seconds: float) -> Any:
    """As `asyncio.wait_for`, which before Python 3.12 may lose that its caller was cancelled."""
    task = asyncio.ensure_future(of)
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
    if task.cancelled():
        raise asyncio.TimeoutError
    return task.result()


class Socket:
    """A connection that is told one frame at a time, and waited for."""

    def __init__(self, of: Any, text: bool) -> None:
        self._of = of
        self._text = text

    async def send(self, frame: bytes) -> None:
        await self._of.send(frame.decode() if self._text else frame)

    async def __aiter__(self) -> AsyncIterator[Union[bytes, str]]:
        async for message in self._of:
            yield message

    async def close(self) -> None:
        await self._of.close()


class PushSocket(Socket):
    """A connection of the library `websockets`, written to without waiting.

    `Connection.send` takes ten times as long as it takes to write a frame. So frames are made
    here, once for all who get the same, and what one connection gets in one turn of the loop is
    one write. Connections with an extension, such as compression, make their own frames.
    """

    _made: Tuple[bytes, bytes] = (b"", b"")    # The last message, and its frame; of all sockets.

    @staticmethod
    def fits(connection: Any) -> bool:
        """Whether it has what is needed, beyond what the library promises."""
        return (hasattr(connection, "transport") and hasattr(connection, "drain")
                and hasattr(connection, "paused")
                and hasattr(getattr(connection, "protocol", None), "extensions"))

    def push(self, messages: Iterable[bytes]) -> None:
        """Writes messages. They are dropped when the connection is closing."""
        protocol = self._of.protocol
        if protocol.state.name != "OPEN" or self._of.transport.is_closing():
            return
        if protocol.extensions:
            for message in messages:
                (protocol.send_text if self._text else protocol.send_binary)(message)
            self._of.send_data()
        else:
            self._of.transport.write(b"".join(map(self._frame, messages)))

    def _frame(self, message: bytes) -> bytes:
        known, frame = PushSocket._made
        if known is not message:
            frame = web_socket_frame(message, self._text)
            PushSocket._made = (message, frame)
        return frame

    def is_full(self) -> bool:
        full: bool = self._of.paused
        return full

    async def drain(self) -> None:
        await self._of.drain()


def web_socket_frame(message: bytes, text: bool) -> bytes:
    """A message of a server as one frame (RFC 6455, section 5.2)."""
    first, size = (0x81 if text else 0x82), len(message)
    if size < 126:
        return bytes((first, size)) + message
    if size < 65536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + message
    return bytes((first, 127)) + size.to_bytes(8, "big") + message


class StarletteSocket(Socket):
    """A `WebSocket` of Starlette or FastAPI."""

    async def send(self, frame: bytes) -> None:
        if self._text:
            await self._of.send_text(frame.decode())
        else:
            await self._of.send_bytes(frame)

    async def __aiter__(self) -> AsyncIterator[Union[bytes, str]]:
        while True:
            message = await self._of.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            yield text if text is not None else message["bytes"]


class AiohttpSocket(Socket):
    """A `WebSocketResponse` of aiohttp."""

    async def send(self, frame: bytes) -> None:
        if self._text:
            await self._of.send_str(frame.decode())
        else:
            await self._of.send_bytes(frame)

    async def __aiter__(self) -> AsyncIterator[Union[bytes, str]]:
        async for message in self._of:
            if isinstance(message.data, (bytes, str)):
                yield message.data


class StreamSocket(Socket):
    """A reader and a writer of asyncio, with a frame on each line."""

    async def send(self, frame: bytes) -> None:
        writer: asyncio.StreamWriter = self._of[1]
        writer.write(frame + b"\n")
        await writer.drain()

    async def __aiter__(self) -> AsyncIterator[Union[bytes, str]]:
        reader: asyncio.StreamReader = self._of[0]
        while line := await reader.readline():
            yield line.rstrip(b"\r\n")

    async def close(self) -> None:
        writer: asyncio.StreamWriter = self._of[1]
        writer.close()
        await writer.wait_closed()


def adapt(websocket: Any, text: bool) -> Socket:
    """Finds out whose web socket this is. Raises TypeError when it is none that is known."""
    if hasattr(websocket, "send_str"):
        return AiohttpSocket(websocket, text)
    if hasattr(websocket, "send_text") and hasattr(websocket, "receive"):
        return StarletteSocket(websocket, text)
    if PushSocket.fits(websocket):
        return PushSocket(websocket, text)
    if hasattr(websocket, "send") and hasattr(websocket, "__aiter__"):
        return Socket(websocket, text)
    raise TypeError(f"not a web socket that is known: {type(websocket).__name__}")


def adapt_client(connection: Any, text: bool) -> Socket:
    """As `adapt`, for the other end: also for a reader and a writer."""
    if not isinstance(connection, tuple):
        return adapt(connection, text)
    if not text:
        raise TypeError("a line holds no frame of wire 'binary'")
    return StreamSocket(connection, text)
