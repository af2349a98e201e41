"""The classic chat on Flask-SocketIO, with an engine behind it.

    pip install chatroom flask-socketio simple-websocket
    python flask_socketio_server.py [--port N] [--data FILE]

A client connects with {"auth": {"username": …}} and is in the lobby, where everybody is. It emits
"join" and "leave" with {"room": …}, and "message" with a text for the lobby, or with {"room": …,
"text": …}. Each is acknowledged with {"ok": true}, or with the error. It hears "message",
"joined", "left", "entered", "exited" and the other events of the engine by their names, with
their members.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO  # type: ignore[attr-defined]
from werkzeug.serving import make_server

import chatroom
from chatroom import threaded

app = Flask(__name__)
socketio = SocketIO(app, async_mode="threading")
sessions: Dict[str, chatroom.Session] = {}    # By what Socket.IO calls a client.
LOBBY = "lobby"


def deliver(recipients: List[chatroom.Session], event: chatroom.Event) -> None:
    """What the engine tells: each of its events is an event of Socket.IO."""
    members = {name.rstrip("_"): value for name, value in asdict(event).items() if value}
    for session in recipients:
        socketio.emit(event.OP, members, to=session.tag)


def create_chat(data: Optional[Path]) -> threaded.Engine:
    chat = threaded.Engine(deliver=deliver, store=data)
    if not chat.rooms(chatroom.HOST):
        chat.create(chatroom.HOST, room=LOBBY)
    return chat


def serve(chat: threaded.Engine) -> None:
    """Connects the events of Socket.IO with the engine."""

    def acknowledged(act: Callable[[chatroom.Session, Dict[str, Any]], Any]) -> Any:
        def handler(data: Any) -> Dict[str, Any]:
            try:
                said = {"text": data} if isinstance(data, str) else data
                outcome = act(sessions[request.sid], said)  # type: ignore[attr-defined]
                return {"ok": True, "number": outcome.number}
            except (KeyError, TypeError, ValueError) as error:
                return {"ok": False, "code": "member_invalid", "text": str(error)}
            except chatroom.Error as error:
                return {"ok": False, "code": error.code, "text": error.text,
                        "retry_after": error.retry_after}

        return handler

    def connect(auth: Optional[Dict[str, Any]] = None) -> None:
        client = request.sid  # type: ignore[attr-defined]
        session = chat.connect(tag=client, wire="typed")
        try:
            chat.guest(session, nick=str((auth or {}).get("username", "")))
            chat.join(session, room=LOBBY)
        except chatroom.Error as error:
            chat.disconnect(session)
            raise ConnectionRefusedError(error.text) from None
        sessions[client] = session

    def disconnect(*reason: Any) -> None:
        session = sessions.pop(request.sid, None)  # type: ignore[attr-defined]
        if session is not None and not session.ended:
            chat.disconnect(session)

    socketio.on_event("connect", connect)
    socketio.on_event("disconnect", disconnect)
    socketio.on_event("join", acknowledged(
        lambda session, data: chat.join(session, room=data["room"], history=20)))
    socketio.on_event("leave", acknowledged(
        lambda session, data: chat.leave(session, room=data["room"])))
    socketio.on_event("message", acknowledged(
        lambda session, data: chat.post(
            session, room=data.get("room", LOBBY), text=data["text"])))


@app.get("/")
def index() -> str:
    return "This server speaks Socket.IO: see the top of flask_socketio_server.py.\n"


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="A chat on Flask-SocketIO.")
    options.add_argument("--port", type=int, default=5000, help="0: any")
    options.add_argument("--data", type=Path, help="the file that keeps the chat")
    given = options.parse_args()
    with create_chat(given.data) as engine:
        serve(engine)
        server = make_server("127.0.0.1", given.port, app, threaded=True)
        print(f"listening on http://127.0.0.1:{server.port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
