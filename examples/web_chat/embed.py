"""Writes the files of the page as C++: python3 embed.py <out.cpp> <page folder> <file>...

The program then is one file and does not depend on where it is started.
"""

import sys
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
CHUNK = 60   # Short literals: compilers bound the length of a long one.


def literal(content):
    out = []
    for start in range(0, len(content), CHUNK):
        piece = content[start:start + CHUNK]
        # Three octal digits end by themselves, whatever follows.
        out.append('"' + "".join(f"\\{byte:03o}" for byte in piece) + '"')
    return "\n    ".join(out) or '""'


def main(out, folder, *files):
    lines = ['#include "site.hpp"', ""]
    rows = []
    for number, name in enumerate(files):
        path = Path(folder, name)
        content = path.read_bytes()
        lines.append(f"static const char file_{number}[] =\n    {literal(content)};\n")
        url = "/" if name == "index.html" else "/" + name
        rows.append(f'    {{"{url}", "{TYPES[path.suffix]}", {{file_{number}, {len(content)}}}}},')
    lines += ["const std::vector<page_file> page_files = {", *rows, "};", ""]
    Path(out).write_text("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
