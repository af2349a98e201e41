"""Drives the hub as four people and an operator would.

    python3 drive.py board <folder>       builds the board's image there and runs it under QEMU
    python3 drive.py qemu <hub.elf>       runs that image
    python3 drive.py hosted <program>     the same hub on this computer

Ends with 0 when everybody saw what they should, else with 1; with 77 where a tool is missing.
"""

import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

WAIT_S = 20
NAMES = ["alice", "bob", "carol", "dan"]
XON, XOFF, EOT = b"\x11", b"\x13", b"\x04"


class Wrong(Exception):
    pass


def expect(what, found, wanted):
    if found != wanted:
        raise Wrong(f"{what}\n  found:  {found}\n  wanted: {wanted}")


class Line:
    """A serial line, from the person's side."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines, self.rest = [], b""

    def send(self, *lines):
        for line in lines:
            self.connection.sendall(line if isinstance(line, bytes) else line.encode() + b"\n")

    def read(self, wait_s):
        """Reads what has come. @return whether anything has"""
        self.connection.settimeout(wait_s)
        try:
            got = self.connection.recv(65536)
        except TimeoutError:
            return False
        *whole, self.rest = (self.rest + got).split(b"\n")
        self.lines += [line.decode() for line in whole]
        return bool(got)

    def wait_for(self, words, after=0):
        """The first line, of those from number `after` on, that has the words."""
        until = time.monotonic() + WAIT_S
        while True:
            for line in self.lines[after:]:
                if words in line:
                    return line
            if time.monotonic() > until or not self.read(WAIT_S):
                tail = "\n  ".join(self.lines[-8:])
                raise Wrong(f"{words!r} did not come; the last lines:\n  {tail}")

    def read_all(self):
        while self.read(0.3):
            pass

    def heard(self, after=0):
        """What was said, as (number, nick, text), and what was lost, as (from, to)."""
        out = []
        for line in self.lines[after:]:
            if said := re.fullmatch(r"\[lobby (\d+)(?: [\d:]+)?\] (\w+): (.*)", line):
                out.append((int(said[1]), said[2], said[3]))
            elif lost := re.match(r"\* gap room=lobby from=(\d+) to=(\d+)", line):
                out.append((int(lost[1]), int(lost[2])))
        return out


def start(kind, program):
    """The process and its five lines: each is a TCP connection that it makes to us."""
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(len(NAMES) + 1)]
    ports = [door.getsockname()[1] for door in doors]
    if kind == "qemu":
        serials = [word for port in ports
                   for word in ("-serial", f"tcp:127.0.0.1:{port},nodelay=on")]
        words = ["qemu-system-arm", "-M", "mps2-an385", "-display", "none", "-monitor", "none",
                 *serials, "-semihosting-config", "enable=on,target=native", "-kernel", program]
    else:
        words = [program, *map(str, ports)]
    process = subprocess.Popen(words)
    lines = []
    for door in doors:
        door.settimeout(WAIT_S)
        lines.append(Line(door.accept()[0]))
        door.close()
    return process, lines


def arrive(people):
    """All four come and join; each is told who else is there."""
    for name, person in people.items():
        person.send(f"/guest {name}")
        person.wait_for(f"nick={name}")
        person.send("/join lobby")
        person.wait_for("* joined room=lobby")
    people["alice"].wait_for("* entered room=lobby user=4 nick=dan")


def talk(people):
    """Each says something; all hear all of it in the same order."""
    for name, person in people.items():
        person.send(f"hello from {name}")
        for other in people.values():
            other.wait_for(f"{name}: hello from {name}")
    wanted = [(n + 1, name, f"hello from {name}") for n, name in enumerate(people)]
    for name, person in people.items():
        expect(f"what {name} heard", person.heard(), wanted)


def stall(people, messages, first):
    """Dan stops reading while others speak, and afterwards has it all, or is told of the gap."""
    alice, dan = people["alice"], people["dan"]
    dan.send(XOFF)
    dan.read_all()
    before = len(dan.lines)
    for number in range(first, first + messages):
        alice.send(f"while dan sleeps {number}")
        alice.wait_for(f"while dan sleeps {number}")
    dan.read_all()
    expect("dan hears nothing meanwhile", dan.lines[before:], [])
    dan.send(XON)
    dan.wait_for(f"while dan sleeps {first + messages - 1}", before)
    return dan.heard(before)


def catch_up(people):
    """Within the history nothing is lost, though it is more than the line's buffer holds."""
    expect("what dan heard", stall(people, 20, 5),
           [(n, "alice", f"while dan sleeps {n}") for n in range(5, 25)])


