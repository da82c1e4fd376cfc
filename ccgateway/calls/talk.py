"""Who was connected with whom, and when: from BridgeEnter and BridgeLeave alone.

AgentComplete is late or wrong after transfers; bridges are the truth. A Local channel is a wire
between two bridges: its halves are joined, and only what is at the ends talks. A phone that mixes
two of its calls by itself is a wire, too, with a person at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccgateway.calls.call import Leg, Role, Talk
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.ids import is_local

SWAP = timedelta(milliseconds=50)
"""When a Local channel optimises itself away, Asterisk swaps the channels behind it from bridge
to bridge: the events show a gap (0.8 ms when measured) in a talk whose media never stopped."""


_OTHER_HALF = {"1": "2", "2": "1"}


@dataclass(frozen=True, slots=True)
class _Move:
    """A channel comes into a bridge, or out of the one it is in (''). Or its phone begins to mix it
    with another channel, or to hold it, which ends that."""

    at: datetime
    uniqueid: str
    bridge: str = ""
    mixed_with: str = ""
    held: bool = False


class Moves:
    """The moves of a call's channels in and out of bridges, in order."""

    def __init__(self) -> None:
        self._moves: list[_Move] = []
        self._in: dict[str, str] = {}
        self._wires: dict[str, str] = {}  # half of a Local channel -> the other half
        self._mixed: set[str] = set()  # channels that a phone ever mixed
        self._held: dict[str, list[datetime]] = {}  # when a caller was put on music

    def take(self, fact: Fact) -> None:
        """Look at one fact; most are none of ours."""
        match fact.kind:
            case Kind.BRIDGE_ENTERED:
                self._in[fact.subject] = fact.place
                self._moves.append(_Move(fact.at, fact.subject, fact.place))
            case Kind.BRIDGE_LEFT:
                if self._in.get(fact.subject) == fact.place:
                    self._out(fact)
            case Kind.CHANNEL_ENDED | Kind.CHANNEL_MISSING:
                if fact.subject in self._in:
                    self._out(fact)
            case Kind.HELD:
                self._held.setdefault(fact.subject, []).append(fact.at)
            case Kind.MIXED if fact.subject != fact.place:
                self._mixed |= {fact.subject, fact.place}
                self._moves.append(_Move(fact.at, fact.subject, mixed_with=fact.place))
            case Kind.HOLD_BEGAN if fact.subject in self._mixed:
                self._moves.append(_Move(fact.at, fact.subject, held=True))
            case Kind.LOCAL_JOINED:
                self._wires[fact.subject] = fact.place
                self._wires[fact.place] = fact.subject
            case _:
                pass

    def _out(self, fact: Fact) -> None:
        self._in.pop(fact.subject, None)
        self._moves.append(_Move(fact.at, fact.subject))

    def talks(self, caller: str, legs: Sequence[Leg]) -> tuple[Talk, ...]:
        """The talks of a channel with whoever it was, in order of their beginning; ``agent`` is
        '' where that is no agent's channel."""
        people = {leg.uniqueid: leg for leg in legs}
        room = _Room(_halves(legs) | self._wires)
        heard = room.reach(caller)
        running: dict[str, Talk] = {}
        done: list[Talk] = []
        for move in self._moves:
            concerns = heard.concerns(move)
            room.move(move)
            if not concerns:
                continue
            heard = room.reach(caller)
            now = _people_in(heard, caller, people)
            for uniqueid in [u for u in running if u not in now]:
                talk = running.pop(uniqueid)
                if talk.began_at < move.at:  # else told by one snapshot: he was there before
                    done.append(Talk(talk.agent, talk.uniqueid, talk.began_at, move.at))
            for uniqueid, agent in now.items():
                running.setdefault(uniqueid, Talk(agent, uniqueid, move.at))
        found = sorted([*done, *running.values()], key=lambda t: (t.began_at, t.uniqueid))
        return _mended(found, self._held.get(caller, ()))


