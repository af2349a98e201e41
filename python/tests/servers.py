"""The example servers, started for a test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Optional, Type, Union

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "python"
WAIT_SECONDS = 20.0


def wait_until(condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.01)
    return found


def node_modules(package: str) -> str:
    """The folder that holds a package of Node; without it, the test is skipped."""
    folder = os.environ.get("CHATROOM_NODE_MODULES", "")
    if not shutil.which("node") or not Path(folder, package).is_dir():
        pytest.skip(f"npm install {package}, and set CHATROOM_NODE_MODULES to its node_modules")
    return folder


class Server:
    """A server, as soon as it listens."""

    def __init__(self, program: Union[str, Path], *options: Any) -> None:
        if not EXAMPLES.is_dir():
            pytest.skip("not in the repository: the examples are not there")
        words = [sys.executable, EXAMPLES / program, "--port", 0, *options]
        self.process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        found = re.fullmatch(r"listening on (?:http://)?127\.0\.0\.1:(\d+)/?\n", first)
        if not found:
            self.process.kill()
            raise AssertionError(self.process.communicate()[1])
        self.port = int(found[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.process.terminate()
        said = self.process.communicate(timeout=WAIT_SECONDS)[1]
        if kind is None:
            assert "Traceback" not in said, said

    def kill(self) -> None:
        """As when the machine loses power."""
        self.process.kill()
        self.process.communicate()

    def resident_bytes(self) -> int:
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
