"""The recorded conversations, played by a client in another language: see tests/conversations.

As tests/property/client_conversations.cpp does it: every receiver of a conversation with an engine
ends with the recorded view; a conversation from the client's side goes word for word. The program
of the language carries out one call a line and prints what it came to.
"""

import json
import subprocess
from pathlib import Path

from common import ROOT, Wrong, report

CONVERSATIONS = ROOT / "tests" / "conversations"

# As those of client.js.
DEFAULTS = {"entries_max": 1000, "text_bytes_max": 1 << 20, "members_max": 200, "posts_max": 100,
            "rooms_max": 32}
OPTIONS = {"pending_max": "posts_max"}         # what is called otherwise there

# Members of the views of chatroom_c.h, in the order in which the program prints them.
SHAPES = {
    "room": ("name", "title", "topic", "rights", "id", "owner", "capacity", "count", "roster",
             "begin", "last", "seen", "unread", "persistent", "managed", "live", "members_known",
             "complete", "loading"),
    "entry": ("what", "number", "to", "text"),
    "member": ("user", "nick"),
    "post": ("id", "text"),
}
TEXTS = {"name", "title", "topic", "rights", "text", "nick"}
FLAGS = {"persistent", "managed", "live", "members_known", "complete", "loading"}
MESSAGE, GAP, HOLE = 0, 1, 2

REPLIES = {"ok", "error", "history", "rooms", "members"}
SELECTORS = ("latest", "before", "after", "around", "between")
PROPERTIES = ("title", "topic", "capacity", "persistent", "managed")

# Members of commands: what a frame says of each, as a text or as a number of so many bits.
COMMANDS = {
    "guest": {"nick": str}, "token": {}, "logout": {}, "nick": {"nick": str},
    "join": {"room": str, "history": 32}, "leave": {"room": str}, "destroy": {"room": str},
    "configure": {"name": str, "value": 64},
    "create": {"room": str, "title": str, "topic": str, "capacity": 32, "persistent": 1,
               "managed": 1},
    "set": {"room": str, "property": str, "value": str},
    "post": {"room": str, "text": str, "kind": str, "reply_to": 64, "nonce": str},
    "history": {"room": str, "selector": str, "number": 64, "until": 64, "limit": 32},
    "rooms": {"after": 64, "limit": 32},
    "members": {"room": str, "after": 64, "limit": 32},
}


def hexadecimal(text):
    return text.encode("utf-8", "surrogatepass").hex()


def text_of(hexadecimals):
    return bytes.fromhex(hexadecimals).decode("utf-8", "surrogatepass")


def lines_of(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line]


def told(members):
    """As in frames: what is 0, false or empty is left out."""
    return {name: value for name, value in members.items() if value not in (0, "", [], {}, None)}


