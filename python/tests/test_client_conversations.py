"""chatroom.Client in the recorded conversations, as tests/property/client_conversations.cpp does.

Every receiver of a conversation with an engine ends with the recorded view; a conversation from
the client's side goes word for word. See tests/conversations/README.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

import chatroom
from chatroom import commands
from conftest import NOON, counting_entropy

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "conversations"
HEARD = sorted(FOLDER.glob("*.jsonl"))
PLAYED = sorted((FOLDER / "clients").glob("*.jsonl"))
MESSAGES = {"reset", "append", "prepend", "gap", "trim"}
RENAMED = {"room": "rooms", "posts": "pending"}     # Kinds of change, as client.js calls them.
# As those of client.js.
DEFAULTS = {"entries_max": 1000, "text_bytes_max": 1 << 20, "members_max": 200, "posts_max": 100,
            "rooms_max": 32}

needs = pytest.mark.skipif(not HEARD, reason="not in the repository: no recorded conversations")


def lines_of(file: Path) -> List[Dict[str, Any]]:
    return [json.loads(text) for text in file.read_text("utf-8").splitlines() if text]


def played_lines_of(file: Path) -> List[Dict[str, Any]]:
    """A frame that arrives stays as it is written: it may be malformed on purpose."""
    lines = []
    for text in file.read_text("utf-8").splitlines():
        is_frame = text.startswith('{"in":{"op"')
        lines.append({"in": text[6:-1]} if is_frame else json.loads(text))
    return lines


def given(members: Dict[str, Any]) -> Dict[str, Any]:
    """As in frames: what is 0, false or empty is left out."""
    return {name: value for name, value in members.items() if value or value == {}}


def without_absent(value: Any) -> Any:
    """Absent and empty mean the same in a command."""
    if isinstance(value, list):
        return [without_absent(each) for each in value]
    if isinstance(value, dict):
        return {n: without_absent(v) for n, v in value.items() if v not in (None, 0, "", [], {})}
    return value


def view_of_room(client: chatroom.Client, room: chatroom.ClientRoom,
                 begin: int = 0) -> Dict[str, Any]:
    """A room from the number `begin` on."""
    entries = [entry for entry in client.entries(room.name) if entry.number >= begin]
    view = given({
        **{name: getattr(room, name) for name in (
            "id", "title", "topic", "owner", "capacity", "persistent", "managed", "rights",
            "count", "roster", "last")},
        "begin": max(begin, room.begin),
        "messages": [[e.number, e.text] for e in entries if e.what == "message"],
        "gaps": [[e.number, e.to] for e in entries if e.what == "gap"],
        "holes": [[e.number, e.to] for e in entries if e.what == "hole"]})
    if room.members_known:
        view["members"] = sorted([member.user, member.nick]
                                 for member in client.members(room.name))
    return view


# ---- Conversations with an engine.


class Listener:
    """A client that hears what one receiver heard. What it would ask by itself stays unsaid."""

    def __init__(self) -> None:
        self.out: List[Dict[str, Any]] = []
        self.ref = 0
        self.asked: Dict[str, Any] = {}
        config = chatroom.ClientConfig(**DEFAULTS, commands_max=4096, asks_max=4096,
                                       ask_bytes_max=1 << 20)
        self.client = chatroom.Client(send=lambda frame: self.out.append(json.loads(frame)),
                                      config=config, entropy=counting_entropy())
        self.client.connected()

    def asks(self, text: str) -> None:
        try:
            asked = json.loads(text)
        except ValueError:
            asked = {}
        self.asked = asked if isinstance(asked, dict) else {}
        self.out.clear()
        if not self.ask(dict(self.asked)):
            self.client.submit(commands.Ping())   # Only its `ref` is wanted.
        self.ref = self.out[-1]["ref"] if self.out else 0

    def ask(self, members: Dict[str, Any]) -> bool:
        """Commands that change who it is go the way that a person's would."""
        op = members.pop("op", None)
        members.pop("ref", None)
        of = getattr(commands, op.capitalize(), None) if isinstance(op, str) else None
        if of is None:
            return False
        try:
            if op == "guest" and self.client.state == "login":
                self.client.login(**members)
                return True
            if op == "logout":
                self.client.logout()
                return bool(self.out)
            if op == "resume":
                members["cursors"] = [commands.Cursor(**one) for one in members["cursors"]]
            self.client.submit(of(**members))
        except (KeyError, TypeError, ValueError, chatroom.FrameError):
            return False    # It was meant to be refused.
        return True

    def hears(self, frame: Dict[str, Any]) -> None:
        op = frame["op"]
        is_reply = op in ("ok", "error", "history", "rooms", "members")
        self.tell({**frame, "ref": self.ref} if is_reply else frame)
        # The script has a token, and resumes when it likes: to it, the host logs it in.
        if op == "ok" and self.asked.get("op") == "resume":
            self.tell({**{n: v for n, v in frame.items() if n != "ref"}, "op": "you"})

    def tell(self, frame: Dict[str, Any]) -> None:
        self.client.receive(json.dumps(frame, ensure_ascii=False))

    def view(self, meant: Dict[str, Any]) -> Dict[str, Any]:
        rooms = {}
        for room in self.client.rooms():
            known = meant.get("rooms", {}).get(room.name, {})
            rooms[room.name] = view_of_room(self.client, room, known.get("begin", room.begin))
        view = given({"user": self.client.user, "nick": self.client.nick})
        return {**view, "rooms": rooms} if rooms else view


