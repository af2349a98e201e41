"""The dataclasses against the tables that the engine itself works with."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from typing import Any, Dict

import pytest

import chatroom
from chatroom import _core, client, commands, errors, events

TABLES = _core.describe()
KINDS: Dict[str, Any] = {"flag": bool, "u32": int, "u64": int, "i32": int, "text": str,
                         "error_name": str, "error_text": str}


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def check_class(of: Any, table: _core.Table) -> None:
    hints = typing.get_type_hints(of)
    fields = dataclasses.fields(of)
    assert [f.name.rstrip("_") for f in fields] == [m["name"] for m in table["members"]]
    for field, member in zip(fields, table["members"]):
        hint = hints[field.name]
        if member["kind"] == "choice":
            assert typing.get_args(hint) == tuple(member["choices"])
            assert member["required"] or field.default == member["choices"][0]
        elif member["kind"] == "items":
            assert camel(member["items"]) == typing.get_args(hint)[0].__name__
        else:
            assert issubclass(hint, KINDS[member["kind"]]), field.name
            if field.default is not dataclasses.MISSING:
                assert field.default == hint()


@pytest.mark.parametrize("table", TABLES["commands"], ids=lambda table: table["name"])
def test_command(table: _core.Table) -> None:
    of = getattr(commands, camel(table["name"]))
    assert (of.TYPE, of.OP) == (table["type"], table["name"])
    check_class(of, table)
    for field, member in zip(dataclasses.fields(of), table["members"]):
        assert (field.default is dataclasses.MISSING) == member["required"], field.name


@pytest.mark.parametrize("table", TABLES["events"], ids=lambda table: table["name"])
def test_event(table: _core.Table) -> None:
    of = {of.TYPE: of for of in vars(events).values() if hasattr(of, "TYPE")}[table["type"]]
    assert of.OP == table["name"]
    check_class(of, table)
    assert of() == of(), "every member has a default"


@pytest.mark.parametrize("name", TABLES["items"])
def test_item(name: str) -> None:
    check_class(getattr(commands if name == "cursor" else events, camel(name)),
                TABLES["items"][name])


@pytest.mark.parametrize("table", TABLES["client"], ids=lambda table: table["name"])
def test_client_view(table: _core.Table) -> None:
    of = getattr(client, camel(table["name"]))
    hints = typing.get_type_hints(of)
    assert [field.name for field in dataclasses.fields(of)] == [m["name"] for m in table["members"]]
    for member in table["members"]:
        hint = hints[member["name"]]
        if member["kind"] == "choice":
            assert typing.get_args(hint) == tuple(member["choices"])
        elif member["kind"] == "error_name":
            assert hint == typing.Optional[chatroom.Code]
        else:
            assert issubclass(hint, KINDS[member["kind"]]), member["name"]
    assert getattr(chatroom, of.__name__) is of


def test_client_choices_and_defaults() -> None:
    assert list(typing.get_args(client.ClientState)) == TABLES["client_state"]
    assert ["none", *typing.get_args(client.ClientNews)] == TABLES["client_news"]
    assert dataclasses.asdict(chatroom.ClientConfig()) == _core.client_defaults()


def test_every_command_of_a_client_takes_what_the_engine_takes() -> None:
    for name in ("create", "set", "join", "leave", "post"):
        mine = inspect.signature(getattr(chatroom.Client, name)).parameters
        theirs = inspect.signature(getattr(chatroom.Engine, name)).parameters
        for member in set(mine) & set(theirs):
            assert mine[member] == theirs[member], (name, member)
        missing = set(theirs) - set(mine) - {"session", "user", "history", "nonce"}
        assert missing <= {"persistent", "managed"}, "the host's alone"


def test_unions_are_complete() -> None:
    assert len(typing.get_args(commands.Command)) == len(TABLES["commands"])
    assert len(typing.get_args(events.Event)) == len(TABLES["events"])
    for of in typing.get_args(events.Event):
        assert getattr(chatroom, of.__name__) is of


def test_config_has_the_defaults_of_the_header() -> None:
    assert chatroom.Config() == chatroom.Config.game()
    for name, values in _core.preset("game").items():
        assert dataclasses.asdict(getattr(chatroom.Config(), name)) == values


def test_presets_are_those_of_the_header() -> None:
    assert chatroom.Config.server().limits.users_max == 100_000
    assert chatroom.Config.firmware().limits.users_max == 8
    assert chatroom.Config.firmware().footprint() < chatroom.Config().footprint() <= 8 << 20


def test_statistics_have_every_counter() -> None:
    assert ([field.name for field in dataclasses.fields(chatroom.Statistics)]
            == [name for name, *_ in TABLES["statistics"]])


def test_codes_are_those_of_the_engine() -> None:
    known = {}
    for number in range(1, 1000):
        if _core.error_text(number) != _core.error_text(-1):
            known[_core.error_name(number)] = number
    assert set(typing.get_args(chatroom.Code)) - {"store_locked"} == set(known)
    for name, number in known.items():
        error = errors.make_error(number, "f", 1, 2, 3, "x", 1500, None)
        assert (error.code, error.number, error.retry_after) == (name, number, 1.5)
        assert type(error) is not chatroom.Error, f"{name}: no class for its group"


def test_every_command_is_a_method() -> None:
    submitted = {table["name"] for table in TABLES["commands"]} - {"ping"}
    for name in submitted:
        assert callable(getattr(chatroom.Engine, name))


def test_only_reads_are_not_submitted(chat: chatroom.Engine) -> None:
    for table in TABLES["commands"]:
        values = tuple({"text": "x", "items": (), "choice": (m["choices"] or [""])[0],
                        "flag": False}.get(m["kind"], 0) for m in table["members"])
        command = getattr(commands, camel(table["name"]))(*values)
        try:
            chat.submit(chatroom.HOST, command)
            refused = None
        except chatroom.Error as error:
            refused = error.code
        if table["name"] in ("ping", "history", "rooms", "members"):
            assert refused == "invalid_argument", table["name"]
        assert refused != "op_unknown", table["name"]
