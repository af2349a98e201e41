#!/bin/sh
# Runs the web chat of examples/web_chat on this machine, and keeps its log in build/chat.log.
#
#     sh examples/run.sh [--port N] [--data FILE] [...]
#     sh examples/run.sh --check    one exchange on a free port, then exit 0 or 1
set -eu
here=$(pwd)
cd "$(dirname "$0")/.."

. tools/need.sh
need g++:g++ meson:meson ninja:ninja-build python3:python3 pkg-config:pkg-config \
    libboost-dev libssl-dev
[ -f build/build.ninja ] || meson setup build >&2
ninja -C build examples/web_chat/web_chat >&2
server=$(pwd)/build/examples/web_chat/web_chat

if [ "${1:-}" = --check ]; then
    PYTHONDONTWRITEBYTECODE=1 exec python3 tests/hosts/web_chat.py "$server" pages exchange
fi

case " $* " in
*" --data "*) ;;
*) set -- --data "$(pwd)/build/chat.log" "$@" ;;
esac
cd "$here"
exec "$server" "$@"