@needs
@pytest.mark.parametrize("file", HEARD, ids=lambda file: file.stem)
def test_a_listener_ends_with_the_view(file: Path) -> None:
    *lines, last = lines_of(file)
    listeners: Dict[str, Listener] = {}
    for line in lines:
        if "connect" in line:
            listeners[line["connect"]] = Listener()
        for name, frame in line.get("in", {}).items():
            listeners[name].asks(frame)
        for name, frames in line.get("out", {}).items():
            for frame in frames:
                listeners[name].hears(frame)
    assert set(last["views"]) == set(listeners)
    for name, meant in last["views"].items():
        assert listeners[name].view(meant) == meant, name
        assert listeners[name].client.faults == 0


# ---- Conversations from the client's side.


class Talk:
    """One client, and what each call to it came to."""

    def __init__(self, options: Dict[str, int]) -> None:
        posts_max = options.pop("pending_max", DEFAULTS["posts_max"])
        self.config = chatroom.ClientConfig(**{**DEFAULTS, **options, "posts_max": posts_max})
        self.entropy = counting_entropy()
        self.open()
        self.client.tick(NOON)

    def open(self, saved: Optional[bytes] = None) -> None:
        self.client = chatroom.Client(send=self.send, tell=self.tell, config=self.config,
                                      entropy=self.entropy, saved=saved)
        self.forget()

    def forget(self) -> None:
        self.out: List[Any] = []
        self.done: List[Tuple[str, str]] = []
        self.refused: List[Tuple[str, str]] = []
        self.changes: List[str] = []

    def send(self, frame: bytes) -> None:
        self.out.append(json.loads(frame))

    def tell(self, change: chatroom.ClientChange) -> None:
        what = change.what
        if what == "done":
            self.done.append((change.tag, change.error.code if change.error else "ok"))
        elif what in MESSAGES:
            self.changes.append(f"messages {change.room} {what}")
        elif what not in ("listed", "close"):
            self.changes.append(f"{RENAMED.get(what, what)} {change.room}".strip())

    def take(self, line: Dict[str, Any]) -> Dict[str, Any]:
        self.forget()
        for name in ("tick", "connected", "disconnected"):
            if name in line:
                self.client.tick(line[name])
        if "connected" in line:
            self.client.connected()
        if "disconnected" in line:
            self.client.disconnected()
        if "in" in line:
            self.client.receive(line["in"])
        if "reload" in line:
            self.open(self.client.save())
        if "call" in line:
            self.call(*line["call"])
        done = [list(each) for each in self.done + self.refused]
        return given({"out": self.out, "done": done, "changes": sorted(set(self.changes)),
                      "close": self.client.wants_close})

    def call(self, name: str, *words: Any) -> None:
        client = self.client
        if name in ("see", "hold", "refresh"):
            if any(room.name == words[0] for room in client.rooms()):
                getattr(client, name)(*words)
            else:
                with pytest.raises(chatroom.RoomError, match="room_unknown"):
                    getattr(client, name)(*words)
            return
        if name in ("resend", "discard"):
            room, at = words
            getattr(client, name)(client.posts(room)[at].id)
            return
        named = {"login": ["nick"], "rename": ["nick"], "set": ["room", "property", "value"]}
        members = dict(zip(named.get(name, ["room"]), words))
        try:
            if name == "post":
                options = words[2] if len(words) > 2 else {}
                assert client.post(**members, text=words[1], **options) > 0
            else:
                getattr(client, name)(**members, tag=name)
        except chatroom.Error as error:
            self.refused.append((name, error.code))

    def tokens(self) -> List[str]:
        """What is saved tells the tokens: members 2 and 3 of its first part."""
        saved, at, found = self.client.save(), 8, []
        while 1 <= saved[at] <= 3:
            size = saved[at + 1]
            if saved[at] != 1:
                found.append(saved[at + 2:at + 2 + size].decode())
            at += 2 + size
        return found

    def view(self) -> Dict[str, Any]:
        client = self.client
        view = given({
            "state": client.state, "error": client.why.code if client.why else None,
            "user": client.user, "nick": client.nick, "tokens": self.tokens(),
            "faults": client.faults})
        rooms = {room.name: self.room_view(room) for room in client.rooms()}
        return {**view, "rooms": rooms} if rooms else view

    def room_view(self, room: chatroom.ClientRoom) -> Dict[str, Any]:
        pending = [[post.text, "failed", post.failed] if post.failed else [post.text, "waiting"]
                   for post in self.client.posts(room.name)]
        return {**view_of_room(self.client, room), **given({
            **{name: getattr(room, name)
               for name in ("live", "complete", "loading", "unread", "seen")},
            "pending": pending})}


@needs
@pytest.mark.parametrize("file", PLAYED, ids=lambda file: file.stem)
def test_a_client_does_as_recorded(file: Path) -> None:
    head, *lines = played_lines_of(file)
    talk = Talk(head.get("options", {}))
    calls = 0
    for line, after in zip(lines, [*lines[1:], {}]):
        if set(line) & {"out", "done", "changes", "close"}:
            continue                # What the call before came to.
        if "view" in line:
            assert talk.view() == line["view"]
            continue
        told = {key: after[key] for key in ("out", "done", "changes", "close") if key in after}
        assert without_absent(talk.take(line)) == without_absent(told), line
        calls += 1
    assert calls > 3


@needs
def test_every_state_and_change_was_met() -> None:
    """Or a name of theirs is wrong."""
    text = "".join(file.read_text("utf-8") for file in PLAYED)
    for state in chatroom._core.describe()["client_state"]:
        assert f'"state":"{state}"' in text, state
