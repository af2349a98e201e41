"""Measures the example servers under load against bare broadcasts on the same sockets.

    python3 tests/bench/load/load.py <load> (<kind> <server> <bare server>)...

For each shape of load the two speak in turns, so that what else the machine does meets both. The
servers have one core and the load the other. Prints the medians, and the median of the ratios.
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
STARTS = 3    # A server that is started again has its memory elsewhere, and is faster or slower.
ROUNDS = 9    # Of half a second each: the loop of server and load settles in one of many rhythms.
GOAL = 0.9
BARE = {"web": "bare-web", "chat": "bare"}


def pinned(core):
    return (lambda: os.sched_setaffinity(0, {core})) if os.cpu_count() > 1 else None


def measure(load, sides, shape):
    """For each round and each side: deliveries a second of the server's CPU, bytes a delivery,
    median round trip in ms."""
    servers, words = [], [load, *map(str, shape), str(ROUNDS)]
    try:
        for kind, program in sides:
            server = subprocess.Popen([program] + ([] if kind.startswith("bare") else ["--port", "0"]),
                                      stdout=subprocess.PIPE, preexec_fn=pinned(0))
            servers.append(server)
            port = re.search(rb":(\d+)/?$", server.stdout.readline().strip())[1].decode()
            words += [kind, port, str(server.pid)]
        done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True,
                              preexec_fn=pinned(1))
    finally:
        for server in servers:
            server.kill()
            server.wait()
    for line in done.stdout.splitlines():
        figures = [float(number) for number in line.split()]
        yield figures[:3], figures[3:]


def main(load, *pairs):
    for kind, server, bare in zip(*[iter(pairs)] * 3):
        print(f"{os.path.basename(server)} against {os.path.basename(bare)}: deliveries a second "
              f"of server CPU; the goal is {GOAL}")
        for name, *shape in SHAPES:
            rounds = [each for _ in range(STARTS)
                      for each in measure(load, ((kind, server), (BARE[kind], bare)), shape)]
            ours, theirs = (statistics.median(pair[side][0] for pair in rounds) for side in (0, 1))
            trip = statistics.median(pair[0][2] for pair in rounds)
            ratio = statistics.median(a[0] / b[0] for a, b in rounds)
            size, bare_size = (statistics.mean(pair[side][1] for pair in rounds) for side in (0, 1))
            print(f"  {name:34} {ours / 1000:7.0f} k of {size:3.0f} bytes, bare "
                  f"{theirs / 1000:7.0f} k of {bare_size:3.0f}, ratio {ratio:.2f} "
                  f"{'' if ratio >= GOAL else '(below) '}round trip {trip:.1f} ms", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
