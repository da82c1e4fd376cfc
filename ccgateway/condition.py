"""How we are: for the API, /readyz, /metrics and ``systemctl status``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ccgateway.agents.agent import Duty
from ccgateway.agi.server import AgiServer
from ccgateway.ami.link import Link
from ccgateway.engine.loop import Engine
from ccgateway.engine.ports import Clock
from ccgateway.engine.pulse import Pulse
from ccgateway.journalling import Journalling
from ccgateway.postgres.answering import Answering
from ccgateway.postgres.spool import Spool
from ccgateway.postgres.writer import Writer
from ccgateway.reload import Reloader
from ccgateway.web.feed import Feed
from ccgateway.web.metrics import LinkNumbers, Numbers, QueueNumbers, SpoolNumbers

LATE_MS = 500.0
"""A loop so late keeps callers waiting for their routes: the dialplan gives those 1.2 s."""


@dataclass(slots=True)
class Condition:
    """Looks at what runs."""

    engine: Engine
    pulse: Pulse
    writer: Writer
    spool: Spool
    feed: Feed
    agi: AgiServer
    links: Mapping[str, Link]
    reloader: Reloader[Any]
    postgresql: Answering
    journals: Journalling
    clock: Clock

    async def parts(self) -> Mapping[str, bool]:
        """Which parts of us are ready."""
        journals = self.journals.watch.standing
        return {
            "ami": all(link.connected for link in self.links.values()),
            "postgresql": await self.postgresql.now(),
            **({"journals": all(journals.values())} if journals else {}),
            "record": not self.writer.is_alarming,
            "loop": self.pulse.lag_ms < LATE_MS,
        }

    def view(self) -> dict[str, object]:
        """What is live, and how we are: what is counted must be seen somewhere."""
        return {
            **self.engine.view(),
            "lag_ms": round(self.pulse.lag_ms, 1),
            "worst_lag_ms": round(self.pulse.worst_lag_ms, 1),
            "unwritten": self.writer.backlog,
            "spooled": self.spool.facts,
            "refused_facts": self.writer.refused,
            "lost_facts": self.writer.lost,
            "odd_facts": self.engine.board.odd,
            "agi": asdict(self.agi.stats),
            "links": {
                name: {"missing_rights": list(link.missing_rights), **asdict(link.stats)}
                for name, link in self.links.items()
            },
        }

    def status(self) -> str:
        """One line."""
        calls = sum(1 for _ in self.engine.board.live_stories())
        agents = self.engine.desk.agents
        on = sum(agent.duty is not Duty.OFF for agent in agents)
        links = (f"{name} {'up' if k.connected else 'DOWN'}" for name, k in self.links.items())
        return f"{calls} calls, {on} of {len(agents)} agents logged in; {', '.join(links)}"

    def numbers(self) -> Numbers:
        """All that is counted and measured."""
        agi, engine = self.agi.stats, self.engine
        sessions = ("answered", "ended", "refused", "dropped", "errors")
        return Numbers(
            live=sum(1 for _ in engine.board.live_stories()),
            ended=dict(engine.told.ended),
            others=engine.board.others,
            queues=self._queues(),
            agents=Counter(agent.state for agent in engine.desk.agents),
            links={name: _link(link) for name, link in self.links.items()},
            journals=self.journals.watch.standing,
            journalling=self.journals.numbers(),
            backlog=engine.backlog,
            lag_s=self.pulse.lag_ms / 1000,
            late=self.pulse.late,
            unwritten=self.writer.backlog,
            spool=_spool(self.spool, self.writer),
            refused_rows=self.writer.refused,
            odd_facts=engine.board.odd,
            agi={outcome: getattr(agi, outcome) for outcome in sessions},
            agi_s=agi.seconds,
            agi_slowest_s=agi.slowest,
            watchers=self.feed.watchers,
            dropped_watchers=self.feed.dropped,
            reloads={"done": self.reloader.done, "refused": self.reloader.refused},
            awaits_restart=self.reloader.awaits_restart,
        )

    def _queues(self) -> dict[str, QueueNumbers]:
        now = self.clock.now()
        return {
            queue.name: QueueNumbers(queue.waiting, _seconds(queue.longest_since, now), queue.on)
            for queue in self.engine.queues.now()
        }


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _spool(spool: Spool, writer: Writer) -> SpoolNumbers:
    return SpoolNumbers(spool.facts, spool.used, spool.full_ratio, writer.lost, spool.bad)


def _link(link: Link) -> LinkNumbers:
    stats = link.stats
    return LinkNumbers(
        up=link.connected,
        connects=stats.connects,
        events=stats.events,
        odd=stats.odd,
        missing_rights=len(link.missing_rights),
        lag_s=link.lag.total_seconds(),
        offset_s=link.offset.total_seconds(),
    )
