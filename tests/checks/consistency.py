"""What is said in two places says the same."""

import re

from common import (ROOT, Skip, Workshop, Wrong, c_code, c_functions, main, read, report, run,
                    tool)


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
        "CMakeLists.txt": r"^project\(chatroom VERSION (\S+)",
        "chatroom_c.h": r"^/\* chatroom (\d[^\s:]*):",
    }
    if (ROOT / "python" / "pyproject.toml").is_file():
        places["python/pyproject.toml"] = r'^version\s*=\s*"([^"]+)"'
    wrong = []
    in_c = [re.search(rf"^#define CHATROOM_VERSION_{n} (\d+)$", read("chatroom_c.h"), re.M)
            for n in ("MAJOR", "MINOR", "PATCH")]
    if ".".join(part[1] for part in in_c) != wanted:
        wrong.append(f"the macros of chatroom_c.h do not say {wanted}")
    soname = re.search(r"^\s*soversion: '(\d+)'", read("meson.build"), re.M)
    abi = re.search(r"^#define CHATROOM_ABI_VERSION (\d+)$", read("chatroom_c.h"), re.M)
    if soname[1] != abi[1]:
        wrong.append(f"meson.build says soversion {soname[1]}, CHATROOM_ABI_VERSION is {abi[1]}")
    for path, pattern in places.items():
        found = re.search(pattern, read(path), re.M)
        if not found or found[1] != wanted:
            wrong.append(f"{path} says {found[1] if found else 'no version'}, "
                         f"src/base/version.hpp says {wanted}")
    report(wrong)


def public_parts():
    """The files of the public half, without comments."""
    names = re.findall(r'^#include "([^"]+)"', read("src/chatroom.hpp"), re.M)
    return {name: re.sub(r"//[^\n]*", "", read(f"src/{name}")) for name in names}


def c_enumerators():
    """Every enumerator of the public half has its name and value in chatroom_c.h, and back."""
    wanted = {}
    for text in public_parts().values():
        for name, body in re.findall(r"enum class (\w+)[^{;]*\{(.*?)\}", text, re.S):
            for key, value in re.findall(r"(\w+)\s*=\s*(\d+)", body):
                group = name[:-len("_type")] if name.endswith("_type") else name
                wanted[f"CHATROOM_{group}_{key}".upper()] = value
    found = dict(re.findall(r"\b(CHATROOM_\w+)\s*=\s*(\d+)", c_code()))
    of_c_alone = {name for name in found if name.startswith("CHATROOM_PRESET_")}
    report([f"chatroom_c.h: {name} is {found.get(name, 'missing')}, and {wanted[name]} in C++"
            for name in wanted if found.get(name) != wanted[name]]
           + [f"chatroom_c.h: {name} is not in C++" for name in found
              if name not in wanted and name not in of_c_alone])


def members_in_cpp(text):
    """The structs of a public header: names of their members, in order."""
    told = {}
    for name, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", text, re.S | re.M):
        lines = [line for line in body.split("\n") if "(" not in line and "static" not in line]
        told[name] = re.findall(r"(\w+)(?:\{[^;]*\}|\[\w+\]\{\}| = [^;]+)?;", "\n".join(lines))
    return told


def c_members():
    """Commands, events, elements and statistics have the same members in C, in the same order."""
    parts = public_parts()
    in_c = {name: re.findall(r"(\w+)(?:\[\w+\])?;", body) for name, body in
            re.findall(r"typedef struct (\w+) \{(.*?)\n\} \1;", c_code(), re.S)}
    wrong, renamed = [], {("nick", "name"): "nick", ("room", "name"): "room"}   # As on the wire.
    for path, ending in (("model/command.hpp", "_command"), ("model/event.hpp", "_event")):
        for name, members in members_in_cpp(parts[path]).items():
            wanted = [renamed.get((name, member), member) for member in members]
            found = in_c.get(f"chatroom_{name}{ending}", in_c.get(f"chatroom_{name}", []))
            if wanted != found and name != "list":
                wrong.append(f"{name}: {wanted} in C++, {found} in C")
    config = members_in_cpp(parts["model/config.hpp"])
    flat = [*config["limits"], *config["policies"], *config["budgets"], "node", "incarnation"]
    if in_c["chatroom_config"] != ["struct_size", "preset", *flat]:
        wrong.append(f"config: {flat} in C++, {in_c['chatroom_config']} in C")
    stats = members_in_cpp(parts["engine.hpp"])["statistics"]
    if in_c["chatroom_statistics"] != stats or len(stats) < 20:
        wrong.append(f"statistics: {stats} in C++, {in_c['chatroom_statistics']} in C")
    report([f"chatroom_c.h: {line}" for line in wrong])


