"""What a snapshot of Asterisk says that our events did not: as facts, marked as seen in it.

After a connect (the first, or one after a gap) the board and the PBX may differ: channels that we
do not know, channels of ours that are gone, others that were answered, joined a bridge or left a
queue meanwhile. Each difference is a fact of source *snapshot* with the snapshot's time (when it
really happened nobody saw), and makes its call *partial*. So does that a channel lived all the
time: who held it, or was rung for it and did not answer, nobody heard. Nothing else is invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from ccgateway.calls.group import Channel
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller


def differences(snapshot: Snapshot, known: Mapping[str, Channel]) -> list[Fact]:
    """The facts that bring the board in line with a snapshot; ``known`` are the channels that the
    board believes alive on its node. A channel whose end was seen must not be in the snapshot any
    more: leave it out before."""
    seen = {channel.uniqueid: channel for channel in snapshot.channels}
    waiting = {caller.uniqueid: caller for caller in snapshot.waiting}
    facts: list[Fact] = []
    for channel in sorted(snapshot.channels, key=lambda c: (c.since, c.uniqueid)):
        facts.extend(_of_channel(snapshot, channel, known.get(channel.uniqueid)))
    for uniqueid in seen:
        facts.extend(_of_waiting(snapshot, uniqueid, waiting.get(uniqueid), known.get(uniqueid)))
    facts.extend(
        _fact(snapshot, Kind.CHANNEL_MISSING, uniqueid, snapshot.at)
        for uniqueid, channel in sorted(known.items())
        # One that was born after the question is not missed.
        if uniqueid not in seen and channel.since < snapshot.at
    )
    return facts


def _of_channel(snapshot: Snapshot, seen: SeenChannel, known: Channel | None) -> Iterator[Fact]:
    at = snapshot.at
    if known is None or not known.begun:
        words = {
            "channel": seen.channel,
            "linkedid": seen.linkedid,
            "context": seen.context,
            "exten": seen.exten,
            "caller_number": seen.caller_number,
            "caller_name": seen.caller_name,
        }
        detail = {key: value for key, value in words.items() if value}
        told = _fact(snapshot, Kind.CHANNEL_SEEN, seen.uniqueid, seen.since)
        yield replace(told, detail=detail)
    # The linkedid tells what was tied together meanwhile: a snapshot does not tell bridges' types.
    tied = {"linkedid": seen.linkedid} if seen.linkedid else {}
    if known and known.unheard:
        found = _fact(snapshot, Kind.CHANNEL_FOUND, seen.uniqueid, at, at.isoformat())
        yield replace(found, detail=tied)
    if seen.state == "Up" and not (known and known.answered):
        yield replace(_fact(snapshot, Kind.CHANNEL_ANSWERED, seen.uniqueid, at), detail=tied)
    bridge = known.bridge if known else ""
    if bridge and bridge != seen.bridge:
        left = _fact(snapshot, Kind.BRIDGE_LEFT, seen.uniqueid, at, bridge)
        yield replace(left, detail=tied)
    if seen.bridge and bridge != seen.bridge:
        entered = _fact(snapshot, Kind.BRIDGE_ENTERED, seen.uniqueid, at, seen.bridge)
        yield replace(entered, detail=tied)


def _of_waiting(
    snapshot: Snapshot, uniqueid: str, waits: WaitingCaller | None, known: Channel | None
) -> Iterator[Fact]:
    queue = known.queue if known else ""
    if queue and (waits is None or waits.queue != queue):
        yield _fact(snapshot, Kind.QUEUE_LEFT, uniqueid, snapshot.at, queue)
    if waits is not None and waits.queue != queue:
        joined = _fact(snapshot, Kind.QUEUE_JOINED, uniqueid, waits.since, waits.queue)
        yield replace(joined, detail={"position": str(waits.position)})


def _fact(snapshot: Snapshot, kind: Kind, uniqueid: str, at: datetime, place: str = "") -> Fact:
    return Fact(snapshot.node, kind, uniqueid, at, place=place, source=Source.SNAPSHOT)
