"""examples/python/flask_socketio_server.py, with plain Socket.IO clients."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any, DefaultDict, Iterator, List

import pytest

from servers import Server, node_modules, wait_until

socketio = pytest.importorskip("socketio")
pytest.importorskip("flask_socketio")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("flask_socketio_server.py") as started:
        yield started


class Person:
    """A client that keeps what it hears."""

    def __init__(self, server: Server, name: str, **options: Any) -> None:
        self.heard: DefaultDict[str, List[Any]] = defaultdict(list)
        self.client = socketio.Client(reconnection=False)
        self.client.on("*", lambda event, data: self.heard[event].append(data))
        self.client.on("message", lambda data: self.heard["message"].append(data))
        self.client.connect(server.url, auth={"username": name}, **options)

    def ask(self, event: str, **data: Any) -> Any:
        return self.client.call(event, data, timeout=20)

    def texts(self) -> List[str]:
        return [message["text"] for message in self.heard["message"]]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_people_talk(server: Server, transport: str) -> None:
    ann = Person(server, f"ann-{transport}", transports=[transport])
    bob = Person(server, f"bob-{transport}", transports=[transport])
    assert ann.ask("join", room=transport)["ok"] and bob.ask("join", room=transport)["ok"]
    assert ann.ask("message", room=transport, text="hello") == {"ok": True, "number": 1}
    wait_until(lambda: bob.texts() == ["hello"] and ann.texts() == ["hello"])
    assert bob.heard["message"][0]["nick"] == f"ann-{transport}"
    assert [joined["room"] for joined in bob.heard["joined"]] == ["lobby", transport]
    assert bob.ask("leave", room=transport)["ok"]
    wait_until(lambda: [gone["room"] for gone in ann.heard["exited"]] == [transport])
    ann.ask("message", room=transport, text="alone")
    wait_until(lambda: ann.texts() == ["hello", "alone"])
    ann.client.disconnect()
    assert bob.ask("join", room=transport)["ok"], "the history is still there"
    wait_until(lambda: "alone" in bob.texts())
    bob.client.disconnect()


def test_a_plain_text_is_for_everybody(server: Server) -> None:
    ann, bob = Person(server, "ann-all"), Person(server, "bob-all")
    ann.client.send("good morning")
    wait_until(lambda: "good morning" in bob.texts() and "good morning" in ann.texts())
    assert bob.heard["message"][-1]["room"] == "lobby"
    ann.client.disconnect()
    assert bob.ask("message", text="still here")["ok"]
    bob.client.disconnect()


def test_refusals_are_acknowledged(server: Server) -> None:
    ann = Person(server, "refused")
    assert ann.ask("message", room="nowhere", text="x")["code"] == "room_unknown"
    assert ann.ask("message", room="nowhere")["code"] == "member_invalid"
    assert ann.ask("join", room=7)["code"] == "member_invalid"
    with pytest.raises(socketio.exceptions.ConnectionError):
        Person(server, "refused")
    with pytest.raises(socketio.exceptions.ConnectionError):
        Person(server, "")
    ann.client.disconnect()


def test_a_client_in_node(server: Server) -> None:
    modules = node_modules("socket.io-client")
    ann = Person(server, "ann-node")
    ann.ask("join", room="node")
    script = Path(__file__).with_name("socketio_client.cjs")
    node = subprocess.Popen(["node", script, modules, server.url], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_until(lambda: "hello from node" in ann.texts() or node.poll() is not None)
    ann.ask("message", room="node", text="hello from python")
    said = node.communicate(timeout=30)[0]
    assert node.returncode == 0 and "hello from python" in said, said
    ann.client.disconnect()
