"""Tests of the hosts in other languages: examples/csharp and examples/lua.

    python3 tests/hosts/languages.py csharp|lua <case> [<program>]

The program of C# is compiled before: Hello.exe for the case `hello`, HelloClient.exe for
`hello_client`, Checks.exe for the others.
CHATROOM_SHARED_LIBRARY is the path of libchatroom.so. Ends with 0 or 1.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "checks"))

import client_talk  # noqa: E402
from client_talk import hexadecimal, lines_of  # noqa: E402
from common import Workshop, Wrong, c_code, c_functions, read, report, run, tool  # noqa: E402

LUA = (ROOT / "examples" / "lua", ROOT / "tests" / "hosts" / "lua")

# Structs of Chatroom.cs that stand for none of C.
CSHARP_ALONE = {"chatroom_flag", "chatroom_recipients", "items", "utf8"}

# Functions of C that a game does without: other sets of parts, static memory, statistics.
LEFT_OUT = re.compile(r"chatroom_(client_)?(codec_\w+|footprint\w*|open_with|open_in)"
                      r"|chatroom_(feature|names|stats|hosted_(allocate|entropy|release))\w*"
                      r"|chatroom_(config_sized|records)")


class Language:
    """How a program of a language is run."""

    def __init__(self, name, program):
        self.name, self.program = name, program
        library = Path(os.environ["CHATROOM_SHARED_LIBRARY"]).parent
        self.env = {**os.environ, "LD_LIBRARY_PATH": str(library), "LC_ALL": "C.UTF-8"}

    def command(self, case):
        shows = case.startswith("hello")
        if self.name == "csharp":
            program = [tool("mono", "mono-runtime"), self.program]
            return program if shows else [*program, case]
        self.env["LUA_PATH"] = ";".join(str(place / "?.lua") for place in LUA)
        luajit = tool("luajit", "luajit")
        if shows:
            return [luajit, LUA[0] / f"{case}.lua"]
        client, word = re.fullmatch("(client_)?(.*)", case).groups("")
        return [luajit, LUA[1] / f"{client}checks.lua", word]

    def run(self, case, *words, lines=""):
        return run([*self.command(case), *words], f"{self.name} {case} fails", env=self.env,
                   input=lines, encoding="utf-8", timeout=240)


# ---- Hello: what the examples print is recorded


def hello(language, case="hello"):
    """The example prints what is recorded, but for the token, which is random."""
    path = f"tests/expected/{case}_{language.name}.txt"
    printed = re.sub(r'(?<="token":")[0-9a-f]{32}(?=")', "0" * 32, language.run(case))
    if printed != read(path):
        raise Wrong(f"it prints something else than {path}; if it is right, record it, with a "
                    f"token of zeros:\n{printed}")


def hello_client(language):
    """The example of a client prints what is recorded."""
    hello(language, "hello_client")


# ---- Layouts: what the language takes chatroom_c.h to say


def c_structs():
    """Names of the members of each struct, in order."""
    return {name: re.findall(r"(\w+)(?:\[\w+\])?;", body) for name, body in
            re.findall(r"typedef struct (\w+) \{(.*?)\n\} \1;", c_code(), re.S)}


def c_enumerators():
    return [name for body in re.findall(r"enum \{(.*?)\}", c_code(), re.S)
            for name in re.findall(r"CHATROOM_\w+", body)]


def c_values():
    """What a C compiler makes of the header, by the words that the languages use for it."""
    lines = []
    for name, members in c_structs().items():
        lines.append(f'printf("struct {name} %u\\n", (unsigned)sizeof({name}));')
        lines += [f'printf("member {name}.{member} %u %u\\n", (unsigned)offsetof({name}, {member}),'
                  f' (unsigned)sizeof((({name}*)0)->{member}));' for member in members]
    lines += [f'printf("enumerator {name} %d\\n", (int){name});' for name in c_enumerators()]
    lines += [f'printf("constant {name} %lu\\n", (unsigned long){name});'
              for name in ("CHATROOM_ABI_VERSION", "CHATROOM_HOST", "CHATROOM_ZERO")]
    source = ('#include <stdio.h>\n#include "chatroom_c.h"\nint main(void) {\n    '
              + "\n    ".join(lines) + "\n    return 0;\n}\n")
    with Workshop() as shop:
        program = shop.path / "layouts"
        run([tool("gcc", "gcc"), "-std=c99", f"-I{ROOT}", shop.write("layouts.c", source), "-o",
             program], "the program that prints the layouts does not compile")
        return split(run([program], "it does not run"))


def split(text):
    """`kind name value …` by kind and name."""
    words = [line.split() for line in text.splitlines()]
    return {(line[0], line[1]): line[2:] for line in words}


def compare(told, real, languages_own=()):
    report([f"{' '.join(what)} is {' '.join(value)}, in C {' '.join(real.get(what, ['missing']))}"
            for what, value in told.items()
            if real.get(what) != value and what[1].split(".")[0] not in languages_own])


def complete(told, real):
    """Structs that are told have all their members; enumerations all their enumerators."""
    structs = {name for kind, name in told if kind == "struct"}
    missing = [f"{' '.join(what)} is missing" for what in real if what not in told
               and what[0] == "member" and what[1].split(".")[0] in structs]
    groups = [re.findall(r"CHATROOM_\w+", body)
              for body in re.findall(r"enum \{(.*?)\}", c_code(), re.S)]
    for group in groups:
        here = [name for name in group if ("enumerator", name) in told]
        missing += [f"{name} is missing" for name in group if here and name not in here]
    report(missing)


KINDS = {"uint8_t": "u8", "uint32_t": "u32", "chatroom_session": "u32", "uint64_t": "u64",
         "chatroom_user": "u64",
         "size_t": "size", "int": "i32", "int32_t": "i32", "chatroom_error": "i32",
         "void": "void", "chatroom_text": "chatroom_text"}


def kind_of(declaration):
    """`const char* frame` or `uint8_t out[32]`, as the C# program names it."""
    if "*" in declaration or "[" in declaration:
        return "pointer"
    return KINDS[declaration.split()[0]]


