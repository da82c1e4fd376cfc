"""A caller's stay in a queue, as the figures count it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ccgateway.calls.call import Call, Role, Visit, VisitEnd

AT_THE_DOOR = frozenset({VisitEnd.FULL, VisitEnd.EMPTY})
"""Ends of a stay that may have no length: the queue did not let the caller in."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay that has ended. ``wait_s``: seconds from the entry into the queue to the answer, or
    to the leaving. ``refused``: the queue did not let the caller in."""

    queue: str
    joined_at: datetime
    wait_s: float
    end: VisitEnd

    @property
    def refused(self) -> bool:
        return self.end in AT_THE_DOOR and self.wait_s == 0


def stays(call: Call) -> Iterator[Stay]:
    """The ended stays of the caller."""
    return (stay_of(visit) for visit in _of_caller(call) if visit.end is not VisitEnd.WAITING)


def waits(call: Call) -> dict[str, datetime]:
    """The queues in which the caller waits now, and since when."""
    return {v.queue: v.joined_at for v in _of_caller(call) if v.end is VisitEnd.WAITING}


def _of_caller(call: Call) -> Iterator[Visit]:
    """An agent who consults in a queue is no caller: theirs hears music, and was answered."""
    agents = {leg.uniqueid for leg in call.legs if leg.role is Role.AGENT}
    return (visit for visit in call.visits if visit.uniqueid not in agents)


def stay_of(visit: Visit) -> Stay:
    """A visit that has ended, as a stay. One whose leaving was not seen counts no wait."""
    over = visit.answered_at or visit.left_at or visit.joined_at
    wait_s = max((over - visit.joined_at).total_seconds(), 0.0)
    return Stay(visit.queue, visit.joined_at, wait_s, visit.end)
