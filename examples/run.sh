#!/bin/sh
# Runs the chat server of examples/tcp_chat.cpp on this machine.
#
#     sh examples/run.sh [--port N] [--data FILE]
#     sh examples/run.sh --check    one exchange on a free port, then exit 0 or 1
set -eu
here=$(pwd)
cd "$(dirname "$0")/.."

. tools/need.sh
need g++:g++ meson:meson ninja:ninja-build python3:python3
[ -f build/build.ninja ] || meson setup build >&2
ninja -C build examples/tcp_chat >&2

if [ "${1:-}" != --check ]; then
    server=$(pwd)/build/examples/tcp_chat
    cd "$here"
    exec "$server" "$@"
fi

exec python3 examples/check.py build/examples/tcp_chat
