"""A call as its facts tell it. Everything here is derived and can be folded again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ccgateway.telephony.facts import NOTHING


class Role(StrEnum):
    """What a channel is in the call."""

    CALLER = "caller"
    AGENT = "agent"
    LOCAL = "local"  # one half of a Local channel: plumbing
    OTHER = "other"


class Direction(StrEnum):
    INBOUND = "inbound"
    INTERNAL = "internal"  # from an agent's phone
    UNKNOWN = "unknown"


class Disposition(StrEnum):
    """How the call ended (or stands, while it is live)."""

    LIVE = "live"
    ANSWERED = "answered"  # an agent talked with the caller
    ABANDONED = "abandoned"  # the caller hung up while waiting
    CLOSED = "closed"  # out of hours: message
    BLOCKED = "blocked"  # refused by rule: message
    FULL = "full"  # the queue was full
    NOBODY = "nobody"  # nobody was logged in
    TIMED_OUT = "timed_out"  # waited to the limit
    OTHER = "other"  # ended before or beside the queue
    UNKNOWN = "unknown"  # its end was not seen, nor an answer


class Known(StrEnum):
    """How the call is known."""

    LIVE = "live"
    REPAIRED = "repaired"
    PARTIAL = "partial"  # its beginning or its end was not seen


class VisitEnd(StrEnum):
    """How a stay in a queue ended."""

    WAITING = "waiting"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    EMPTY = "empty"  # joinempty / leavewhenempty
    FULL = "full"
    LEFT = "left"  # by key, withdrawn, moved
    UNKNOWN = "unknown"  # its end was not seen


class OfferEnd(StrEnum):
    """How one ringing of one agent ended."""

    RINGING = "ringing"
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    LOST = "lost"  # another agent was faster, or the caller left


@dataclass(frozen=True, slots=True)
class Leg:
    """One channel's part in the call. Times are aware UTC."""

    uniqueid: str
    channel: str
    role: Role
    started_at: datetime
    agent: str = ""
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None  # Q.850


@dataclass(frozen=True, slots=True)
class Offer:
    """One ringing of one agent for one queue visit."""

    agent: str
    uniqueid: str
    began_at: datetime
    ended_at: datetime | None = None
    end: OfferEnd = OfferEnd.RINGING


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay of the caller in one queue."""

    queue: str
    ordinal: int
    joined_at: datetime
    position: int | None = None
    left_at: datetime | None = None
    end: VisitEnd = VisitEnd.WAITING
    agent: str = ""
    answered_at: datetime | None = None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """The caller and one agent were connected (through bridges and Local channels)."""

    agent: str
    uniqueid: str
    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """One side put the other on hold. Known from AMI only (CEL has no hold event)."""

    uniqueid: str
    by: Role
    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What we decided for the call, with the reasons as (rule, inputs, verdict)."""

    at: datetime
    what: str
    detail: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    reasons: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One call, whole. ``caller_number`` is E.164 where we could tell, else as the PBX gave it."""

    call_id: UUID
    node: str
    started_at: datetime
    direction: Direction = Direction.UNKNOWN
    client: str = ""
    service: str = ""
    did: str = ""
    caller_number: str = ""
    caller_name: str = ""
    withheld: bool = False
    customer: int | None = None
    answered_at: datetime | None = None  # by an agent
    ended_at: datetime | None = None
    disposition: Disposition = Disposition.LIVE
    known: Known = Known.LIVE
    cause: int | None = None
    fell_back: str = ""  # why the static branch was taken, '' where it was not
    facts: int = 0
    legs: tuple[Leg, ...] = ()
    visits: tuple[Visit, ...] = ()
    talks: tuple[Talk, ...] = ()
    holds: tuple[Hold, ...] = ()
    decisions: tuple[Decision, ...] = ()
