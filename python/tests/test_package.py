"""The package as it is installed."""

from __future__ import annotations

import importlib.metadata
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import chatroom
from chatroom import _core, aio

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parent


def test_one_version_in_package_metadata_and_header() -> None:
    assert chatroom.__version__ == _core.version == importlib.metadata.version("chatroom")


def test_has_type_information() -> None:
    assert Path(chatroom.__file__).with_name("py.typed").is_file()
    assert Path(chatroom.__file__).with_name("_core.pyi").is_file()


def test_generated_modules_say_what_the_tables_say() -> None:
    if not (ROOT / "chatroom.hpp").is_file():
        pytest.skip("not in the repository: chatroom.hpp is not there to compare with")
    done = subprocess.run([sys.executable, HERE / "tools" / "generate.py", "--check"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_names_are_there_and_documented() -> None:
    for name in chatroom.__all__:
        value = getattr(chatroom, name)
        if isinstance(value, type):
            assert value.__doc__, name
            assert not re.match(r"\w+\(.*\)$", value.__doc__), f"{name}: only its signature"


def test_help_reads_well() -> None:
    said = pydoc.plain(pydoc.render_doc(chatroom.Engine.post))
    assert "Says something in a room." in said
    assert "nonce: A resend with the same nonce is answered, not said again." in said
    assert "room: 'str'" in said
    assert "A complete chat service" in pydoc.plain(pydoc.render_doc(chatroom))


def test_every_public_method_is_documented() -> None:
    for of in (chatroom.Engine, chatroom.Client, aio.AsyncEngine, aio.AsyncSession):
        for name in dir(of):
            if not name.startswith("_"):
                assert getattr(of, name).__doc__, (of, name)


def test_refuses_an_interpreter_without_its_lock() -> None:
    program = ("import sys; sys._is_gil_enabled = lambda: False\n"
               "try: import chatroom\n"
               "except ImportError as error: print(error)\n")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "needs the global interpreter lock" in done.stdout, done.stderr
