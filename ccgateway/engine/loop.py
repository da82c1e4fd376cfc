"""The loop: arrival -> board -> store, live feed, agents' states. One way, one task, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Coroutine, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from ccgateway.agents.agent import Duty
from ccgateway.calls.board import Board
from ccgateway.calls.call import Call, VisitEnd
from ccgateway.calls.compare import differences
from ccgateway.calls.mixing import Mixing
from ccgateway.calls.reduce import Story, order
from ccgateway.engine.cases import Cases
from ccgateway.engine.desk import Desk
from ccgateway.engine.dialler import Dialler
from ccgateway.engine.lines import Lines
from ccgateway.engine.ports import Arrival, Beat, Clock, LinkChange, LiveFeed, PbxLink, Store
from ccgateway.engine.published import Published
from ccgateway.engine.reception import Reception
from ccgateway.engine.setup import Setup
from ccgateway.engine.view import agent_view, call_view, queue_view
from ccgateway.errors import PbxUnavailable
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Allowed, Wanted
from ccgateway.routing.route import Inbound, Route
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.snapshot import Snapshot

SLICE_S = 0.01
"""Seconds of work before others get the loop: AGI answers and pings must not wait for a burst of
events (a loop that lags by 20 ms is a defect)."""

REMEMBERED_ENDS = 1_000
"""Ended calls whose last view is kept: app_queue speaks of a call after its hang-up, and an end
that was told is not told again."""

log = structlog.get_logger()


class Engine:
    """The one loop. It is the inbox of the adapters, and what AGI and web ask (``Decide``)."""

    def __init__(self, setup: Setup, store: Store, feed: LiveFeed, clock: Clock) -> None:
        self._setup = setup
        self._store = store
        self._feed = feed
        self._clock = clock
        self._arrivals: deque[Arrival] = deque()
        self._wake = asyncio.Event()
        self._waiting: dict[str, dict[str, datetime]] = {q: {} for q in self._queues()}
        self._changed: dict[Story, list[Fact]] = {}
        self._ended: deque[UUID] = deque()
        self._shown: dict[UUID, dict[str, object]] = {}
        self._up: dict[str, bool] = dict.fromkeys(setup.nodes, False)
        self._chores: set[asyncio.Task[None]] = set()
        self.board = Board(setup.ours)
        self._mixing = Mixing({node: ours.phones for node, ours in setup.ours.items()})
        self.desk = Desk(setup, store, feed, clock)
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
            is_up=self._up.__getitem__,
        )
        self._reception = Reception(setup, store, self, clock, self.desk.staffed, cases=self.cases)

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
        for story in self.board.live_stories():
            call = story.call()
            self._follow(call)
            self._follow_attempt(call, story)

    # -- Inbox

    def put(self, arrival: Arrival) -> None:
        """Take what an adapter heard. Never blocks, never refuses."""
        self._arrivals.append(arrival)
        self._wake.set()

    @property
    def backlog(self) -> int:
        """How many arrivals wait."""
        return len(self._arrivals)

    # -- Decide

    async def inbound(self, call: Inbound) -> Route:
        """Where shall this caller go?"""
        return await self._reception.inbound(call)

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        """What an agent asks for; the state they are in then."""
        return (await self.desk.ask(verb, agent, reason=reason, by=by)).state

    async def originate(self, wanted: Wanted) -> Attempt:
        """Call somebody for an agent."""
        return await self.dialler.originate(wanted)

    async def attempt(self, attempt_id: str) -> Attempt | None:
        """An attempt as it stands."""
        return await self.dialler.attempt(attempt_id)

    async def outbound(self, channel: str, phone: str, prefix: str, dialled: str) -> Allowed:
        """May the agent of this phone call this number?"""
        return await self.dialler.outbound(channel, phone, prefix, dialled)

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        """Pass a call on to another line."""
        return await self._lines.escalate(call, to, mode, agent=agent, by=by)

    async def consult(self, call: str, do: str, *, by: str = "") -> dict[str, str]:
        """End the consultation in a call."""
        return await self._lines.consult(call, do, by=by)

    def call(self, call: str) -> dict[str, object]:
        """A call as watchers see it."""
        return self._lines.view(call)

    def note(self, call: str, text: str, *, by: str) -> str:
        """Note something down in a call; its id."""
        return self._lines.note(call, text, by=by)

    def agent_of_phone(self, phone: str) -> str | None:
        """The agent whose phone this is."""
        return self.desk.of_phone(phone)

    # -- the loop

    async def run(self) -> None:
        """Handle arrivals in order, for ever. After each slice what they changed is told once."""
        clock = asyncio.get_running_loop().time
        while True:
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
        self._shown.pop(old, None)
        for queue, waiting in self._waiting.items():
            if waiting.pop(str(old), None) is not None:
                view = queue_view(queue, waiting, self.desk.agents)
                self._feed.publish({"type": "queue", "queue": view})
        self.desk.absorb(str(old), str(new))
        self._feed.publish({"type": "call_absorbed", "call_id": str(old), "into": str(new)})

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
                self._show(call)
            except Exception:
                log.exception("a call could not be told", call_id=str(story.call_id))

    def _show(self, call: Call) -> None:
        """Tell the watchers, where what they see of the call has changed."""
        view = call_view(call)
        if self._shown.get(call.call_id) == view:
            return
        self._feed.publish({"type": "call", "call": view})
        self._shown[call.call_id] = view
        if call.ended_at is not None:
            self._ended.append(call.call_id)
            if len(self._ended) > REMEMBERED_ENDS:
                self._shown.pop(self._ended.popleft(), None)

    def _follow(self, call: Call) -> None:
        self.desk.follow(call)
        for agent_id in self.desk.disturbed(call):
            self._chore(self.desk.respect(agent_id))
        call_id = str(call.call_id)
        waits = {v.queue: v.joined_at for v in call.visits if v.end is VisitEnd.WAITING}
        for queue, waiting in self._waiting.items():
            was = waiting.pop(call_id, None)
            if queue in waits:
                waiting[call_id] = waits[queue]
            if (was is None) != (queue not in waits):
                view = queue_view(queue, waiting, self.desk.agents)
                self._feed.publish({"type": "queue", "queue": view})

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
        self._chore(self.desk.reconcile(node, snapshot.members))

    def _link(self, change: LinkChange) -> None:
        kind = Kind.LINK_UP if change.up else Kind.LINK_DOWN
        detail = {"cause": change.cause} if change.cause else {}
        place = change.at.isoformat()
        fact = Fact(
            change.node, kind, change.node, change.at, place, source=Source.SELF, detail=detail
        )
        self._up[change.node] = change.up
        if change.up:
            self.published.connected(change.node)
        else:
            self.board.lose(change.node)
            self._mixing.lose(change.node)
        self._store.put_facts([fact], None)
        self._feed.publish({"type": "link", "node": change.node, "up": change.up})

    # -- what watchers see first

    def view(self) -> dict[str, object]:
        """All that is live now."""
        agents = self.desk.agents
        return {
            "at": self._clock.now().isoformat(),
            "nodes": [{"name": node, "up": up} for node, up in self._up.items()],
            "calls": [call_view(call) for call in self.board.live_calls()],
            "agents": [agent_view(agent) for agent in agents],
            "queues": [queue_view(q, w, agents) for q, w in self._waiting.items()],
            "other_calls": self.board.others,
            "backlog": self.backlog,
        }

    def _queues(self) -> list[str]:
        named = {queue for ours in self._setup.ours.values() for queue in ours.queues}
        return sorted(named)

    def _chore(self, work: Coroutine[object, object, object]) -> None:
        """Work that waits for Asterisk, beside the loop; what it may meet is logged."""
        task = asyncio.get_running_loop().create_task(_quietly(work))
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


async def _quietly(work: Coroutine[object, object, object]) -> None:
    try:
        await work
    except PbxUnavailable as error:
        log.warning("not done, asterisk cannot be reached; tried again in a minute", why=str(error))
