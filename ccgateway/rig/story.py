"""What scripted phones know of one call: the words of the truth where several lines take part.

Each word has the names of the record's (``ccgateway.calls.call``), and of its fields those that
somebody at a phone can know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ccgateway.calls.call import Direction, Disposition, EscalationEnd, Mode, Role, VisitEnd
from ccgateway.outbound.attempt import End, Stage

TOLERANCE = timedelta(milliseconds=100)
"""How far a time may be off: a SIP message, Asterisk's event and two processes' turns on a busy
machine take some milliseconds."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was, and how well the phones can know it. Aware UTC."""

    at: datetime
    within: timedelta = TOLERANCE


@dataclass(frozen=True, slots=True)
class Spoke:
    """A talk: the customer and one other heard each other."""

    agent: str  # '' for an outsider
    began_at: Moment
    ended_at: Moment | None


@dataclass(frozen=True, slots=True)
class Stay:
    """A visit to a queue, of the customer or of an agent who consults there."""

    queue: str
    tier: int
    agent: str  # who took it, '' for nobody
    end: VisitEnd
    joined_at: Moment
    answered_at: Moment | None
    left_at: Moment | None


@dataclass(frozen=True, slots=True)
class Passed:
    """An escalation or a transfer."""

    mode: Mode
    by: str  # '' for overflow
    to: str
    tier: int | None
    agent: str
    end: EscalationEnd
    at: Moment
    accepted_at: Moment | None
    ended_at: Moment | None


@dataclass(frozen=True, slots=True)
class Held:
    """A hold, by a phone's own button or to consult (warm)."""

    by: Role
    began_at: Moment
    ended_at: Moment | None


@dataclass(frozen=True, slots=True)
class Tried:
    """How far a click-to-call came, as the phones saw it."""

    stage: Stage
    end: End
    agent_answered_at: Moment | None
    answered_at: Moment | None
    ended_at: Moment | None


@dataclass(frozen=True, slots=True)
class Story:
    """One call of several lines. Of a field of the record that is not here no phone knows."""

    direction: Direction
    caller: str  # who called, as the phone that was rung is told; of a call by click the customer
    dialled: str
    service: str
    disposition: Disposition
    talks: tuple[Spoke, ...] = ()
    visits: tuple[Stay, ...] = ()
    escalations: tuple[Passed, ...] = ()
    holds: tuple[Held, ...] = ()
    attempt: Tried | None = None
