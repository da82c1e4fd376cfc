"""How a call ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ccgateway.calls.call import Direction, Disposition, Escalation, Talk, Visit, VisitEnd

_BY_MESSAGE = {
    "closed": Disposition.CLOSED,
    "blocked": Disposition.BLOCKED,
    "full": Disposition.FULL,
    "nobody": Disposition.NOBODY,
}
_BY_VISIT = {
    VisitEnd.ABANDONED: Disposition.ABANDONED,
    VisitEnd.TIMED_OUT: Disposition.TIMED_OUT,
    VisitEnd.FULL: Disposition.FULL,
    VisitEnd.EMPTY: Disposition.NOBODY,
}
_BY_STATUS = {"BUSY": Disposition.BUSY, "NOANSWER": Disposition.NO_ANSWER}
"""DIALSTATUS; the others (CANCEL, CHANUNAVAIL, CONGESTION) say that it was never rung out."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a disposition hangs on. ``visits`` are the caller's own; ``status`` is the DIALSTATUS
    of who was called; ``whole``: nothing of the call was missed."""

    direction: Direction
    answered_at: datetime | None
    visits: Sequence[Visit]
    messages: Sequence[str]
    status: str
    whole: bool


def answered(
    direction: Direction, talks: Sequence[Talk], passed: Sequence[Escalation]
) -> datetime | None:
    """When the call was answered. A caller's is not by whom of another department he talked with
    before he came to us: by an agent, or by an outsider whom we passed him on to."""
    ours = direction is not Direction.INBOUND
    for talk in talks:
        if ours or talk.agent or any(one.at <= talk.began_at for one in passed):
            return talk.began_at
    return None


def disposition(ended_at: datetime | None, ending: Ending) -> Disposition:
    """How the call ended, or that it lives."""
    if ended_at is None:
        return Disposition.LIVE
    if ending.answered_at:
        return Disposition.ANSWERED
    if ending.visits and ending.visits[-1].end in _BY_VISIT:
        return _BY_VISIT[ending.visits[-1].end]
    if ending.messages:
        return _BY_MESSAGE.get(ending.messages[-1], Disposition.OTHER)
    if ending.direction is Direction.OUTBOUND and ending.status in _BY_STATUS:
        return _BY_STATUS[ending.status]
    return Disposition.OTHER if ending.whole else Disposition.UNKNOWN
