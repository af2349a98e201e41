"""How deep the stack can become, proven from the compiler's call graph.

    python3 tests/size/stack.py

The compiler tells the frame of each function and what it calls; the linker, which functions an
image has. A call through a pointer is judged by how it is written in the source: `CALLS` says what
it can reach. It fails when a frame has no fixed size, a call through a pointer is not in the
table, calls form a circle, or a function is in the image that nothing here calls.

A host's callbacks count as nothing, and as not calling back: what they take comes on top.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "checks"))

from common import Skip, Workshop, Wrong, main, report, run, tool  # noqa: E402
from size import PACKAGES, STACK_MAX, Images, emulate  # noqa: E402

# What is called once, on a stack that is empty else; and what is called all the time.
OPENING = r"engine::open|footprint|config_fault"
HELD = {"typed": {"opening": 872, "running": 1008},
        "json": {"opening": 872, "running": 1208},
        "service": {"opening": 872, "running": 1024}}

# What a call through a pointer reaches, by how it is written: functions of the image by their
# names.
HOSTS_OWN = r"on_(send|entropy|log)"
NOTHING = r"(?!)"
CALLS = {
    r"\bsend_\.fn|\b(entropy|log|observe)\.fn|\bfrom\.(allocate|release)": HOSTS_OWN,
    r"\brule\.decide": r"check_\w+",
    r"\brule\.apply": r"apply_\w+",
    r"\bwatch->(\w+)": r"watch_(\1|nothing)",
    r"\bjudge_words": r"judge_(said|kept)",
    r"\b(names->|rules\.)(fold|nameable|kind)": r"(ascii|unicode)_\w+",
    r"\brecords->write": r"write_record",
    r"\brecords->unbind_orphans": r"unbind_orphans",
    r"\beach->(frames)?": r"frames",
    r"\bframes->take": r"take_frame",
    r"\bframes->(send_reply|reply_done|reply_refused)": r"\1",
    r"->decode": r"\w+_decode",
    r"\bby(->|\.)encode": r"\w+_encode",
    r"\bby\.help": NOTHING,         # Only the lines codec has it.
}


def shorter(name):
    """A function without namespaces, arguments and what the compiler made it of."""
    name = re.sub(r"\(anonymous namespace\)::| \[clone [^]]*\]", "", name)
    return re.sub(r"\(.*|<.*|chatroom::|detail::", "", name).split()[-1]


def written(place):
    """What stands before the arguments of a call."""
    file, line, column = place.rsplit(":", 2)
    text = Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1][:int(column) - 1]
    return re.search(r"[\w.>:-]*$", text)[0] or place


class Function:
    def __init__(self, name, frame):
        self.name, self.frame = name, frame
        self.calls, self.pointers = set(), set()


class Graph:
    """The functions that are in an image, and what they call."""

    def __init__(self, images, name):
        self.image, self.wrong, self.used = images[name], [], set()
        self.told = {}           # By their names as the compiler tells them.
        for file in images.call_graphs(name):
            self.read(file.read_text(encoding="utf-8"))
        self.functions = {}      # By address.
        self.at = {}             # Names, as the linker knows them, to addresses.
        self.link()
        for function in self.functions.values():
            function.calls = {self.at[self.linked(call)] for call in function.calls}
            for call in function.pointers:
                function.calls |= self.reached(call, function)
        self.depths = {}

    def read(self, text):
        for title, label in re.findall(r'^node: { title: "([^"]+)" label: "([^"]*)"', text, re.M):
            size = re.search(r"(\d+) bytes \(([^)]*)\)", label)
            if size:
                self.told[self.linked(title)] = Function(title, int(size[1]))
                if size[2] != "static":
                    self.wrong.append(f"the frame of {title} is {size[2]}")
        edge = r'^edge: { sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]+)")?'
        for source, target, place in re.findall(edge, text, re.M):
            function = self.told[self.linked(source)]
            if target == "__indirect_call":
                function.pointers.add(written(place))
            else:
                function.calls.add(target)

    @staticmethod
    def linked(title):
        """What is known in one file only is told with the file before it."""
        return title.rsplit(":", 1)[-1]

    def link(self):
        """Keeps the functions that are in the image; those of the C library tell their frames."""
        lines = run([tool("arm-none-eabi-nm", PACKAGES), self.image], "nm failed").splitlines()
        for address, kind, name in (line.split() for line in lines):
            if kind in "tTwW" and not name.startswith("$"):
                self.at[name] = int(address, 16)
                if name in self.told:
                    self.functions[self.at[name]] = self.told[name]
        for name, address in self.at.items():
            if address not in self.functions:
                self.functions[address] = Function(name, self.library_frame(name))
        names = [function.name for function in self.functions.values()]
        plain = run([tool("arm-none-eabi-c++filt", PACKAGES)], "c++filt failed",
                    input="\n".join(self.linked(name) for name in names)).splitlines()
        for function, name in zip(self.functions.values(), plain):
            function.name = shorter(name)

    def library_frame(self, name):
        """Bytes on the stack of a function that calls no other, from its instructions."""
        code = run([tool("arm-none-eabi-objdump", PACKAGES), "-d", "--no-show-raw-insn",
                    f"--disassemble={name}", self.image], "objdump failed")
        code = code[code.index(f"<{name}>:"):]
        if re.search(r"\sblx?\s|sub\S*\s+sp|\[sp.*\]!", code):
            raise Wrong(f"{name}: its frame is not known")
        return sum(4 * len(registers.split(",")) for registers
                   in re.findall(r"\spush\s+{(.*?)}", code))

    def reached(self, call, by):
        for written_so, names in CALLS.items():
            match = re.search(written_so + "$", call)
            if match:
                if r"\1" in names:
                    names = names.replace(r"\1", match[1])
                found = {address for address, function in self.functions.items()
                         if re.fullmatch(names, function.name)}
                self.used |= {written_so} if found else set()
                return found
        self.wrong.append(f"{by.name}: `{call}` is called through a pointer; say in CALLS what "
                          "that can be")
        return set()

    def deepest(self, address, above=()):
        """The deepest path from a function on: its bytes and its functions."""
        if address in above:
            circle = [*above[above.index(address):], address]
            raise Wrong("a circle: " + " > ".join(self.functions[a].name for a in circle))
        if address not in self.depths:
            function = self.functions[address]
            paths = [self.deepest(call, (*above, address)) for call in sorted(function.calls)]
            bytes_, path = max(paths, key=lambda each: each[0], default=(0, ()))
            self.depths[address] = bytes_ + function.frame, (function, *path)
        return self.depths[address]

    def unreached(self, start):
        """Functions that nothing calls; of those that CALLS knows, the callers may be left out."""
        known = "|".join(f"(?:{names})" for names in CALLS.values()).replace(r"\1", r"\w+")
        seen, due = set(), [start]
        while due:
            address = due.pop()
            if address not in seen:
                seen.add(address)
                due += self.functions[address].calls
        return [function.name for address, function in self.functions.items()
                if address not in seen and not re.fullmatch(known, function.name)]


def show(what, bytes_, path):
    print(f"  {what}: {bytes_:,} bytes; goal {STACK_MAX:,}")
    for function in path:
        print(f"    {function.frame:6} {function.name}")


def deepest_of_groups(graph):
    """The deepest path from the calls that a host makes, for what opens and for what runs."""
    for function in graph.functions.values():
        if re.fullmatch(HOSTS_OWN, function.name):
            function.frame, function.calls = 0, set()
    graph.depths.clear()
    groups = {"opening": [], "running": []}
    for address, function in graph.functions.items():
        if re.match(OPENING, function.name):
            groups["opening"].append(graph.deepest(address))
        elif function.name.startswith("engine::"):
            groups["running"].append(graph.deepest(address))
    return {group: max(paths, key=lambda path: path[0]) for group, paths in groups.items()}


def stack():
    """The stack becomes no deeper than it did, whatever is called."""
    wrong, used = [], set()
    with Workshop() as shop:
        images = Images(shop)
        for name, held in HELD.items():
            print(f"{name}:")
            graph = Graph(images, name)
            used |= graph.used
            start = graph.at["_start"]
            wrong += graph.wrong + [f"{name}: nothing calls {function}, so CALLS lacks something"
                                    for function in graph.unreached(start)]
            possible = graph.deepest(start)[0] - graph.functions[start].frame
            for group, (bytes_, path) in deepest_of_groups(graph).items():
                show(group, bytes_, path)
                if bytes_ > held[group]:
                    wrong.append(f"{name}, {group}: {bytes_:,} bytes, more than the "
                                 f"{held[group]:,} it had")
            measured = emulate(images[name])[1]
            print(f"  measured: {measured:,} bytes of the {possible:,} that the probe can take")
            if measured > possible:
                wrong.append(f"{name}: {measured:,} bytes were measured, {possible:,} proven")
    wrong += [f"CALLS: `{call}` reaches nothing in any image" for call, names in CALLS.items()
              if call not in used and names != NOTHING]
    report(wrong)


if __name__ == "__main__":
    main(stack)
