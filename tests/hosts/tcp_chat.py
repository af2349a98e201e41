"""Drives examples/tcp_chat.cpp, or .c, with nc, as people and programs would.

    python3 tests/hosts/tcp_chat.py <program> [--forgets] [<case> ...]

A server that forgets keeps no log; it gets the cases that need none. Each case has a server, a port and a data file of its own. Ends with 0, 1, or 77 where nc is missing.
"""

import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from host import WAIT_S, Server, Wrong, expect, expect_seamless, run_all, wait_until

SAID = re.compile(r"\[(\S+) (\d+)\] (?:\* )?(\S+?):? (.*)")
GAP = re.compile(r"\* gap room=(\S+) from=(\d+) to=(\d+)")


class Client:
    """An nc process. A thread reads what it prints, unless it is told to stall."""

    running = []

    def __init__(self, server, *options):
        self.process = subprocess.Popen(["nc", *options, "127.0.0.1", str(server.port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        Client.running.append(self)
        self.lines = []
        self.reading = threading.Event()
        self.reading.set()
        self.closed = False
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        rest = b""
        while self.reading.wait():
            got = os.read(self.process.stdout.fileno(), 65536)
            with self.news:
                *whole, rest = (rest + got).split(b"\n")
                self.lines += [line.decode() for line in whole]
                self.closed = not got
                self.news.notify_all()
            if not got:
                return

    def send(self, *lines):
        for line in lines:
            if isinstance(line, dict):
                line = json.dumps(line)
            self.process.stdin.write(line.encode() + b"\n" if isinstance(line, str) else line)
        self.process.stdin.flush()

    def wait_for(self, what, true):
        with self.news:
            if not self.news.wait_for(lambda: true(self), WAIT_S):
                tail = "\n  ".join(line[:200] for line in self.lines[-10:])
                raise Wrong(f"not within {WAIT_S} s: {what}; the last lines:\n  {tail}")
        return self

    def wait_line(self, words, after=0):
        """The first line that contains the words."""
        self.wait_for(repr(words), lambda c: any(words in line for line in c.lines[after:]))
        return next(line for line in self.lines[after:] if words in line)

    def hang_up(self):
        self.process.kill()
        self.process.wait()

    def wait_closed(self):
        """Until the server has closed. nc then only waits for its own side to end."""
        self.process.stdin.close()
        self.wait_for("the end", lambda c: c.closed)


class Person(Client):
    """Somebody at a terminal."""

    def __init__(self, server, nick, room="lobby", history=0):
        super().__init__(server)
        self.send(f"/guest {nick}")
        self.wait_line(f"nick={nick}")
        if room:
            self.send(f"/join {room} {history}")
            self.wait_line(f"* joined room={room}")

    def heard(self):
        """What was said or lost: (first number, last number, nick, text)."""
        found = []
        for line in list(self.lines):
            if said := SAID.fullmatch(line):
                found.append((int(said[2]), int(said[2]), said[3], said[4]))
            elif lost := GAP.match(line):
                found.append((int(lost[2]), int(lost[3]), None, None))
        return found

    def last(self):
        heard = self.heard()
        return heard[-1][1] if heard else 0

    def wait_last(self, number):
        return self.wait_for(f"message {number}", lambda c: c.last() >= number)


class Machine(Client):
    """A program that speaks JSON."""

    def __init__(self, server, nick=None, room="lobby"):
        super().__init__(server)
        self.token = ""
        if nick:
            self.token = self.ask(op="guest", nick=nick)["token"]
            self.ask(op="join", room=room)
            self.wait_line('"op":"joined"')

    def events(self, *ops):
        return [e for e in map(json.loads, list(self.lines)) if not ops or e["op"] in ops]

    def ask(self, **command):
        """The reply."""
        command["ref"] = self.ref = getattr(self, "ref", 0) + 1
        self.send(command)
        words = f'"ref":{self.ref}'
        self.wait_for(f"reply to {command}",
                      lambda c: any(words + end in line for line in c.lines for end in ",}"))
        return next(e for e in self.events() if e.get("ref") == self.ref)

    def heard(self):
        return [(e.get("number") or e["from"], e.get("number") or e["to"], e.get("nick"),
                 e.get("text")) for e in self.events("message", "gap")]

    last = Person.last
    wait_last = Person.wait_last


def texts(heard):
    return [text for _, _, nick, text in heard if nick is not None]


# ---- The cases. Each takes a directory that is its own.


def conversation(here):
    """Several people say things at once; everybody sees all of it in the same order."""
    server = Server(here / "log")
    people = {nick: Person(server, nick) for nick in ("alice", "bob", "carol")}
    people["dan"] = Machine(server, "dan")
    each = 50
    for number in range(each):
        for nick, client in people.items():
            text = f"{nick} says {number}"
            client.send({"op": "post", "room": "lobby", "text": text} if nick == "dan" else text)
    for client in people.values():
        client.wait_last(each * len(people))
    heard = people["alice"].heard()
    expect_seamless("alice", heard, 1, each * len(people))
    for nick, client in people.items():
        expect(f"what {nick} heard", client.heard(), heard)
        expect(f"what {nick} said", [text for _, _, by, text in heard if by == nick],
               [f"{nick} says {number}" for number in range(each)])
    for nick, client in people.items():
        client.send({"op": "leave", "room": "lobby"} if nick == "dan" else "/leave lobby")
        client.wait_line('"op":"left"' if nick == "dan" else "* left room=lobby")
    expect("the empty lobby's history", history_of(server), texts(heard))
    expect("SIGTERM", server.end_of(signal.SIGTERM), (0, ""))


def speak(posters, count, bytes_each):
    """Each poster says so much; returns when each has heard itself say the last."""
    def one(poster, nick):
        for number in range(count):
            poster.send(f"{nick} {number} ".ljust(bytes_each, "x"))
    threads = [threading.Thread(target=one, args=(poster, nick))
               for nick, poster in posters.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def stall(here, count, bytes_each):
    server = Server(here / "log")
    posters = {nick: Person(server, nick) for nick in ("alice", "bob", "carol")}
    slow = {"a person": Person(server, "slow"), "a program": Machine(server, "slower")}
    for client in slow.values():
        client.reading.clear()
    speak(posters, count, bytes_each)
    last = count * len(posters)
    for nick, poster in posters.items():
        expect_seamless(nick, poster.wait_last(last).heard(), 1, last)
    wanted = {number: text for number, _, _, text in posters["alice"].heard()}
    for client in slow.values():
        client.reading.set()
    for who, client in slow.items():
        heard = client.wait_last(last).heard()
        expect_seamless(who, heard, 1, last)
        for number, _, nick, text in heard:
            if nick is not None:
                expect(f"{who}: message {number}", text, wanted[number])
    slow["a person"].send("awake again")
    for client in [*posters.values(), *slow.values()]:
        expect("what comes live", client.wait_last(last + 1).heard()[-1][3], "awake again")
    expect("SIGTERM", server.end_of(signal.SIGTERM)[0], 0)
    return slow


def stalled_within_history(here):
    """Who stops reading while 0.8 MB are said has every message afterwards, without a gap."""
    for who, client in stall(here, 140, 1900).items():
        expect(f"gaps of {who}", [h for h in client.heard() if h[2] is None], [])


def stalled_beyond_history(here):
    """Who stops reading while 5 MB are said is told exactly what is lost."""
    for who, client in stall(here, 900, 1900).items():
        gaps = [h for h in client.heard() if h[2] is None]
        expect(f"{who} was told of a gap", len(gaps) > 0, True)


def wait_until_offline(nick, seen_by):
    def offline():
        after = len(seen_by.lines)
        seen_by.send("/members lobby")
        return "online=no" in seen_by.wait_line(f" nick={nick}", after)
    wait_until(f"{nick} is offline", offline)


def stopped_and_gone(here):
    """A client that stalls and then dies, and one whose process stands still, hurt nobody."""
    server = Server(here / "log")
    alice, dead, still = (Person(server, nick) for nick in ("alice", "dead", "still"))
    for client in (dead, still):
        client.reading.clear()
        client.process.send_signal(signal.SIGSTOP)
    speak({"alice": alice}, 600, 1900)
    alice.wait_last(600)
    dead.hang_up()
    wait_until_offline("dead", alice)
    alice.send("still here")
    alice.wait_last(601)
    still.process.send_signal(signal.SIGCONT)
    still.reading.set()
    expect_seamless("still", still.wait_last(601).heard(), 1, 601)


def killed(here):
    """kill -9, the same data again: history, a token and cursors go on without a hole."""
    data = here / "log"
    server = Server(data)
    alice, bob = Machine(server, "alice"), Person(server, "bob")
    bob.send(*(f"before {number}" for number in range(1, 11)))
    alice.wait_last(10)
    alice.hang_up()
    wait_until_offline("alice", bob)
    bob.send(*(f"while away {number}" for number in range(11, 21)))
    bob.wait_last(20)
    server.kill()

    server = Server(data)
    again = Machine(server)
    cursors = [{"room": "lobby", "after": 10}]
    reply = again.ask(op="resume", token=alice.token, cursors=cursors)
    expect("the reply to resume", (reply["op"], reply["nick"]), ("ok", "alice"))
    again.wait_line('"op":"caught_up"')
    joined = again.events("joined")[0]
    expect("how it goes on", (joined["room"], joined["resume"], joined["from"]),
           ("lobby", "continues", 11))
    expect_seamless("alice", again.heard(), 11, 20)
    expect("the token works once", Machine(server).ask(op="resume", token=alice.token)["code"],
           "token_invalid")
    carol = Person(server, "carol", history=100)
    carol.send("after")
    for client, first in ((again, 11), (carol, 1)):
        expect_seamless("all", client.wait_last(21).heard(), first, 21)
    expect("history", texts(carol.heard()), [f"before {n}" for n in range(1, 11)] +
           [f"while away {n}" for n in range(11, 21)] + ["after"])
    expect("nothing was torn", server.errors(), "")


def killed_again_and_again(here):
    """Killed amid the talk: who resumes and says again what got no answer says it once."""
    data, count, dice = here / "log", 400, random.Random(1)
    server = Server(data)
    alice = Machine(server, "alice")
    token, answered, kills = alice.token, {}, 0
    while len(answered) < count:
        for number in range(count):
            if number not in answered:
                alice.send({"op": "post", "room": "lobby", "text": f"say {number}",
                            "nonce": f"n{number}", "ref": 1000 + number})
        wanted = min(count, len(answered) + dice.randrange(40, 120))
        before = len(answered)
        alice.wait_for("answers", lambda c: before + len(answers(c)) >= wanted)
        server.kill()
        kills += 1
        alice.wait_closed()
        answered.update(answers(alice))
        server = Server(data)
        alice = Machine(server)
        reply = alice.ask(op="resume", token=token)
        expect("the reply to resume", reply["op"], "ok")
        token = reply["token"]
    expect("it was killed in between", kills >= 4, True)
    bob = Person(server, "bob", history=count)
    heard = bob.wait_last(count).heard()
    expect_seamless("bob", heard, 1, count)
    expect("each message once", sorted(texts(heard)), sorted(f"say {n}" for n in range(count)))
    expect("what was answered", {text: n for n, _, _, text in heard},
           {f"say {number}": told for number, told in answered.items()})


def answers(client):
    """Number of each post that was answered."""
    found = {}
    for event in client.events("ok", "error"):
        if event.get("ref", 0) >= 1000:
            expect("the answer", event["op"], "ok")
            found[event["ref"] - 1000] = event["number"]
    return found


def written(here, count=20):
    """A data file in which alice said so many things in the lobby."""
    data = here / "log"
    server = Server(data)
    alice = Person(server, "alice")
    alice.send(*(f"say {number}" for number in range(1, count + 1)))
    alice.wait_last(count)
    server.kill()
    return data


def history_of(server, nick="reader"):
    reader = Person(server, nick, history=1000)
    reader.send(f"{nick} has read")
    reader.wait_line(f"{nick} has read")
    return texts(reader.heard())[:-1]


def torn(here):
    """An end that was not finished is cut off, and said so, as often as it happens."""
    data = written(here)
    said = [f"say {number}" for number in range(1, 21)]
    os.truncate(data, data.stat().st_size - 5)
    said.pop()
    for round_number, tail in enumerate((b"", b"\xa7\xc4\x28\x00", b"\0" * 5000, b"x" * 700)):
        with data.open("ab") as log:
            log.write(tail)
        size = data.stat().st_size
        server = Server(data)
        cut = re.fullmatch(r"chatroom: .*/log: byte (\d+): cut off the (\d+) bytes of a torn "
                           r"record\n", server.errors())
        expect(f"round {round_number}: says that it cut", bool(cut), True)
        expect("offset and bytes", int(cut[1]) + int(cut[2]), size)
        expect("bytes", int(cut[2]) >= len(tail), True)
        reader = f"reader{round_number}"
        expect(f"round {round_number}: history", history_of(server, reader), said)
        said.append(f"{reader} has read")
        server.kill()
    server = Server(data)
    expect("nothing is torn now", (history_of(server), server.errors()), (said, ""))


def damaged(here):
    """A byte that flipped is named by its record's offset, and nothing is changed."""
    data = written(here)
    good = data.read_bytes()
    for place in (len(good) // 2, 3, 60):
        bad = bytearray(good)
        bad[place] ^= 0x10
        data.write_bytes(bad)
        status, errors = Server(data, must_start=False).end_of()
        found = re.fullmatch(r"chatroom: .*/log: byte (\d+): log_damaged: .*\n", errors)
        expect(f"byte {place}: refused with an offset", (status, bool(found)), (1, True))
        offset = int(found[1])
        expect(f"byte {place}: lies in the record at {offset}", 0 <= place - offset < 400, True)
        expect("the file is as it was", data.read_bytes(), bytes(bad))
        data.write_bytes(good[:offset])
        server = Server(data)      # The offset is where a record begins: nothing is torn there.
        expect("cut at the offset", server.errors(), "")
        server.kill()


def foreign(here):
    """A file that is no log is refused and not touched."""
    data = here / "log"
    for bytes_in in (b"Dear diary,\n" * 1000, b"x"):
        data.write_bytes(bytes_in)
        status, errors = Server(data, must_start=False).end_of()
        expect("refused", (status, ": byte 0: log_torn: " in errors), (1, True))
        expect("the file is as it was", data.read_bytes(), bytes_in)


def two_servers(here):
    """A second server on the same file is refused; the first one goes on."""
    data = here / "log"
    server = Server(data)
    alice = Person(server, "alice")
    status, errors = Server(data, must_start=False).end_of()
    expect("refused", (status, errors), (1, f"chatroom: {data}: in use by another server\n"))
    alice.send("still here")
    alice.wait_last(1)
    server.end_of(signal.SIGINT)
    expect("the file is free now", history_of(Server(data)), ["still here"])


def hostile(here):
    """Garbage, endless lines, silence and connections that break hurt nobody else."""
    server = Server(here / "log")
    alice, bob = Person(server, "alice"), Person(server, "bob")
    silent = [Client(server) for _ in range(5)]
    broken = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    for number, each in enumerate(broken):     # Closed by a reset, in the middle of a line.
        each.sendall([b"", b"{", b"/gue", b"{\"op\":\"guest\",\"nick\":\"x\"}\n{", b"\n"][number])
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        each.close()

    garbage = Client(server)
    garbage.send(random.Random(2).randbytes(300000) + b"\n" + b"\xff\n" * 40)
    garbage.wait_line("* bye code=frame_malformed")
    garbage.wait_closed()

    endless = Client(server)
    endless.send(b"x" * 1000000 + b"\n", "/guest endless")
    endless.wait_line("nick=endless")
    refused = [line for line in endless.lines if line.startswith("* error")]
    expect("one refusal for one line", (len(refused), "frame_too_long" in refused[0],
                                        "limit=8192" in refused[0]), (1, True, True))
    program = Client(server)
    program.send(b"{" + b" " * 1000000)
    program.wait_line('"code":"frame_too_long"')

    page = Client(server)                      # What a page makes a browser send.
    page.send("POST / HTTP/1.1\r", "Host: 127.0.0.1\r", "\r", "/guest page", "/join lobby", "spam")
    page.wait_closed()
    expect("a page's requests are no lines", [b for b in page.lines if "page" in b], [])

    brief = Client(server, "-N")               # Sends all, ends its side, then reads.
    brief.send("/guest brief", "/join lobby", "brief was here", b"unfinished")
    brief.wait_closed()
    brief.wait_line("brief was here")
    alice.send("hello bob")
    bob.wait_line("alice: hello bob")
    for who in (alice, bob):
        expect_seamless("a person", who.wait_last(2).heard(), 1, 2)
        expect("what was said", texts(who.heard()), ["brief was here", "hello bob"])
    expect("the silent are connected", [c.closed for c in silent], [False] * 5)
    expect("SIGINT", server.end_of(signal.SIGINT), (0, ""))


def no_descriptors(here):
    """Where no descriptor is left, the others wait at the door; the server does not spin."""
    server = Server(here / "log", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                        (16, 16)))
    alice = Person(server, "alice")
    crowd = [Client(server) for _ in range(20)]
    wait_until("the server says so", lambda: "accept: Too many open files" in server.errors())
    alice.send("is it crowded?")
    alice.wait_last(1)
    before = server.cpu_s()
    time.sleep(1.2)
    expect("it sleeps meanwhile", server.cpu_s() - before < 0.3, True)
    for client in crowd:
        client.hang_up()
    bob = Person(server, "bob")
    bob.send("not any more")
    alice.wait_last(2)


def full_disk(here):
    """What cannot be stored is refused, and nobody sees it; afterwards all goes on."""
    def limit_files():     # A write beyond the limit then fails as on a full disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    data = here / "log"
    server = Server(data, preexec_fn=limit_files)
    alice, bob = Person(server, "alice"), Machine(server, "bob")
    alice.send("one")
    bob.wait_last(1)
    size = data.stat().st_size
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size + 10, -1))
    refused = bob.ask(op="post", room="lobby", text="lost")
    expect("the answer", refused["code"], "storage_failed")
    expect("at once the same", bob.ask(op="post", room="lobby", text="x")["code"], "storage_failed")
    expect("nothing is left of it", data.stat().st_size, size)
    before = server.cpu_s()
    alice.hang_up()        # Her unbinding cannot be stored either.
    time.sleep(1.2)
    expect("it sleeps meanwhile", server.cpu_s() - before < 0.3, True)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (-1, -1))
    wait_until("it is stored again",
               lambda: bob.ask(op="post", room="lobby", text="two").get("number") == 2)
    expect_seamless("bob", bob.wait_last(2).heard(), 1, 2)
    server.kill()
    expect("what is kept", history_of(Server(data)), ["one", "two"])


def options(_):
    """--help, and what is not understood."""
    def ran(*words):
        done = subprocess.run([Server.program, *words], capture_output=True, text=True, timeout=WAIT_S)
        return done.returncode, bool(done.stdout), bool(done.stderr)
    expect("--help", ran("--help"), (0, True, False))
    for words in (["--port"], ["--port", "x"], ["--port", "65536"], ["--prot", "1"], ["7000"],
                  ["--data"], ["--port", "0", "--help"]):
        expect(str(words), ran(*words), (2, False, True))
    expect("a directory", ran("--data", "/"), (1, False, True))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        expect("a port in use", ran("--port", str(taken.getsockname()[1])), (1, False, True))


CASES = [options, conversation, stalled_within_history, stalled_beyond_history,
         stopped_and_gone, killed, killed_again_and_again, torn, damaged, foreign,
         two_servers, hostile, no_descriptors, full_disk]
WITHOUT_LOG = [conversation, stalled_within_history, stalled_beyond_history, stopped_and_gone,
               hostile, no_descriptors]


def end_clients():
    for each in Client.running:
        each.process.kill()
        each.process.wait()
        each.reading.set()
    Client.running.clear()


def main(program, *wanted):
    Server.forgets = "--forgets" in wanted
    wanted = [word for word in wanted if word != "--forgets"]
    if Server.forgets:
        wanted = wanted or [case.__name__ for case in WITHOUT_LOG]
    about = shutil.which("nc") and subprocess.run(["nc", "-h"], capture_output=True, text=True)
    if not about or "OpenBSD" not in about.stdout + about.stderr:
        print("skipped: OpenBSD's nc is missing: install netcat-openbsd")
        sys.exit(77)
    run_all(program, CASES, wanted, end_clients)


if __name__ == "__main__":
    main(*sys.argv[1:])
