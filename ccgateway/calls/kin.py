"""Which channels belong together, as one fact tells, and which of them came first.

A call is what such ties connect. Holding, parking and conference bridges tie nothing: strangers
meet in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ccgateway.telephony.facts import Fact, Kind, Source

BASIC = "basic"
"""BridgeType of the bridge of a Dial(), a Queue() or a transfer: one call's own."""

PLACED = frozenset(
    {
        Kind.DIAL_BEGAN,
        Kind.DIAL_ENDED,
        Kind.LOCAL_JOINED,
        Kind.LOCAL_OPTIMISED,
        Kind.BLIND_TRANSFERRED,
        Kind.ATTENDED_TRANSFERRED,
        Kind.MIXED,
    }
)
"""Kinds whose place is another channel."""

_DETAIL: Mapping[Kind, tuple[str, ...]] = {
    Kind.BRIDGE_ENTERED: ("swapped",),
    Kind.AGENT_CALLED: ("caller",),
    Kind.AGENT_RANG_OUT: ("caller",),
    Kind.AGENT_CONNECTED: ("agent_uniqueid",),
    Kind.AGENT_COMPLETED: ("agent_uniqueid",),
    Kind.ESCALATED: ("customer",),
    Kind.ATTENDED_TRANSFERRED: ("transferee", "target"),
}
_TRANSFERS = frozenset({Kind.BLIND_TRANSFERRED, Kind.ATTENDED_TRANSFERRED})
TYING = PLACED | _DETAIL.keys()
"""Kinds that can name another channel beside the linkedid, or a bridge."""

_UNIQUEID = re.compile(r"(?:^|-)(\d{9,11})\.(\d+)$")
_ATTEMPT = re.compile(r"ccg-\d{9,11}\.\d{9}$")


def kin(fact: Fact) -> Iterator[str]:
    """The other channels (uniqueids) that a fact of one of the kinds ``TYING`` ties to its own. A
    transfer that failed ties nobody."""
    if fact.kind in _TRANSFERS and fact.detail.get("result") != "Success":
        return
    if fact.kind in PLACED and fact.place:
        yield fact.place
    for key in _DETAIL.get(fact.kind, ()):
        if other := fact.detail.get(key):
            yield other


def was_called(fact: Fact) -> bool:
    """Whether the birth of a channel tells that another one called it. AMI tells more of that; CEL
    has nothing else. The far half of a Local channel goes out by itself."""
    linkedid = fact.detail.get("linkedid", fact.subject)
    by_journal = fact.kind is Kind.CHANNEL_CREATED and fact.source is Source.CEL
    return by_journal and linkedid != fact.subject and fact.detail.get("channel", "")[-2:] != ";2"


def bridge_of(fact: Fact) -> str:
    """The bridge that belongs to the fact's call alone; '' where there is none."""
    basic = fact.kind is Kind.BRIDGE_ENTERED and fact.detail.get("bridge_type") == BASIC
    return fact.place if basic else ""


def seniority(uniqueid: str) -> tuple[bool, int, bool, int, str]:
    """Sorts channels by birth: second, then serial number. An attempt of ours comes first in its
    second, for its channel began the call; ids that tell no birth come last."""
    found = _UNIQUEID.search(uniqueid)
    if found is None:
        return (True, 0, False, 0, uniqueid)
    chosen = _ATTEMPT.match(uniqueid) is not None
    return (False, int(found[1]), not chosen, int(found[2]), uniqueid)
