"""Type checkers find nothing, and the stubs say what the extension has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from servers import EXAMPLES, node_modules

HERE = Path(__file__).resolve().parents[1]


def checked(place: Path, *command: Any) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_strict(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    checked(HERE, sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path,
            "chatroom", "tests", "tools", "bench/bench.py",
            *([EXAMPLES] if EXAMPLES.is_dir() else []))


def test_stubs_say_what_the_extension_has(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    allowed = tmp_path / "allowed"
    # The shapes of what it returns, which are not there at run time, and pybind11's metaclass.
    allowed.write_text("chatroom._core.(Member|Table|Tables|Readable|Frame)\n"
                       "chatroom._core.(Engine|Client)\n")
    checked(tmp_path, sys.executable, "-m", "mypy.stubtest", "chatroom._core",
            "--allowlist", allowed)


def test_pyright() -> None:
    modules = node_modules("pyright")
    import chatroom

    checked(HERE, Path(modules, ".bin", "pyright"), "--pythonpath", sys.executable,
            Path(chatroom.__file__).parent, *([EXAMPLES] if EXAMPLES.is_dir() else []))