def fall_behind(people):
    """Beyond it, the gap is told, and what follows is whole."""
    heard = stall(people, 60, 25)
    gaps = [each for each in heard if len(each) == 2]
    expect("one gap", len(gaps), 1)
    told = [n for each in heard
            for n in (range(each[0], each[1] + 1) if len(each) == 2 else [each[0]])]
    expect("every number once", told, list(range(25, 85)))


def reconnect(people):
    """Carol hangs up, comes back by her token, and reads what she missed."""
    alice, carol = people["alice"], people["carol"]
    token = re.search(r"token=([0-9a-f]{32})", carol.wait_for("token="))[1]
    carol.wait_for("while dan sleeps 84")
    carol.send(EOT)
    alice.send("where is carol")
    alice.wait_for("where is carol")
    before = len(carol.lines)
    carol.send(f"/resume {token}")
    carol.wait_for("nick=carol", before)
    carol.wait_for("* joined room=lobby", before)
    carol.send("/history lobby after 84")
    carol.wait_for("where is carol", before)
    expect("what carol missed", carol.heard(before), [(85, "alice", "where is carol")])
    carol.send("here I am")
    alice.wait_for("carol: here I am")
    carol.send(f"/resume {token}")
    carol.wait_for("already_logged_in", before)


def remove(people, console):
    """The operator takes Bob out of the room: he is told, the others are, and he hears no more."""
    alice, bob = people["alice"], people["bob"]
    console.send("remove lobby bob")
    console.wait_for("none")
    bob.wait_for("* left room=lobby reason=removed")
    alice.wait_for("* exited room=lobby user=2 nick=bob reason=removed")
    alice.send("bob is gone")
    alice.wait_for("bob is gone")
    bob.send("/history lobby")
    bob.wait_for("room_unknown")
    bob.read_all()
    expect("bob hears nothing more", [said for said in bob.heard() if "bob is gone" in said], [])
    console.send("remove lobby nobody")
    console.wait_for("user_unknown")


def hostile(people, console):
    """Lines too long, without sense or with controls cost nobody else anything."""
    alice, dan = people["alice"], people["dan"]
    dan.send(b"x" * 5000 + b"\n", b"/nothing\n", b"/join\n", b"\x00\x01\x02\xff\n", b"\b\b\b\n")
    dan.wait_for("op_unknown")
    console.send("nonsense")
    console.wait_for("ends the hub")
    alice.send("still here")
    for person in (alice, people["carol"], dan):
        person.wait_for("alice: still here")


def memory(console):
    """What the operator is told of the hub's memory."""
    console.send("memory")
    console.wait_for("messages posted")
    told = dict(re.fullmatch(r" *(.+) (\d+)", line).groups() for line in console.lines
                if re.search(r" \d+$", line))
    for what, bytes_ in told.items():
        print(f"  {what}: {bytes_}")
    expect("messages posted", told["messages posted"], "88")
    each = [int(told[f"of it each {what}"]) for what in ("user", "session", "room", "membership")]
    least = sum(count * bytes_ for count, bytes_ in zip((8, 8, 4, 32), each))
    expect("the parts are less than the whole", least < int(told["engine"]), True)


def build(folder):
    """The image, when the tools for it are there."""
    for tool in ("arm-none-eabi-g++", "qemu-system-arm"):
        if not shutil.which(tool):
            print(f"skipped: {tool} is missing")
            sys.exit(77)
    subprocess.run(["sh", Path(__file__).with_name("build.sh"), folder], check=True)
    return str(Path(folder, "hub.elf"))


def main(kind, program):
    if kind == "board":
        kind, program = "qemu", build(program)
    process, (*lines, console) = start(kind, program)
    people = dict(zip(NAMES, lines))
    try:
        console.wait_for("hub ready")
        for case in (arrive, talk, catch_up, fall_behind, reconnect):
            case(people)
            print(f"{case.__name__}: ok", flush=True)
        for case in (remove, hostile):
            case(people, console)
            print(f"{case.__name__}: ok", flush=True)
        memory(console)
        console.send("leave 0")
        expect("exit status", process.wait(WAIT_S), 0)
    except Wrong as why:
        sys.exit(f"WRONG: {why}")
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
