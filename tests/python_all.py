"""Tests the package from its sdist on every CPython from 3.9 that is found.

    sh tests/python.sh --all [options of pytest]

Each gets a clean virtual environment; the wheel is checked by `twine check` and, where patchelf
and the like are there, shown by `auditwheel show`.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = 9


def interpreters():
    """Version and path of each, the newest of each minor version once."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    places = [*(Path(place) for place in os.environ["PATH"].split(os.pathsep)),
              *sorted(pyenv.glob("*/bin"))]
    found = {}
    for place in places:
        for program in sorted(place.glob("python3.*")):
            name = re.fullmatch(r"python3\.(\d+)", program.name)
            if not name or int(name[1]) < OLDEST or int(name[1]) in found:
                continue
            asked = subprocess.run([program, "-c", "import sys, venv, ensurepip; "
                                    "print(sys.implementation.name, *sys.version_info[:2])"],
                                   capture_output=True, text=True)
            if asked.stdout.split() == ["cpython", "3", name[1]]:
                found[int(name[1])] = program
    return sorted(found.items())


def run(*words, **options):
    print("$", *words, flush=True)
    return subprocess.run([str(word) for word in words], **options).returncode == 0


def environment(python, at):
    shutil.rmtree(at, ignore_errors=True)
    return at / "bin" / "python" if run(python, "-m", "venv", at) else None


def make_sdist(build):
    tools = environment(sys.executable, build / "tools")
    dist = build / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    pip = [tools, "-m", "pip", "--disable-pip-version-check", "-q", "install"]
    if not (run(*pip, "build>=1,<2", "twine>=6,<7", "auditwheel>=6,<7")
            and run(tools, "-m", "build", "--outdir", dist, ROOT / "python")):
        return None
    files = sorted(dist.iterdir())
    checked = run(tools, "-m", "twine", "check", "--strict", *files)
    for wheel in dist.glob("*.whl"):
        run(tools, "-m", "auditwheel", "show", wheel)
    return next(dist.glob("*.tar.gz")) if checked else None


def main(build, options):
    sdist = make_sdist(build)
    if sdist is None:
        print("0 passed, 1 failed, 0 skipped")
        return 1
    failed = []
    found = interpreters()
    for minor, program in found:
        python = environment(program, build / f"venv3.{minor}")
        pip = [python, "-m", "pip", "--disable-pip-version-check", "-q", "install"]
        if not (python and run(*pip, "-r", ROOT / "python" / "tests" / "requirements.txt")
                and run(*pip, sdist)
                and run(python, ROOT / "python" / "tests" / "run.py", *options)):
            failed.append(f"3.{minor}")
    print("failed on", *failed) if failed else print("passed on", *(f"3.{m}" for m, _ in found))
    print(f"{len(found) - len(failed)} passed, {len(failed)} failed, 0 skipped")
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
