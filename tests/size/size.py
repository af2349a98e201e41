"""What a chat costs a microcontroller: bytes of flash and of RAM, and what is not linked.

    python3 tests/size/size.py             every check
    python3 tests/size/size.py <check>     one of them

The images are of Cortex-M3, with section garbage collection and without start-up code. The
figures of flash are what an image has above one with an empty `_start`.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "checks"))

from common import ROOT, SRC, Skip, Workshop, Wrong, main, report, run, tool  # noqa: E402

# What we aim for, and what is held until we are there: a figure above the latter fails.
FLASH_MAX = {"typed": 12 * 1024, "json": 20 * 1024}
FLASH_HELD = {"typed": 32_140, "json": 47_090}
RAM_MAX = 12 * 1024              # 8 users, 4 rooms, 32 messages of 128 bytes
RAM_HELD = {"typed": 12_080, "json": 14_272}
STACK_MAX = 1024                 # Measured here in a conversation, proven in stack.py.
STACK_HELD = {"typed": 700, "json": 850}
FRAMES = {"typed": 3, "json": 12, "service": 4}   # What the conversation of the probe takes.

COMPILER = "arm-none-eabi-g++"
PACKAGES = "gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib libnewlib-arm-none-eabi"
PROBE = ROOT / "tests" / "size" / "probe.cpp"
FLAGS = ["-std=c++17", "-mcpu=cortex-m3", "-mthumb", "-Os", "-fno-exceptions", "-fno-rtti",
         "-fno-threadsafe-statics", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables",
         "-ffunction-sections", "-fdata-sections", f"-I{SRC}"]
LINK = ["-nostartfiles", "-Wl,--gc-sections", "--specs=nano.specs", "--specs=nosys.specs"]

# What a program without the JSON and lines codecs and with ASCII names must not carry.
LEFT_OUT = {
    r"\bjson_|codecs::json": "JSON",
    r"\blines_|codecs::lines|parse_line": "lines",
    r"unicode|nfkd|confusable|skeleton": "the Unicode tables",
    r"\bstat_rows\b|stats_table": "the table of statistics",
    r"\bevent_\w+_members\b": "the tables of events, which only codecs need",
    r"^_?(malloc|free|sbrk|calloc)(_r)?$|^operator (new|delete)": "a heap",
    r"__aeabi_u?ldivmod|__aeabi_[df]": "64-bit division or floating point",
    r"^__cxa_|^_Unwind|^__aeabi_atexit": "the C++ run-time library",
    r"\bclient_core\b|\bclient::|\bclient_codecs\b|\btext_store::|\btimeline::|\broster::":
        "the client half",
}

CLIENT = ROOT / "tests" / "size" / "client.cpp"
CLIENT_HELD = {"client_json": 30_430, "client_binary": 24_290}

# What a client must not carry.
LEFT_OUT_OF_CLIENT = {
    r"\bengine::|\bcore::|\boutbox::|\bstate::|\bhistory_store": "the engine",
    **{pattern: what for pattern, what in LEFT_OUT.items()
       if what in ("lines", "a heap", "the C++ run-time library",
                   "64-bit division or floating point")},
}


class Images:
    """The images, each built once."""

    def __init__(self, shop):
        self.shop, self.compiler = shop, tool(COMPILER, PACKAGES)
        self.made = {}

    def object(self, name, source, *flags):
        out = self.shop.path / f"{name}.o"
        run([self.compiler, *FLAGS, *flags, "-c", source, "-o", out],
            f"{name}: does not compile for Cortex-M3")
        return out

    def engine(self, *flags):
        name = "engine" + "".join(flags)
        if name not in self.made:
            self.made[name] = self.object(name, SRC / "chatroom.cpp", "-fcallgraph-info=su",
                                          *flags)
        return self.made[name]

    def call_graphs(self, name):
        """What the compiler told of the functions of an image: their frames and calls."""
        return [self[name].with_name(f"{part}.ci") for part in ("engine", f"probe_{name}")]

    def __getitem__(self, name):
        if name not in self.made:
            kind, _, flag = name.partition(" ")
            flags = [flag] if flag else []
            source = CLIENT if kind.startswith("client") else PROBE
            probe = self.object(f"probe_{name}", source, f"-DPROBE_{kind.upper()}",
                                "-fcallgraph-info=su", *flags)
            out = self.shop.path / f"{name}.elf"
            objects = [probe] if kind == "bare" else [probe, self.engine(*flags)]
            run([self.compiler, *FLAGS, *flags, *LINK, f"-Wl,-Map={out}.map", *objects, "-o", out],
                f"{name}: does not link")
            self.made[name] = out
        return self.made[name]

    def shares(self, name):
        """Bytes of code and constants that come from the engine, the probe, the C library."""
        text = Path(f"{self[name]}.map").read_text(encoding="utf-8")
        text = text[text.index("Linker script and memory map"):]
        found = {"engine.o": 0, f"probe_{name}.o": 0}
        library = 0
        for size, file in re.findall(r"^ \.(?:text|rodata|data)\S*\s+0x[0-9a-f]+\s+0x([0-9a-f]+) "
                                     r"(\S+)$", text, re.M):
            file = Path(file).name
            if file in found:
                found[file] += int(size, 16)
            elif "(" in file:
                library += int(size, 16)
        return (*found.values(), library)

    def sections(self, name):
        """Bytes of code, of constants with the first values of variables, and of zeros."""
        lines = run([tool("arm-none-eabi-size", PACKAGES), "-A", self[name]], "size failed")
        size = {name: int(bytes_) for name, bytes_ in re.findall(r"^(\.\S+)\s+(\d+)", lines, re.M)}
        return size[".text"], size.get(".rodata", 0) + size.get(".data", 0), size.get(".bss", 0)

    def flash(self, name):
        return sum(self.sections(name)[:2]) - sum(self.sections("bare")[:2])

    def symbols(self, name):
        """Size, kind and name of every symbol, the largest first."""
        lines = run([tool("arm-none-eabi-nm", PACKAGES), "-S", "-C", "--size-sort", "-r",
                     self[name]], "nm failed").splitlines()
        for line in lines:
            _, size, kind, symbol = line.split(maxsplit=3)
            yield int(size, 16), kind, symbol


def shorter(symbol):
    for outer in "(anonymous namespace)::", "chatroom::", "detail::":
        symbol = symbol.replace(outer, "")
    return re.sub(r"\(.*", "", symbol)


def over(what, figure, goal, held):
    print(f"  {what}: {figure:,} bytes; goal {goal:,}; {'ok' if figure <= goal else 'above goal'}")
    return [] if figure <= held else [f"{what}: {figure:,} bytes, more than the {held:,} it had"]


def flash():
    """A typed chat and one with JSON take no more than they did; the goals stand beside."""
    with Workshop() as shop:
        images = Images(shop)
        wrong = []
        for name in "typed", "json", "service":
            code, constants, _ = images.sections(name)
            print(f"{name}: code {code:,}, constants {constants:,}")
            if name in FLASH_MAX:
                wrong += over(f"flash, {name}", images.flash(name), FLASH_MAX[name],
                              FLASH_HELD[name])
                engine, probe, library = images.shares(name)
                print(f"    the engine {engine:,}, the probe itself {probe:,}, the C library "
                      f"{library:,}; in all {images.flash(f'{name} -flto'):,} with -flto")
        print("the largest symbols of the typed image:")
        largest = [(size, shorter(symbol)) for size, kind, symbol in images.symbols("typed")
                   if kind not in "bB"]
        for size, symbol in list(dict.fromkeys(largest))[:25]:   # Constructors have two names.
            print(f"  {size:6} {symbol}")
        report(wrong)


def emulate(image):
    """Runs an image. Its footprint, how deep the stack came, frames told and bytes sent."""
    try:
        emulator = tool("qemu-arm", "qemu-user")
    except Skip:
        emulator = tool("qemu-arm-static", "qemu-user-static")
    return [int(word) for word in run([emulator, image], f"{image}: does not run").split()]


def ram():
    """The engine of `config::firmware()` fits its goal on 32 bits, and works there."""
    wrong = []
    with Workshop() as shop:
        images = Images(shop)
        for name in "typed", "json", "service":
            footprint, stack, told, sent = emulate(images[name])
            print(f"{name}: footprint {footprint:,}; stack {stack:,} in a conversation of "
                  f"{told} frames, {sent} bytes")
            if told != FRAMES[name]:
                raise Wrong(f"{name}: the conversation took {told} frames, not {FRAMES[name]}")
            if name in FLASH_MAX:
                wrong += over(f"footprint(config::firmware()), {name}", footprint, RAM_MAX,
                              RAM_HELD[name])
                wrong += over(f"stack, {name}", stack, STACK_MAX, STACK_HELD[name])
    report(wrong)


def left_out():
    """What is not registered is not linked."""
    with Workshop() as shop:
        images = Images(shop)
        report([f"the typed image has `{shorter(symbol)}`, {size} bytes: {what}"
                for size, _, symbol in images.symbols("typed")
                for pattern, what in LEFT_OUT.items() if re.search(pattern, shorter(symbol))])


def client():
    """A client carries nothing of the engine, and takes no more than it did."""
    with Workshop() as shop:
        images = Images(shop)
        wrong = []
        for name, held in CLIENT_HELD.items():
            code, constants, _ = images.sections(name)
            figure = images.flash(name)
            print(f"{name}: code {code:,}, constants {constants:,}, above nothing {figure:,}")
            if figure > held:
                wrong.append(f"{name}: {figure:,} bytes, more than the {held:,} it had")
            wrong += [f"{name} has `{shorter(symbol)}`, {size} bytes: {what}"
                      for size, _, symbol in images.symbols(name)
                      for pattern, what in LEFT_OUT_OF_CLIENT.items()
                      if re.search(pattern, shorter(symbol))]
        report(wrong)


if __name__ == "__main__":
    main(flash, ram, left_out, client)
