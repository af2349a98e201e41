"""What the compiled engine asks of the system, and what it gives to the linker."""

import os
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

from common import (BARE, IMPLEMENTATION, ROOT, Skip, Workshop, Wrong, c_code, c_functions, header,
                    main, read, report, run, tool)

OPAQUE = {"chatroom_engine", "chatroom_recipients", "chatroom_client"}   # The library's own.

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

    tests/checks/abi.txt lists the functions, and the structs with the places of their members, for
    64 bits. What stands there stays; what is new is recorded by

        python3 tests/checks/symbols.py record

    It is made of the header by the C compiler, since the XML of abidw is half a megabyte, most of
    it the insides of the engine, and lacks the structs that are reached by a void pointer alone.
    """
    if sys.maxsize < 1 << 32:
        raise Skip("what is recorded is of 64 bits")
    recorded, now = set(read("tests/checks/abi.txt").splitlines()), set(declared_abi())
    report([f"{line}: gone or changed, so programs must be compiled again: undo it, or raise "
            f"CHATROOM_ABI_VERSION and record the new one" for line in sorted(recorded - now)]
           + [f"{line}: not recorded: run `python3 tests/checks/symbols.py record`"
              for line in sorted(now - recorded)])


def abi_of_library():
    """The debug information of the shared library tells the same functions and structs."""
    abidw = tool("abidw", "abigail-tools")
    said = run([abidw, "--headers-dir", ROOT, "--no-show-locs", "--no-corpus-path",
                "--no-comp-dir-path", shared_library()], "abidw failed")
    told = list(described(ElementTree.fromstring(said)))
    known = {line.replace("const ", "") for line in read("tests/checks/abi.txt").splitlines()}
    report([f"the library has `{line}`, which is not in tests/checks/abi.txt"
            for line in told if line.replace("const ", "") not in known])
    if sum(line.startswith("function") for line in told) < 50 or len(told) < 200:
        raise Wrong("the library's debug information tells hardly anything")


def declared_abi():
    """One line for each function, struct and member of chatroom_c.h."""
    code = c_code()
    lines = []
    for back, name, told in re.findall(r"^([a-z][\w ]*\**) ?(chatroom_\w+)\(([^;{]*?)\);", code,
                                       re.M | re.S):
        kinds = [re.sub(r"(\w+)\[\w+\]", r"*\1", " ".join(one.split()))
                 for one in told.split(",") if one.strip() != "void"]
        kinds = [re.sub(r" ?(\**)\w+$", r"\1", kind) for kind in kinds]
        lines.append(f"function {name}({', '.join(kinds)}) -> {back.strip()}")
    asked = []
    for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\n\} \1;", code, re.S):
        asked.append(f'    printf("struct {name}: %zu bytes\\n", sizeof({name}));\n')
        for member in re.findall(r"(\w+)(?:\[\w+\])?;", body):
            asked.append(f'    printf("struct {name} + %zu: {member}\\n", '
                         f"offsetof({name}, {member}));\n")
    with Workshop() as shop:
        source = shop.write("abi.c", '#include <stdio.h>\n#include "chatroom_c.h"\n'
                            "int main(void) {\n" + "".join(asked) + "    return 0;\n}\n")
        program = shop.path / "abi"
        run([tool("gcc", "gcc"), f"-I{ROOT}", source, "-o", program], "it does not compile")
        return lines + run([program], "it does not run").splitlines()


def described(corpus):
    types = {node.get("id"): node for node in corpus.iter() if node.get("id")}

    def name(identity, depth=0):
        node = types.get(identity)
        if node is None:
            return "?"
        if node.tag == "pointer-type-def" and depth < 4:
            return name(node.get("type-id"), depth + 1) + "*"
        if node.tag == "qualified-type-def":
            return "const " + name(node.get("type-id"), depth)
        if node.tag == "array-type-def":
            counts = [f"[{part.get('length')}]" for part in node.iter("subrange")]
            return name(node.get("type-id"), depth) + "".join(counts)
        if node.tag == "function-type":
            return signature(node, depth + 1)
        return node.get("name") or "?"

    def signature(node, depth=0):
        told = [name(p.get("type-id"), depth) for p in node.findall("parameter")]
        back = node.find("return")
        return f"({', '.join(told)}) -> {name(back.get('type-id'), depth)}"

    for node in corpus.iter("function-decl"):
        if node.get("elf-symbol-id"):
            yield f"function {node.get('name')}{signature(node)}"
    for node in corpus.iter("class-decl"):
        if not (node.get("name") or "").startswith("chatroom_") or node.get("is-declaration-only"):
            continue
        if node.get("name") in OPAQUE:
            continue
        yield f"struct {node.get('name')}: {int(node.get('size-in-bits')) // 8} bytes"
        for member in node.iter("data-member"):
            what = member.find("var-decl")
            yield (f"struct {node.get('name')} + {int(member.get('layout-offset-in-bits')) // 8}: "
                   f"{what.get('name')}")


if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        (ROOT / "tests" / "checks" / "abi.txt").write_text("\n".join(declared_abi()) + "\n",
                                                           encoding="utf-8")
    else:
        main(undefined, c_linker, defined, exported, abi, abi_of_library)