def c_calls():
    """What C++ can call, C can: members of engine, functions, features, codecs, commands."""
    engine = public_parts()["engine.hpp"]
    public = re.search(r"^class engine \{\npublic:(.*?)^private:", engine, re.S | re.M)[1]
    calls = set(re.findall(r"(\w+)\([^;{]*\)(?: const)? noexcept(?: = default)?;", public))
    calls |= set(re.findall(r"^[\w:<>*& ]+ (\w+)\([^;{]*\) noexcept;", engine, re.M))
    calls -= {"engine"}
    for what in "feature", "codec", "names":
        group = re.search(rf"namespace {what}s? \{{(.*?)\}}", engine, re.S)[1]
        calls -= set(re.findall(r"& (\w+)\(\)", group))
        calls |= {f"{what}_{name}" for name in re.findall(r"& (\w+)\(\)", group)}
    client = public_parts()["client.hpp"]
    public = re.search(r"^class client \{\npublic:(.*?)^private:", client, re.S | re.M)[1]
    told = re.findall(r"(\w+)\([^;{]*\)(?: const)? noexcept;", public)
    calls |= {f"client_{name}" for name in told if name != "client"}
    calls |= set(members_in_cpp(public_parts()["model/command.hpp"])) - {"list", "cursor", "ping"}
    calls -= {"hosted"}          # in C three functions, being callbacks
    known = set(c_functions()) | set(c_functions(inline=True))
    report([f"chatroom_c.h lacks chatroom_{name}" for name in sorted(calls)
            if f"chatroom_{name}" not in known])
    if len(calls) < 40:
        raise Wrong(f"only {len(calls)} calls were found in engine.hpp: {sorted(calls)}")


def same_as_example(language, example):
    """The first block of a language in the README is an example, line by line."""
    if not (ROOT / "README.md").is_file() or not (ROOT / example).is_file():
        raise Skip(f"README.md or {example} is not there yet")
    block = re.search(rf"^```{language}\n(.*?)^```$", read("README.md"), re.S | re.M)
    if not block:
        raise Wrong(f"README.md has no ```{language} block: put {example} into one")
    shown, real = block[1].splitlines(), read(example).splitlines()
    for number in range(max(len(shown), len(real))):
        pair = [lines[number] if number < len(lines) else "(end)" for lines in (shown, real)]
        if pair[0] != pair[1]:
            raise Wrong(f"the first ```{language} block of README.md differs from {example} in "
                        f"line {number + 1}: copy the file into the block\n"
                        f"  README.md: {pair[0]}\n  {example}: {pair[1]}")


def readme_code():
    """The first C++ block of the README is examples/hello.cpp."""
    same_as_example("cpp", "examples/hello.cpp")


def readme_c_code():
    """The first C block of the README is examples/hello.c."""
    same_as_example("c", "examples/hello.c")


def without_tokens(text):
    """A token is random: 32 hexadecimal digits, of which only the number is compared."""
    return re.sub(r'(?<="token":")[0-9a-f]{32}(?=")', "0" * 32, text)


def prints_what_is_recorded(example, program):
    """Both hello programs hold the same conversation, so one record is enough."""
    printed, expected = run([program], f"{example} does not run"), read("tests/expected/hello.txt")
    if without_tokens(printed) != without_tokens(expected):
        raise Wrong(f"{example} prints something else than tests/expected/hello.txt; if it is "
                    "right, record it:\n  build/examples/hello > tests/expected/hello.txt\n"
                    f"printed:\n{printed}")


def readme_output():
    """examples/hello.cpp prints what tests/expected/hello.txt records, but for the token."""
    with Workshop() as shop:
        program = shop.path / "hello"
        run([tool("g++", "g++"), "-std=c++17", f"-I{ROOT}", ROOT / "examples" / "hello.cpp", "-o",
             program], "examples/hello.cpp does not compile by itself")
        prints_what_is_recorded("examples/hello.cpp", program)


def readme_c_output():
    """What the README tells a C programmer to type builds examples/hello.c, which prints it."""
    block = re.search(r"^```sh\n(echo '#define CHATROOM_IMPLEMENTATION.*?)^```$",
                      read("README.md"), re.S | re.M)
    if not block:
        raise Wrong("README.md does not tell how to build examples/hello.c")
    tool("gcc", "gcc"), tool("g++", "g++"), tool("cc", "gcc"), tool("c++", "g++")
    with Workshop() as shop:
        for name in "chatroom.hpp", "chatroom_c.h", "examples/hello.c":
            shop.write(name.split("/")[-1], read(name))
        run(["sh", "-ec", block[1]], "what the README says does not build", cwd=shop.path)
        prints_what_is_recorded("examples/hello.c", shop.path / "hello")


if __name__ == "__main__":
    main(error_names, version, c_enumerators, c_members, c_calls, readme_code, readme_output,
         readme_c_code, readme_c_output)
