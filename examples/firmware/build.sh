#!/bin/sh
# Builds the hub for the board, with Debian's gcc-arm-none-eabi:
#
#     sh examples/firmware/build.sh <folder>
#
# and leaves hub.elf in the folder; `python3 examples/firmware/drive.py qemu <folder>/hub.elf` runs
# it. With C files behind the folder it builds these instead, named after the first.
set -eu
out=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
[ $# -gt 0 ] || set -- "$here/hub.c" "$here/board_mps2.c"
program=$out/$(basename "$1" .c).elf
target="-mcpu=cortex-m3 -mthumb -Os -ffunction-sections -fdata-sections -I$root"

mkdir -p "$out"
arm-none-eabi-g++ $target -std=c++17 -fno-exceptions -fno-rtti -fno-threadsafe-statics \
    -fno-unwind-tables -fno-asynchronous-unwind-tables -c "$root/tools/library.cpp" \
    -o "$out/engine.o"
arm-none-eabi-gcc $target -std=c99 -Wall -Wextra -Werror "$@" "$here/startup.c" "$out/engine.o" \
    -nostartfiles -Wl,--gc-sections -T "$here/mps2.ld" --specs=nano.specs --specs=nosys.specs \
    -o "$program"
arm-none-eabi-size "$program"
