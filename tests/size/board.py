"""What the hub of examples/firmware takes on its board, and what a post costs there.

    python3 tests/size/board.py

Prints flash, static memory and the instructions of a post beside the goals; fails above what was
reached before.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "checks"))

from common import ROOT, Workshop, Wrong, main, report, run, tool  # noqa: E402

BUILD = ROOT / "examples" / "firmware" / "build.sh"
PACKAGES = "gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib libnewlib-arm-none-eabi"
FLASH_HELD = 52_340              # With the lines codec, the C face and the board's own code.
RAM_MAX = 12 * 1024
RAM_HELD = 19_550                # With five lines of 856 bytes; without the stack.
INSTRUCTIONS_HELD = 5_800        # A post to eight members, typed events.
STACK_MAX = 1024
STACK_HELD = 1_420               # At its deepest, the program's own and the C face with it.


def build(shop, *sources):
    """Bytes of code and constants, and of static memory, of an image."""
    for name in "arm-none-eabi-g++", "arm-none-eabi-gcc":
        tool(name, PACKAGES)
    said = run(["sh", BUILD, shop.path, *sources], "the image does not build")
    text, data, bss = map(int, said.splitlines()[-1].split()[:3])
    return text + data, data + bss


def hub():
    """The hub takes no more flash and memory than it did."""
    with Workshop() as shop:
        flash, static = build(shop)
    print(f"hub: flash {flash:,}, static memory {static:,}; the goal for all memory {RAM_MAX:,}")
    report([f"{what}: {figure:,} bytes, more than the {held:,} it had"
            for what, figure, held in (("flash", flash, FLASH_HELD), ("memory", static, RAM_HELD))
            if figure > held])


def post():
    """A post to eight members takes no more instructions than it did."""
    emulator = tool("qemu-system-arm", "qemu-system-arm")
    with Workshop() as shop:
        build(shop, ROOT / "tests" / "size" / "post.c")
        # What a program says by semihosting comes on the emulator's standard error.
        said = run(["sh", "-c", 'exec "$@" 2>&1', "sh", emulator, "-M", "mps2-an385",
                    "-display", "none", "-monitor", "none", "-serial", "none",
                    "-icount", "shift=0,sleep=off",
                    "-semihosting-config", "enable=on,target=native",
                    "-kernel", shop.path / "post.elf"],
                   "the program does not run")
    print(said.strip())
    found = re.search(r"8 members: (\d+)\nbytes of stack: (\d+)", said)
    if not found:
        raise Wrong("the program did not tell")
    instructions, stack = map(int, found.groups())
    print(f"goal for the stack {STACK_MAX:,}")
    report([f"{what}: {figure:,}, more than the {held:,} it had"
            for what, figure, held in (("instructions", instructions, INSTRUCTIONS_HELD),
                                       ("stack", stack, STACK_HELD)) if figure > held])


if __name__ == "__main__":
    main(hub, post)
