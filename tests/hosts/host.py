"""What the tests of the example servers share: a server, what is expected of it, the cases."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WAIT_S = 20


class Wrong(Exception):
    """A case failed."""

    def __repr__(self):
        return str(self)


def expect(what, found, wanted):
    if found != wanted:
        raise Wrong(f"{what}\n  found:  {str(found)[:2000]}\n  wanted: {str(wanted)[:2000]}")


def wait_until(what, true):
    until = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > until:
            raise Wrong(f"not within {WAIT_S} s: {what}")
        time.sleep(0.01)


class Server:
    """A server, as soon as it listens."""

    program = None               # The path of the program under test.
    forgets = False              # It keeps no data.
    running = []

    def __init__(self, data=None, must_start=True, words=(), **options):
        self.said = tempfile.TemporaryFile()
        words = [Server.program, "--port", "0", *words]
        if data and not Server.forgets:
            words += ["--data", str(data)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=self.said, **options)
        Server.running.append(self)
        first = self.process.stdout.readline().decode()
        found = re.fullmatch(r"listening on (?:https?://)?127\.0\.0\.1:(\d+)/?\n", first)
        if must_start and not found:
            raise Wrong(f"the server does not start: {first!r} {self.end_of(signal.SIGKILL)}")
        self.port = int(found[1]) if found else 0

    def errors(self):
        self.said.seek(0)
        return self.said.read().decode()

    def end_of(self, how=None):
        """Exit status and what it said on stderr."""
        if how is not None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Wrong("the server does not end") from None
        return status, self.errors()

    def kill(self):
        expect("kill -9", self.end_of(signal.SIGKILL)[0], -signal.SIGKILL)

    def cpu_s(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def expect_seamless(who, heard, first, last):
    """Numbers first..last, in order, each once: as a message or within a gap."""
    next_one = first
    for begin, end, _, text in heard:
        if begin != next_one or end < begin:
            raise Wrong(f"{who}: wanted {next_one} next, heard {begin}..{end} {str(text)[:40]}")
        next_one = end + 1
    expect(f"{who}: the last number", next_one - 1, last)


def run(case, end_clients):
    """Runs one case in a directory of its own. @return whether all was as wanted"""
    with tempfile.TemporaryDirectory(prefix="chatroom-host-") as directory:
        began = time.monotonic()
        try:
            case(Path(directory))
            print(f"{case.__name__}: ok ({time.monotonic() - began:.1f} s)", flush=True)
            return True
        except Exception as why:       # A reply without the member that was looked for, too.
            print(f"{case.__name__}: WRONG ({case.__doc__})\n{why!r}", flush=True)
            for server in Server.running:
                print(f"  a server said: {server.errors()!r}")
            return False
        finally:
            for server in Server.running:
                server.process.kill()
                server.process.wait()
            Server.running.clear()
            end_clients()


def run_all(program, cases, wanted, end_clients):
    Server.program = program
    good = [run(case, end_clients) for case in cases if not wanted or case.__name__ in wanted]
    sys.exit(0 if good and all(good) else 1)
