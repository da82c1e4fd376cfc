"""Who heard the customer, and how exact the phones know when: the words that the truths of all
kinds of calls share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ccgateway.rig.hotline import VENDOR
from ccgateway.rig.parts import Part
from ccgateway.rig.story import Moment, Spoke

HEARD = timedelta(milliseconds=150)
"""How exact a moment is that was heard, not sent or received."""

EARLY = timedelta(milliseconds=100)
"""How much before its cause an effect may be seen at another phone: the phones are sockets of one
process, which reads them in any order; and when a key is released is reckoned, not logged."""


def talks(parts: Sequence[Part]) -> tuple[Spoke, ...]:
    """Whoever heard the customer talked with him."""
    found = [_spoke(part, since, until) for part in parts for since, until in part.heard]
    return tuple(sorted(found, key=lambda talk: talk.began_at.at))


def began(part: Part) -> Moment | None:
    """When the customer came to this phone."""
    return _exact(part.heard[0][0], part.answered_at) if part.heard else None


def sent(at: datetime | None) -> Moment | None:
    """A moment that the phone has in a message."""
    return Moment(at) if at else None


def agent_of(phone: str) -> str:
    """An agent's id, '' for an outsider."""
    return "" if phone == VENDOR else phone


def _spoke(part: Part, since: datetime, until: datetime) -> Spoke:
    """A phone that holds hears nothing; the talk is over when it transfers."""
    referred = [refer.at for refer in part.refers]
    ended = referred[0] if part.holds and referred else until
    return Spoke(
        agent_of(part.phone), _exact(since, part.answered_at), _exact(ended, part.ended_at)
    )


def _exact(heard: datetime, message: datetime | None) -> Moment:
    """The phone's own message where it is what made the voice begin or end, else what was heard."""
    if message and abs(heard - message) <= HEARD:
        return Moment(message)
    return Moment(heard, HEARD)
