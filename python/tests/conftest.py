"""What the tests share."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, DefaultDict, Dict, Iterator, List

import pytest

import chatroom
from chatroom import frames

NOON = 1_700_000_000_000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run what takes minutes as well")


def pytest_collection_modifyitems(config: pytest.Config, items: List[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="takes minutes: run with --slow"))


def counting_entropy() -> Any:
    """Byte i of the k-th call is i + k, both counted from 0."""
    calls = -1

    def entropy(count: int) -> bytes:
        nonlocal calls
        calls += 1
        return bytes((calls + i) % 256 for i in range(count))

    return entropy


class Host:
    """Hears all that an engine says, by the tag of the session."""

    def __init__(self, **options: Any) -> None:
        self.frames: DefaultDict[Any, List[bytes]] = defaultdict(list)
        self.events: DefaultDict[Any, List[chatroom.Event]] = defaultdict(list)
        self.seen: List[chatroom.Observation] = []
        self.chat = chatroom.Engine(send=self.send, deliver=self.deliver,
                                    observe=self.seen.append, **options)
        self.chat.tick(NOON)

    def send(self, recipients: List[chatroom.Session], frame: bytes) -> None:
        for session in recipients:
            self.frames[session.tag].append(frame)

    def deliver(self, recipients: List[chatroom.Session], event: chatroom.Event) -> None:
        for session in recipients:
            self.events[session.tag].append(event)

    def person(self, name: str, *rooms: str, **options: Any) -> chatroom.Session:
        """A guest in some rooms, who has heard nothing yet."""
        session = self.chat.connect(tag=name, **options)
        self.chat.guest(session, nick=name)
        for room in rooms:
            self.chat.join(session, room=room)
        self.forget()
        return session

    def forget(self) -> None:
        self.frames.clear()
        self.events.clear()
        self.seen.clear()

    def heard(self, name: Any) -> List[Any]:
        """What was sent to a session as frames, as events."""
        return [frames.decode(frame) for frame in self.frames[name]]

    def texts(self, name: Any) -> List[str]:
        return [event.text for event in [*self.heard(name), *self.events[name]]
                if isinstance(event, chatroom.Message)]


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.chat.close()


@pytest.fixture
def chat(host: Host) -> chatroom.Engine:
    return host.chat
