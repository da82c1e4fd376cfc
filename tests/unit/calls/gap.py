"""A history of which AMI lost a piece: what is heard before and after it, and what the snapshot of
the exchange tells between."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ccgateway.calls.compare import differences
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller
from tests.unit.calls.exchange import Exchange
from tests.unit.calls.listener import Listener, Stories
from tests.unit.calls.told import NODE


def with_gap(here: Exchange, cut: datetime, back: datetime) -> Stories:
    """The calls as they are known where nothing was heard from ``cut`` to ``back``. What we did
    ourselves meanwhile is known: the gateway was there."""
    one = Listener()
    one.hear(fact for fact in here.ami if fact.at < cut)
    one.board.lose(NODE)
    one.mixing.lose(NODE)
    one.hear(f for f in here.ami if cut <= f.at < back and f.source is Source.SELF)
    seen = snapshot(here, back)
    one.hear(
        fact
        for fact in differences(seen, one.board.live_channels(NODE))
        if not one.board.has_ended(NODE, fact.subject)
    )
    one.hear(fact for fact in here.ami if fact.at >= back)
    return one.stories


def snapshot(here: Exchange, at: datetime) -> Snapshot:
    """What the exchange says of itself at a moment."""
    told = [fact for fact in here.ami if fact.at < at and fact.source is Source.AMI]
    born = {f.subject: f for f in told if f.kind is Kind.CHANNEL_CREATED}
    gone = {f.subject for f in told if f.kind is Kind.CHANNEL_ENDED}
    up = {f.subject for f in told if f.kind is Kind.CHANNEL_ANSWERED}
    inside = _within(told, Kind.BRIDGE_ENTERED, Kind.BRIDGE_LEFT)
    waiting = _within(told, Kind.QUEUE_JOINED, Kind.QUEUE_LEFT)
    channels = [
        SeenChannel(
            uniqueid,
            fact.detail["linkedid"],
            fact.detail["channel"],
            fact.detail.get("context", ""),
            fact.detail.get("exten", ""),
            fact.detail.get("caller_number", ""),
            "",
            "Up" if uniqueid in up else "Ring",
            inside[uniqueid].place if uniqueid in inside else "",
            fact.at,
        )
        for uniqueid, fact in born.items()
        if uniqueid not in gone
    ]
    callers = [WaitingCaller(who, f.place, 1, f.at) for who, f in waiting.items()]
    return Snapshot(NODE, at, channels, callers, [])


def _within(told: Iterable[Fact], came: Kind, left: Kind) -> dict[str, Fact]:
    """Who is in something now, with the fact of his coming."""
    inside: dict[str, Fact] = {}
    for fact in told:
        if fact.kind is came:
            inside[fact.subject] = fact
        elif (
            fact.kind is left
            and fact.subject in inside
            and inside[fact.subject].place == fact.place
        ):
            del inside[fact.subject]
    return inside
