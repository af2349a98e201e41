"""JSON frames for programs that are clients: commands in, events out.

A host has no need of this: the engine reads and writes the frames itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Callable, Dict, List, Mapping, Tuple, Union, cast

from . import _core, commands, events
from ._ids import UserId

__all__ = ["Unknown", "decode", "encode"]


@dataclass(frozen=True)
class Unknown:
    """An event of a later version, which a client ignores.

    op: Its name.
    members: Its members as JSON has them.
    """

    op: str
    members: Mapping[str, Any]


Member = Tuple[str, str, Callable[[Any], Any]]   # Name on the wire, in Python; how it converts.


def encode(command: commands.Command, ref: int = 0) -> bytes:
    """Makes the JSON frame of a command. `ref`, if not 0, comes back in its one reply."""
    given = {name: value for name, value in asdict(command).items() if value or value is False}
    frame = {"op": command.OP, **({"ref": ref} if ref else {}), **given}
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()


def decode(frame: Union[bytes, str]) -> Union[events.Event, Unknown]:
    """Makes the event of a JSON frame.

    Raises ValueError when the frame is no JSON object with an `op`.
    """
    members = json.loads(frame)
    if not isinstance(members, dict) or "op" not in members:
        raise ValueError("not an event: " + repr(frame[:80]))
    op = members.pop("op")
    make = _EVENTS.get(op)
    return make(members) if make else Unknown(op, members)


def _same(value: Any) -> Any:
    return value


def _maker(of: type, table: _core.Table,
           items: Dict[str, Callable[[Any], Any]]) -> Callable[[Any], Any]:
    plan: List[Member] = []
    for row in table["members"]:
        name = row["name"]
        convert: Callable[[Any], Any] = _same
        if row["kind"] == "items":
            convert = _tuple_of(items[row["items"]])
        elif row["kind"] == "u64" and name in ("user", "owner"):
            convert = UserId
        plan.append((name, "from_" if name == "from" else name, convert))

    def make(members: Dict[str, Any]) -> Any:
        return of(**{attribute: convert(members[name])
                     for name, attribute, convert in plan if name in members})

    return make


def _tuple_of(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: tuple(make(value) for value in values)


def _makers() -> Dict[str, Callable[[Any], events.Event]]:
    tables = _core.describe()
    classes = {of.TYPE: of for of in vars(events).values() if hasattr(of, "TYPE")}
    items: Dict[str, Callable[[Any], Any]] = {}
    for name, table in tables["items"].items():
        of = getattr(events, "".join(word.capitalize() for word in name.split("_")), None)
        if of is not None:
            items[name] = _maker(of, table, {})
    made = {}
    for table in tables["events"]:
        made[table["name"]] = _maker(classes[table["type"]], table, items)
        items[table["name"]] = made[table["name"]]
    return cast(Dict[str, Callable[[Any], events.Event]], made)


_EVENTS = _makers()
