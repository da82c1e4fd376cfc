"""A caller's stays in queues, and who was rung for each.

app_queue tells it in pieces: QueueCallerJoin, AgentCalled for each ringing, DialEnd or
AgentRingNoAnswer for its end, QueueCallerLeave, then AgentConnect. QueueCallerAbandon comes on a
time-out and a withdrawal too, so it alone is no abandon: the caller must have hung up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccgateway.calls.call import Offer, OfferEnd, Visit, VisitEnd
from ccgateway.calls.escalations import FIRST, tier_of
from ccgateway.calls.rung import names_no_channel, rang_for
from ccgateway.telephony.facts import Fact, Kind, Source

_BY_STATUS = {
    "TIMEOUT": VisitEnd.TIMED_OUT,
    "FULL": VisitEnd.FULL,
    "JOINEMPTY": VisitEnd.EMPTY,
    "JOINUNAVAIL": VisitEnd.EMPTY,
    "LEAVEEMPTY": VisitEnd.EMPTY,
    "LEAVEUNAVAIL": VisitEnd.EMPTY,
    "WITHDRAW": VisitEnd.LEFT,
}
"""QUEUESTATUS (Queue() application) to how the stay ended; CONTINUE and none are told by facts."""

_DIGITS = 9  # of a number in a header; the store's integers hold no more

_NEVER_JOINED = frozenset({"FULL", "JOINEMPTY", "JOINUNAVAIL"})

_BY_DIAL = {
    "ANSWER": OfferEnd.ANSWERED,
    "NOANSWER": OfferEnd.NO_ANSWER,
    "BUSY": OfferEnd.BUSY,
    "CHANUNAVAIL": OfferEnd.REFUSED,
    "CONGESTION": OfferEnd.REFUSED,
    "DONTCALL": OfferEnd.REFUSED,
    "CANCEL": OfferEnd.LOST,
    "ABORT": OfferEnd.LOST,
}
_BY_CAUSE = {
    "16": OfferEnd.LOST,  # normal clearing: we took the ringing back
    "17": OfferEnd.BUSY,
    "18": OfferEnd.NO_ANSWER,
    "19": OfferEnd.NO_ANSWER,
    "20": OfferEnd.REFUSED,
    "21": OfferEnd.REFUSED,
    "26": OfferEnd.LOST,  # answered elsewhere (RFC 3326)
}


@dataclass(slots=True)
class _Ring:
    agent: str
    uniqueid: str
    began_at: datetime
    ended_at: datetime | None = None
    end: OfferEnd = OfferEnd.RINGING

    def close(self, at: datetime, end: OfferEnd) -> None:
        """The first end stands: what comes after (hang-up after the answer) is another story.
        But app_queue says "no answer" of a busy phone too: there the hang-up cause knows better."""
        if self.ended_at is None:
            self.ended_at, self.end = at, end
        elif self.end is OfferEnd.NO_ANSWER and end in {OfferEnd.BUSY, OfferEnd.REFUSED}:
            self.end = end


@dataclass(slots=True)
class _Stay:
    queue: str
    joined_at: datetime
    uniqueid: str
    tier: int
    position: int | None = None
    left_at: datetime | None = None
    abandoned: bool = False
    lost: bool = False  # that the caller is gone from the queue was seen, how he went was not
    status: str | None = None
    agent: str = ""
    by: str = ""  # the agent's channel
    answered_at: datetime | None = None
    rings: list[_Ring] = field(default_factory=list)


class Visits:
    """The stays of one call, in order."""

    def __init__(self) -> None:
        self._stays: list[_Stay] = []
        self._rings: dict[str, _Ring] = {}
        self._tiers: dict[str, int] = {}  # channel -> where it is being passed on to
        self._born: dict[str, datetime] = {}

    def take(self, fact: Fact) -> None:
        """Look at one fact; most are none of ours."""
        match fact.kind:
            case Kind.QUEUE_JOINED:
                self._join(fact).position = _number(fact.detail.get("position", ""))
            case Kind.QUEUE_LEFT:
                self._leave(fact)
            case Kind.QUEUE_ABANDONED:
                self._abandon(fact)
            case Kind.TIER_ENTERED | Kind.RETURNED:
                self._seek(fact)
            case Kind.QUEUE_RESULT:
                self._result(fact)
            case Kind.AGENT_CALLED:
                self._ring(fact)
            case Kind.AGENT_CONNECTED:
                self._connect(fact)
            case Kind.CHANNEL_CREATED | Kind.CHANNEL_ANSWERED:
                self._begin(fact)
            case Kind.AGENT_RANG_OUT | Kind.DIAL_ENDED | Kind.CHANNEL_ENDED | Kind.CHANNEL_MISSING:
                self._end_ring(fact)
            case _:
                pass

    def _seek(self, fact: Fact) -> None:
        if fact.kind is Kind.TIER_ENTERED:
            self._tiers[fact.subject] = tier_of(fact) or 1
        elif fact.detail.get("to") == FIRST:
            self._tiers[fact.subject] = 1

    def _join(self, fact: Fact) -> _Stay:
        tier = self._tiers.get(fact.subject, 1)
        before = self._stay(fact.place, fact.subject)
        if before and fact.source is Source.SNAPSHOT:  # how he came here again was not seen
            tier = before.tier
        stay = _Stay(fact.place, fact.at, fact.subject, tier)
        self._stays.append(stay)
        return stay

    def _stay(self, queue: str, uniqueid: str) -> _Stay | None:
        """A channel's last stay in a queue: the caller and an agent who consults can be in the
        same one."""
        for stay in reversed(self._stays):
            if stay.queue == queue and stay.uniqueid == uniqueid:
                return stay
        return None

    def _leave(self, fact: Fact) -> None:
        stay = self._stay(fact.place, fact.subject)
        if stay and stay.left_at is None:
            stay.left_at, stay.lost = fact.at, fact.source is Source.SNAPSHOT

    def _abandon(self, fact: Fact) -> None:
        if stay := self._stay(fact.place, fact.subject):
            stay.abandoned = True

    def _result(self, fact: Fact) -> None:
        """Our dialplan after Queue(). A caller whom the queue refused never joined: that is a
        stay of no length."""
        stay = self._stay(fact.place, fact.subject)
        status = fact.detail.get("status", "")
        if stay is None or stay.status is not None or status in _NEVER_JOINED:
            stay = self._join(fact)
        stay.status = status
        stay.left_at = stay.left_at or stay.answered_at or fact.at

    def _ring(self, fact: Fact) -> None:
        ring = _Ring(fact.detail.get("agent", ""), fact.subject, fact.at)
        self._rings[fact.subject] = ring
        stay = self._stay(fact.place, fact.detail.get("caller", ""))
        if stay:
            stay.rings.append(ring)

    def _connect(self, fact: Fact) -> None:
        self._rang_unheard(fact, fact.subject, fact.detail.get("agent_uniqueid", ""))
        stay = self._stay(fact.place, fact.subject)
        if stay and stay.answered_at is None:
            stay.agent = fact.detail.get("agent", "")
            stay.by = fact.detail.get("agent_uniqueid", "")
            stay.answered_at = fact.at
        if ring := self._rings.get(fact.detail.get("agent_uniqueid", "")):
            ring.close(fact.at, OfferEnd.ANSWERED)

    def _rang_unheard(self, fact: Fact, caller: str, channel: str) -> None:
        """queue_log tells of a ringing when it is over: where AMI told nothing of it, by that."""
        stay = self._stay(fact.place, caller)
        if fact.source is not Source.QUEUE_LOG or channel in self._rings or stay is None:
            return
        began_at = self._born.get(channel) or fact.at - rang_for(fact)
        ring = _Ring(fact.detail.get("agent", ""), channel, began_at)
        if names_no_channel(fact):
            ring = _Ring(ring.agent, "", fact.at - rang_for(fact), fact.at, OfferEnd.NO_ANSWER)
        else:
            self._rings[channel] = ring
        stay.rings.append(ring)

    def _begin(self, fact: Fact) -> None:
        if fact.kind is Kind.CHANNEL_CREATED:
            self._born[fact.subject] = fact.at
        elif fact.source is Source.SNAPSHOT:
            self._found_answered(fact)

    def _found_answered(self, fact: Fact) -> None:
        """Whom the queue rang when we lost sight has answered since."""
        ring = self._rings.get(fact.subject)
        stay = next((stay for stay in self._stays if ring in stay.rings), None)
        if ring and ring.ended_at is None:
            ring.close(fact.at, OfferEnd.ANSWERED)
            if stay and stay.answered_at is None:
                stay.agent, stay.answered_at = ring.agent, fact.at

    def _end_ring(self, fact: Fact) -> None:
        if fact.kind is Kind.AGENT_RANG_OUT:
            self._rang_unheard(fact, fact.detail.get("caller", ""), fact.subject)
        ring = self._rings.get(fact.subject)
        if ring is None:
            return
        if fact.kind is Kind.CHANNEL_MISSING:
            ring.close(fact.at, OfferEnd.UNKNOWN)
        elif fact.kind is Kind.AGENT_RANG_OUT:
            ring.close(fact.at, OfferEnd.NO_ANSWER)
        elif fact.kind is Kind.DIAL_ENDED:
            ring.close(fact.at, _BY_DIAL.get(fact.detail.get("status", ""), OfferEnd.LOST))
        else:
            ring.close(fact.at, _BY_CAUSE.get(fact.detail.get("cause", ""), OfferEnd.LOST))

    def finish(
        self, ends: Mapping[str, datetime | None], agents: Mapping[str, str]
    ) -> tuple[Visit, ...]:
        """The visits as now known; ``ends`` tells when each channel ended, ``agents`` whose it is.
        app_queue names the member whom it rang: another's phone can have picked that up."""
        return tuple(
            Visit(
                queue=stay.queue,
                ordinal=ordinal,
                joined_at=stay.joined_at,
                position=stay.position,
                left_at=stay.left_at or stay.answered_at or ends.get(stay.uniqueid),
                end=_end(stay, ends.get(stay.uniqueid)),
                agent=agents.get(stay.by) or stay.agent,
                answered_at=stay.answered_at,
                offers=tuple(
                    Offer(r.agent, r.uniqueid, r.began_at, r.ended_at, r.end)
                    for r in sorted(stay.rings, key=lambda ring: ring.began_at)
                ),
                uniqueid=stay.uniqueid,
                tier=stay.tier,
            )
            for ordinal, stay in enumerate(self._stays)
        )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def _end(stay: _Stay, ended_at: datetime | None) -> VisitEnd:
    if stay.answered_at is not None:
        return VisitEnd.ANSWERED
    if stay.status in _BY_STATUS:
        return _BY_STATUS[stay.status or ""]
    if ended_at is not None and stay.abandoned:
        return VisitEnd.ABANDONED
    if stay.lost:
        return VisitEnd.UNKNOWN
    if stay.left_at is not None:
        return VisitEnd.LEFT
    # app_queue tells every leaving: who is gone without one left while we did not hear.
    return VisitEnd.WAITING if ended_at is None else VisitEnd.UNKNOWN
