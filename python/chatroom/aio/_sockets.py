"""What the web sockets of several libraries have in common."""

from __future__ import annotations

from typing import Any, AsyncIterator, Union

__all__ = ["Socket", "adapt"]

# Names, so that no library must be there: what they raise when a connection is gone.
LOST = {"ConnectionClosed", "WebSocketDisconnect", "ClientConnectionError"}


class Socket:
    """A connection of the library `websockets`."""

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

    def is_lost(self, error: Exception) -> bool:
        """Whether an exception only says that the connection is gone."""
        return isinstance(error, (ConnectionError, EOFError)) or any(
            of.__name__ in LOST for of in type(error).__mro__)


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


def adapt(websocket: Any, text: bool) -> Socket:
    """Finds out whose web socket this is. Raises TypeError when it is none that is known."""
    if hasattr(websocket, "send_str"):
        return AiohttpSocket(websocket, text)
    if hasattr(websocket, "send_text") and hasattr(websocket, "receive"):
        return StarletteSocket(websocket, text)
    if hasattr(websocket, "send") and hasattr(websocket, "__aiter__"):
        return Socket(websocket, text)
    raise TypeError(f"not a web socket that is known: {type(websocket).__name__}")
