"""The same log and the same bytes, whatever the compiler, word size and byte order.

Builds tests/property/replay.cpp in every way that this machine can and compares what it prints.

    python3 tests/checks/portability.py            every build
    python3 tests/checks/portability.py same_lines
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import common
from common import ROOT, Skip, Wrong

PROGRAM = ROOT / "tests" / "property" / "replay.cpp"
IMPLEMENTATION = ROOT / "src" / "chatroom.cpp"
JOBS = min(2, os.cpu_count() or 1)

# Name; compiler and flags; what runs the program; whether it is another kind of machine.
MULTILIB = ["-m32", "-idirafter", "/usr/include/x86_64-linux-gnu"]
VARIANTS = [
    ("gcc -O0", ["g++", "-O0"], [], False),
    ("gcc -O2", ["g++", "-O2"], [], False),
    ("gcc, unsigned char", ["g++", "-O1", "-funsigned-char"], [], False),
    ("clang -O2", ["clang++", "-O2"], [], False),
    ("32 bits", ["g++", "-O1", *MULTILIB], [], True),
    ("s390x, big-endian", ["s390x-linux-gnu-g++", "-O1", "-static"], ["qemu-s390x-static"], True),
    ("powerpc, big-endian, 32 bits", ["powerpc-linux-gnu-g++", "-O1", "-static"],
     ["qemu-ppc-static"], True),
    ("Windows", ["x86_64-w64-mingw32-g++-posix", "-O1", "-static"], ["wine"], True),
    ("WebAssembly", ["clang++", "--target=wasm32-wasi", "-O1", "-fno-exceptions"],
     ["node", "--no-warnings", "--no-turbo-fast-api-calls",
      str(ROOT / "tests" / "portability" / "wasi.mjs")], True),
]
PACKAGES = {
    "clang++": "clang", "qemu-s390x-static": "qemu-user-static",
    "qemu-ppc-static": "qemu-user-static", "s390x-linux-gnu-g++": "g++-s390x-linux-gnu",
    "powerpc-linux-gnu-g++": "g++-powerpc-linux-gnu",
    "x86_64-w64-mingw32-g++-posix": "g++-mingw-w64-x86-64-posix", "wine": "wine and wine64",
}
os.environ.setdefault("WINEPREFIX", str(ROOT / "build" / "portability" / "wine"))
os.environ.setdefault("WINEDEBUG", "-all")
if shutil.which("wine"):   # Which makes its folder, but not those above.
    Path(os.environ["WINEPREFIX"]).parent.mkdir(parents=True, exist_ok=True)


def links(command, shop, name):
    """Whether an empty program can be built: a compiler alone is not enough for -m32."""
    source = shop.write("empty.cpp", "#include <cstring>\n#include <string>\nint main() {}\n")
    done = subprocess.run([*command, source, "-o", shop.path / f"empty-{name}"],
                          capture_output=True)
    return done.returncode == 0


def lines_of(shop, number, variant):
    """What the program prints in one build; Skip when it cannot be built here."""
    name, compiler, runner, _ = variant
    for tool in [compiler[0], *runner[:1]]:
        if not shutil.which(tool):
            raise Skip(f"{tool} is missing: install {PACKAGES.get(tool, tool)}")
    if not links(compiler, shop, number):
        raise Skip("the C++ library for it is missing: tests/portability.sh installs it")
    parts, program = shop.path / f"parts-{number}.o", shop.path / f"replay-{number}.exe"
    flags = ["-std=c++17", f"-I{ROOT / 'src'}"]
    common.run([*compiler, *flags, *common.BARE, "-c", IMPLEMENTATION, "-o", parts],
               f"{name}: the implementation does not compile")
    common.run([*compiler, *flags, PROGRAM, parts, "-o", program],
               f"{name}: the program does not build")
    return common.run([*runner, program], f"{name}: the program failed").splitlines()


def same_lines():
    told, skipped = {}, {}
    with common.Workshop() as shop, ThreadPoolExecutor(JOBS) as pool:
        under_way = [(variant, pool.submit(lines_of, shop, number, variant))
                     for number, variant in enumerate(VARIANTS)]
        for variant, lines in under_way:
            try:
                told[variant[0]] = lines.result()
            except Skip as why:
                skipped[variant[0]] = str(why)
    for name, why in skipped.items():
        print(f"not run: {name}: {why}")
    wrong = []
    names = list(told)
    for name in names[1:]:
        if told[name] == told[names[0]]:
            continue
        first, other = next((a, b) for a, b in
                            zip(told[names[0]] + [""], told[name] + [""]) if a != b)
        wrong.append(f"{name} differs from {names[0]}:\n  {names[0]}: {first}\n  {name}: {other}")
    common.report(wrong)
    if not any(cross and name in told for name, _, _, cross in VARIANTS):
        raise Skip("no build for another word size or byte order could run")
    if len(told) < 2:
        raise Wrong("only one build ran")
    print(f"the same {len(told[names[0]])} lines from: {'; '.join(names)}")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    common.main(same_lines)
