"""What an engine is told when it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import _core
from .limits import Budgets, Limits, Policies

__all__ = ["Budgets", "Config", "Limits", "Policies"]


@dataclass(frozen=True)
class Config:
    """All that an engine is told when it is opened. The defaults suit one server of a game.

    limits: How much it can hold; memory is claimed once, for all of it.
    policies: The rules of the service; the command `configure` changes them later.
    budgets: How it goes about its work.
    node: Which of the engines on one log this is; 1 to 65,535.
    incarnation: Strictly rising over the starts of this node; a store takes care of it.
    """

    limits: Limits = field(default_factory=Limits)
    policies: Policies = field(default_factory=Policies)
    budgets: Budgets = field(default_factory=Budgets)
    node: int = 1
    incarnation: int = 1

    @classmethod
    def game(cls) -> Config:
        """For a game's own server: 256 sessions, 64 rooms, 10,000 messages, at most 8 MiB."""
        return cls._preset("game")

    @classmethod
    def firmware(cls) -> Config:
        """For a microcontroller: 8 users, 4 rooms, 32 messages of 128 bytes."""
        return cls._preset("firmware")

    @classmethod
    def server(cls) -> Config:
        """For a backend: 100,000 users, 10,000 rooms."""
        return cls._preset("server")

    @classmethod
    def _preset(cls, name: str) -> Config:
        numbers = _core.preset(name)
        return cls(Limits(**numbers["limits"]), Policies(**numbers["policies"]),
                   Budgets(**numbers["budgets"]))

    def footprint(self) -> int:
        """Tells how many bytes an engine of this configuration claims; 0: it is not valid."""
        return _core.footprint(self)
