"""The wiring of what makes the record whole: Asterisk's journals, the repair, the gaps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ccgateway.config import Config
from ccgateway.engine.gaps import Gaps
from ccgateway.engine.journals import Journals
from ccgateway.engine.loop import Engine
from ccgateway.engine.ports import Clock
from ccgateway.errors import StoreUnavailable
from ccgateway.journal.follow import Follower
from ccgateway.journal.intake import Intake
from ccgateway.journal.watch import JournalWatch
from ccgateway.postgres.arrival import patiently
from ccgateway.postgres.gaps import PostgresGaps
from ccgateway.postgres.journals import PostgresJournals
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.writer import Writer
from ccgateway.web.metrics import JournalNumbers


@dataclass(frozen=True, slots=True)
class Journalling:
    """``followers``: of the nodes whose log folder is seen from here."""

    journals: Journals
    gaps: Gaps
    intake: Intake
    followers: Mapping[str, Follower]
    watch: JournalWatch
    clock: Clock

    def works(self) -> list[Coroutine[object, object, None]]:
        """What goes on as long as the gateway runs."""
        works = [self.watch.keep(), self.gaps.keep()]
        works += [self.journals.repairs.run(), self.journals.sweep()]
        return works + [follower.keep() for follower in self.followers.values()]

    def numbers(self) -> JournalNumbers:
        """What is counted and measured."""
        repairs = self.journals.repairs
        now = self.clock.now()
        return JournalNumbers(
            lag_s={
                node: max(0.0, (now - reached).total_seconds())
                for node in self.journals.nodes
                if (reached := self.journals.read_to(node)) is not None
            },
            behind={node: follower.behind for node, follower in self.followers.items()},
            facts=self.journals.facts,
            odd=sum(self.intake.odd.values()),
            pending=repairs.pending,
            repaired=repairs.calls,
            made_whole=repairs.made_whole,
            failed=repairs.failed,
        )


@asynccontextmanager
async def journalling(
    config: Config, engine: Engine, pool: Pool, writer: Writer, *, clock: Clock, within: float
) -> AsyncIterator[Journalling]:
    """Its parts, with the gaps as the last run left them. At the end those that begin now are
    written down. Raises StoreUnavailable where PostgreSQL is away for ``within`` seconds."""
    nodes = [node.name for node in config.nodes]

    def alive(node: str) -> Collection[str] | None:
        return engine.board.live_channels(node) if engine.is_up(node) else None

    def repaired(node: str) -> datetime | None:
        return journals.repaired(node)

    gaps = Gaps(PostgresGaps(pool), clock, repaired)
    record, ours = PostgresJournals(pool), engine.setup.ours
    journals = Journals(
        *(record, ours, clock),
        homes=engine.setup.homes,
        alive=alive,
        missed=gaps.missed,
        repaired=engine.repaired,
    )
    writer.tell_gaps(gaps.told)  # before those that are stored are read
    await patiently(partial(gaps.restore, nodes), within)
    engine.sight = gaps.hear
    writer.tell(journals.repairs.told)
    seen = {node.name: node.journals for node in config.nodes if node.journals}
    intake = Intake(journals, nodes, clock, followed=seen)
    followers = {
        node: Follower(node, folder, intake, away=(StoreUnavailable,))
        for node, folder in seen.items()
    }
    watch = JournalWatch(seen, engine.told.last_end, clock)
    try:
        yield Journalling(journals, gaps, intake, followers, watch, clock)
    finally:
        await gaps.stop()
