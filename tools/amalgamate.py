#!/usr/bin/env python3
"""Writes chatroom.hpp from the parts in src/.

    python3 tools/amalgamate.py           write chatroom.hpp
    python3 tools/amalgamate.py --check   only say whether it is up to date

src/chatroom.hpp lists the public half and src/chatroom.cpp the private half, in reading order.
Every file of src/ stands in one of the two, once, and includes only what stands above it.
chatroom_c.h, which is written by hand, stands in the private half as it is.
The output depends on the contents of src/ alone: no date, no path, no hash.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
PRODUCT = ROOT / "chatroom.hpp"
PUBLIC, PRIVATE, VERSION = "chatroom.hpp", "chatroom.cpp", "base/version.hpp"
IN_C = "../chatroom_c.h"         # as seen from src/

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
OPENS = re.compile(r"\s*#\s*if")
CLOSES = re.compile(r"\s*#\s*endif")
ONCE = re.compile(r"\s*#\s*pragma\s+once\b")

TOP = """\
// chatroom {version}: a complete chat service in one header.
//
// In one source file, and only there:
//
//     #define CHATROOM_IMPLEMENTATION
//     #include "chatroom.hpp"
//
// Generated from src/ by tools/amalgamate.py. Edit the parts, not this file.
//
"""


class Mistake(Exception):
    """What is wrong in src/, in words that say what to do."""


def code_lines(path):
    """Yields number, line, and whether the line is code rather than part of a block comment."""
    commented = False
    text = path.read_text(encoding="utf-8").rstrip("\n")
    for number, line in enumerate(text.split("\n"), 1):
        opens = line.lstrip().startswith("/*")
        yield number, line, not (commented or opens)
        if commented or opens:
            commented = "*/" not in line


def table(name):
    """The files that one table of contents lists, in its order."""
    names = []
    for number, line, code in code_lines(SRC / name):
        include = INCLUDE.match(line)
        if code and include and include[1] == '"':
            names.append(include[2])
        elif code and line.strip() and not line.lstrip().startswith("//") and not ONCE.match(line):
            raise Mistake(f"src/{name}:{number}: a table of contents holds local includes alone")
    return [n for n in names if not (name == PRIVATE and n == PUBLIC)]


def resolve(name, included):
    """The path below src/ that `#include "included"` means inside the file `name`."""
    near = ((SRC / name).parent / included).resolve()
    found = near if near.is_file() else (SRC / included).resolve()
    if found == (SRC / IN_C).resolve():
        return IN_C
    return found.relative_to(SRC).as_posix() if SRC in found.parents else included


def part(name, above, system):
    """The text of one file without what the header says once; adds to `system` its includes."""
    if not (SRC / name).is_file():
        raise Mistake(f"src/{name}: listed in a table of contents, but there is no such file")
    kept, depth, dropped = [], 0, True
    for number, line, code in code_lines(SRC / name):
        include = INCLUDE.match(line) if code else None
        if code:
            depth += bool(OPENS.match(line)) - bool(CLOSES.match(line))
        if include and include[1] == '"':
            target = resolve(name, include[2])
            if depth:
                raise Mistake(f"src/{name}:{number}: a local include may not be conditional")
            if target not in above:
                raise Mistake(f"src/{name}:{number}: includes {target}, which does not stand "
                              f"above it in src/{PUBLIC} or src/{PRIVATE}")
        elif include and not depth:          # a conditional one stays where it is
            system.add(include[2])
        elif not (code and ONCE.match(line)):
            if line or not dropped:          # no blank line where a dropped line left one already
                kept.append(line)
            dropped = dropped and not line
            continue
        dropped = not kept or not kept[-1]
    called = name[3:] if name == IN_C else f"src/{name}"
    return "\n".join([f"// ---- {called} ".ljust(100, "-"), "", *kept, "", ""])


def half(names, above, known):
    """Text of one half: its system includes, less those already `known`, then its files."""
    system, text = set(), []
    for name in names:
        if name in above:
            raise Mistake(f"src/{name}: stands twice in the tables of contents")
        text.append(part(name, above, system))
        above.add(name)
    fresh = sorted(system - known)
    known |= system
    return "".join(f"#include <{name}>\n" for name in fresh) + "\n" + "".join(text)


def version():
    text = (SRC / VERSION).read_text(encoding="utf-8")
    found = [re.search(rf"^#define CHATROOM_VERSION_{n} (\d+)", text, re.M)
             for n in ("MAJOR", "MINOR", "PATCH")]
    if not all(found):
        raise Mistake(f"src/{VERSION}: needs CHATROOM_VERSION_MAJOR, _MINOR and _PATCH")
    return ".".join(match[1] for match in found)


def comment(text):
    return "".join(f"// {line}".rstrip() + "\n" for line in text.splitlines())


def product():
    """The whole of chatroom.hpp."""
    above, known = set(), set()
    public = half(table(PUBLIC), above, known)
    above.add(PUBLIC)
    private = half(table(PRIVATE), above, known)
    files = {p.relative_to(SRC).as_posix() for p in SRC.rglob("[!.]*") if p.is_file()}
    for name in sorted(files - above - {PRIVATE}):
        raise Mistake(f"src/{name}: stands neither in src/{PUBLIC} nor in src/{PRIVATE}")
    return (TOP.format(version=version()) + comment((ROOT / "LICENSE").read_text(encoding="utf-8"))
            + "\n#ifndef CHATROOM_HPP\n#define CHATROOM_HPP\n\n" + public
            + "#endif  // CHATROOM_HPP\n\n"
            + "#if defined(CHATROOM_IMPLEMENTATION) && !defined(CHATROOM_IMPLEMENTATION_ONCE)\n"
            + "#define CHATROOM_IMPLEMENTATION_ONCE\n\n" + private
            + "#endif  // CHATROOM_IMPLEMENTATION\n")


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit(__doc__)
    try:
        text = product().encode()
    except (Mistake, OSError, UnicodeDecodeError) as why:
        sys.exit(f"amalgamate: {why}")
    if PRODUCT.is_file() and PRODUCT.read_bytes() == text:
        return
    if arguments:
        sys.exit("chatroom.hpp is stale: run `python3 tools/amalgamate.py` and commit the result")
    PRODUCT.write_bytes(text)


if __name__ == "__main__":
    main(sys.argv[1:])
