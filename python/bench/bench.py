"""What the package costs, as ratios measured in one run.

    python python/bench/bench.py [--load PROGRAM]

Without a load program the calls alone are measured. With tests/bench/load/load.cpp, built as
load_load, the servers of examples/python are measured against the textbook servers beside this
file, on the same sockets: deliveries a second of the server's CPU. The server has one core and
the load the other.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, List, Optional, Tuple

import chatroom

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples" / "python"
ROUNDS = 7
PEOPLE = 1000
FRAME = (b'{"op":"post","ref":1234,"room":"lobby",'
         b'"text":"A line as people say them, of the usual sixty-four bytes or so."}')


def seconds(act: Callable[[], Any], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - start) / times


def ratio(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], times: int,
          goal: str) -> None:
    """Prints how long ours takes against theirs; in turns, so that noise meets both."""
    pairs = [(seconds(ours, times), seconds(theirs, times)) for _ in range(ROUNDS)]
    a, b = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    found = statistics.median(pair[0] / pair[1] for pair in pairs)
    print(f"  {name:58} {a * 1e6:8.2f} µs, {b * 1e6:8.2f} µs, ratio {found:.2f} ({goal})",
          flush=True)


def room_of(people: int, **callbacks: Any) -> Tuple[chatroom.Engine, chatroom.Session]:
    limits = chatroom.Limits(sessions_max=people, users_max=people)
    chat = chatroom.Engine(config=chatroom.Config(limits), **callbacks)
    chat.tick()
    speaker = chatroom.Session(0)
    for n in range(people):
        speaker = chat.connect(user=f"id{n}", nick=f"user{n}", tag=n)
        chat.join(speaker, room="lobby")
    return chat, speaker


def measure_calls() -> None:
    heard: List[Any] = []

    def once(recipients: List[chatroom.Session], frame: bytes) -> None:
        heard.append(recipients)

    def one(session: chatroom.Session, frame: bytes) -> None:
        heard.append(session)

    def each(recipients: List[chatroom.Session], frame: bytes) -> None:
        for session in recipients:
            one(session, frame)

    def posting(send: Any) -> Callable[[], Any]:
        chat, speaker = room_of(PEOPLE, send=send)

        def post() -> None:
            heard.clear()
            chat.post(speaker, room="lobby", text="hello")

        return post

    print(f"CPython {sys.version.split()[0]}: ours, the reference, and their ratio")
    ratio(f"a post to {PEOPLE:,}, one call of send; a call for each", posting(once),
          posting(each), 200, "at most 0.30")
    chat, speaker = room_of(1, send=lambda recipients, frame: None)
    ratio("receive of a frame; json.loads of it", lambda: chat.receive(speaker, FRAME),
          lambda: json.loads(FRAME), 20000, "with all that the post does")
    ping = b'{"op":"ping","ref":1234}'
    ratio("receive of a ping; json.loads of it", lambda: chat.receive(speaker, ping),
          lambda: json.loads(ping), 20000, "with its reply")


Shape = Tuple[str, int, int, int, int]

# What it is called, rooms, people in each, senders in each, messages under way of each.
SHAPES: List[Shape] = [
    ("1 room of 100", 1, 100, 10, 4),
    ("1 room of 1,000", 1, 1000, 10, 4),
    ("1 room of 1,000, 160 outstanding", 1, 1000, 10, 16),
    ("100 rooms of 10", 100, 10, 1, 4),
    ("100 rooms of 10, 16 outstanding each", 100, 10, 1, 16),
]


def pinned(core: int) -> Optional[Callable[[], None]]:
    return (lambda: os.sched_setaffinity(0, {core})) if (os.cpu_count() or 1) > 1 else None


def deliveries(load: str, sides: List[Tuple[str, List[str]]], shape: Shape) -> List[List[float]]:
    """A second of the server's CPU, for each round and each side."""
    servers = []
    words = [load, *map(str, shape[1:]), str(ROUNDS)]
    try:
        for kind, program in sides:
            server = subprocess.Popen([sys.executable, *program], stdout=subprocess.PIPE, text=True,
                                      stderr=subprocess.DEVNULL, preexec_fn=pinned(0))
            servers.append(server)
            assert server.stdout is not None
            port = server.stdout.readline().strip().rstrip("/").rpartition(":")[2]
            words += [kind, port, str(server.pid)]
        done = subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE,
                              preexec_fn=pinned(1))
        return [[float(number) for number in line.split()[::3]]
                for line in done.stdout.splitlines()]
    finally:
        for server in servers:
            server.kill()
            server.wait()


def measure_servers(load: str) -> None:
    pairs = [("web", "websockets_server.py", "bare-web", "textbook_websockets.py",
              "at least 1.0"),
             ("chat", "tcp_server.py", "bare", "textbook_threads.py",
              "at least 5 in rooms of 10, 10 in a room of 1,000")]
    for kind, ours, bare_kind, theirs, goal in pairs:
        print(f"{ours} against {theirs}, thousand deliveries a second of CPU ({goal})")
        for shape in SHAPES:
            rounds = deliveries(load, [(kind, [str(EXAMPLES / ours), "--port", "0"]),
                                       (bare_kind, [str(HERE / theirs)])], shape)
            a, b = (statistics.median(pair[side] for pair in rounds) for side in (0, 1))
            ratio = statistics.median(pair[0] / pair[1] for pair in rounds)
            print(f"  {shape[0]:40} {a / 1000:7.0f}, {b / 1000:7.0f}, ratio {ratio:.2f}",
                  flush=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="What the package costs.")
    options.add_argument("--load", help="the load program, built from tests/bench/load/load.cpp")
    given = options.parse_args()
    measure_calls()
    if given.load:
        measure_servers(given.load)