class Client:
    """A client in the language, in a program of its own."""

    def __init__(self, command, env):
        self.program = subprocess.Popen([str(word) for word in command], env=env, text=True,
                                        encoding="utf-8", stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        for shape, members in SHAPES.items():
            self.ask("shape", shape, *members)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stdin.close()
        self.program.stdout.close()
        if self.program.wait() != 0:
            raise Wrong(f"the program ends with {self.program.returncode}")

    def ask(self, *words):
        """Carries out a call: its answer. What it printed is in `printed`."""
        self.program.stdin.write("\t".join(str(word) for word in words) + "\n")
        self.program.stdin.flush()
        self.printed = []
        for line in self.program.stdout:
            said = line.rstrip("\n").split("\t")
            if said[0] == "answer":
                self.state, self.wants_close = said[2], said[3] == "1"
                return said[1]
            self.printed.append(said)
        raise Wrong(f"the program stopped at {' '.join(map(str, words))[:200]}")

    def open(self, config):
        if self.ask("open", *(f"{name}#{value}" for name, value in config.items())) != "none":
            raise Wrong(f"it does not open with {config}")

    def sent(self):
        """Frames of the last call."""
        return [json.loads(text_of(line[1])) for line in self.printed if line[0] == "send"]

    def view(self):
        """What it knows: of the client, and of its rooms by name."""
        self.ask("view")
        (_, why, user, nick, faults, saved), *rest = self.printed
        client = {"error": why if why != "none" else "", "user": int(user), "nick": text_of(nick),
                  "faults": int(faults), "tokens": tokens(bytes.fromhex(saved))}
        rooms = {}
        for shape, *words in rest:
            if shape == "failed":
                room["post"][-1]["failed"] = words[0]
                continue
            members = {name: text_of(word) if name in TEXTS else int(word)
                       for name, word in zip(SHAPES[shape], words, strict=True)}
            if shape == "room":
                room = {**members, "entry": [], "member": [], "post": []}
                rooms[members["name"]] = room
            else:
                room[shape].append(members)
        return client, rooms


def tokens(saved):
    """What is saved tells the tokens: members 2 and 3 of its first part."""
    found, at = [], 8
    while 1 <= saved[at] <= 3:
        size = saved[at + 1]
        if saved[at] != 1:
            found.append(saved[at + 2:at + 2 + size].decode())
        at += 2 + size
    return found


def view_of_room(room, begin=0):
    """A room from the number `begin` on."""
    view = {name: room[name] for name in ("id", "title", "topic", "owner", "capacity", "rights",
                                          "count", "roster", "last")}
    view |= {name: bool(room[name]) for name in ("persistent", "managed")}
    view = told({**view, "begin": max(begin, room["begin"])})
    if room["members_known"]:
        view["members"] = sorted([each["user"], each["nick"]] for each in room["member"])
    entries = [each for each in room["entry"] if each["number"] >= begin]
    for name, what, of in (("messages", MESSAGE, "text"), ("gaps", GAP, "to"),
                           ("holes", HOLE, "to")):
        view |= told({name: [[each["number"], each[of]] for each in entries
                             if each["what"] == what]})
    return view


# ---- Conversations with an engine: the client hears what one receiver heard. Its commands come
# from the script; what it would ask by itself stays unsaid.


class Listener:
    def __init__(self, client):
        self.client, self.asked, self.own_ref, self.sound = client, {}, 0, True
        client.open({**DEFAULTS, "commands_max": 4096, "asks_max": 4096,
                     "ask_bytes_max": 1 << 20})
        self.sound = client.ask("connected") == "none"

    def asks(self, text):
        try:
            asked = json.loads(text)
        except ValueError:
            asked = None
        self.asked = asked if isinstance(asked, dict) else {}
        if not self.carries_out() and self.client.ask("submit", "ping") != "none":
            self.sound = False
        frames = self.client.sent()
        self.own_ref = frames[-1].get("ref", 0) if frames else 0

    def carries_out(self):
        """Commands that change who it is go the way that a person's would."""
        op, ask = self.asked.get("op"), self.client.ask
        if op == "guest" and self.client.state == "login":
            return ask("call", "login", 0, hexadecimal(self.member("nick", str))) == "none"
        if op == "logout":
            return ask("call", "logout", 0) == "none" and self.client.sent() != []
        if not isinstance(op, str) or op not in COMMANDS:
            return False
        members = {name: self.member(name, kind) for name, kind in COMMANDS[op].items()}
        if op == "set" and members["property"] not in PROPERTIES:
            return False
        if op == "post":
            members["kind"] = "emote" if members["kind"] == "emote" else "text"
        if op == "history" and members["selector"] not in SELECTORS:
            members["selector"] = "latest"
        words = [f"{name}={hexadecimal(value)}" if isinstance(value, str) else f"{name}#{value}"
                 for name, value in members.items()]
        return ask("submit", op, *words) == "none"

    def member(self, name, kind):
        value = self.asked.get(name)
        if kind is str:
            return value if isinstance(value, str) else ""
        return int(value) % (1 << kind) if isinstance(value, int) else 0

    def hears(self, frame):
        self.tell(frame, self.own_ref if frame["op"] in REPLIES else 0)
        # The script has a token, and resumes when it likes: to the client, the host logs it in.
        if frame["op"] == "ok" and self.asked.get("op") == "resume":
            self.tell({**frame, "op": "you"}, 0)

    def tell(self, frame, ref):
        heard = {name: value for name, value in frame.items() if name != "ref"}
        if ref:
            heard["ref"] = ref
        text = json.dumps(heard, ensure_ascii=False)
        self.sound = self.client.ask("in", hexadecimal(text)) == "none" and self.sound

    def view(self, meant):
        client, rooms = self.client.view()
        known = meant.get("rooms", {})
        shown = {name: view_of_room(room, known.get(name, {}).get("begin", room["begin"]))
                 for name, room in rooms.items()}
        if client["faults"] or not self.sound:
            shown["faults, or a call was refused"] = client["faults"]
        return told({"user": client["user"], "nick": client["nick"], "rooms": shown})


def hear(client, file):
    """Every receiver of the conversation, one after another."""
    lines = lines_of(file)
    views = lines[-1].get("views")
    receivers = [line["connect"] for line in lines if "connect" in line]
    if views is None or sorted(views) != sorted(set(receivers)):
        raise Wrong(f"{file.name}: its views are not those of its receivers")
    wrong = []
    for who, meant in views.items():
        listener = None
        for line in lines:
            if line.get("connect") == who:
                listener = Listener(client)
            if who in line.get("in", {}):
                listener.asks(line["in"][who])
            for frame in line.get("out", {}).get(who, []):
                listener.hears(frame)
        shown = listener.view(meant)
        if shown != meant:
            wrong.append(f"{file.name}: {who}\n  wanted {meant}\n  came   {shown}")
    report(wrong)
    return len(views)


# ---- Conversations from the client's side.

EXPECTATIONS = {"out", "done", "changes", "close"}
NEWS = {"state": "state", "room": "rooms ", "members": "members ", "posts": "pending "}
UNSEEN = {"listed", "done", "close", "none"}


def without_absent(value):
    """Absent and empty mean the same in a command."""
    if isinstance(value, dict):
        return told({name: without_absent(each) for name, each in value.items()})
    return [without_absent(each) for each in value] if isinstance(value, list) else value


class Talk:
    def __init__(self, client, head):
        self.client, self.names, self.wrong = client, [], []
        options = {OPTIONS.get(name, name): value
                   for name, value in head.get("options", {}).items()}
        client.open({**DEFAULTS, **options})
        self.sound("tick", 1700000000000)

    def sound(self, *words):
        """A call that cannot be refused; what it printed."""
        answer = self.client.ask(*words)
        if answer != "none":
            self.wrong.append(f"{' '.join(map(str, words))[:200]} answers {answer}")
        return self.client.printed

    def take(self, line):
        """Carries out a line: what came of it."""
        (what, value), = line.items()
        refused, printed = [], []
        if what in ("tick", "connected", "disconnected"):
            printed = self.sound("tick", value)
            if what != "tick":
                printed = printed + self.sound(what)
        elif what == "in":
            frame = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            printed = self.sound("in", hexadecimal(frame))
        elif what == "reload":
            printed = [each for each in self.sound("reload") if each[0] != "change"]
        elif what == "call":
            refused, printed = self.call(*value)
        else:
            raise Wrong(f"unknown line: {line}")
        return self.outcome(refused, printed)

    def call(self, name, *words):
        if name in ("see", "hold", "refresh"):
            answer = self.client.ask("call", name, 0, *(hexadecimal(text_word(word))
                                                        for word in words))
            printed = self.client.printed
            there = words[0] in self.client.view()[1]
            if answer != ("none" if there else "room_unknown"):
                self.wrong.append(f"{name} answers {answer}")
            return [], printed
        if name in ("resend", "discard"):
            return [], self.sound("call", name, 0, *(hexadecimal(text_word(word))
                                                     for word in words))
        if name == "post":
            room, text, how = (*words, {})[:3]
            answer = self.client.ask("call", name, 0, hexadecimal(room), hexadecimal(text),
                                     *(hexadecimal(text_word(how.get(name, default)))
                                       for name, default in (("kind", "text"), ("reply_to", 0))))
        else:
            self.names.append(name)
            answer = self.client.ask("call", name, len(self.names),
                                     *(hexadecimal(text_word(word)) for word in words))
        return [[name, answer]] if answer != "none" else [], self.client.printed

    def outcome(self, refused, printed):
        done, changes = [], set()
        for kind, *words in printed:
            if kind != "change":
                continue
            what, room, why, tag = words
            if what == "done":
                done.append([self.names[int(tag) - 1], "ok" if why == "none" else why])
            elif what == "state":
                changes.add(what)
            elif what not in UNSEEN:
                changes.add(NEWS.get(what, "messages ") + text_of(room) +
                            ("" if what in NEWS else f" {what}"))
        out = [json.loads(text_of(words[0])) for kind, *words in printed if kind == "send"]
        return told({"out": out, "done": done + refused, "changes": sorted(changes),
                     "close": self.client.wants_close})

    def view(self):
        client, rooms = self.client.view()
        shown = {}
        for name, room in rooms.items():
            pending = [[each["text"], *(["waiting"] if each["failed"] == "none"
                                        else ["failed", each["failed"]])]
                       for each in room["post"]]
            shown[name] = {**view_of_room(room), **told({
                "live": bool(room["live"]), "complete": bool(room["complete"]),
                "loading": bool(room["loading"]), "unread": room["unread"],
                "seen": room["seen"], "pending": pending})}
        return {"state": self.client.state, **told({**client, "rooms": shown})}


def text_word(word):
    return str(int(word)) if isinstance(word, (bool, int)) else word


def act(client, file):
    """What a client is told and asked, and what it must do then."""
    lines = lines_of(file)
    talk, calls = Talk(client, lines[0]), 0
    for at, line in enumerate(lines[1:], 1):
        if EXPECTATIONS & set(line):
            continue
        if "view" in line:
            meant, came = line["view"], talk.view()
        else:
            calls += 1
            after = lines[at + 1] if at + 1 < len(lines) else {}
            meant = without_absent(after if EXPECTATIONS & set(after) else {})
            came = without_absent(talk.take(line))
        if came != meant or talk.wrong:
            raise Wrong(f"{file.name}:{at + 1}: {line}\n  wanted {meant}\n  came   {came}\n  "
                        + "\n  ".join(talk.wrong))
    return calls


def play(command, env):
    """All of them, in one program: how many there were of each."""
    with_engines = sorted(CONVERSATIONS.glob("*.jsonl"))
    from_clients = sorted((CONVERSATIONS / "clients").glob("*.jsonl"))
    with Client(command, env) as client:
        heard = [hear(client, file) for file in with_engines]
        acted = [act(client, file) for file in from_clients]
    if len(heard) < 10 or len(acted) < 30 or sum(acted) < 300:
        raise Wrong("the conversations are missing")
    print(f"{len(heard)} conversations, {sum(heard)} receivers; "
          f"{len(acted)} from the client's side, {sum(acted)} calls")
