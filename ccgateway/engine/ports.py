"""What the loop needs from the world, and what the world may ask of the loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from ccgateway.access.who import Scope
from ccgateway.agents.agent import Agent
from ccgateway.calls.call import Call
from ccgateway.calls.gap import Gap
from ccgateway.calls.listed import ListedCall, Search
from ccgateway.calls.recorded import Heard
from ccgateway.errors import CcgError
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Allowed, Wanted
from ccgateway.routing.route import Customer, Inbound, Route
from ccgateway.telephony.actions import Action, Member
from ccgateway.telephony.facts import Fact, Source
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller

__all__ = [
    "Arrival",
    "Beat",
    "Clock",
    "Decide",
    "FellBehind",
    "History",
    "Inbox",
    "JournalInbox",
    "JournalStore",
    "LinkChange",
    "LiveFeed",
    "PbxLink",
    "Record",
    "Recorder",
    "SeenChannel",
    "Snapshot",
    "Store",
    "Tape",
    "WaitingCaller",
]


class Clock(Protocol):
    """The wall clock: aware UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class LinkChange:
    """The AMI link of a node came up or went down."""

    node: str
    up: bool
    at: datetime
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Beat:
    """So late it is on a node, in its time, and all that it told until then has arrived."""

    node: str
    at: datetime


Arrival = Fact | Snapshot | LinkChange | Beat


class Inbox(Protocol):
    """Where adapters put what they heard. Never blocks, never refuses: order is kept."""

    def put(self, arrival: Arrival) -> None: ...


class Tape(Protocol):
    """Where the links write down what Asterisk said. Never blocks, never raises."""

    def hear(self, heard: Heard) -> None: ...


class FellBehind(CcgError):
    """What comes next is not kept any more: the reader is too slow."""


class Recorder(Protocol):
    """What was written down, for who asks."""

    def follow(self, *, last: bool, seconds: float) -> AsyncIterator[bytes]:
        """A recording in pieces of whole lines (empty ones are beats): what is kept (``last``), and
        what comes within ``seconds``. Raises FellBehind."""


class PbxLink(Protocol):
    """One node's AMI link, as the loop sees it."""

    node: str

    @property
    def offset(self) -> timedelta:
        """Asterisk's clock minus ours; zero until it is known."""

    def now(self) -> datetime:
        """The time as this node's facts tell it: in Asterisk's clock where it stamps its events,
        else in ours. What we stamp ourselves for this node is stamped with it."""

    async def act(self, action: Action) -> None:
        """Carry out an action once. Raises ActionTimeout, ActionRefused, PbxUnavailable."""

    async def members(self) -> Sequence[Member]:
        """The members of all queues (QueueStatus). Raises as ``act``."""

    async def variable(self, channel: str, name: str) -> str:
        """A channel's variable, '' where it has none. Raises as ``act``."""


class Store(Protocol):
    """PostgreSQL, as the loop sees it. ``put_*`` never block and never raise."""

    def put_facts(self, facts: Sequence[Fact], call: Call | None) -> None:
        """Store facts, and the call (None for facts of agents and links) as now folded."""

    def put_agent(self, agent: Agent) -> None:
        """Store what an agent's duty now is, so that it survives a restart."""

    def absorb(self, old: UUID, new: UUID) -> None:
        """A call turned out to be part of another: its facts are the other's, its row goes."""

    def put_attempt(self, attempt: Attempt) -> None:
        """Store how far an attempt is."""

    async def new_attempt(self, attempt: Attempt) -> Attempt:
        """Commit a new attempt before it is sent. Where one has the same key already, that one is
        returned instead, as it is stored. Raises StoreUnavailable."""

    async def attempt(self, attempt_id: str, key: str = "") -> Attempt | None:
        """An attempt by its id, else by its key ('' for none). Raises StoreUnavailable."""

    async def case_numbers(self) -> range:
        """A block of case numbers that nobody else gets. Raises StoreUnavailable."""

    async def customer(self, client: str, number: str) -> Customer | None:
        """Look a caller up by E.164 number. Raises StoreUnavailable."""


Place = tuple[datetime, UUID]
"""A place in a list: the time and the id of what stands there."""


class Record(Protocol):
    """The stored calls. All raise StoreUnavailable."""

    async def list(self, search: Search, limit: int) -> Sequence[ListedCall]:
        """The newest first."""

    async def named(self, name: str) -> Sequence[UUID]:
        """The ids that an id, the beginning of one, or #case stands for."""

    async def load(self, call_id: UUID) -> Call | None:
        """A call, whole; None where there is none."""

    async def gaps(
        self, since: datetime | None, before: datetime | None, limit: int, after: Place | None
    ) -> Sequence[Gap]:
        """As ``History.gaps``."""


