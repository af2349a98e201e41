"""The programs that the documents print run as they are printed."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from servers import WAIT_SECONDS, Server

READMES = [Path(__file__).resolve().parents[n] / "README.md" for n in (1, 2)]
LINES_MAX = 15


def run(program: str, place: Path) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=place, text=True,
                          capture_output=True, timeout=WAIT_SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("readme", READMES, ids=["package", "repository"])
def test_the_program_of_a_readme(readme: Path, tmp_path: Path) -> None:
    if not readme.is_file():
        pytest.skip(f"not in the repository: {readme} is not there")
    program = re.findall(r"^```python\n(.*?)^```$", readme.read_text("utf-8"), re.S | re.M)[0]
    assert len(program.splitlines()) <= LINES_MAX
    said = run(program, tmp_path)
    assert re.search(r'^alice gets \{"op":"message",.*"number":1,.*"text":"hello"\}$', said, re.M)


def test_the_program_of_the_package(tmp_path: Path) -> None:
    import chatroom

    text = (chatroom.__doc__ or "").partition("    import chatroom")[2].partition("\nThe ")[0]
    program = re.sub(r"^    ", "", "    import chatroom" + text, flags=re.M)
    assert '"text":"hello"' in run(program, tmp_path)


def test_the_client_of_the_readme(tmp_path: Path) -> None:
    pytest.importorskip("websockets", minversion="14")
    program = re.findall(r"^```python\n(.*?)^```$", READMES[0].read_text("utf-8"), re.S | re.M)[1]
    with Server("websockets_server.py") as server:
        program = program.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
        main = textwrap.indent(program + " " * 12 + "return\n", "    ")
        said = run("import asyncio, websockets\nfrom chatroom.aio import AsyncClient\n"
                   f"async def main():\n{main}asyncio.run(main())\n", tmp_path)
    assert said == "hello\n"
