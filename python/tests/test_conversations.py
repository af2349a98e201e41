"""The recorded conversations of tests/conversations, through Python."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, DefaultDict, Dict, List, Optional

import pytest

import chatroom
from chatroom import commands
from conftest import counting_entropy

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "conversations"
FILES = sorted(FOLDER.glob("*.jsonl"))
CALLS = ("tick", "connect", "in", "host", "pause", "unpause", "disconnect")


def config_with(members: Dict[str, int]) -> chatroom.Config:
    config = chatroom.Config()
    for part in ("limits", "policies", "budgets"):
        own = getattr(config, part)
        mine = {field.name for field in fields(own)} & set(members)
        config = replace(config, **{part: replace(own, **{n: members.pop(n) for n in mine})})
    assert not members, f"no such member of the configuration: {members}"
    return config


def command_of(line: Dict[str, Any]) -> commands.Command:
    line = dict(line)
    of = getattr(commands, line.pop("op").capitalize())
    made: commands.Command = of(**line)
    return made


class Replay:
    """One engine, and what each call came to."""

    def __init__(self, head: Dict[str, Any]) -> None:
        assert head["entropy"] == "counting"
        self.out: DefaultDict[str, List[Any]] = defaultdict(list)
        self.sessions: Dict[str, chatroom.Session] = {}
        self.chat = chatroom.Engine(send=self.send, config=config_with(head.get("config", {})),
                                    entropy=counting_entropy())

    def send(self, recipients: List[chatroom.Session], frame: bytes) -> None:
        for session in recipients:
            self.out[session.tag].append(json.loads(frame))

    def take(self, line: Dict[str, Any]) -> Dict[str, Any]:
        self.out.clear()
        try:
            answer = self.call(line)
        except chatroom.Error as error:
            answer = error.code
        came: Dict[str, Any] = {"answer": answer} if answer else {}
        if self.out:
            came["out"] = dict(self.out)
        return came

    def call(self, line: Dict[str, Any]) -> Optional[str]:
        chat, sessions = self.chat, self.sessions
        if "tick" in line:
            chat.tick(line["tick"], leap_confirmed=line.get("confirmed", False))
        elif "connect" in line:
            name = line["connect"]
            sessions[name] = chatroom.Session(0)   # As long as there is none.
            sessions[name] = chat.connect(
                tag=name, frame_bytes_max=line.get("frame_bytes_max", 0),
                user=line.get("user", ""), nick=line.get("nick", ""))
        elif "in" in line:
            [(name, frame)] = line["in"].items()
            return None if chat.receive(sessions[name], frame) else "paused"
        elif "host" in line:
            chat.submit(chatroom.HOST, command_of(line["host"]), user=line.get("for", 0))
        else:
            [(call, name)] = line.items()
            getattr(chat, call)(sessions[name])
        return None


@pytest.mark.skipif(not FILES, reason="not in the repository: no recorded conversations")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_conversation(file: Path) -> None:
    lines = [json.loads(text) for text in file.read_text("utf-8").splitlines() if text]
    replay = Replay(lines[0])
    calls = 0
    for line, after in zip(lines[1:], [*lines[2:], {}]):
        if not set(line) & set(CALLS):
            continue                # What the call before came to; or what clients end with.
        told = {key: after[key] for key in ("answer", "out") if key in after}
        assert replay.take(line) == told, line
        calls += 1
    assert calls > 3
