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
    OUTBOUND = "outbound"  # by click or from an agent's phone, to the outside
    INTERNAL = "internal"  # from an agent's phone to another, or to a feature code
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
    BUSY = "busy"  # outbound: the one who was called was busy
    NO_ANSWER = "no_answer"  # outbound: rang, nobody answered
    OTHER = "other"  # ended before or beside the queue
    UNKNOWN = "unknown"  # its end was not seen, nor an answer


class Known(StrEnum):
    """How a call, or a hold, is known."""

    LIVE = "live"  # AMI alone tells it whole
    REPAIRED = "repaired"  # whole by Asterisk's journals; never a hold, which they do not tell
    PARTIAL = "partial"  # its beginning, its end or something between was seen by nobody


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


class Mode(StrEnum):
    """How a call was passed on."""

    COLD = "cold"  # the caller joins the next queue, the agent is free
    WARM = "warm"  # the agents speak first
    BACK = "back"  # to the line before
    BLIND = "blind"  # the phone's own button: REFER
    ATTENDED = "attended"  # the phone's own button: REFER with Replaces
    CONFERENCE = "conference"  # the phone's own button: it mixes two calls by itself


class EscalationEnd(StrEnum):
    """What became of an escalation or transfer."""

    RUNNING = "running"
    ACCEPTED = "accepted"  # somebody there talks with the caller
    RETURNED = "returned"  # nobody there: the agent who passed it on has the caller again
    FIRST_LINE = "first_line"  # nobody there, nor the agent: the caller is in first line's queue
    TAKEN_BACK = "taken_back"  # the agent ended the consultation and has the caller again
    ABANDONED = "abandoned"  # the caller hung up meanwhile
    PASSED_ON = "passed_on"  # overflow: another tier was tried, which is an escalation of its own
    UNKNOWN = "unknown"


class OfferEnd(StrEnum):
    """How one ringing of one agent ended."""

    RINGING = "ringing"
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    LOST = "lost"  # another agent was faster, or the caller left
    UNKNOWN = "unknown"  # its end was not seen


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
    """One stay in one queue: of the caller, or of an agent who consults there (warm)."""

    queue: str
    ordinal: int
    joined_at: datetime
    position: int | None = None
    left_at: datetime | None = None
    end: VisitEnd = VisitEnd.WAITING
    agent: str = ""
    answered_at: datetime | None = None
    offers: tuple[Offer, ...] = ()
    uniqueid: str = ""  # whose stay: the caller's channel, or the consulting agent's
    tier: int = 1


@dataclass(frozen=True, slots=True)
class Escalation:
    """The call was passed on: by an agent, or (``by`` is '') by overflow from tier to tier.
    ``to`` is the name of the topic or tier, '' where a phone's own button led elsewhere; ``agent``
    who took it (or was consulted, where the caller was taken back), '' for an outsider or nobody.
    From ``at`` to ``accepted_at`` it took to find somebody, from there to ``ended_at`` they
    consulted."""

    at: datetime
    mode: Mode
    by: str
    to: str
    tier: int | None = None
    agent: str = ""
    accepted_at: datetime | None = None  # the one who took it talks with the agent or the caller
    ended_at: datetime | None = None
    end: EscalationEnd = EscalationEnd.RUNNING


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down for whoever has the case next."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Talk:
    """The caller (of an outbound call: the one who was called) and one other were connected,
    through bridges and Local channels. ``agent`` is '' for an outsider (a vendor's engineer)."""

    agent: str
    uniqueid: str
    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """One side put the other on hold, by its phone or to consult (warm). The phone's is known from
    AMI only (CEL has no hold event): *partial* where we lost sight of it before its end.
    ``uniqueid`` is the channel of who holds."""

    uniqueid: str
    by: Role
    began_at: datetime
    ended_at: datetime | None = None
    known: Known = Known.LIVE


@dataclass(frozen=True, slots=True)
class Decision:
    """What we decided for the call, with the reasons as (rule, inputs, verdict)."""

    at: datetime
    what: str
    detail: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    reasons: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One call, whole. ``caller_number`` is the other party's: of who called us, or of an outbound
    call who was called; E.164 where we could tell, else as the PBX gave it."""

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
    answered_at: datetime | None = None  # by an agent, or by whom we passed the caller on to
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
    escalations: tuple[Escalation, ...] = ()
    notes: tuple[Note, ...] = ()
    case: int | None = None  # the number that people say
    topic: str = ""  # the last topic it was escalated to
    attempt: str = ""  # the originate's id, where the call is one
