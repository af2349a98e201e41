"""Starts tcp_chat on a free port and talks to it: python3 examples/check.py <program>

Two people join a room; what one says must reach the other. Ends with 0 or 1.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOST = "127.0.0.1"
WAIT_S = 10
WORDS = "hello from the other side"


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def connect(port, server):
    """A connection, as soon as the server listens."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            return socket.create_connection((HOST, port), timeout=WAIT_S)
        except OSError:
            if server.poll() is not None:
                sys.exit(f"tcp_chat ended with status {server.returncode}")
            if time.monotonic() > until:
                sys.exit(f"tcp_chat does not listen after {WAIT_S} s")
            time.sleep(0.05)


def wait_for(connection, words, who):
    """Reads until the words arrive."""
    seen = b""
    until = time.monotonic() + WAIT_S
    while words.encode() not in seen:
        connection.settimeout(max(0.01, until - time.monotonic()))
        try:
            got = connection.recv(4096)
        except OSError:
            got = b""
        if not got:
            sys.exit(f"{who} waited for {words!r} and read:\n{seen.decode(errors='replace')}")
        seen += got


def speak_by_nc(port):
    """Bob's side, as a person at a terminal would do it; a socket where nc is missing."""
    lines = f"/guest bob\n/join lobby\n{WORDS}\n".encode()
    if not shutil.which("nc"):
        connection = socket.create_connection((HOST, port), timeout=WAIT_S)
        connection.sendall(lines)
        return connection
    client = subprocess.Popen(["nc", HOST, str(port)], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL)
    client.stdin.write(lines)
    client.stdin.flush()
    return client


def exchange(port, server):
    bob = None
    with connect(port, server) as alice:
        try:
            alice.sendall(b"/guest alice\n/join lobby\n")
            wait_for(alice, "lobby", "alice, having joined,")
            bob = speak_by_nc(port)
            wait_for(alice, WORDS, "alice, to whom bob spoke,")
        finally:
            if isinstance(bob, subprocess.Popen):
                bob.terminate()
                bob.communicate()
            elif bob:
                bob.close()


def main(program):
    with tempfile.TemporaryDirectory(prefix="chatroom-example-") as directory:
        port = free_port()
        server = subprocess.Popen([program, "--port", str(port),
                                   "--data", str(Path(directory) / "chat.log")],
                                  stdout=subprocess.DEVNULL)
        try:
            exchange(port, server)
        finally:
            server.terminate()
            try:
                server.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                server.kill()
                sys.exit("tcp_chat does not end when it is told to")
    if server.returncode != 0:
        sys.exit(f"tcp_chat ended with status {server.returncode}")
    print("one exchange through tcp_chat: ok")


if __name__ == "__main__":
    main(sys.argv[1])
