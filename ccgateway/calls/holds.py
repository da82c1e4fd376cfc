"""Who held whom, and when: by the phone's button, or to consult (warm escalation)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccgateway.calls.call import Hold, Known, Role
from ccgateway.calls.talk import SWAP
from ccgateway.telephony.facts import Fact, Kind, Source

SHORTEST = timedelta(milliseconds=50)
"""No hand is faster. While Asterisk carries out an agent's key (a feature hook with music) it tells
of a hold, too: of about 1 ms where nothing is played."""

HOOK = timedelta(seconds=1)
"""Within this before an agent's key a hold is that of the key's hook, which takes longer on a busy
PBX. One that began before was by the phone's button."""


@dataclass(slots=True)
class _Held:
    uniqueid: str  # of who holds
    began_at: datetime
    ended_at: datetime | None = None
    left_at: datetime | None = None  # the bridge, and has not come back to one
    known: Known = Known.LIVE
    heard: bool = False  # its end, over AMI


class Holds:
    """The holds of one call, in order. Facts must come in ``reduce.order``."""

    def __init__(self) -> None:
        self._all: list[_Held] = []
        self._by_phone: dict[str, _Held] = {}  # open ones, by the channel that holds
        self._last: dict[str, _Held] = {}  # the newest of each such channel
        self._consulting: dict[str, _Held] = {}  # open ones, by the caller's channel
        self._escalated_by: dict[str, str] = {}  # caller's channel -> agent's

    def take(self, fact: Fact) -> None:
        """Look at one fact; most are none of ours."""
        match fact.kind:
            case Kind.HOLD_BEGAN if fact.subject not in self._by_phone:
                began = self._begin(fact.subject, fact.at)
                self._by_phone[fact.subject] = self._last[fact.subject] = began
            case Kind.HOLD_ENDED:
                self._end_by_phone(fact)
            case Kind.CHANNEL_ENDED:
                self._end_by_phone(fact)
                self._end_consulting(fact)
            case Kind.CHANNEL_FOUND | Kind.CHANNEL_MISSING:
                self._look_again(fact)
            case Kind.BRIDGE_LEFT if held := self._by_phone.get(fact.subject):
                held.left_at = fact.at
            case Kind.BRIDGE_ENTERED:
                self._enter(fact)
            case Kind.QUEUE_JOINED:
                self._end_consulting(fact)
            case Kind.HELD if fact.subject not in self._consulting:
                by = self._escalated_by.get(fact.subject, fact.subject)
                self._consulting[fact.subject] = self._begin(by, fact.at)
            case _:
                pass

    def _look_again(self, fact: Fact) -> None:
        self.lose_sight(fact)
        if consulting := self._consulting.get(fact.subject):
            consulting.known = Known.PARTIAL
        if fact.kind is Kind.CHANNEL_MISSING:
            self._end_consulting(fact)

    def lose_sight(self, fact: Fact) -> None:
        """A snapshot's fact: what the phone did before it was not heard. Where the journals tell
        how the hold was over at the latest, it is known by that; it may have been before."""
        self._end_by_phone(fact)
        last = self._last.get(fact.subject)
        if last is not None and not last.heard:
            last.known = Known.PARTIAL

    def escalated(self, agents: str, callers: str, at: datetime) -> None:
        """An agent's channel passes a caller's on: if the caller is held next, it is by that."""
        self._escalated_by[callers] = agents
        held = self._by_phone.pop(agents, None)
        if held is None:
            return
        if at - held.began_at < HOOK:
            self._all.remove(held)
        else:
            held.ended_at = held.left_at or at

    def finish(self, role: Callable[[str], Role]) -> Iterator[Hold]:
        """The holds as now known; ``role`` tells what a channel is in the call."""
        for held in self._all:
            ended_at = held.ended_at or held.left_at
            if ended_at is not None and ended_at - held.began_at < SHORTEST:
                continue
            yield Hold(held.uniqueid, role(held.uniqueid), held.began_at, ended_at, held.known)

    def _begin(self, uniqueid: str, at: datetime) -> _Held:
        held = _Held(uniqueid, at)
        self._all.append(held)
        return held

    def _enter(self, fact: Fact) -> None:
        """Out of one bridge and at once into another is a swap of Asterisk's: the hold goes on."""
        self._end_consulting(fact)
        held = self._by_phone.get(fact.subject)
        if held is None or held.left_at is None:
            return
        if fact.at - held.left_at < SWAP:
            held.left_at = None
        else:
            self._end_by_phone(fact)

    def _end_by_phone(self, fact: Fact) -> None:
        if held := self._by_phone.pop(fact.subject, None):
            held.ended_at = held.left_at or fact.at
            held.heard = fact.source is Source.AMI

    def _end_consulting(self, fact: Fact) -> None:
        if held := self._consulting.pop(fact.subject, None):
            held.ended_at = fact.at
