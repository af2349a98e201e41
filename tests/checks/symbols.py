"""What the compiled engine asks of the system, and what it gives to the linker."""

import os
import re
import subprocess
import sys
from pathlib import Path

from common import (BARE, IMPLEMENTATION, ROOT, Skip, Workshop, Wrong, c_functions, header,
                    main, read, report, run, tool)

NEEDED = {
    "memcpy", "memmove", "memset", "memcmp",
    "malloc", "calloc", "free",                                   # the default memory
    "getrandom", "getentropy",                          # the default entropy
    "clock_gettime",                                    # the default clock
}
COMPILER = {                                            # the compiler's own support library
    "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "__cpu_model", "__cpu_indicator_init",
}

# Inline functions of the standard library that -O0 leaves in the object, as weak symbols.
LIBRARY_INLINE = re.compile(r"\bstd::|\b__gnu_cxx::|^operator (new|delete)(\[\])?\(.*void\*\)$")


def implementation(shop, level):
    header()
    return shop.compile("the implementation does not compile", IMPLEMENTATION, *BARE, level,
                        "-DNDEBUG" if level == "-O2" else "-UNDEBUG")


def undefined():
    """The undefined symbols at -O0 and -O2 are within the list above."""
    nm = tool("nm", "binutils")
    with Workshop() as shop:
        for level in ("-O0", "-O2"):
            lines = run([nm, "-u", implementation(shop, level)], "nm failed").splitlines()
            names = {line.split()[-1] for line in lines if line.strip()}
            report([f"{level}: src/ needs `{name}`, which is not in the list in "
                    f"tests/checks/symbols.py" for name in sorted(names - NEEDED - COMPILER)])


def c_linker():
    """The object links with the plain C linker, without the C++ run-time library."""
    gcc = tool("gcc", "gcc")
    with Workshop() as shop:
        main_c = shop.write("main.c", "int main(void) { return 0; }\n")
        for level in ("-O0", "-O2"):
            run([gcc, main_c, implementation(shop, level), "-o", shop.path / "program"],
                f"{level}: the implementation does not link with gcc alone")
            run([shop.path / "program"], f"{level}: the program does not run")


def defined():
    """Every symbol that the object defines for others carries the name chatroom."""
    nm = tool("nm", "binutils")
    with Workshop() as shop:
        for level in ("-O0", "-O2"):
            lines = run([nm, "-C", "-g", "--defined-only", implementation(shop, level)],
                        "nm failed").splitlines()
            wrong = []
            for line in lines:
                kind, name = line.split(maxsplit=2)[1:]
                if "chatroom" not in name and not (kind in "VWu" and LIBRARY_INLINE.search(name)):
                    wrong.append(f"{level}: src/ defines `{name}` for every program it is linked "
                                 f"into: put it into namespace chatroom, or make it static")
            report(wrong)


def shared_library():
    library = os.environ.get("CHATROOM_SHARED_LIBRARY")
    if not library or not Path(library).is_file():
        raise Skip("no shared library given: run `meson test -C build`")
    return library


def exported():
    """The shared library exports the functions of chatroom_c.h and nothing else."""
    nm = tool("nm", "binutils")
    lines = run([nm, "-D", "--defined-only", shared_library()], "nm failed").splitlines()
    names = {line.split()[2] for line in lines}
    declared = set(c_functions())
    report([f"the shared library exports `{name}`: see tools/chatroom.map"
            for name in sorted(names - declared)]
           + [f"the shared library does not export `{name}`, which chatroom_c.h declares"
              for name in sorted(declared - names)])


def abi():
    """Programs that were compiled against an earlier chatroom_c.h still run.

    tests/checks/abi.h is the recorded header, without its comments. A library of empty functions is
    made of each with the same compiler and compared by abidiff; the engine's own would bring its
    insides along, by way of the debug information. A new one is recorded by

        python3 tests/checks/symbols.py record
    """
    recorded = read("tests/checks/abi.h")
    with Workshop() as shop:
        differ = Abidiff(shop, recorded)
        grown = recorded.replace("uint32_t struct_size;", "uint64_t more; uint32_t struct_size;", 1)
        gone = re.sub(r"^uint64_t chatroom_hosted_now\(void\);$", "", recorded, flags=re.M)
        for what, text, bits in (("no change", recorded, 0), ("a member that was put in", grown, 4),
                                 ("a function that is gone", gone, 12)):
            if differ.compare(text)[0] != bits:
                raise Wrong(f"abidiff does not see {what}, so it proves nothing")
        status, told = differ.compare(without_comments())
        if status:
            raise Wrong(told + "\nthe ABI is another one: undo what breaks programs, or raise "
                        "CHATROOM_ABI_VERSION; then run `python3 tests/checks/symbols.py record`")


class Abidiff:
    def __init__(self, shop, recorded):
        self.tool, self.gcc, self.shop = tool("abidiff", "abigail-tools"), tool("gcc", "gcc"), shop
        self.recorded = self.library("recorded", recorded)

    def library(self, name, header_text):
        """A library of the functions of a header; one of them reaches every struct."""
        functions = re.findall(r"^((?!typedef|static)[a-z][\w ]*[ *]chatroom_\w+\([^;{]*?\));",
                               header_text, re.M | re.S)
        structs = re.findall(r"^\} (chatroom_\w+);", header_text, re.M)
        if len(functions) < 50 or len(structs) < 30:
            raise Wrong(f"{name}: hardly any functions or structs were found")
        code = [header_text, *(f"{each} {{ __builtin_trap(); }}" for each in functions),
                "void every_struct(" + ", ".join(f"{each}* _{each}" for each in structs) + ") {}"]
        source = self.shop.write(f"{name}.c", "\n".join(code))
        out = self.shop.path / f"{name}.so"
        run([self.gcc, "-g", "-O0", "-shared", "-fPIC", source, "-o", out],
            f"{name}: the header does not compile")
        return out

    def compare(self, header_text):
        """Exit status of abidiff (4: changed, 8: not compatible) and what it says."""
        done = subprocess.run([self.tool, self.recorded, self.library("now", header_text)],
                              capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def without_comments():
    text = re.sub(r"/\*.*?\*/", "", read("chatroom_c.h"), flags=re.S)
    return "".join(line.rstrip() + "\n" for line in text.splitlines() if line.strip())


if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        (ROOT / "tests" / "checks" / "abi.h").write_text(without_comments(), encoding="utf-8")
    else:
        main(undefined, c_linker, defined, exported, abi)
