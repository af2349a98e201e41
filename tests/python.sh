#!/bin/sh
# Tests the Python package: sh tests/python.sh [--all | --bench] [options of pytest]
#
# Makes a virtual environment in build/, installs ./python and the test tools with pip, and runs
# pytest. With --all, on every CPython from 3.9 that is found, on PATH or by pyenv, from an sdist.
# With --bench, measures it instead: options of python/bench/bench.py.
# Ends with the line "N passed, N failed, N skipped"; skipped (77) where pip cannot install.
set -u
cd "$(dirname "$0")/.."
root=$PWD
build=${PYTHON_BUILD:-$root/build/python}

if [ "${1:-}" = --all ]; then
    shift
    exec python3 tests/python_all.py "$build" "$@"
fi

bench=no
if [ "${1:-}" = --bench ]; then
    shift
    bench=yes
fi
python=${PYTHON:-python3}
venv=$build/venv
skip() {
    echo "skipped: $1"
    exit 77
}

"$python" -m venv "$venv" || skip "python3 -m venv does not work: install python3-venv"
pip="$venv/bin/python -m pip --disable-pip-version-check -q"
$pip install -r python/tests/requirements.txt || skip "pip cannot install the test tools"

# The extension takes half a minute to build: only when something in it has changed.
sum=$(cat chatroom.hpp LICENSE python/meson.build python/pyproject.toml python/src/* \
    python/chatroom/* python/chatroom/*/* 2>/dev/null | sha256sum)
if [ "$sum" != "$(cat "$venv/chatroom.sum" 2>/dev/null)" ]; then
    $pip install --force-reinstall --no-deps ./python || {
        echo "0 passed, 1 failed, 0 skipped"
        exit 1
    }
    echo "$sum" > "$venv/chatroom.sum"
fi

[ $bench = no ] || exec "$venv/bin/python" python/bench/bench.py "$@"

# Where tests/run.sh puts clients in Node and a type checker; tests that miss one are skipped.
CHATROOM_NODE_MODULES=${CHATROOM_NODE_MODULES:-$root/build/node_modules}
export CHATROOM_NODE_MODULES
exec "$venv/bin/python" python/tests/run.py "$@"