def c_declarations():
    """Functions and callback types by name: the whole declaration, and the kinds of its types."""
    pattern = (r"^(?!static)(typedef )?([a-z][\w ]*?[\w*])[ ]*(?:\(\*(chatroom_\w+_fn)\)"
               r"|[ ](chatroom_\w+))\(([^;{]*)\);")
    found = {}
    for typedef, answer, callback, function, arguments in re.findall(pattern, c_code(), re.M):
        kinds = [] if arguments == "void" else [kind_of(one) for one in arguments.split(",")]
        found[callback or function] = [kind_of(answer), ",".join(kinds)]
    return found


def all_declared(names):
    """No function of chatroom_c.h is forgotten."""
    report([f"{name} is not declared" for name in c_functions()
            if name not in names and not LEFT_OUT.fullmatch(name)])


def csharp_layouts(language):
    told, real = split(language.run("layouts")), c_values()
    functions = {what: told.pop(what) for what in list(told) if what[0] == "function"}
    compare(told, real, CSHARP_ALONE)
    complete(told, real)
    declared = {("function", name): [part for part in kinds if part]
                for name, kinds in c_declarations().items()}
    compare(functions, declared)
    all_declared({name for _, name in functions})
    if len(told) < 450 or len(functions) < 75:
        raise Wrong(f"only {len(told)} values and {len(functions)} functions were told")


def squeezed(text):
    """Every declaration of C, on one line."""
    text = re.sub(r"\s+", " ", re.sub(r"^\s*(#|extern|\}\s*$).*$", "", text, flags=re.M))
    found = re.findall(r"[^;{}]*\{[^{}]*\}[^;{}]*;|[^;{}]+;", text)
    return [re.sub(r"\s*([{},;])\s*", r" \1 ", one).strip() for one in found]


def lua_layouts(language):
    """The declarations are those of the header; LuaJIT lays them out as the compiler does."""
    cdef = "".join(re.search(r"ffi\.cdef \[\[\n(.*?)\]\]", read(path), re.S)[1] for path in
                   ("examples/lua/chatroom.lua", "examples/lua/chatroom_client.lua"))
    header = set(squeezed(c_code()))
    errors = [one for one in squeezed(cdef) if "CHATROOM_ERROR_NONE" in one]
    report([f"not so in chatroom_c.h: {one}" for one in squeezed(cdef)
            if one not in header and one not in errors])
    all_declared(set(re.findall(r"(chatroom_\w+)\(", cdef)))
    names = re.findall(r"^typedef struct (\w+) \{", cdef, re.M)
    structs = {name: members for name, members in c_structs().items() if name in names}
    asked = [*(f"struct {name}" for name in structs),
             *(f"member {name}.{member}" for name in structs for member in structs[name]),
             *(f"enumerator {name}" for name in re.findall(r"(CHATROOM_\w+) =", cdef))]
    told = split(language.run("layouts", lines="\n".join(asked) + "\n"))
    real = {what: value[:1] for what, value in c_values().items()}
    compare(told, real)
    if len(told) != len(asked) + 2 or len(asked) < 400:
        raise Wrong(f"{len(told)} values were told for {len(asked)} questions")
    abi = re.search(r"^local ABI_VERSION = (\d+)$", read("examples/lua/chatroom.lua"), re.M)
    if [abi[1]] != real["constant", "CHATROOM_ABI_VERSION"]:
        raise Wrong(f"ABI_VERSION is {abi[1]}")


