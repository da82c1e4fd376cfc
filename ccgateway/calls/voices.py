"""The voices that tell facts, what each is worth, and the order of what they tell.

What AMI and snapshots say, and what we ourselves do, is one voice: *live*. Each of Asterisk's
journals is a voice of its own, which tells all again from the first, in its own counting.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ccgateway.telephony.facts import Fact, Kind, Source

JOURNALS = frozenset({Source.CEL, Source.QUEUE_LOG})

_TRUST = {Source.SNAPSHOT: 0, Source.AMI: 1, Source.SELF: 1, Source.QUEUE_LOG: 2, Source.CEL: 3}
_LAST = {Kind.CHANNEL_MISSING: 90, Kind.CHANNEL_ENDED: 91}
_RANK = {kind: _LAST.get(kind, place) for place, kind in enumerate(Kind)}

COVERED = frozenset(
    {
        Kind.CHANNEL_CREATED,
        Kind.CHANNEL_ANSWERED,
        Kind.CHANNEL_ENDED,
        Kind.BRIDGE_ENTERED,
        Kind.BRIDGE_LEFT,
    }
)
"""What CEL tells of every channel (cel.conf, as ``ccgateway init`` writes it)."""

FROM_DIALPLAN = frozenset(
    {
        Kind.ENTERED,
        Kind.FELL_BACK,
        Kind.MESSAGE_PLAYED,
        Kind.QUEUE_RESULT,
        Kind.ESCALATED,
        Kind.JOINED,
        Kind.TIER_ENTERED,
        Kind.HELD,
        Kind.RETURNED,
        Kind.SERVICE_CHOSEN,
        Kind.DIAL_OUTCOME,
    }
)
"""What our dialplan tells over AMI and to CEL alike: the same words, one line after the other."""


def order(fact: Fact) -> tuple[object, ...]:
    """The place of a fact in its call: by time; ties in the order in which a call goes."""
    return (fact.at, _RANK[fact.kind], fact.subject, fact.place, fact.ordinal)


def strictly(fact: Fact) -> tuple[object, ...]:
    """``order`` for facts of several voices, which can differ in their words alone."""
    return (*order(fact), fact.source, sorted(fact.detail.items()))


def better(new: Fact, old: Fact) -> bool:
    """Whether ``new`` replaces ``old``, which tells the same: by trust, then the earlier time
    (so that the answer does not hang on which came first)."""
    return (-_TRUST[new.source], new.at) < (-_TRUST[old.source], old.at)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that happened: how it is to be told, and the word of each voice about it. ``live``
    is of AMI, a snapshot or ourselves."""

    fact: Fact
    live: Fact | None = None
    queue_log: Fact | None = None
    cel: Fact | None = None

    @property
    def when(self) -> datetime:
        """When queue_log puts it, which is first to know of it; else the time it is told with."""
        return (self.queue_log or self.fact).at

    def moved(self, at: datetime) -> Said:
        """The same at another time."""
        return replace(self, fact=replace(self.fact, at=at))
