"""Instructions of one post, by callgrind: what the fixed cost and a recipient take.

    python3 tests/bench/post_ir.py <the program built of post.cpp>

The difference of a run with k posts and one with 3k is free of everything else, and repeats to
less than 0.1%.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
GOALS = {(1, 0): 1150, "recipient": 18}     # the prototype; RAW's 14 and 4 more


def instructions(valgrind, program, posts, members, logged):
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [valgrind, "--tool=callgrind", f"--callgrind-out-file={Path(place) / 'out'}",
             program, str(posts), str(members), str(logged)], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"callgrind failed:\n{done.stdout}{done.stderr}")
    return int(found[1])


def per_post(valgrind, program, posts, members, logged):
    few = instructions(valgrind, program, posts, members, logged)
    many = instructions(valgrind, program, 3 * posts, members, logged)
    return (many - few) / (2 * posts)


def line(what, figure, goal=None):
    verdict = "" if goal is None else "ok" if figure <= goal else "above goal"
    shown = "" if goal is None else f"<={goal}"
    print(f"{what:<58} {figure:>10,.1f} Ir {'':>9} {shown:>9}  {verdict}")


def main():
    valgrind = shutil.which("valgrind")
    if not valgrind:
        print("skipped: valgrind is missing: install valgrind")
        sys.exit(SKIPPED)
    program = sys.argv[1]
    print("\nInstructions of one post of 64 bytes: goals 1 and 2")
    for logged in 0, 1:
        line(f"N=1, {'with a log' if logged else 'without a log'}",
             per_post(valgrind, program, 2000, 1, logged), GOALS.get((1, logged)))
    small = per_post(valgrind, program, 1000, 100, 0)
    large = per_post(valgrind, program, 1000, 1000, 0)
    line("one recipient more, host adds in its own loop", (large - small) / 900,
         GOALS["recipient"])


if __name__ == "__main__":
    main()
