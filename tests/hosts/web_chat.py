"""Drives examples/web_chat as browsers, and what pretends to be one, would.

    python3 tests/hosts/web_chat.py <program> [<case> ...]

Each case has a server, a port and a data file of its own. Ends with 0 or 1. What people see in a
real browser is tested in tests/web.
"""

import base64
import hashlib
import json
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time

from host import WAIT_S, Server, Wrong, expect, expect_seamless, run_all, wait_until

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = base64.b64encode(b"sixteen bytes ..").decode()
ACCEPT = base64.b64encode(hashlib.sha1(
    (KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()   # RFC 6455, 4.2.2


class Client:
    """A bare connection, with TLS if it is given a context."""

    running = []

    def __init__(self, server, tls=None):
        self.port = server.port
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        Client.running.append(self)
        self.bytes = b""

    def send(self, data):
        self.socket.sendall(data)

    def read_until(self, true):
        """Reads until the bytes read so far are as wanted; False: the server closed before."""
        while not true(self.bytes):
            got = self.socket.recv(65536)
            if not got:
                return False
            self.bytes += got
        return True

    def take(self, count):
        self.read_until(lambda b: len(b) >= count)
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def request(self, path="/", method="GET", **fields):
        """The status, the fields in lower case and the body of the answer."""
        fields = {"Host": f"127.0.0.1:{self.port}", **{k.replace("_", "-"): v
                                                        for k, v in fields.items()}}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        self.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode())
        return self.response(method != "HEAD")

    def response(self, has_body=True):
        if not self.read_until(lambda b: b"\r\n\r\n" in b):
            raise Wrong(f"no answer: {self.bytes!r}")
        head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
        length = int(fields.get("content-length", 0)) if has_body else 0
        return int(first.split()[1]), fields, self.take(length)

    def is_closed(self):
        """Whether the server hangs up; what it still says is passed over."""
        try:
            self.read_until(lambda _: False)
        except ConnectionError:
            pass
        return True


class Person(Client):
    """Somebody's WebSocket."""

    def __init__(self, server, nick=None, room="lobby", tls=None, **fields):
        super().__init__(server, tls)
        status, answer, _ = self.request("/chat", Connection="Upgrade", Upgrade="websocket",
                                         Sec_WebSocket_Version="13", Sec_WebSocket_Key=KEY, **fields)
        expect("upgrade", (status, answer.get("sec-websocket-accept")), (101, ACCEPT))
        self.events = []
        self.pings = self.pongs = 0
        self.closed = None               # The code that the server closed with.
        if nick:
            self.token = self.ask(op="guest", nick=nick)["token"]
            self.ask(op="join", room=room)

    def write(self, kind, payload, mask=b"\0\0\0\0"):
        size = len(payload)
        length = (struct.pack("!B", 0x80 | size) if size < 126 else
                  struct.pack("!BH", 0x80 | 126, size) if size < 65536 else
                  struct.pack("!BQ", 0x80 | 127, size))
        self.send(bytes([0x80 | kind]) + length + mask +
                  bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))

    def say(self, **command):
        self.write(TEXT, json.dumps(command).encode(), b"mask")

    def read(self):
        """Reads one frame. @return whether there was one"""
        head = self.take(2)
        if len(head) < 2:
            return False
        expect("a server's frame is whole and not masked", (head[0] & 0xf0, head[1] & 0x80), (0x80, 0))
        size = head[1]
        if size == 126:
            size = struct.unpack("!H", self.take(2))[0]
        payload = self.take(size)
        kind = head[0] & 15
        if kind == CLOSE:
            self.closed = struct.unpack("!H", payload[:2])[0] if payload else 1005
        elif kind == PING:
            self.pings += 1
            self.write(PONG, payload)
        elif kind == PONG:
            self.pongs += 1
        elif kind == TEXT:
            self.events.append(json.loads(payload))
        return True

    def wait_for(self, what, true):
        until = time.monotonic() + WAIT_S
        while not true(self):
            if time.monotonic() > until or not self.read():
                raise Wrong(f"{what} did not come; the last events: {self.events[-5:]}")
        return self

    def ask(self, **command):
        command["ref"] = self.ref = getattr(self, "ref", 0) + 1
        self.say(**command)
        replies = lambda: [e for e in self.events if e.get("ref") == self.ref]
        self.wait_for(f"a reply to {command}", lambda _: replies())
        return replies()[0]

    def heard(self):
        return [(e.get("number") or e["from"], e.get("number") or e["to"], e.get("nick"),
                 e.get("text")) for e in self.events if e["op"] in ("message", "gap")]

    def wait_last(self, number):
        return self.wait_for(f"message {number}",
                             lambda c: c.heard() and c.heard()[-1][1] >= number)

    def expect_closed(self, code):
        self.wait_for("the end", lambda c: c.closed is not None)
        expect("closed with", self.closed, code)


def memory_kib(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


# ---- The cases. Each takes a directory that is its own.


def pages(_):
    """The page, its files and what protects it; what is not there is said plainly."""
    server = Server()
    client = Client(server)
    status, fields, body = client.request("/?any=query")
    expect("the page", (status, fields["content-type"]), (200, "text/html; charset=utf-8"))
    policy = dict(rule.split(" ", 1) for rule in fields["content-security-policy"].split("; "))
    expect("what the page may load", policy["default-src"], "'none'")
    expect("scripts", policy["script-src"], "'self'")
    expect("frames around it", policy["frame-ancestors"], "'none'")
    expect("types are not guessed", fields["x-content-type-options"], "nosniff")
    for name in re.findall(r'(?:src|href)="(/?[\w/.-]+\.\w+)"', body.decode()):
        status, _, content = client.request("/" + name.lstrip("/"))
        expect(f"{name} is there", (status, len(content) > 0), (200, True))
    head = client.request("/", "HEAD")
    expect("HEAD tells the length", (head[0], head[1]["content-length"]), (200, str(len(body))))
    expect("the connection goes on", client.request("/nothing")[0], 404)
    expect("a path upwards", client.request("/../chatroom.hpp")[0], 404)
    expect("POST", client.request("/", "POST")[0], 405)
    expect("no WebSocket", client.request("/chat")[0], 426)


def exchange(here):
    """Two people join a room, and each hears what the other says."""
    server = Server(here / "log")
    alice, bob = Person(server, "alice"), Person(server, "bob")
    alice.ask(op="post", room="lobby", text="anybody there?")
    bob.wait_last(1)
    bob.ask(op="post", room="lobby", text="always")
    for person in (alice, bob):
        expect("what is heard", [(nick, text) for _, _, nick, text in person.wait_last(2).heard()],
               [("alice", "anybody there?"), ("bob", "always")])


def metrics(_):
    """/metrics can be read by Prometheus, and counts."""
    server = Server()
    person = Person(server, "alice")
    person.ask(op="post", room="lobby", text="one")
    status, fields, body = Client(server).request("/metrics")
    expect("status", (status, fields["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
    kinds, values = {}, {}
    for line in body.decode().splitlines():
        if found := re.fullmatch(r"# TYPE (\w+) (counter|gauge)", line):
            kinds[found[1]] = found[2]
        elif not re.fullmatch(r"# HELP \w+ .+", line):
            name, value = re.fullmatch(r"(\w+) (\d+)", line).groups()
            values[name] = int(value)
    expect("each value has a type", set(values), set(kinds))
    expect("counters are called so", {n for n in kinds if n.endswith("_total")},
           {n for n, kind in kinds.items() if kind == "counter"})
    expect("sessions, messages, rooms", [values["chatroom_" + name] for name in
                                         ("sessions", "messages_posted_total", "rooms")], [1, 1, 1])


def strangers(_):
    """A page from elsewhere and a foreign name for this address are shown the door."""
    server = Server(words=["--name", "chat.example"])
    port = server.port
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
               "Sec_WebSocket_Key": KEY}
    def status(**fields):
        return Client(server).request("/chat", **upgrade, **fields)[0]
    expect("its own page", status(Origin=f"http://127.0.0.1:{port}"), 101)
    expect("by another of its names",
           status(Host="localhost:1", Origin="http://localhost:1"), 101)
    expect("behind a proxy", status(Host="chat.example", Origin="https://chat.example"), 101)
    expect("another page", status(Origin="http://evil.example"), 403)
    expect("another port", status(Origin="http://127.0.0.1:1"), 403)
    expect("a file", status(Origin="null"), 403)
    expect("a name that was pointed here",
           status(Host=f"evil.example:{port}", Origin=f"http://evil.example:{port}"), 421)
    expect("the same for the page", Client(server).request("/", Host="evil.example")[0], 421)
    expect("no name", Client(server).request("/", Host="")[0], 421)


def malformed(_):
    """What is no request, too long or never ends costs the server nothing but that connection."""
    server = Server()
    alice = Person(server, "alice")
    slow = Client(server)
    slow.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    began = time.monotonic()
    def answer(data):
        client = Client(server)
        client.send(data)
        status = client.response()[0]
        expect(f"closed after {data[:20]!r}", client.is_closed(), True)
        return status
    expect("garbage", answer(b"\x16\x03\x01 what is this\r\n\r\n"), 400)
    expect("a long header", answer(b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n"), 431)
    expect("a body", answer(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc"), 400)
    for data in (b"", b"G", b"GET / HTTP/1.1\r\n"):
        gone = Client(server)
        gone.send(data)
        gone.socket.close()
    expect("slow headers are given up", slow.is_closed(), True)
    expect("in time", time.monotonic() - began < 15, True)
    expect("others go on", alice.ask(op="ping")["op"], "ok")
    expect("nothing to say about it", server.errors(), "")


def bad_frames(_):
    """Messages that are too long, binary, no UTF-8 or not masked end their own WebSocket alone."""
    server = Server()
    alice = Person(server, "alice")
    for what, code, send in [
            ("too long", 1009, lambda c: c.write(TEXT, b"x" * 8193)),
            ("binary", 1003, lambda c: c.write(BINARY, b"\0")),
            ("no UTF-8", 1007, lambda c: c.write(TEXT, b"\xff\xfe")),
            ("not masked", 1002, lambda c: c.send(b"\x81\x02{}")),
            ("reserved bits", 1002, lambda c: c.send(b"\xf1\x80mask")),
            ("a huge length", 1009, lambda c: c.send(b"\x81\xff" + b"\x7f" + b"\xff" * 7 + b"mask"))]:
        client = Person(server, "x" + str(code) + str(len(what)))
        send(client)
        try:
            client.expect_closed(code)
        except Wrong as why:
            raise Wrong(f"{what}: {why}") from None
    strikes = Person(server)
    for _ in range(40):
        strikes.write(TEXT, b"no JSON")
    strikes.expect_closed(1008)
    expect("the reason", strikes.events[-1]["op"], "bye")
    expect("others go on", alice.ask(op="post", room="lobby", text="still here")["number"], 1)


def stalled(here):
    """Who reads nothing while 6 MB are said costs no memory and is told all of it, or the gap."""
    server = Server(here / "log")
    alice, slow = Person(server, "alice"), Person(server, "slow")
    for number in range(1, 201):
        alice.ask(op="post", room="lobby", text=f"{number} ".ljust(1900, "x"))
    before = memory_kib(server)
    for number in range(201, 3201):
        alice.ask(op="post", room="lobby", text=f"{number} ".ljust(1900, "x"))
    expect("what it cost in KiB is little", memory_kib(server) - before < 2048, True)
    expect_seamless("slow", slow.wait_last(3200).heard(), 1, 3200)
    expect("it was told of a gap", any(nick is None for _, _, nick, _ in slow.heard()), True)
    expect_seamless("alice", alice.wait_last(3200).heard(), 1, 3200)
    alice.ask(op="post", room="lobby", text="awake again")
    expect("what comes live", slow.wait_last(3201).heard()[-1][3], "awake again")


def floods(_):
    """Pings and requests whose answers nobody reads are held back, not gathered."""
    server = Server()
    alice, flood, pages_wanted = Person(server, "alice"), Person(server), Client(server)
    before = memory_kib(server)
    def pour(client, data):
        client.socket.settimeout(0.5)
        sent = 0
        try:
            while sent < 1 << 26:
                sent += client.socket.send(data)
        except TimeoutError:
            pass
        client.socket.settimeout(WAIT_S)
        return sent
    expect("TCP holds pings back", pour(flood, (b"\x89\xfdmask" + b"x" * 125) * 100) < 1 << 26, True)
    asked = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100
    expect("TCP holds requests back", pour(pages_wanted, asked) < 1 << 26, True)
    expect("memory in KiB is bounded", memory_kib(server) - before < 4096, True)
    expect("others go on", alice.ask(op="ping")["op"], "ok")
    flood.wait_for("the pongs", lambda c: c.pongs > 1000)


def crowd(_):
    """Five hundred at once: one says something, and all hear it. Some leave without a word."""
    server = Server()
    people = [Person(server, f"p{number}") for number in range(500)]
    for number in range(3):
        people[number].ask(op="post", room="lobby", text=f"hello {number}")
    for person in people:
        expect_seamless("a person", person.wait_last(3).heard(), 1, 3)
    for person in people[250:]:
        person.socket.close()
    def sessions():
        body = Client(server).request("/metrics")[2].decode()
        return int(re.search(r"^chatroom_sessions (\d+)", body, re.M)[1])
    wait_until("half of them are gone", lambda: sessions() == 250)


def silent(_):
    """Who answers no ping is hung up on, in a while; who answers stays."""
    server = Server(words=["--idle", "2"])
    gone, bob = Person(server, "gone"), Person(server, "bob")
    bob.wait_for("several pings", lambda c: c.pings >= 5)
    expect("the silent one", gone.is_closed(), True)
    expect("bob goes on", bob.ask(op="ping")["op"], "ok")


def killed(here):
    """kill -9, the same data again: a token and cursors go on without a hole."""
    data = here / "log"
    server = Server(data)
    alice = Person(server, "alice")
    for number in range(1, 11):
        alice.ask(op="post", room="lobby", text=f"before {number}")
    server.kill()
    server = Server(data)
    again = Person(server)
    reply = again.ask(op="resume", token=alice.token, cursors=[{"room": "lobby", "after": 4, "id": 1}])
    expect("resumed", (reply["op"], reply["nick"]), ("ok", "alice"))
    again.wait_for("all that was missed", lambda c: c.events[-1]["op"] == "caught_up")
    expect_seamless("alice", again.heard(), 5, 10)
    expect("SIGTERM", server.end_of(signal.SIGTERM), (0, ""))


def secure(here):
    """TLS: a chat by wss; plain HTTP on that port gets nothing; a stalled reader hurts nobody."""
    if not shutil.which("openssl"):
        return print("secure: skipped, openssl is missing")
    certificate, key = here / "cert.pem", here / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = Server(words=["--cert", str(certificate), "--key", str(key)])
    trusting = ssl.create_default_context(cafile=certificate)
    expect("the page", Client(server, trusting).request("/")[0], 200)
    alice, bob = Person(server, "alice", tls=trusting), Person(server, "bob", tls=trusting)
    for number in range(1, 401):
        alice.ask(op="post", room="lobby", text=f"{number} ".ljust(1900, "x"))
    expect_seamless("bob", bob.wait_last(400).heard(), 1, 400)
    plain = Client(server)
    plain.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    expect("without TLS there is no answer", plain.is_closed() and b"HTTP" not in plain.bytes, True)
    expect("others go on", alice.ask(op="ping")["op"], "ok")


def options(here):
    """--help, and what is not understood."""
    def ran(*words):
        done = subprocess.run([Server.program, *map(str, words)], capture_output=True, text=True,
                              timeout=WAIT_S)
        return done.returncode, bool(done.stdout), bool(done.stderr)
    expect("--help", ran("--help"), (0, True, False))
    for words in (["--port"], ["--port", "x"], ["--port", "65536"], ["--port", "-1"], ["8000"],
                  ["--cert", "a"], ["--key", "a"], ["--prot", "1"], ["--idle", "0"],
                  ["--idle", "1m"]):
        expect(str(words), ran(*words), (2, False, True))
    expect("a directory", ran("--data", "/"), (1, False, True))
    expect("no such certificate", ran("--cert", here / "no", "--key", here / "no"),
           (1, False, True))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        expect("a port in use", ran("--port", taken.getsockname()[1]), (1, False, True))


CASES = [options, pages, exchange, metrics, strangers, malformed, bad_frames, stalled, floods, crowd,
         silent, killed, secure]


def end_clients():
    for each in Client.running:
        each.socket.close()
    Client.running.clear()


if __name__ == "__main__":
    run_all(sys.argv[1], CASES, sys.argv[2:], end_clients)
