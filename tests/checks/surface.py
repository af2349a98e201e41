"""What a program sees of the header: its macros, its includes and its weight."""

import re

from common import (IMPLEMENTATION, ROOT, Workshop, Wrong, header, main, read, report, run,
                    tool)

INCLUDES = ["cstddef", "cstdint", "string_view"]

MACROS = {"CHATROOM_HPP", "CHATROOM_VERSION_MAJOR", "CHATROOM_VERSION_MINOR",
          "CHATROOM_VERSION_PATCH"}
MACROS_C = {"CHATROOM_C_H", "CHATROOM_ABI_VERSION", "CHATROOM_HOST", "CHATROOM_ZERO",
            "CHATROOM_FOOTPRINT", "CHATROOM_FOOTPRINT_CODECS", "CHATROOM_FOOTPRINT_RECORDS"}
MACROS_OF_FOOTPRINT = r"CHATROOM_(BYTES|SIZE)_\w+"   # what CHATROOM_FOOTPRINT is made of
MACROS_IMPLEMENTATION = {"CHATROOM_IMPLEMENTATION", "CHATROOM_IMPLEMENTATION_ONCE", *MACROS_C}

WEIGHT_MAX = 1.25                # lines of the declarations, in lines of <string_view>


def halves():
    public, _, private = header().partition("#endif  // CHATROOM_HPP\n")
    return public, private


def preprocessed(text, *flags):
    with Workshop() as shop:
        return run([tool("g++", "g++"), "-std=c++17", f"-I{ROOT}", "-E", *flags,
                    shop.write("unit.cpp", text)], "the header does not preprocess").splitlines()


def includes():
    """The public half includes exactly the headers named above."""
    found = re.findall(r"^\s*#\s*include\s*[<\"]([^>\"]+)", halves()[0], re.M)
    if found != INCLUDES:
        raise Wrong(f"the public half includes {found}, and the design says {INCLUDES}")


def macros():
    """The header defines exactly the macros named above."""
    compare(halves()[0], '#include "chatroom.hpp"\n', MACROS, "MACROS")
    compare(header(), IMPLEMENTATION, MACROS | MACROS_IMPLEMENTATION, "MACROS_IMPLEMENTATION")
    compare(read("chatroom_c.h"), '#include "chatroom_c.h"\n',
            MACROS - {"CHATROOM_HPP"} | MACROS_C, "MACROS_C")


def compare(part, program, wanted, listed):
    system = re.findall(r"^\s*#\s*include\s*<([^>]+)>", part, re.M)
    before = "".join(f"#if __has_include(<{name}>)\n#include <{name}>\n#endif\n"
                     for name in system)

    def names(text):
        return {line.split()[1].partition("(")[0] for line in preprocessed(text, "-dM")}

    found = {name for name in names(program) - names(before)
             if not re.fullmatch(MACROS_OF_FOOTPRINT, name)}
    report([f"the header defines the macro {name}: #undef it where its file ends, or add it to "
            f"{listed} in tests/checks/surface.py" for name in sorted(found - wanted)]
           + [f"the header does not define {name}" for name in sorted(wanted - found)])


def weight():
    """The declarations preprocess to little more than <string_view> itself."""
    def lines(text):
        return sum(1 for line in preprocessed(text) if line.strip() and line[0] != "#")

    own, reference = lines('#include "chatroom.hpp"\n'), lines("#include <string_view>\n")
    if own > WEIGHT_MAX * reference:
        raise Wrong(f"the declarations preprocess to {own} lines, more than {WEIGHT_MAX} times "
                    f"the {reference} of <string_view>: move code to the private half")


if __name__ == "__main__":
    main(includes, macros, weight)
