"""A snapshot: all that a node says is true at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ccgateway.telephony.actions import Member


@dataclass(frozen=True, slots=True)
class SeenChannel:
    """A channel in a snapshot of a node (AMI Status / CoreShowChannels)."""

    uniqueid: str
    linkedid: str
    channel: str
    context: str
    exten: str
    caller_number: str
    caller_name: str
    state: str
    bridge: str
    since: datetime


@dataclass(frozen=True, slots=True)
class WaitingCaller:
    """A caller who waits in a queue at the time of a snapshot (QueueStatus, QueueEntry)."""

    uniqueid: str
    queue: str
    position: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a node says is true now; taken after every connect."""

    node: str
    at: datetime
    channels: Sequence[SeenChannel]
    waiting: Sequence[WaitingCaller]
    members: Sequence[Member]
