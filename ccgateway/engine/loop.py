"""The loop: arrival -> board -> store, live feed, agents' states. One way, one task, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from ccgateway.agents.agent import Agent, Duty
from ccgateway.calls.board import Board
from ccgateway.calls.call import Call
from ccgateway.calls.compare import differences
from ccgateway.calls.mixing import Mixing
from ccgateway.calls.reduce import Story, order
from ccgateway.engine.answers import Answers
from ccgateway.engine.cases import Cases
from ccgateway.engine.chores import Chores
from ccgateway.engine.desk import Desk
from ccgateway.engine.dialler import Dialler, premises_of
from ccgateway.engine.journal_ports import Repaired
from ccgateway.engine.lines import Lines
from ccgateway.engine.ports import Arrival, Beat, Clock, LinkChange, LiveFeed, PbxLink, Store
from ccgateway.engine.published import Published
from ccgateway.engine.queues import Queues
from ccgateway.engine.reception import Reception
from ccgateway.engine.setup import Setup
from ccgateway.engine.tape import Tape, link_fact
from ccgateway.engine.told import ToldCalls
from ccgateway.outbound.gate import Premises
from ccgateway.telephony.facts import Fact
from ccgateway.telephony.snapshot import Snapshot

SLICE_S = 0.01
"""Seconds of work before others get the loop: AGI answers and pings must not wait for a burst of
events (a loop that lags by 20 ms is a defect)."""

IDLE_S = 5.0
"""Seconds of silence after which the loop turns all the same: midnight comes, and with it a new
day of every queue, also while Asterisk is away."""

log = structlog.get_logger()


class Engine(Answers):
    """The one loop. It is the inbox of the adapters, and what AGI and web ask (``Decide``)."""

    def __init__(self, setup: Setup, store: Store, feed: LiveFeed, clock: Clock) -> None:
        self._setup = setup
        self._store = store
        self._feed = feed
        self._clock = clock
        self._arrivals: deque[Arrival] = deque()
        self.tape = Tape(setup, clock)
        self.sight: Callable[[LinkChange | Beat], None] = lambda _: None
        """Hears whether the nodes are heard."""
        self._wake = asyncio.Event()
        self._changed: dict[Story, list[Fact]] = {}
        self.told = ToldCalls(feed)
        self._up: dict[str, bool] = dict.fromkeys(setup.nodes, False)
        self._chores = Chores()
        self.board = Board(setup.ours)
        self._mixing = Mixing({node: ours.phones for node, ours in setup.ours.items()})
        self.desk = Desk(setup, store, feed, clock, changed=self._agent_changed)
        self.queues = Queues(setup, feed, clock, lambda: self.desk.agents)
        self.cases = Cases(store)
        self.published = Published(setup.services, clock, [a.phone for a in setup.agents])
        self._lines = Lines(setup, self.board, self, clock)
        self.dialler = Dialler(
            setup,
            store,
            feed,
            inbox=self,
            clock=clock,
            desk=self.desk,
            cases=self.cases,
            is_up=self.is_up,
        )
        self._reception = Reception(setup, store, self, clock, self.desk.staffed, cases=self.cases)

    @property
    def setup(self) -> Setup:
        """What we go by."""
        return self._setup

    def is_up(self, node: str) -> bool:
        """Whether the link to a node is up."""
        return self._up[node]

    def attach(self, links: Mapping[str, PbxLink]) -> None:
        """The AMI links by node, before ``run``."""
        self.desk.attach(links)
        self._reception.attach(links)
        self._lines.attach(links)
        self.dialler.attach(links)

    def restore(
        self, facts: Collection[Fact], duties: Mapping[str, tuple[Duty, str, datetime]]
    ) -> None:
        """Begin with what is stored of the calls that were live, and of the agents' duties. Calls
        of a node that the configuration has no more are left as they stand."""
        self.desk.restore(duties)
        known = sorted((fact for fact in facts if fact.node in self._up), key=order)
        moved = self.board.restore(known)
        self._mixing.restore(known)
        for old, new in moved.items():
            self._store.absorb(old, new)
            self.queues.absorb(str(old))
        for story in self.board.live_stories():
            call = story.call()
            self._follow(call)
            self._follow_attempt(call, story)
            self.told.restore(call)

    def renew(self, setup: Setup, premises: Premises | None = None) -> None:
        """Go on by another setup of the same nodes. Calls go on; agents who stay keep what they
        do; Asterisk is told what changed for it, beside the loop. ``premises``: ``premises_of`` the
        setup, which takes too long for the loop where there are hundreds of numbers."""
        self._setup = setup
        self.tape.renew(setup)
        self.board.renew(setup.ours)
        self._mixing.renew({node: ours.phones for node, ours in setup.ours.items()})
        self.desk.renew(setup)
        self.queues.renew(setup)
        self._lines.renew(setup)
        self.dialler.renew(premises or premises_of(setup))
        self._reception.renew(setup)
        self.published.renew(setup.services, [agent.phone for agent in setup.agents])
        self._chores.begin(self._follow_anew())
        for node in setup.nodes:
            self._chores.begin(self.desk.compare(node))

    async def _follow_anew(self) -> None:
        """Tell of the agents who changed; let live calls show in agents and queues that are new,
        a call at a time: folding hundreds takes longer than the loop may."""
        await self.desk.tell_renewed()
        for story in list(self.board.live_stories()):
            # By now it may be part of another, which is followed as it changes.
            if any(story is live for live in self.board.live_stories()):
                try:
                    self._follow(story.call())
                except Exception:
                    log.exception("a call could not be followed", call_id=str(story.call_id))
            await asyncio.sleep(0)
        self.queues.tell()

    # -- Inbox

    def put(self, arrival: Arrival) -> None:
        """Take what an adapter heard. Never blocks, never refuses."""
        self.tape.put(arrival)
        self._arrivals.append(arrival)
        self._wake.set()

    @property
    def backlog(self) -> int:
        """How many arrivals wait."""
        return len(self._arrivals)

    def repaired(self, repaired: Repaired) -> None:
        """A call was folded with the journals: today's figures, and attempts, are as these tell
        it."""
        if repaired.call is not None:
            self.queues.repaired(repaired.call, repaired.others)
            self.dialler.attempts.repaired(repaired.call, repaired.facts)
            self._wake.set()

    # -- the loop

    async def run(self) -> None:
        """Handle arrivals in order, for ever. After each slice what they changed is told once."""
        clock = asyncio.get_running_loop().time
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self._wake.wait()
            deadline = clock() + SLICE_S
            while self._arrivals and clock() < deadline:
                self._handle(self._arrivals.popleft())
            self._settle()
            if not self._arrivals:
                self._wake.clear()
            await asyncio.sleep(0)

    def step(self, arrival: Arrival) -> None:
        """Handle one arrival, and tell what it changed."""
        self._handle(arrival)
        self._settle()

    def _handle(self, arrival: Arrival) -> None:
        """A fault of ours in one arrival is logged and costs that arrival only."""
        try:
            if isinstance(arrival, Fact):
                self._fact(arrival)
            elif isinstance(arrival, Snapshot):
                self._snapshot(arrival)
            elif isinstance(arrival, Beat):
                self.sight(arrival)
                self._tell(self._mixing.due(arrival.node, arrival.at))
            else:
                self._link(arrival)
        except Exception:
            log.exception("an arrival could not be handled", arrival=type(arrival).__name__)

    def _fact(self, fact: Fact) -> None:
        self._tell((*self._mixing.take(fact), self._lines.hear(fact)))

    def _tell(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            change = self.board.take(fact)
            if change is not None:
                for old in change.absorbed:
                    self._absorb(old, change.story)
                self._changed.setdefault(change.story, []).extend(change.facts)

    def _absorb(self, old: UUID, into: Story) -> None:
        """A call is part of another: what was to be told of it is told of the other."""
        new = into.call_id
        self._store.absorb(old, new)
        for story in [story for story in self._changed if story.call_id == old]:
            self._changed.setdefault(into, []).extend(self._changed.pop(story))
        self.queues.absorb(str(old))
        self.desk.absorb(str(old), str(new))
        self.told.absorb(old, new)

    def _settle(self) -> None:
        """Fold each call that changed, once, and pass it on."""
        changed, self._changed = self._changed, {}
        for story, facts in changed.items():
            try:
                call = story.call()
            except Exception:
                log.exception("a call could not be folded", call_id=str(story.call_id))
                self._store.put_facts(facts, None)
                continue
            try:
                self._store.put_facts(facts, call)
                self._follow(call)
                self._follow_attempt(call, story)
                self.told.tell(call)
            except Exception:
                log.exception("a call could not be told", call_id=str(story.call_id))
        self.queues.tell()

    def _follow(self, call: Call) -> None:
        self.desk.follow(call)
        for agent_id in self.desk.disturbed(call):
            self._chores.begin(self.desk.respect(agent_id))
        self.queues.follow(call)

    def _follow_attempt(self, call: Call, story: Story) -> None:
        if call.attempt:
            self.dialler.attempts.follow(call, story.facts)

    def _snapshot(self, snapshot: Snapshot) -> None:
        node = snapshot.node
        # Who hung up while the answer was on its way is in it, and gone.
        there = [c for c in snapshot.channels if not self.board.has_ended(node, c.uniqueid)]
        now = replace(snapshot, channels=there)
        facts = differences(now, self.board.live_channels(node))
        for fact in facts:
            self._fact(fact)
        self._settle()  # what ended before must be known as ended, not as lost
        self.dialler.attempts.compare(snapshot)
        log.info("snapshot compared", node=node, channels=len(there), differences=len(facts))
        self._chores.begin(self.desk.reconcile(node, snapshot.members))

    def _link(self, change: LinkChange) -> None:
        self._up[change.node] = change.up
        self.sight(change)
        if change.up:
            self.published.connected(change.node)
        else:
            self.board.lose(change.node)
            self._mixing.lose(change.node)
        self._store.put_facts([link_fact(change)], None)
        self._feed.publish({"type": "link", "node": change.node, "up": change.up})

    # -- what watchers see first

    def view(self) -> dict[str, object]:
        """All that is live now."""
        return {
            "at": self._clock.now().isoformat(),
            "nodes": [{"name": node, "up": up} for node, up in self._up.items()],
            "calls": [self.told.view(story) for story in self.board.live_stories()],
            "agents": [self.desk.view(agent) for agent in self.desk.agents],
            "queues": self.queues.views(),
            "other_calls": self.board.others,
            "backlog": self.backlog,
        }

    def _agent_changed(self, agent: Agent) -> None:
        """Their queues are told of at the end of this slice; there may be none under way."""
        self.queues.agent_changed(agent)
        self._wake.set()
