"""What the journals, the repair and the gaps ask of PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from ccgateway.calls.call import Call
from ccgateway.calls.gap import Gap
from ccgateway.telephony.facts import Fact, Source


@dataclass(frozen=True, slots=True)
class Mark:
    """From where a journal is to be read, and the newest time that was read there."""

    position: str
    heard: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read of a journal: facts with their calls, calls that turned out to be others, from
    where it was and is to be read, and what was lost before it was read."""

    node: str
    source: Source
    told: Sequence[tuple[Fact, UUID]]
    moved: Mapping[UUID, UUID]
    since: str
    now: Mark
    lost: Gap | None = None


@dataclass(frozen=True, slots=True)
class Unrepaired:
    """A channel of a call that is not folded with the journals."""

    call_id: UUID
    channel: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """A call after its repair, and the channels of which it tells. ``call`` is None where it is not
    over, or no journal tells of it. ``others``: the ids under which some of it stood before.
    ``facts``: of a call by click those of all voices."""

    channels: frozenset[str]
    call: Call | None
    others: frozenset[UUID] = frozenset()
    facts: Sequence[Fact] = ()


class JournalRecord(Protocol):
    """The journals' part of PostgreSQL. All raise StoreUnavailable."""

    async def positions(self, node: str) -> Mapping[Source, Mark]:
        """From where a node's journals are to be read."""

    async def open_facts(self, node: str) -> Sequence[Fact]:
        """What the journals told of the calls that are not done with, oldest first."""

    async def known(self, node: str, days: Collection[date], channels: Collection[str]) -> set[str]:
        """Those of the channels of which a journal told something."""

    async def unrepaired(self, node: str, since: datetime) -> Sequence[Unrepaired]:
        """The calls that began since then, have ended, and are not folded with the journals."""

    async def put(self, taken: Taken) -> bool:
        """Store what was taken, all or nothing. False where the journal is not to be read from
        ``since`` any more."""

    async def drop(self, calls: Collection[UUID]) -> None:
        """These calls are done with."""

    async def repair(
        self, node: str, days: Collection[date], channels: Sequence[Collection[str]]
    ) -> Sequence[Repaired]:
        """Fold anew the calls of these groups of channels, of which something may stand on these
        days, from all that all voices told, and store them."""


class GapRecord(Protocol):
    """The gaps' part of PostgreSQL. All raise StoreUnavailable."""

    async def unrepaired(self) -> Sequence[Gap]:
        """Those that go on, or whose calls are not repaired."""

    async def heard(self) -> Mapping[str, datetime]:
        """Until when each node was heard."""

    async def put(self, gaps: Sequence[Gap]) -> None:
        """Store gaps, in order; of one that is stored its end."""

    async def put_heard(self, heard: Mapping[str, datetime]) -> None:
        """Store until when nodes were heard."""

    async def repaired(self, gaps: Collection[UUID], at: datetime) -> None:
        """The calls of these are as the journals tell them."""
