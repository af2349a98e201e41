#!/bin/sh
# Runs every test: sh tests/run.sh
#
# Installs what is missing (Debian packages), builds into build/ and ends with the line
# "N passed, N failed, N skipped"; the exit status is not zero when anything failed.
set -eu
cd "$(dirname "$0")/.."

failed() {
    echo "FAILED  $1"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}

. tools/need.sh
(need g++:g++ meson:meson ninja:ninja-build pkg-config:pkg-config python3:python3) ||
    failed "a tool that every build needs"
want catch2 clang++:clang libclang-rt-14-dev nm:binutils abidiff:abigail-tools git:git \
    nc:netcat-openbsd libboost-dev g++-12-multilib g++-s390x-linux-gnu qemu-user-static \
    gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib libnewlib-arm-none-eabi qemu-system-arm \
    libssl-dev openssl node:nodejs npm:npm chromium fonts-inter \
    fonts-noto-color-emoji mcs:mono-mcs mono:mono-runtime luajit:luajit \
    python3-venv python3-dev

# What Debian has not, for tests alone, comes from npm and goes into build/: what drives the
# browser, a client of Socket.IO, and a second checker of types.
packages='playwright-core@1.65.1 socket.io-client@4 pyright@1.1'
if command -v npm >/dev/null 2>&1 && [ ! -d build/node_modules/pyright ]; then
    mkdir -p build/node_modules
    npm install --prefix build --no-save --no-package-lock --no-audit --no-fund $packages ||
        echo "not installed, the tests that use them will be skipped: $packages" >&2
fi

if [ -f build/build.ninja ]; then
    meson setup --reconfigure build || failed "meson setup"
else
    meson setup build || failed "meson setup"
fi
meson compile -C build || failed "the build"

rm -f build/meson-logs/testlog.json
status=0
meson test -C build --no-rebuild --print-errorlogs || status=$?
[ -f build/meson-logs/testlog.json ] || failed "meson test (status $status)"
echo
exec python3 tests/totals.py build "$status"