class JournalInbox(Protocol):
    """Who takes the journals of an Asterisk whose files are on another machine."""

    async def position(self, node: str, source: Source) -> str:
        """Up to where it was read. Raises UnknownNode, StoreUnavailable."""

    async def take_bytes(
        self,
        node: str,
        source: Source,
        data: bytes,
        *,
        position: str,
        since: str,
        final: bool,
        missed: str,
        shipper: str,
    ) -> str:
        """Take what stands at ``position``; the position to go on from. ``shipper`` tells one from
        another. The rest as ``journal.tail.Chunk`` and ``JournalStore.take`` have it. Raises
        UnknownNode, Refused (no position, or another reads this journal), StoreUnavailable."""

    async def at_end(self, node: str, source: Source) -> None:
        """As ``JournalStore.at_end``. Raises UnknownNode, StoreUnavailable."""


class History(Protocol):
    """What web may ask of the past. All raise StoreUnavailable."""

    async def calls(self, search: Search, limit: int) -> Sequence[Mapping[str, object]]:
        """The newest first, as ``engine.story`` shows them."""

    async def gaps(
        self, since: datetime | None, before: datetime | None, limit: int, after: Place | None
    ) -> Sequence[Gap]:
        """The gaps that reach into a time, the newest first, from a place in the list on."""

    async def call(self, name: str, scope: Scope) -> Mapping[str, object]:
        """The whole story of a call, named by id, the beginning of one, or #case. Raises
        UnknownCall, Refused where the name fits many."""


class JournalStore(Protocol):
    """Where what the journals tell goes, from whoever reads them: we, or a shipper over HTTP."""

    async def position(self, node: str, source: Source) -> str:
        """From where this journal (CEL or QUEUE_LOG) is to be read; '' where it never was. After a
        restart it can be before what was taken. Raises StoreUnavailable."""

    async def take(
        self,
        node: str,
        source: Source,
        facts: Sequence[Fact],
        since: str,
        position: str,
        *,
        missed: str = "",
    ) -> str:
        """Take what was read between two positions, which only who reads understands; where it is
        to be read from is another than ``since``, nothing. ``missed``: why something between them
        was lost before it was read. From where to read on. Raises StoreUnavailable, and then the
        same is to be given again."""

    def at_end(self, node: str, source: Source) -> None:
        """This journal was read to its end, as it is now."""


class LiveFeed(Protocol):
    """Those who watch. ``publish`` never blocks: a slow watcher is dropped."""

    def publish(self, change: Mapping[str, object]) -> None: ...


class Decide(Protocol):
    """What AGI and web may ask the loop; each gets an answer, or a refusal, in time."""

    async def inbound(self, call: Inbound) -> Route:
        """Where shall this caller go? Never raises: in doubt it is the fallback route."""

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        """login, logout, pause, ready. Returns the new state's name. Raises Refused."""

    async def originate(self, wanted: Wanted) -> Attempt:
        """Call somebody for an agent; a repeated key gives the first attempt, and rings once.
        Raises UnknownAgent, Refused, StoreUnavailable, PbxUnavailable."""

    async def attempt(self, attempt_id: str) -> Attempt | None:
        """An attempt as it stands. Raises StoreUnavailable."""

    async def outbound(self, channel: str, phone: str, prefix: str, dialled: str) -> Allowed:
        """May the agent of this phone call this number, for the service that has this prefix?
        Raises Refused."""

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        """Pass a call (its id, the beginning of it, or #case) on: ``to`` a target's name, next or
        back; ``mode`` cold or warm. What was done: call_id, agent, to, mode. Raises UnknownCall,
        Refused, PbxUnavailable."""

    async def consult(self, call: str, do: str, *, by: str = "") -> dict[str, str]:
        """End the consultation in a call (named as for ``escalate``): take, join or complete. What
        was done: call_id, agent, do. Raises UnknownCall, Refused, PbxUnavailable."""

    def call(self, call: str) -> Mapping[str, object]:
        """A call that is live or has just ended, as watchers see it. Raises UnknownCall,
        Refused."""

    def story(self, call: str) -> Mapping[str, object]:
        """The whole story of such a call so far. Raises UnknownCall, Refused."""

    def services(self) -> Sequence[Mapping[str, object]]:
        """The services."""

    def agent_state(self, agent: str) -> Mapping[str, object]:
        """An agent as watchers see them. Raises UnknownAgent."""

    def note(self, call: str, text: str, *, by: str) -> str:
        """Note something down in a call; its id. Raises UnknownCall, Refused."""

    def agent_of_phone(self, phone: str) -> str | None:
        """The agent id whose phone (``PJSIP/101``) this is."""
