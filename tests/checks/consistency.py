"""What is said in two places says the same."""

import re

from common import ROOT, Skip, Workshop, Wrong, main, read, report, run, tool


def enumerators():
    """Name and written value of each enumerator of `enum class error`."""
    block = re.search(r"enum class error\b[^{;]*\{(.*?)\n\s*\};", read("src/base/error.hpp"), re.S)
    if not block:
        raise Wrong("src/base/error.hpp: `enum class error` not found")
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", block[1], flags=re.S)
    items = [item.strip() for item in code.split(",") if item.strip()]
    return [tuple(part.strip() for part in item.partition("=")[::2]) for item in items]


def error_rows():
    """Enumerator, name and text of each row of the table of src/base/error.cpp."""
    return re.findall(r'\{error::(\w+),\s*"(\w*)",\s*"([^"]*)"\}', read("src/base/error.cpp"))


def error_names():
    """Every error has a value of its own, a name that is its own name, and a text."""
    items, rows = enumerators(), error_rows()
    names = {error: name for error, name, _ in rows}
    texts = {error: text for error, _, text in rows}
    if len(names) != len(rows):
        raise Wrong("src/base/error.cpp: an error has two rows")
    wrong, values = [], {}
    for name, value in items:
        if not re.fullmatch(r"\d+", value):
            wrong.append(f"error::{name} needs a value, written as a number")
        elif int(value) in values:
            wrong.append(f"error::{name} has the value {value} of error::{values[int(value)]}")
        else:
            values[int(value)] = name
        if name not in names:
            wrong.append(f"error::{name} has no row")
        elif names[name] != name:
            wrong.append(f"the name of error::{name} is \"{names[name]}\"")
        if not texts.get(name):
            wrong.append(f"error::{name} has no text")
    told = {}
    for name, text in texts.items():
        if told.setdefault(text, name) != name:
            wrong.append(f"error::{name} and error::{told[text]} have the same text")
    report([f"src/base/error.hpp, error.cpp: {line}" for line in wrong])


def version():
    """One version everywhere."""
    parts = [re.search(rf"^#define CHATROOM_VERSION_{n} (\d+)$", read("src/base/version.hpp"), re.M)
             for n in ("MAJOR", "MINOR", "PATCH")]
    if not all(parts):
        raise Wrong("src/base/version.hpp: needs CHATROOM_VERSION_MAJOR, _MINOR and _PATCH")
    wanted = ".".join(part[1] for part in parts)
    places = {
        "meson.build": r"^\s*version: '([^']+)'",
        "CHANGELOG.md": r"^## (\d[^\s]*)",
    }
    if (ROOT / "python" / "pyproject.toml").is_file():
        places["python/pyproject.toml"] = r'^version\s*=\s*"([^"]+)"'
    wrong = []
    for path, pattern in places.items():
        found = re.search(pattern, read(path), re.M)
        if not found or found[1] != wanted:
            wrong.append(f"{path} says {found[1] if found else 'no version'}, "
                         f"src/base/version.hpp says {wanted}")
    report(wrong)


def readme_code():
    """The first C++ block of the README is examples/hello.cpp."""
    if not (ROOT / "README.md").is_file() or not (ROOT / "examples" / "hello.cpp").is_file():
        raise Skip("README.md or examples/hello.cpp is not there yet")
    block = re.search(r"^```cpp\n(.*?)^```$", read("README.md"), re.S | re.M)
    if not block:
        raise Wrong("README.md has no ```cpp block: put examples/hello.cpp into one")
    shown, real = block[1].splitlines(), read("examples/hello.cpp").splitlines()
    for number in range(max(len(shown), len(real))):
        pair = [lines[number] if number < len(lines) else "(end)" for lines in (shown, real)]
        if pair[0] != pair[1]:
            raise Wrong(f"the first ```cpp block of README.md differs from examples/hello.cpp in "
                        f"line {number + 1}: copy the file into the block\n"
                        f"  README.md:          {pair[0]}\n  examples/hello.cpp: {pair[1]}")


def without_tokens(text):
    """A token is random: 32 hexadecimal digits, of which only the number is compared."""
    return re.sub(r'(?<="token":")[0-9a-f]{32}(?=")', "0" * 32, text)


def readme_output():
    """examples/hello.cpp prints what tests/expected/hello.txt records, but for the token."""
    source, expected = ROOT / "examples" / "hello.cpp", ROOT / "tests" / "expected" / "hello.txt"
    if not source.is_file() or not expected.is_file():
        raise Skip("examples/hello.cpp or tests/expected/hello.txt is not there yet")
    with Workshop() as shop:
        program = shop.path / "hello"
        run([tool("g++", "g++"), "-std=c++17", f"-I{ROOT}", source, "-o", program],
            "examples/hello.cpp does not compile by itself")
        printed = run([program], "examples/hello.cpp does not run")
    if without_tokens(printed) != without_tokens(expected.read_text(encoding="utf-8")):
        raise Wrong("examples/hello.cpp prints something else than tests/expected/hello.txt; if "
                    "it is right, record it:\n  build/examples/hello > tests/expected/hello.txt\n"
                    f"printed:\n{printed}")


if __name__ == "__main__":
    main(error_names, version, readme_code, readme_output)
