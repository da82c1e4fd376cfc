"""A gateway's journals, writer and repair with a PostgreSQL, and recordings of real calls to feed
them with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from ccgateway.calls.board import Board
from ccgateway.calls.call import Call
from ccgateway.calls.gap import Gap
from ccgateway.calls.recorded import Cel, QueueLog
from ccgateway.engine import repairs
from ccgateway.engine.journal_ports import Repaired
from ccgateway.engine.journals import Journals
from ccgateway.postgres.calls import list_calls, load_call
from ccgateway.postgres.journals import PostgresJournals
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.writer import Writer
from ccgateway.replay.files import Recording, read
from ccgateway.replay.player import Player, calls_of, facts_in
from ccgateway.rig.waiting import until
from ccgateway.telephony.facts import Fact, Source
from tests.adapters.postgres_samples import NODE

OTHER = "pbx2"
"""A second Asterisk, whose people are the same."""

RECORDINGS = Path(__file__).parents[1] / "scenarios/recordings"


@dataclass
class Asterisk:
    """What a recording tells, apart: ``live`` as the board made it of AMI's events; the journals'
    files as their facts, of which a position is the number of the next."""

    recording: Recording
    live: list[Fact] = field(default_factory=list)
    journals: dict[Source, list[Fact]] = field(default_factory=dict)

    @property
    def expected(self) -> dict[UUID, Call]:
        """The calls as all voices together tell them."""
        return {call.call_id: call for call in calls_of(self.recording.head, self.recording.heard)}


def asterisk(name: str) -> Asterisk:
    told = read(RECORDINGS / f"{name}.jsonl")
    found = Asterisk(told, journals={Source.CEL: [], Source.QUEUE_LOG: []})
    player = Player(told.head)
    for heard in told.heard:
        if isinstance(heard.value, Cel | QueueLog):
            for fact in facts_in(heard):
                found.journals[fact.source].append(fact)
        else:
            player.take(heard)
    found.live = player._facts  # noqa: SLF001 - what the live board is told
    return found


class Clock:
    def __init__(self) -> None:
        self.at = datetime.fromisoformat("2026-11-23T00:00:00+00:00")

    def now(self) -> datetime:
        return self.at


@dataclass
class Gateway:
    """The parts of one that the record is made by, until it is killed."""

    pool: Pool
    pbx: Asterisk
    writer: Writer
    journals: Journals
    board: Board
    repaired: list[Repaired]
    clock: Clock

    async def read(self, source: Source, upto: int, slice_: int = 7) -> None:
        """Read a journal on, up to so many facts of it."""
        facts = self.pbx.journals[source]
        position = await self.journals.position(NODE, source)
        while int(position or 0) < upto:
            at = int(position or 0)
            then = min(at + slice_, upto)
            position = await self.journals.take(NODE, source, facts[at:then], position, str(then))
        if upto == len(facts):
            self.journals.at_end(NODE, source)

    async def read_all(self) -> None:
        for source, facts in self.pbx.journals.items():
            await self.journals.position(NODE, source)
            await self.read(source, len(facts))

    async def hear(self, facts: Sequence[Fact]) -> None:
        """What the loop does with what AMI told; committed."""
        for fact in facts:
            if (change := self.board.take(fact)) is not None:
                for old in change.absorbed:
                    self.writer.absorb(old, change.story.call_id)
                self.writer.put_facts(change.facts, change.call)
        await self.writer.flush()

    async def settled(self) -> None:
        """Nothing is left to be repaired."""
        await until(lambda: not self.journals.repairs.pending, "all is repaired", seconds=10)
        assert self.journals.repairs.failed == 0

    async def given_up(self, alive: Set[str]) -> None:
        """Asterisk has these channels alone for two minutes; and then more is read."""
        for _ in range(2):
            self.journals.let_go(NODE, alive)
            self.clock.at += timedelta(minutes=1)
            for source in self.pbx.journals:
                self.journals.at_end(NODE, source)
        self.journals.let_go(NODE, alive)
        position = await self.journals.position(NODE, Source.CEL)
        await self.journals.take(NODE, Source.CEL, [], position, f"{position}+")

    async def long_after(self) -> None:
        """What is done with is let go of."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(repairs, "KEPT_S", 0.0)
            await self.journals.repairs.tidy()


def _nothing(lost: Gap) -> None:
    pass


@asynccontextmanager
async def running(pool: Pool, pbx: Asterisk) -> AsyncIterator[Gateway]:
    writer = Writer(pool)
    ours = dict.fromkeys((NODE, OTHER), pbx.recording.head.ours[NODE])
    repaired: list[Repaired] = []
    clock = Clock()
    journals = Journals(
        *(PostgresJournals(pool), ours, clock),
        homes=pbx.recording.head.services,
        alive=lambda _: None,
        missed=_nothing,
        repaired=repaired.append,
    )
    writer.tell(journals.repairs.told)
    tasks = [asyncio.create_task(writer.run()), asyncio.create_task(journals.repairs.run())]
    try:
        yield Gateway(pool, pbx, writer, journals, Board(ours), repaired, clock)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def recorded(pool: Pool) -> dict[UUID, Call]:
    calls = [await load_call(pool, listed.call_id) for listed in await list_calls(pool)]
    return {call.call_id: call for call in calls if call}


def same(found: dict[UUID, Call], expected: dict[UUID, Call]) -> None:
    """But for the clients of services, which an engine tells and a board does not."""
    assert found.keys() == expected.keys()
    for call_id, call in expected.items():
        assert found[call_id] == call


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AFTER_JOURNALS_S", "AFTER_WRITER_S", "TICK_S"):
        monkeypatch.setattr(repairs, name, 0.05)
