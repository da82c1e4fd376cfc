"""What a node says is true now: the snapshot that is taken after every connect.

Asterisk answers the lists one after the other, and events go on meanwhile. What happened during the
gathering is merged in, so that a call that began or ended just then is neither lost nor a ghost,
and a channel that was listed before it joined or left a bridge is where its events put it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ccgateway.ami.decode import UNKNOWN, AmiEvent
from ccgateway.engine.ports import SeenChannel, Snapshot, WaitingCaller
from ccgateway.telephony.actions import Member
from ccgateway.telephony.ids import born

_DURATION = re.compile(r"(\d{1,6}):(\d{1,2}):(\d{1,2})\Z", re.ASCII)
_LONGEST = 365 * 24 * 3600  # seconds; nobody has been on the telephone for a year
_DIGITS = 9  # of a number that can be one of Asterisk's: positions, penalties, seconds


class Gathering:
    """Collects the lists, and the events that come while they are on their way."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._began: dict[str, SeenChannel] = {}
        self._ended: set[str] = set()
        self._bridges: dict[str, str] = {}  # channel -> the bridge it is in since, '' for none
        self._joined: dict[tuple[str, str], WaitingCaller] = {}
        self._left: set[tuple[str, str]] = set()

    def hear(self, event: AmiEvent) -> None:
        """An event that came during the gathering."""
        uniqueid = event.headers.get("Uniqueid", "")
        visit = (uniqueid, event.headers.get("Queue", ""))
        if event.name == "Newchannel":
            self._began[uniqueid] = _channel(event, event.at)
        elif event.name == "Hangup":
            self._ended.add(uniqueid)
        elif event.name == "BridgeEnter":
            self._bridges[uniqueid] = event.headers.get("BridgeUniqueid", "")
        elif event.name == "BridgeLeave":
            self._bridges[uniqueid] = ""
        elif event.name == "QueueCallerJoin":
            self._joined[visit] = _waiting(event, event.at)
            self._left.discard(visit)
        elif event.name == "QueueCallerLeave":
            self._left.add(visit)

    def snapshot(
        self,
        at: datetime,
        channels: Iterable[AmiEvent],
        queues: Iterable[AmiEvent],
        ahead: timedelta = timedelta(0),
    ) -> Snapshot:
        """The snapshot at ``at``, from the lists of CoreShowChannels and QueueStatus. ``ahead``:
        how far Asterisk's clock, which uniqueids tell, is ahead of the one of ``at``."""
        queues = list(queues)
        seen = {
            event.headers.get("Uniqueid", ""): _channel(event, _since(event, at, ahead))
            for event in channels
            if event.name == "CoreShowChannel"
        }
        waiting = {
            (event.headers.get("Uniqueid", ""), event.headers.get("Queue", "")): _waiting(
                event, _before(at, _number(event, "Wait"))
            )
            for event in queues
            if event.name == "QueueEntry"
        }
        return Snapshot(
            node=self._node,
            at=at,
            channels=[
                replace(channel, bridge=self._bridges.get(uniqueid, channel.bridge))
                for uniqueid, channel in (self._began | seen).items()
                if uniqueid and uniqueid not in self._ended
            ],
            waiting=[
                caller
                for visit, caller in (self._joined | waiting).items()
                if visit not in self._left and visit[0] not in self._ended
            ],
            members=members_of(queues),
        )


def members_of(queues: Iterable[AmiEvent]) -> list[Member]:
    """The members of all queues, from the list of QueueStatus."""
    return [_member(event) for event in queues if event.name == "QueueMember"]


def _channel(event: AmiEvent, since: datetime) -> SeenChannel:
    return SeenChannel(
        uniqueid=event.headers.get("Uniqueid", ""),
        linkedid=event.headers.get("Linkedid", ""),
        channel=event.headers.get("Channel", ""),
        context=event.headers.get("Context", ""),
        exten=event.headers.get("Exten", ""),
        caller_number=_known(event, "CallerIDNum"),
        caller_name=_known(event, "CallerIDName"),
        state=event.headers.get("ChannelStateDesc", ""),
        bridge=event.headers.get("BridgeId", ""),
        since=since,
    )


def _waiting(event: AmiEvent, since: datetime) -> WaitingCaller:
    return WaitingCaller(
        uniqueid=event.headers.get("Uniqueid", ""),
        queue=event.headers.get("Queue", ""),
        position=_number(event, "Position"),
        since=since,
    )


def _member(event: AmiEvent) -> Member:
    return Member(
        queue=event.headers.get("Queue", ""),
        interface=event.headers.get("Location", ""),
        name=event.headers.get("Name", ""),
        dynamic=event.headers.get("Membership") == "dynamic",
        paused=event.headers.get("Paused") == "1",
        reason=event.headers.get("PausedReason", ""),
        penalty=_number(event, "Penalty"),
        device_state=_number(event, "Status"),
    )


def _since(event: AmiEvent, at: datetime, ahead: timedelta) -> datetime:
    """The channel's birth: as its uniqueid tells, else by ``Duration`` (HH:MM:SS)."""
    if (birth := born(event.headers.get("Uniqueid", ""))) is not None:
        return birth - ahead
    if (told := _DURATION.match(event.headers.get("Duration", ""))) is None:
        return at
    hours, minutes, seconds = (int(part) for part in told.groups())
    return _before(at, hours * 3600 + minutes * 60 + seconds)


def _before(at: datetime, seconds: int) -> datetime:
    return at - timedelta(seconds=min(seconds, _LONGEST))


def _known(event: AmiEvent, header: str) -> str:
    value = event.headers.get(header, "")
    return "" if value in UNKNOWN else value


def _number(event: AmiEvent, header: str) -> int:
    value = event.headers.get(header, "")
    return int(value) if value.isdecimal() and len(value) <= _DIGITS else 0
