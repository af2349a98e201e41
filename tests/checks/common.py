"""What the checks share. A check is a function that raises Wrong or Skip, or returns.

    python3 tests/checks/<file>.py            every check of the file
    python3 tests/checks/<file>.py <check>    one of them
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
HEADER = ROOT / "chatroom.hpp"
SKIPPED = 77                     # what Meson and Automake take for "skipped"

# The flags under which the engine promises to build without the C++ run-time library.
BARE = ["-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]
IMPLEMENTATION = '#define CHATROOM_IMPLEMENTATION\n#include "chatroom.hpp"\n'


class Wrong(Exception):
    """The check failed; the text says what is wrong and what to do."""


class Skip(Exception):
    """The check cannot run here; the text says why."""


def tool(name, package):
    path = shutil.which(name)
    if not path:
        raise Skip(f"{name} is missing: install {package}")
    return path


def header():
    if not HEADER.is_file():
        raise Wrong("chatroom.hpp is missing: run `python3 tools/amalgamate.py`")
    return HEADER.read_text(encoding="utf-8")


def read(path):
    """Text of a file, with a clear failure where there is none."""
    file = ROOT / path
    if not file.is_file():
        raise Wrong(f"{path} is missing")
    return file.read_text(encoding="utf-8")


def run(command, what, **options):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          errors="replace", **options)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[:40])
        raise Wrong(f"{what} (exit status {done.returncode})\n"
                    f"  {shlex.join(str(word) for word in command)}\n{said}")
    return done.stdout


class Workshop:
    """A temporary directory in which small programs are written and compiled."""

    def __enter__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="chatroom-check-")
        self.path = Path(self.holder.name)
        return self

    def __exit__(self, *_):
        self.holder.cleanup()

    def write(self, name, text):
        (self.path / name).write_text(text, encoding="utf-8")
        return self.path / name

    def compile(self, what, source, *flags, compiler=None, name="unit"):
        """Compiles one source text against the header; the path of the object."""
        file, out = self.write(f"{name}.cpp", source), self.path / f"{name}.o"
        run([compiler or tool("g++", "g++"), "-std=c++17", f"-I{ROOT}", *flags, "-c", file,
             "-o", out], what)
        return out


def bare_code(text):
    """C++ with comments and the contents of literals blanked, line by line the same."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|(?:u8|[uUL])?R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"'
                       r'|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z_])\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        newlines = "\n" * match[0].count("\n")
        return newlines if match[0].startswith("/") else '""' + newlines

    return token.sub(blank, text)


def c_code():
    """chatroom_c.h without comments and directives."""
    text = re.sub(r"/\*.*?\*/", "", read("chatroom_c.h"), flags=re.S)
    return re.sub(r"^[ \t]*#.*(\\\n.*)*", "", text, flags=re.M)


def c_functions(inline=False):
    """Names of the functions that chatroom_c.h declares, or of those whose bodies are in it."""
    heads = re.findall(r"^(static inline )?[a-z][a-z_0-9 ]*[ *]+(chatroom_\w+)\(", c_code(), re.M)
    return [name for static, name in heads if bool(static) == inline]


def sources():
    """Every C++ file of src/, sorted."""
    return sorted(p for p in SRC.rglob("*") if p.suffix in (".hpp", ".cpp", ".h", ".inc"))


def relative(path):
    return path.relative_to(ROOT).as_posix()


def report(wrong):
    if wrong:
        raise Wrong("\n".join(wrong))


def main(*checks):
    """Runs the named check, or all; ends the program with 0, 1 or 77."""
    os.environ["LC_ALL"] = "C"
    by_name = {check.__name__: check for check in checks}
    wanted = sys.argv[1:] or list(by_name)
    if not set(wanted) <= set(by_name):
        sys.exit(f"the checks here are: {' '.join(by_name)}")
    failed = skipped = 0
    for name in wanted:
        try:
            by_name[name]()
            print(f"{name}: ok")
        except Skip as why:
            skipped += 1
            print(f"{name}: skipped: {why}")
        except Wrong as why:
            failed += 1
            print(f"{name}: WRONG\n{why}")
    sys.exit(1 if failed else SKIPPED if skipped == len(wanted) else 0)


if __name__ == "__main__":        # common.py skip <reason>: a test whose tool is missing
    print("skipped:", " ".join(sys.argv[2:]))
    sys.exit(SKIPPED)
