"""Conferences that an agent's phone mixes by itself.

The phone's conference button tells Asterisk nothing: there stay two calls of one device. But a
phone that talks on one line holds the others; where it holds none of them for a while, it mixes
them. What is found is a fact of its own (MIXED), so that the same calls are tied together whatever
the order in which facts are told again, and also after a restart. CEL knows of no hold, so nothing
can be found where we did not listen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

from ccgateway.calls.kin import BASIC, seniority
from ccgateway.calls.lives import BIRTHS, OVER
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.ids import interface_of

MIXES = timedelta(seconds=5)
"""A phone that changes lines may take the one off hold before it holds the other: two re-INVITEs,
which take milliseconds; but up to 4 s where one crossed Asterisk's own (491, RFC 3261, 14.1)."""


@dataclass(slots=True)
class _Line:
    """A channel of an agent's phone. ``holds``: by the phone, and by Asterisk while it carries out
    a key; None where we have not listened all its life."""

    uniqueid: str
    bridge: str = ""
    holds: int | None = None
    open_at: datetime | None = None  # since when it is in a bridge and not held
    told: dict[str, datetime] = field(default_factory=dict)  # the other line -> since when they mix

    def follow(self, fact: Fact) -> None:
        """Let a fact about it show."""
        match fact.kind:
            case Kind.BRIDGE_ENTERED:
                basic = fact.detail.get("bridge_type") == BASIC
                self.bridge, self.open_at = fact.place if basic else "", None
            case Kind.BRIDGE_LEFT if self.bridge == fact.place:
                self.bridge = ""
            case Kind.HOLD_BEGAN:
                self.holds = (self.holds or 0) + 1
            case Kind.HOLD_ENDED:
                self.holds = max((self.holds or 0) - 1, 0)
            case Kind.CHANNEL_FOUND:
                self.holds = None
            case _:
                pass
        if not self.bridge or self.holds != 0:
            self.open_at = None
        elif self.open_at is None:
            self.open_at = fact.at


class Mixing:
    """The lines of all agents' phones. ``phones``: the devices of agents, by node. Facts must come
    as each node tells them: in order."""

    def __init__(self, phones: Mapping[str, Collection[str]]) -> None:
        self._phones = phones
        self._lines: dict[tuple[str, str], dict[str, _Line]] = {}  # node, device -> its lines
        self._devices: dict[tuple[str, str], str] = {}  # node, uniqueid -> device

    def renew(self, phones: Mapping[str, Collection[str]]) -> None:
        """From here on these are the agents' devices, each from its next channel on."""
        self._phones = phones

    def take(self, fact: Fact) -> tuple[Fact, ...]:
        """Look at a fact. What had been found when it happened: it is to be told before it."""
        device = self._devices.get((fact.node, fact.subject)) or self._named(fact)
        if device is None:
            return ()
        lines = self._lines[fact.node, device]
        found = tuple(_mixed(fact.node, lines.values(), fact.at))
        if fact.kind in OVER:
            self._forget(fact.node, device, fact.subject)
        else:
            lines[fact.subject].follow(fact)
        return found

    def due(self, node: str, now: datetime) -> tuple[Fact, ...]:
        """What is found by ``now`` on a node, all of whose facts until then were taken."""
        several = [
            lines for (where, _), lines in self._lines.items() if where == node and len(lines) > 1
        ]
        return tuple(found for lines in several for found in _mixed(node, lines.values(), now))

    def lose(self, node: str) -> None:
        """From here on nothing is heard of a node: who holds whom is not known any more."""
        for (where, _), lines in self._lines.items():
            for line in lines.values() if where == node else ():
                line.holds = line.open_at = None

    def restore(self, facts: Iterable[Fact]) -> None:
        """Take the stored facts of the calls that were live when we stopped, in order."""
        for fact in facts:
            self.take(fact)
        for node in self._phones:
            self.lose(node)

    def _named(self, fact: Fact) -> str | None:
        """The device of a channel that is told of for the first time, where it is an agent's."""
        if fact.kind not in BIRTHS:
            return None
        device = interface_of(fact.detail.get("channel", ""))
        if device not in self._phones[fact.node]:
            return None
        self._devices[fact.node, fact.subject] = device
        line = _Line(fact.subject, holds=None if fact.kind is Kind.CHANNEL_SEEN else 0)
        self._lines.setdefault((fact.node, device), {})[fact.subject] = line
        return device

    def _forget(self, node: str, device: str, uniqueid: str) -> None:
        del self._devices[node, uniqueid]
        lines = self._lines[node, device]
        del lines[uniqueid]
        if not lines:
            del self._lines[node, device]


def _mixed(node: str, lines: Iterable[_Line], now: datetime) -> Iterator[Fact]:
    """The pairs of a phone's lines that have both been open for long enough, each told once."""
    inorder = sorted(lines, key=lambda line: seniority(line.uniqueid))
    for older, younger in combinations(inorder, 2):
        if older.open_at is None or younger.open_at is None or older.bridge == younger.bridge:
            continue
        since = max(older.open_at, younger.open_at)
        if now - since < MIXES or younger.told.get(older.uniqueid) == since:
            continue
        younger.told[older.uniqueid] = since
        yield Fact(node, Kind.MIXED, younger.uniqueid, since, older.uniqueid, source=Source.SELF)