@dataclass(frozen=True, slots=True)
class _Reach:
    """Every channel that is connected with one (``start``) through bridges and wires, with the
    halves of Local channels on the way to it; the bridges; and those of the channels that are only
    another line of a phone which is connected already."""

    start: str
    channels: Mapping[str, tuple[str, ...]]
    bridges: Collection[str]
    lines: Collection[str]

    def concerns(self, move: _Move) -> bool:
        """Whether a move can change it."""
        return (
            move.uniqueid == self.start
            or move.uniqueid in self.channels
            or move.mixed_with in self.channels
            or move.bridge in self.bridges
        )


class _Room:
    """Who is in which bridge, while the moves are gone through."""

    def __init__(self, wires: Mapping[str, str]) -> None:
        self._wires = wires
        self._inside: dict[str, str] = {}
        self._members: dict[str, dict[str, None]] = {}  # in the order in which they came
        self._mixed: dict[str, dict[str, None]] = {}  # line -> the others that its phone mixes in

    def move(self, move: _Move) -> None:
        if move.mixed_with:
            self._mixed.setdefault(move.uniqueid, {})[move.mixed_with] = None
            self._mixed.setdefault(move.mixed_with, {})[move.uniqueid] = None
            return
        for other in self._mixed.pop(move.uniqueid, ()):
            self._mixed[other].pop(move.uniqueid, None)
        if not move.held:
            self._go(move)

    def _go(self, move: _Move) -> None:
        if left := self._inside.pop(move.uniqueid, None):
            self._members[left].pop(move.uniqueid, None)
        if move.bridge:
            self._inside[move.uniqueid] = move.bridge
            self._members.setdefault(move.bridge, {})[move.uniqueid] = None

    def reach(self, start: str) -> _Reach:
        reached: dict[str, tuple[str, ...]] = {}
        bridges: set[str] = set()
        lines: set[str] = set()
        todo: list[tuple[str, tuple[str, ...]]] = [(start, ())] if start in self._inside else []
        while todo:
            here, way = todo.pop()
            if here in reached:
                continue
            reached[here] = way
            bridge = self._inside.get(here)
            if bridge is not None and bridge not in bridges:
                bridges.add(bridge)
                todo.extend((other, way) for other in self._members[bridge])
            if far := self._wires.get(here):
                todo.append((far, (*way, here, far)))
            for line in self._mixed.get(here, ()):
                if line not in reached:
                    lines.add(line)
                    todo.append((line, way))
        return _Reach(start, reached, bridges, lines)


def _halves(legs: Iterable[Leg]) -> dict[str, str]:
    """The halves of Local channels, each with the other, by their names: CEL has no LocalBridge."""
    halves = {leg.channel: leg.uniqueid for leg in legs if is_local(leg.channel)}
    pairs = ((name, f"{name[:-1]}{_OTHER_HALF[name[-1]]}") for name in halves if name[-1] in "12")
    return {halves[one]: halves[other] for one, other in pairs if other in halves}


def _people_in(heard: _Reach, caller: str, people: Mapping[str, Leg]) -> dict[str, str]:
    """Those (uniqueid -> agent) whom the caller can hear now. The agent's name may stand on the
    Local channel through which the queue called, not on the phone's own leg behind it."""
    found = {}
    for uniqueid, way in heard.channels.items():
        leg = people.get(uniqueid)
        if uniqueid == caller or leg is None or leg.role is Role.LOCAL or uniqueid in heard.lines:
            continue
        names = [people[u].agent for u in way if u in people and people[u].agent]
        behind = names[0] if names and leg.role is Role.OTHER else ""
        found[uniqueid] = leg.agent or behind
    return found


def _mended(talks: Iterable[Talk], held: Sequence[datetime]) -> tuple[Talk, ...]:
    """Talks of one leg that only a swap parted are one. Where the caller was ``held`` between, it
    was none: an agent whom nobody can be asked for has the caller back within milliseconds."""
    mended: list[Talk] = []
    places: dict[str, int] = {}  # of each one's last talk
    for talk in talks:
        place = places.get(talk.uniqueid)
        last = mended[place] if place is not None else None
        if (
            place is not None
            and last is not None
            and last.ended_at is not None
            and talk.began_at - last.ended_at < SWAP
            and not any(last.ended_at <= at <= talk.began_at for at in held)
        ):
            mended[place] = Talk(last.agent, last.uniqueid, last.began_at, talk.ended_at)
        else:
            places[talk.uniqueid] = len(mended)
            mended.append(talk)
    return tuple(mended)
