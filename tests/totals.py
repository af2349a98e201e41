"""Counts what `meson test` ran: each case of Catch2, TAP and pytest, and each other test, as one.

    python3 tests/totals.py <build directory> [<exit status of meson test>]

Ends with one line, `N passed, N failed, N skipped`, and status 1 when anything failed.
"""

import json
import re
import sys
from pathlib import Path

PASSED, SKIPPED = ("OK", "EXPECTEDFAIL"), ("SKIP", "IGNORED")


def catch2_counts(output):
    """Cases passed, failed and skipped by the summary that Catch2 prints; None without one."""
    whole = re.search(r"^All tests passed \(.* in (\d+) test cases?\)", output, re.M)
    if whole:
        return int(whole[1]), 0, 0
    line = re.search(r"^test cases:.*$", output, re.M)
    if not line:
        return None
    counts = {what: int(number) for number, what
              in re.findall(r"(\d+) (passed|failed|skipped|failed as expected)\b", line[0])}
    return counts.get("passed", 0), counts.get("failed", 0), counts.get("skipped", 0)


def tap_counts(output):
    """Tests passed, failed and skipped by the summary of TAP; None without one."""
    counts = dict(re.findall(r"^# (pass|fail|skipped) (\d+)$", output, re.M))
    if len(counts) != 3:
        return None
    return int(counts["pass"]), int(counts["fail"]), int(counts["skipped"])


def line_counts(output):
    """Tests passed, failed and skipped by the last line, `N passed, N failed, N skipped`."""
    line = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped\s*\Z", output, re.M)
    return tuple(map(int, line.groups())) if line else None


READERS = {                      # suites, and how their tests say what became of their cases
    "unit": catch2_counts,       # Catch2 programs
    "web": tap_counts,           # as node --test does
    "python": line_counts,       # python/tests/run.py
}


def counts(test):
    """Passed, failed and skipped of one line of Meson's log."""
    result, suite = test["result"], test["name"].rpartition(" / ")[0].rpartition(":")[2]
    if result in SKIPPED:
        return 0, 0, 1
    if suite in READERS:
        found = READERS[suite](test.get("stdout", ""))
        if found and (found[1] == 0) == (result in PASSED):
            return found
        # No summary, or one that contradicts the exit status: the program died on the way.
        return (found[0] if found else 0), 1, 0
    return (1, 0, 0) if result in PASSED else (0, 1, 0)


def main(build, status="0"):
    log = Path(build) / "meson-logs" / "testlog.json"
    tests = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line]
    total = [0, 0, 0]
    for test in tests:
        own = counts(test)
        total = [a + b for a, b in zip(total, own)]
        if own[2] or own[1]:
            words = (test.get("stdout") or "").strip().splitlines()
            print("FAILED  " + f"{test['name']}: {own[1]} ({test['result']})" if own[1]
                  else f"skipped {test['name']}: {words[-1] if words else 'no reason given'}")
        elif own[0] > 1:
            print(f"passed  {test['name']}: {own[0]} test cases")
    if status != "0" and not total[1]:
        print(f"FAILED  meson test itself ended with status {status}")
        total[1] = 1
    if not tests:
        print("FAILED  no test ran")
        total[1] += 1
    print("{} passed, {} failed, {} skipped".format(*total))
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
