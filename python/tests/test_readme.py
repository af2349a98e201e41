"""The program in the README runs as it is printed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"
LINES_MAX = 15


def run(program: str, place: Path) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=place, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_program_of_the_readme(tmp_path: Path) -> None:
    if not README.is_file():
        pytest.skip("not in the repository: its README is not there")
    program = re.findall(r"^```python\n(.*?)^```$", README.read_text("utf-8"), re.S | re.M)[0]
    assert len(program.splitlines()) <= LINES_MAX
    said = run(program, tmp_path)
    assert re.search(r'^alice gets \{"op":"message",.*"number":1,.*"text":"hello"\}$', said, re.M)


def test_the_program_of_the_package(tmp_path: Path) -> None:
    import chatroom

    text = (chatroom.__doc__ or "").partition("    import chatroom")[2].partition("\nThe ")[0]
    program = re.sub(r"^    ", "", "    import chatroom" + text, flags=re.M)
    assert '"text":"hello"' in run(program, tmp_path)
