"""Runs the tests and ends with the line "N passed, N failed, N skipped".

    python python/tests/run.py [options of pytest]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Dict, List

import pytest

HERE = Path(__file__).resolve().parent


class Count:
    """Counts what becomes of each test; an error beside a test counts as a failure."""

    def __init__(self) -> None:
        self.outcomes: Dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known = self.outcomes.get(report.nodeid)
        if report.outcome != "passed" and known != "failed":
            self.outcomes[report.nodeid] = report.outcome
        elif report.when == "call" and known is None:
            self.outcomes[report.nodeid] = "passed"

    def total(self, outcome: str) -> int:
        return list(self.outcomes.values()).count(outcome)


def main(options: List[str]) -> int:
    # The installed package is tested, so the tree beside the tests must not be in the way.
    sys.path[:] = [place for place in sys.path if Path(place).resolve() != HERE.parent]
    # Nothing is written beside the tests.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(sys.prefix, "hypothesis")))
    count = Count()
    status = int(pytest.main(["-q", "-c", str(HERE.parent / "pyproject.toml"), "--rootdir",
                              str(HERE.parent), str(HERE), *options], [count]))
    failed = count.total("failed")
    if status != 0 and failed == 0:
        failed = 1    # Pytest itself, such as a file that cannot be imported.
    print(f"{count.total('passed')} passed, {failed} failed, {count.total('skipped')} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
