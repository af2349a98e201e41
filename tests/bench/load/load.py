"""Measures the example servers under load against bare broadcasts on the same sockets.

    python3 tests/bench/load/load.py <load> (<kind> <server> <bare server>)...

For each shape of load the two run in turns, so that what else the machine does meets both. The
server has one core and the load the other. Prints the medians and their ratio.
"""

import os
import re
import statistics
import subprocess
import sys

SHAPES = [   # What it is called, rooms, people in each, senders in each, messages under way, of each
    ("1 room of 100", 1, 100, 10, 4),
    ("1 room of 1,000", 1, 1000, 10, 4),
    ("100 rooms of 10", 100, 10, 1, 4),
    ("1 room of 1,000, 160 outstanding", 1, 1000, 10, 16),
]
ROUNDS = 7    # Of one second: the loop of server and load settles in one of several rhythms.
SECONDS = 1
GOAL = 0.9
BARE = {"web": "bare-web", "chat": "bare"}


def pinned(core):
    return (lambda: os.sched_setaffinity(0, {core})) if os.cpu_count() > 1 else None


def measure(load, kind, program, shape):
    """Deliveries a second of the server's CPU, deliveries a second, median round trip in ms."""
    words = [program] + ([] if kind.startswith("bare") else ["--port", "0"])
    server = subprocess.Popen(words, stdout=subprocess.PIPE, preexec_fn=pinned(0))
    try:
        port = re.search(rb":(\d+)/?$", server.stdout.readline().strip())[1].decode()
        done = subprocess.run([load, kind, port, str(server.pid), *map(str, shape), str(SECONDS)],
                              stdout=subprocess.PIPE, check=True, text=True, preexec_fn=pinned(1))
    finally:
        server.kill()
        server.wait()
    return [float(number) for number in done.stdout.split()]


def main(load, *pairs):
    for kind, server, bare in zip(*[iter(pairs)] * 3):
        print(f"{os.path.basename(server)} against {os.path.basename(bare)}: deliveries a second "
              f"of server CPU; the goal is {GOAL}")
        for name, *shape in SHAPES:
            rounds = [(measure(load, kind, server, shape), measure(load, BARE[kind], bare, shape))
                      for _ in range(ROUNDS)]
            ours, theirs = (statistics.median(pair[side][0] for pair in rounds) for side in (0, 1))
            trip = statistics.median(pair[0][2] for pair in rounds)
            ratio = statistics.median(a[0] / b[0] for a, b in rounds)
            print(f"  {name:34} {ours / 1000:7.0f} k, bare {theirs / 1000:7.0f} k, ratio "
                  f"{ratio:.2f} {'' if ratio >= GOAL else '(below) '}round trip {trip:.1f} ms",
                  flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
