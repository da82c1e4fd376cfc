"""A caller's stays in queues, and who was rung for each.

app_queue tells it in pieces: QueueCallerJoin, AgentCalled for each ringing, DialEnd or
AgentRingNoAnswer for its end, QueueCallerLeave, then AgentConnect. QueueCallerAbandon comes on a
time-out and a withdrawal too, so it alone is no abandon: the caller must have hung up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ccgateway.calls.call import Offer, OfferEnd, Visit, VisitEnd
from ccgateway.telephony.facts import Fact, Kind

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
    position: int | None = None
    left_at: datetime | None = None
    abandoned: bool = False
    status: str | None = None
    agent: str = ""
    answered_at: datetime | None = None
    rings: list[_Ring] = field(default_factory=list)


class Visits:
    """The stays of one call, in order."""

    def __init__(self) -> None:
        self._stays: list[_Stay] = []
        self._rings: dict[str, _Ring] = {}

    def take(self, fact: Fact) -> None:
        """Look at one fact; most are none of ours."""
        match fact.kind:
            case Kind.QUEUE_JOINED:
                position = fact.detail.get("position", "")
                number = int(position) if position.isdigit() else None
                self._stays.append(_Stay(fact.place, fact.at, number))
            case Kind.QUEUE_LEFT:
                self._leave(fact)
            case Kind.QUEUE_ABANDONED:
                if stay := self._stay(fact.place):
                    stay.abandoned = True
            case Kind.QUEUE_RESULT:
                self._result(fact)
            case Kind.AGENT_CALLED:
                self._ring(fact)
            case Kind.AGENT_CONNECTED:
                self._connect(fact)
            case Kind.AGENT_RANG_OUT | Kind.DIAL_ENDED | Kind.CHANNEL_ENDED:
                self._end_ring(fact)
            case _:
                pass

    def _stay(self, queue: str) -> _Stay | None:
        return next((s for s in reversed(self._stays) if s.queue == queue), None)

    def _leave(self, fact: Fact) -> None:
        stay = self._stay(fact.place)
        if stay and stay.left_at is None:
            stay.left_at = fact.at

    def _result(self, fact: Fact) -> None:
        """Our dialplan after Queue(). A caller whom the queue refused never joined: that is a
        stay of no length."""
        stay = self._stay(fact.place)
        status = fact.detail.get("status", "")
        if stay is None or stay.status is not None or status in _NEVER_JOINED:
            stay = _Stay(fact.place, fact.at)
            self._stays.append(stay)
        stay.status = status
        stay.left_at = stay.left_at or fact.at

    def _ring(self, fact: Fact) -> None:
        ring = _Ring(fact.detail.get("agent", ""), fact.subject, fact.at)
        self._rings[fact.subject] = ring
        stay = self._stay(fact.place)
        if stay:
            stay.rings.append(ring)

    def _connect(self, fact: Fact) -> None:
        stay = self._stay(fact.place)
        if stay and stay.answered_at is None:
            stay.agent = fact.detail.get("agent", "")
            stay.answered_at = fact.at
        if ring := self._rings.get(fact.detail.get("agent_uniqueid", "")):
            ring.close(fact.at, OfferEnd.ANSWERED)

    def _end_ring(self, fact: Fact) -> None:
        ring = self._rings.get(fact.subject)
        if ring is None:
            return
        if fact.kind is Kind.AGENT_RANG_OUT:
            ring.close(fact.at, OfferEnd.NO_ANSWER)
        elif fact.kind is Kind.DIAL_ENDED:
            ring.close(fact.at, _BY_DIAL.get(fact.detail.get("status", ""), OfferEnd.LOST))
        else:
            ring.close(fact.at, _BY_CAUSE.get(fact.detail.get("cause", ""), OfferEnd.LOST))

    def finish(self, caller_ended: datetime | None) -> tuple[Visit, ...]:
        """The visits as now known; ``caller_ended`` is when the caller's channel ended."""
        return tuple(
            Visit(
                queue=stay.queue,
                ordinal=ordinal,
                joined_at=stay.joined_at,
                position=stay.position,
                left_at=stay.left_at or caller_ended,
                end=_end(stay, caller_ended),
                agent=stay.agent,
                answered_at=stay.answered_at,
                offers=tuple(
                    Offer(r.agent, r.uniqueid, r.began_at, r.ended_at, r.end) for r in stay.rings
                ),
            )
            for ordinal, stay in enumerate(self._stays)
        )


def _end(stay: _Stay, caller_ended: datetime | None) -> VisitEnd:
    if stay.answered_at is not None:
        return VisitEnd.ANSWERED
    if stay.status in _BY_STATUS:
        return _BY_STATUS[stay.status or ""]
    if caller_ended is not None and stay.abandoned:
        return VisitEnd.ABANDONED
    if stay.left_at is not None:
        return VisitEnd.LEFT
    # app_queue tells every leaving: who is gone without one left while we did not hear.
    return VisitEnd.WAITING if caller_ended is None else VisitEnd.UNKNOWN
