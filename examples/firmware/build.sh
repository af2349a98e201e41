#!/bin/sh
# Builds the hub for the board, with Debian's gcc-arm-none-eabi:
#
#     sh examples/firmware/build.sh <folder for what is made> [<more flags for the compilers>]
#
# and leaves hub.elf there. Then `python3 examples/firmware/drive.py qemu hub.elf` runs it.
set -eu
out=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
target="-mcpu=cortex-m3 -mthumb -Os -ffunction-sections -fdata-sections -I$root $*"

mkdir -p "$out"
cd "$out"
arm-none-eabi-g++ $target -std=c++17 -fno-exceptions -fno-rtti -fno-threadsafe-statics \
    -fno-unwind-tables -fno-asynchronous-unwind-tables -c "$root/tools/library.cpp" -o engine.o
for part in hub board_mps2 startup; do
    arm-none-eabi-gcc $target -std=c99 -Wall -Wextra -Werror -c "$here/$part.c" -o $part.o
done
arm-none-eabi-gcc $target -nostartfiles -Wl,--gc-sections -T "$here/mps2.ld" \
    --specs=nano.specs --specs=nosys.specs engine.o hub.o board_mps2.o startup.o -o hub.elf
arm-none-eabi-size hub.elf
