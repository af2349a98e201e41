"""Other projects find the library, by CMake and by pkg-config, and link it in C and C++."""

import os
import sys

from common import ROOT, Workshop, Wrong, main, read, run, tool

CONSUMER = """cmake_minimum_required(VERSION 3.14)
project(consumer LANGUAGES C CXX)
{find}
add_executable(in_c hello.c)
target_link_libraries(in_c PRIVATE chatroom::chatroom)
add_executable(in_cpp main.cpp)
target_link_libraries(in_cpp PRIVATE chatroom::chatroom)
"""

MAIN_CPP = """#include "chatroom.hpp"
int main() {
    auto quiet = [](chatroom::recipients, std::string_view) {};
    chatroom::engine chat;
    return chat.open({}, chatroom::send_via(quiet)) == chatroom::error::none ? 0 : 1;
}
"""


def consume(shop, find, *options):
    """A project that finds chatroom in this way builds and runs."""
    place = shop.path / "consumer"
    place.mkdir()
    (place / "CMakeLists.txt").write_text(CONSUMER.format(find=find), encoding="utf-8")
    (place / "hello.c").write_text(read("examples/hello.c"), encoding="utf-8")
    (place / "main.cpp").write_text(MAIN_CPP, encoding="utf-8")
    cmake = tool("cmake", "cmake")
    run([cmake, "-S", place, "-B", place / "build", *options], "the consumer does not configure")
    run([cmake, "--build", place / "build"], "the consumer does not build")
    if '"text":"hello"' not in run([place / "build" / "in_c"], "the C consumer does not run"):
        raise Wrong("the C consumer says nothing")
    run([place / "build" / "in_cpp"], "the C++ consumer does not run")


def cmake_installed():
    """CMakeLists.txt has at most 30 lines; what it installs is found by find_package."""
    if len(read("CMakeLists.txt").splitlines()) > 30:
        raise Wrong("CMakeLists.txt has more than 30 lines")
    cmake = tool("cmake", "cmake")
    with Workshop() as shop:
        prefix = shop.path / "prefix"
        run([cmake, "-S", ROOT, "-B", shop.path / "built", f"-DCMAKE_INSTALL_PREFIX={prefix}"],
            "CMakeLists.txt does not configure")
        run([cmake, "--build", shop.path / "built"], "CMakeLists.txt does not build")
        run([cmake, "--install", shop.path / "built"], "CMakeLists.txt does not install")
        consume(shop, "find_package(chatroom 0.1 REQUIRED CONFIG)",
                f"-DCMAKE_PREFIX_PATH={prefix}")


def cmake_fetched():
    """FetchContent builds it as a part of another project."""
    with Workshop() as shop:
        consume(shop, f'include(FetchContent)\nFetchContent_Declare(chatroom SOURCE_DIR "{ROOT}")\n'
                      "FetchContent_MakeAvailable(chatroom)")


def pkg_config():
    """What meson installs is found by pkg-config: the shared library from C."""
    meson, pkg = tool("meson", "meson"), tool("pkg-config", "pkg-config")
    cc = tool("gcc", "gcc")
    with Workshop() as shop:
        prefix, built = shop.path / "prefix", shop.path / "built"
        run([meson, "setup", built, ROOT, f"--prefix={prefix}", "--libdir=lib", "-Dtests=false",
             "-Dexamples=false"], "meson does not set up")
        run([meson, "install", "-C", built], "meson does not install")
        env = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
        flags = run([pkg, "--cflags", "--libs", "chatroom"], "pkg-config finds nothing",
                    env=env).split()
        program = shop.path / "hello"
        run([cc, "-std=c99", ROOT / "examples" / "hello.c", *flags, "-o", program],
            "examples/hello.c does not build against the installed library")
        env["LD_LIBRARY_PATH"] = str(prefix / "lib")
        if '"text":"hello"' not in run([program], "it does not run", env=env):
            raise Wrong("it says nothing")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(cmake_installed, cmake_fetched, pkg_config)
