"""Style of src/ that a machine can judge, and files that would be forgotten."""

import re
import subprocess

from common import (ROOT, SRC, Skip, Wrong, bare_code, main, read, relative, report, run, sources,
                    tool)

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70

HOST_SEND = r"\bsend_\.fn\("     # the one place that calls the host's send

FORBIDDEN = {
    r"\bstd::(string|vector|function|map|unordered_map|unique_ptr|shared_ptr|optional)\b":
        "the engine has its own containers and allocates nothing",
    r"#\s*include\s*<(string|vector|functional|iostream|sstream|ostream|stdio\.h|cstdio)>":
        "no strings, vectors or streams in src/",
    r"\biostream\b": "no streams in src/",
    r"\bvirtual\b": "no virtual functions: a struct of functions and a context",
    r"\b(throw|try|catch)\b": "failures are values: error and result<T>",
    r"\b(dynamic_cast|typeid)\b": "no run-time type information",
    r"\b(float|double)\b": "no floating point: it differs between machines",
    r"\.substr\(": "string_view::substr can throw: build the view from pointer and size",
}

LAYERS = ["base", "model", "state", "edge"]      # each knows those before it

CONTAINER = re.compile(r'(\s|\[\[[^\]]*\]\]|template\s*<[^{}]*>)*'
                       r'(inline\s+)?(namespace|class|struct|union|enum|extern\s*"")\b')


def must_have_sources():
    files = sources()
    if not files:
        raise Wrong("src/ is empty")
    return files


def lines():
    """Lines to 100 columns, no tabs, no blanks at the end, one newline at the end."""
    wrong = []
    for file in must_have_sources():
        text = file.read_text(encoding="utf-8")
        for number, line in enumerate(text.split("\n"), 1):
            place = f"{relative(file)}:{number}:"
            if len(line) > COLUMNS_MAX:
                wrong.append(f"{place} {len(line)} columns, more than {COLUMNS_MAX}")
            if "\t" in line:
                wrong.append(f"{place} a tab")
            if line != line.rstrip():
                wrong.append(f"{place} blanks at the end of the line")
        if not text.endswith("\n") or text.endswith("\n\n"):
            wrong.append(f"{relative(file)}: must end with one newline")
    report(wrong)


def functions(code):
    """First line, length and head of each outermost function; a heuristic over braces."""
    stack, start, line = [], 0, 1
    code = re.sub(r"^[ \t]*#.*(\\\n.*)*", lambda m: "\n" * m[0].count("\n"), code, flags=re.M)
    for at, char in enumerate(code):
        if char == "\n":
            line += 1
        inside = any(kind != "container" for kind, _, _ in stack)
        if char == "{":
            head = code[start:at]
            first = line - head.lstrip().count("\n")
            kind = ("inner" if inside else "container" if CONTAINER.match(head)
                    else "function" if "(" in head and not head.rstrip().endswith("=") else "data")
            stack.append((kind, first, " ".join(head.split())))
            if kind == "container":
                start = at + 1
        elif char == "}" and stack:
            kind, first, head = stack.pop()
            if kind == "function":
                yield first, line - first + 1, head
            follows = code[at + 1:at + 200].lstrip()[:1]
            if kind != "inner" and not (kind != "container" and follows in (",", "{")):
                start = at + 1           # `: a{1}, b{} {`: the head of a constructor goes on
        elif char == ";" and not inside:
            start = at + 1


def function_length():
    """No function is longer than 70 lines."""
    wrong = []
    for file in must_have_sources():
        for first, length, head in functions(bare_code(file.read_text(encoding="utf-8"))):
            if length > FUNCTION_LINES_MAX:
                wrong.append(f"{relative(file)}:{first}: {length} lines, more than "
                             f"{FUNCTION_LINES_MAX}: {head[-80:]}")
    report(wrong)


def forbidden_words():
    """Words that would bring exceptions, allocation or floating point; comments may use them."""
    wrong = []
    for file in must_have_sources():
        code = bare_code(file.read_text(encoding="utf-8")).split("\n")
        for number, line in enumerate(code, 1):
            for pattern, why in FORBIDDEN.items():
                found = re.search(pattern, line)
                if found:
                    wrong.append(f"{relative(file)}:{number}: `{found[0]}`: {why}")
    report(wrong)


def one_send():
    """Exactly one line of src/ calls the host's send."""
    places = [f"{relative(file)}:{number}" for file in must_have_sources()
              for number, line in enumerate(bare_code(file.read_text("utf-8")).split("\n"), 1)
              if re.search(HOST_SEND, line)]
    if len(places) != 1:
        raise Wrong(f"the host's send (pattern {HOST_SEND} in tests/checks/style.py) must be "
                    f"called in exactly one place, but is in {len(places)}: {' '.join(places)}")


def layers():
    """No file includes one of a higher layer, unless that is public."""
    public = set(re.findall(r'^#include "([^"]+)"', read("src/chatroom.hpp"), re.M))

    def layer(file):
        if SRC not in file.parents:          # chatroom_c.h knows nothing of the others
            return 0
        top = file.relative_to(SRC).parts[0]
        return LAYERS.index(top) if top in LAYERS else len(LAYERS)

    wrong = []
    for file in must_have_sources():
        for name in re.findall(r'^\s*#\s*include "([^"]+)"', file.read_text("utf-8"), re.M):
            target = next((path for path in ((file.parent / name).resolve(), SRC / name)
                           if path.is_file()), None)
            if (target and layer(target) > layer(file)
                    and target.relative_to(SRC).as_posix() not in public):
                wrong.append(f"{relative(file)}: includes {relative(target)}, of a higher layer: "
                             f"the order is {', '.join(LAYERS)}, then the rest")
    report(wrong)


def self_contained():
    """Every file of src/ compiles by itself, so it includes what it uses."""
    compiler, wrong = tool("g++", "g++"), []
    for file in must_have_sources():
        try:
            run([compiler, "-std=c++17", f"-I{SRC}", "-w", "-fsyntax-only", "-fmax-errors=1", "-x",
                 "c++", file], f"{relative(file)}: uses something that it does not include")
        except Wrong as why:
            wrong.append(str(why))
    report(wrong)


def all_tests_listed():
    """Every file of tests/unit is compiled."""
    listed = read("tests/meson.build")
    files = sorted((ROOT / "tests" / "unit").rglob("*.cpp"))
    report([f"{relative(file)}: add it to the list in tests/meson.build" for file in files
            if f"'{file.relative_to(ROOT / 'tests').as_posix()}'" not in listed])


def machine_paths():
    """No file names a directory of somebody's machine."""
    pattern = re.compile(r"(?<![\w.}])/(work|root|home)/[\w.]")
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others",
                           "--exclude-standard"], capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip("not a git checkout")
    wrong = []
    for name in filter(None, done.stdout.split("\0")):
        file = ROOT / name
        if not file.is_file():
            continue
        text = file.read_bytes().decode("utf-8", errors="replace")
        for number, line in enumerate(text.split("\n"), 1):
            found = pattern.search(line)
            if found:
                wrong.append(f"{name}:{number}: an absolute path of one machine: {found[0]}…")
    report(wrong)


if __name__ == "__main__":
    main(lines, function_length, forbidden_words, one_send, layers, self_contained,
         all_tests_listed, machine_paths)
