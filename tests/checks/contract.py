"""The C contract on other word sizes and byte orders, and as the language that C++ takes it for.

Builds tests/contract/*.c in every way that this machine can, and runs them.
"""

import sys

import common
import portability
from common import ROOT, SRC, Skip, tool

PROGRAMS = sorted((ROOT / "tests" / "contract").glob("*.c"))
INCLUDES = [f"-I{ROOT}", f"-I{ROOT / 'tests' / 'contract'}"]
STRICT = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]

# What -Weverything says about any C program: its layout, its style, and its static functions.
NOISE = ["padded", "unused-function", "unused-macros", "declaration-after-statement",
         "unsafe-buffer-usage", "unknown-warning-option", "disabled-macro-expansion"]

C_COMPILERS = {"g++": "gcc", "clang++": "clang", "s390x-linux-gnu-g++": "s390x-linux-gnu-gcc",
               "powerpc-linux-gnu-g++": "powerpc-linux-gnu-gcc",
               "x86_64-w64-mingw32-g++-posix": "x86_64-w64-mingw32-gcc-posix"}


def as_c(shop, compiler, flags, program):
    out = shop.path / f"{program.stem}.o"
    common.run([compiler, "-std=c99", "-pedantic-errors", *INCLUDES, *flags, "-c", program, "-o",
                out], f"{program.name}: is not C99 for {compiler}")
    return out


def in_c():
    """C99 without a warning of gcc or clang, with everything clang can warn of."""
    with common.Workshop() as shop:
        for program in PROGRAMS:
            as_c(shop, tool("gcc", "gcc"), STRICT, program)
            as_c(shop, tool("clang", "clang"),
                 ["-Weverything", *(f"-Wno-{word}" for word in NOISE), "-Werror"], program)


def in_cpp():
    """The same files are C++ without a warning."""
    with common.Workshop():
        for program in PROGRAMS:
            common.run([tool("g++", "g++"), "-x", "c++", "-std=c++17", *INCLUDES, *STRICT,
                        "-fsyntax-only", program], f"{program.name}: is not C++")


def run_variant(shop, number, variant):
    name, (compiler, *flags), runner, _ = variant
    for each in [compiler, C_COMPILERS[compiler], *runner[:1]]:
        tool(each, portability.PACKAGES.get(each, each))
    if not portability.links([compiler, *flags], shop, number):
        raise Skip(f"{name}: the library for it is missing")
    engine = shop.path / f"engine-{number}.o"
    common.run([compiler, *flags, "-std=c++17", *common.BARE, f"-I{SRC}", "-c",
                portability.IMPLEMENTATION, "-o", engine],
               f"{name}: the implementation does not compile")
    for program in PROGRAMS:
        out = shop.path / f"{program.stem}-{number}.exe"
        objects = [as_c(shop, C_COMPILERS[compiler], [f for f in flags if f != "-static"], program),
                   engine]
        common.run([C_COMPILERS[compiler], *flags, *objects, "-o", out],
                   f"{name}: {program.name} does not link with a C linker")
        common.run([*runner, out], f"{name}: {program.name} fails")


def elsewhere():
    """The programs pass on other word sizes and byte orders."""
    ran = []
    with common.Workshop() as shop:
        for number, variant in enumerate(portability.VARIANTS):
            if not variant[3]:
                continue
            try:
                run_variant(shop, number, variant)
                ran.append(variant[0])
            except Skip as why:
                print(f"not run: {variant[0]}: {why}")
    if not ran:
        raise Skip("no compiler for another word size or byte order is installed")
    print(f"{len(PROGRAMS)} programs on: {'; '.join(ran)}")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    common.main(in_c, in_cpp, elsewhere)
