"""What the loop needs from the world, and what the world may ask of the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ccgateway.calls.call import Call
from ccgateway.routing.route import Customer, Inbound, Route
from ccgateway.telephony.actions import Action, Member
from ccgateway.telephony.facts import Fact


class Clock(Protocol):
    """The wall clock: aware UTC."""

    def now(self) -> datetime: ...


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


@dataclass(frozen=True, slots=True)
class LinkChange:
    """The AMI link of a node came up or went down."""

    node: str
    up: bool
    at: datetime
    cause: str = ""


Arrival = Fact | Snapshot | LinkChange


class Inbox(Protocol):
    """Where adapters put what they heard. Never blocks, never refuses: order is kept."""

    def put(self, arrival: Arrival) -> None: ...


class PbxLink(Protocol):
    """One node's AMI link, as the loop sees it."""

    node: str

    async def act(self, action: Action) -> None:
        """Carry out an action once. Raises ActionTimeout, ActionRefused, PbxUnavailable."""

    async def members(self) -> Sequence[Member]:
        """The members of all queues (QueueStatus). Raises as ``act``."""


class Store(Protocol):
    """PostgreSQL, as the loop sees it. ``put_*`` never block and never raise."""

    def put_facts(self, facts: Sequence[Fact], call: Call | None) -> None:
        """Store facts, and the call (None for facts of agents and links) as now folded."""

    async def customer(self, client: str, number: str) -> Customer | None:
        """Look a caller up by E.164 number. Raises StoreUnavailable."""


class LiveFeed(Protocol):
    """Those who watch. ``publish`` never blocks: a slow watcher is dropped."""

    def publish(self, change: Mapping[str, object]) -> None: ...


class Decide(Protocol):
    """What AGI and web may ask the loop; each gets an answer, or a refusal, in time."""

    async def inbound(self, call: Inbound) -> Route:
        """Where shall this caller go? Never raises: in doubt it is the fallback route."""

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        """login, logout, pause, ready. Returns the new state's name. Raises Refused."""

    def agent_of_phone(self, phone: str) -> str | None:
        """The agent id whose phone (``PJSIP/101``) this is."""
