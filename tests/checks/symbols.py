"""What the compiled engine asks of the system, and what it gives to the linker."""

import os
import re
from pathlib import Path

from common import BARE, IMPLEMENTATION, Skip, Workshop, Wrong, header, main, report, run, tool

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


def exported():
    """The shared library exports names of chatroom, and nothing of chatroom::detail."""
    nm = tool("nm", "binutils")
    library = os.environ.get("CHATROOM_SHARED_LIBRARY")
    if not library or not Path(library).is_file():
        raise Skip("no shared library given: run `meson test -C build`")
    lines = run([nm, "-D", "-C", "--defined-only", library], "nm failed").splitlines()
    names = [line.split(maxsplit=2)[2] for line in lines]
    wrong = [f"the shared library exports `{name}`: see tools/chatroom.map" for name in names
             if not re.match(r"chatroom(::(?!detail::)|_)", name)]
    report(wrong)
    if not any(name.startswith("chatroom::engine::") for name in names):
        raise Wrong("the shared library exports nothing of chatroom::engine: "
                    "see tools/chatroom.map")


if __name__ == "__main__":
    main(undefined, c_linker, defined, exported)
