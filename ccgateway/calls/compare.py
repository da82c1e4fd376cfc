"""What a snapshot of Asterisk says that our events did not: as facts, marked as seen in it.

After a connect (the first, or one after a gap) the board and the PBX may differ. Channels that
we do not know get a CHANNEL_SEEN, channels of ours that are gone a CHANNEL_MISSING; both make
their calls *partial*. Nothing else is invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.snapshot import SeenChannel, WaitingCaller


def appeared(
    node: str, unknown: Iterable[SeenChannel], waiting: Iterable[WaitingCaller]
) -> list[Fact]:
    """Facts of the channels that the board does not know, in the order of their birth."""
    channels = sorted(unknown, key=lambda c: (c.since, c.uniqueid))
    facts = [fact for channel in channels for fact in _of_channel(node, channel)]
    ids = {channel.uniqueid for channel in channels}
    facts.extend(
        Fact(
            node,
            Kind.QUEUE_JOINED,
            caller.uniqueid,
            caller.since,
            place=caller.queue,
            source=Source.SNAPSHOT,
            detail={"position": str(caller.position)},
        )
        for caller in waiting
        if caller.uniqueid in ids
    )
    return facts


def _of_channel(node: str, seen: SeenChannel) -> Iterator[Fact]:
    words = {
        "channel": seen.channel,
        "linkedid": seen.linkedid,
        "context": seen.context,
        "exten": seen.exten,
        "caller_number": seen.caller_number,
        "caller_name": seen.caller_name,
    }
    detail = {key: value for key, value in words.items() if value}

    def fact(kind: Kind, place: str = "") -> Fact:
        told = detail if kind is Kind.CHANNEL_SEEN else {}
        return Fact(
            node,
            kind,
            seen.uniqueid,
            seen.since,
            place=place,
            source=Source.SNAPSHOT,
            detail=told,
        )

    yield fact(Kind.CHANNEL_SEEN)
    if seen.state == "Up":
        yield fact(Kind.CHANNEL_ANSWERED)
    if seen.bridge:
        yield fact(Kind.BRIDGE_ENTERED, seen.bridge)


def vanished(
    node: str, live: Mapping[str, datetime], seen: Iterable[SeenChannel], at: datetime
) -> list[Fact]:
    """Facts of the channels that we believed alive and the snapshot, asked for at ``at``, does
    not hold. A channel that was born after the question is not missed."""
    there = {channel.uniqueid for channel in seen}
    return [
        Fact(node, Kind.CHANNEL_MISSING, uniqueid, at, source=Source.SNAPSHOT)
        for uniqueid, since in sorted(live.items())
        if uniqueid not in there and since < at
    ]
