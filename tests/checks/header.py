"""chatroom.hpp is up to date and compiles wherever it is put."""

import re
import sys

from common import BARE, IMPLEMENTATION, ROOT, Workshop, header, main, run, tool

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]

# clang's -Weverything also warns about C++98, about layout, and about style that is ours.
NOISE = ["c++98-compat", "c++98-compat-pedantic", "c++20-compat", "pre-c++20-compat-pedantic",
         "padded", "unsafe-buffer-usage", "weak-vtables", "switch-default", "switch-enum",
         "covered-switch-default", "unknown-warning-option"]

# Everyday words, as headers that come before ours are known to define them.
EVERYDAY = """
#undef assert
#undef major
#undef minor
#define check(x) everyday macro
#define verify(x) everyday macro
#define ensure(x) everyday macro
#define assert(x) everyday macro
#define min(a, b) everyday macro
#define max(a, b) everyday macro
#define major(x) everyday macro
#define minor(x) everyday macro
#define emit
#define near
#define far
#define IN
#define OUT
#define signals public
#define slots everyday macro
#define small char
#define interface struct
#define ERROR 0
#define None 0L
#define Status int
#define Bool int
"""

# A function of the public half whose body stands in the private half.
USE = """const char* name_{0}();
const char* name_{0}() {{ return chatroom::error_name(chatroom::error::none); }}
"""


def stale():
    """The committed header is what the parts in src/ say."""
    run([sys.executable, ROOT / "tools" / "amalgamate.py", "--check"], "the header is not current")


def twice():
    """Included twice in one file, with the macro before the first or the second include."""
    header()
    plain, define = '#include "chatroom.hpp"\n', "#define CHATROOM_IMPLEMENTATION\n"
    orders = {"the macro before the first include": define + plain + plain,
              "the macro before the second include": plain + define + plain,
              "the macro before both includes": define + plain + define + plain}
    with Workshop() as shop:
        for order, text in orders.items():
            out = shop.compile(f"included twice, {order}: does not compile",
                               text + USE.format("one") + "int main() { return !name_one(); }\n")
            run([tool("g++", "g++"), out, "-o", shop.path / "program"],
                f"included twice, {order}: does not link, so the implementation is missing")
            run([shop.path / "program"], f"included twice, {order}: does not run")


def two_units():
    """Two translation units, one with the implementation, link and run."""
    header()
    with Workshop() as shop:
        one = shop.compile("the unit with the implementation does not compile",
                           IMPLEMENTATION + USE.format("one"), name="one")
        two = shop.compile("the unit without the implementation does not compile",
                           '#include "chatroom.hpp"\n' + USE.format("two")
                           + "const char* name_one();\n"
                           + "int main() { return name_one() != name_two(); }\n", name="two")
        run([tool("g++", "g++"), one, two, "-o", shop.path / "program"],
            "two units that include the header do not link")
        run([shop.path / "program"], "two units that include the header do not run")


def warnings_gcc():
    """No warning from g++, with and without the implementation."""
    warnings(tool("g++", "g++"), STRICT)


def warnings_clang():
    """No warning from clang++ -Weverything less the noise."""
    warnings(tool("clang++", "clang"),
             ["-Weverything", *(f"-Wno-{word}" for word in NOISE), "-Werror"])


def warnings(compiler, flags):
    header()
    with Workshop() as shop:
        for what, text in (("declarations", '#include "chatroom.hpp"\n'),
                           ("implementation", IMPLEMENTATION)):
            for level in ("-O0", "-O2"):
                shop.compile(f"{compiler} {level} warns about the {what}: fix it in src/", text,
                             *flags, level, compiler=compiler)


def no_exceptions():
    """Compiles without exceptions, RTTI and guarded statics."""
    header()
    with Workshop() as shop:
        shop.compile(f"does not compile with {' '.join(BARE)}", IMPLEMENTATION, *BARE)


def everyday_words():
    """Compiles after headers that define everyday words as macros."""
    system = sorted(set(re.findall(r"^\s*#\s*include\s*<([^>]+)>", header(), re.M)))
    first = "".join(f"#if __has_include(<{name}>)\n#include <{name}>\n#endif\n" for name in system)
    with Workshop() as shop:
        shop.compile("a name in src/ is a macro in other people's headers: write it as (name)(…) "
                     "or choose another", first + EVERYDAY + IMPLEMENTATION)


USE_IN_C = """#include "chatroom_c.h"
size_t bytes_{0}(void);
size_t bytes_{0}(void) {{ return sizeof(char[CHATROOM_FOOTPRINT(8, 8, 4, 32, 128)]); }}
"""


def in_c():
    """chatroom_c.h is C99 and C++ without a warning, alone and after everyday words."""
    gcc, clang = tool("gcc", "gcc"), tool("clang", "clang")
    everything = ["-Weverything", *(f"-Wno-{word}" for word in [*NOISE, "unused-macros"]),
                  "-Werror"]
    languages = {"C99": ["-x", "c", "-std=c99", "-pedantic-errors"],
                 "C11": ["-x", "c", "-std=c11", "-pedantic-errors"],
                 "C++17": ["-x", "c++", "-std=c++17"]}
    with Workshop() as shop:
        plain = shop.write("plain.c", USE_IN_C.format("one"))
        words = shop.write("words.c", "#include <stddef.h>\n#include <stdint.h>\n" + EVERYDAY
                           + USE_IN_C.format("two"))
        for language, flags in languages.items():
            for source in plain, words:
                for compiler in [gcc, *STRICT], [clang, *everything]:
                    run([*compiler, *flags, f"-I{ROOT}", "-fsyntax-only", source],
                        f"chatroom_c.h is not {language} for {compiler[0]}")


def c_with_implementation():
    """chatroom_c.h may stand before or after chatroom.hpp with its implementation."""
    with Workshop() as shop:
        for text in ('#include "chatroom_c.h"\n' + IMPLEMENTATION,
                     IMPLEMENTATION + '#include "chatroom_c.h"\n'):
            shop.compile("chatroom_c.h and the implementation in one file do not compile", text,
                         *STRICT)


if __name__ == "__main__":
    main(stale, twice, two_units, warnings_gcc, warnings_clang, no_exceptions, everyday_words,
         in_c, c_with_implementation)
