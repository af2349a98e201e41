#!/bin/sh
# Runs the unit tests, the properties with the conversations, and the C contract as other machines
# would: sh tests/portability.sh [target...]
#
# A target is a cross file, tests/portability/<target>.ini, and is built into
# build/portability/<target>. Installs what is missing (Debian packages); a target whose tools
# cannot be had is skipped. Ends with the totals of each and the line "N passed, N failed, N skipped";
# the exit status is not zero when anything failed.
set -eu
cd "$(dirname "$0")/.."
. tools/need.sh

# What a target takes, as need.sh reads it.
tools_of() {
    case $1 in
    x86_32) echo g++:g++ g++-12-multilib ;;
    s390x) echo s390x-linux-gnu-g++:g++-s390x-linux-gnu qemu-s390x-static:qemu-user-static ;;
    powerpc) echo powerpc-linux-gnu-g++:g++-powerpc-linux-gnu qemu-ppc-static:qemu-user-static ;;
    windows) echo x86_64-w64-mingw32-g++-posix:g++-mingw-w64-x86-64-posix wine:wine wine64 ;;
    wasm) echo clang++:clang wasm-ld:lld node:nodejs wasi-libc libc++-14-dev-wasm32 \
        libc++abi-14-dev-wasm32 libclang-rt-14-dev-wasm32 ;;
    esac
}

[ $# -gt 0 ] || set -- x86_32 s390x powerpc windows wasm
for target in "$@"; do
    [ -f "tests/portability/$target.ini" ] || {
        echo "there is no tests/portability/$target.ini"
        echo "0 passed, 1 failed, 0 skipped"
        exit 1
    }
done

place=build/portability
want meson:meson ninja:ninja-build pkg-config:pkg-config catch2
mkdir -p $place/include
# Beside the compiler's own headers, and without those of this machine, which stand next to it.
ln -sfn "$(pkg-config --variable=includedir catch2)/catch2" $place/include/catch2
cat > $place/place.ini <<end
[constants]
root = '$PWD'
catch2 = ['-isystem', root / '$place/include']
end
export WINEPREFIX="$PWD/$place/wine" WINEDEBUG=-all
# AddressSanitizer keeps what was freed for a while: more than there are addresses on 32 bits.
export ASAN_OPTIONS=quarantine_size_mb=16

passed=0 failed=0 skipped=0 totals=
count() {    # <target> "<N passed, N failed, N skipped>" [<why>]
    totals="$totals
$1: $2${3:+ ($3)}"
    set -- $2
    passed=$((passed + $1)) failed=$((failed + $3)) skipped=$((skipped + $5))
}

for target in "$@"; do
    echo "---- $target"
    want $(tools_of "$target")
    lacking=$(missing $(tools_of "$target"))
    if [ -n "$lacking" ]; then
        count "$target" "0 passed, 0 failed, 1 skipped" "install: $lacking"
        continue
    fi
    build=$place/$target
    [ -f "$build/build.ninja" ] ||
        meson setup --cross-file $place/place.ini --cross-file "tests/portability/$target.ini" \
            -Dexamples=false -Doptimization=1 "$build" || {
        count "$target" "0 passed, 1 failed, 0 skipped" "meson setup"
        continue
    }
    rm -f "$build/meson-logs/testlog.json"
    status=0
    meson test -C "$build" --suite unit --suite property --suite contract --timeout-multiplier 10 \
        --print-errorlogs || status=$?
    if [ -f "$build/meson-logs/testlog.json" ]; then
        python3 tests/totals.py "$build" "$status" | tee "$build/totals" || true
        count "$target" "$(tail -n 1 "$build/totals")"
    else
        count "$target" "0 passed, 1 failed, 0 skipped" "the build"
    fi
done
echo "$totals"
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