def layouts(language):
    """Structs, members, enumerators and functions are those of chatroom_c.h."""
    {"csharp": csharp_layouts, "lua": lua_layouts}[language.name](language)


# ---- Conversations: see tests/conversations/README.md


def word_of(value):
    return str(int(value)) if isinstance(value, bool) else str(value)


def words_of(line):
    """A call of a conversation as the words of one line."""
    if "conversation" in line:
        if line["entropy"] != "counting":
            raise Wrong(f"unknown entropy: {line['entropy']}")
        return ["open", *(f"{name}={value}" for name, value in line.get("config", {}).items())]
    if "tick" in line:
        return ["tick", str(line["tick"]), "1" if line.get("confirmed") else "0"]
    if "connect" in line:
        return ["connect", line["connect"], str(line.get("frame_bytes_max", 0)),
                hexadecimal(line.get("user", "")), hexadecimal(line.get("nick", ""))]
    if "in" in line:
        (who, frame), = line["in"].items()
        return ["in", who, hexadecimal(frame)]
    if "host" in line:
        members = {name: value for name, value in line["host"].items() if name != "op"}
        return ["host", line["host"]["op"], str(line.get("for", 0)),
                *(f"{name}={hexadecimal(word_of(value))}" for name, value in members.items())]
    (call, who), = line.items()
    return [call, who]


def outcomes(printed):
    """What each call came to: its answer, if it is not none, and the frames."""
    frames = {}
    for line in printed.splitlines():
        words = line.split("\t")
        if words[0] == "out":
            told = json.loads(bytes.fromhex(words[2]).decode("utf-8"))
            frames.setdefault(words[1], []).append(told)
            continue
        came = {"answer": words[1]} if words[1] != "none" else {}
        if frames:
            came["out"] = frames
        yield came
        frames = {}


def play(language, file):
    lines = [line for line in lines_of(file) if "views" not in line]    # Those are for clients.
    calls = [line for line in lines if "out" not in line and "answer" not in line]
    wanted = []
    for line in lines:
        if line in calls:
            wanted.append({})
        else:
            wanted[-1] = line
    script = "".join("\t".join(words_of(call)) + "\n" for call in calls)
    came = list(outcomes(language.run("conversation", lines=script)))
    if len(came) != len(calls):
        raise Wrong(f"{file.name}: {len(came)} answers to {len(calls)} calls")
    report([f"{file.name}: {call}\n  wanted {one}\n  came   {other}"
            for call, one, other in zip(calls, wanted, came) if one != other][:3])
    return len(calls)


def conversations(language):
    """The recorded conversations come out the same through the wrapper."""
    files = sorted((ROOT / "tests" / "conversations").glob("*.jsonl"))
    calls = [play(language, file) for file in files]
    if len(calls) < 10:
        raise Wrong("the conversations are missing")
    print(f"{len(calls)} conversations, {sum(calls)} calls")


def client_conversations(language):
    """The recorded conversations come out the same for the wrapper's client."""
    client_talk.play(language.command("client_conversation"), language.env)


# ---- What the programs of the languages test themselves


def callbacks(language, case="callbacks"):
    """Errors in callbacks, calls inside them, and what all calls answer."""
    print(language.run(case).strip())


def client_callbacks(language):
    """The same of a client."""
    callbacks(language, "client_callbacks")


def frames(language, case="frames"):
    """Nothing is allocated for frames; and when something is, that is noticed."""
    print(language.run(case).strip())
    wasteful = subprocess.run([*map(str, language.command(case)), "waste"], env=language.env,
                              capture_output=True, text=True, timeout=240)
    if "not so: nothing is allocated" not in wasteful.stdout or wasteful.returncode != 1:
        raise Wrong(f"an object for each frame is not noticed:\n{wasteful.stdout}")


def client_frames(language):
    """The same of a client that an engine talks to."""
    frames(language, "client_frames")


CASES = {case.__name__: case for case in (
    hello, hello_client, layouts, conversations, client_conversations, callbacks, client_callbacks,
    frames, client_frames)}


def main(name, case, program=None):
    try:
        CASES[case](Language(name, program))
    except Wrong as why:
        print(f"{name} {case}: WRONG ({CASES[case].__doc__})\n{why}")
        sys.exit(1)
    print(f"{name} {case}: ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
