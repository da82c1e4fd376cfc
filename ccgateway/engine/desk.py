"""The agents' desk: what they ask for, and what calls make of them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

import structlog

from ccgateway.agents.activity import activities
from ccgateway.agents.agent import Activity, Agent, Duty, Verb
from ccgateway.agents.membership import on_change
from ccgateway.agents.refusal import DND, Disturbed
from ccgateway.calls.call import Call
from ccgateway.engine.members import Members
from ccgateway.engine.places import Places
from ccgateway.engine.ports import Clock, LiveFeed, PbxLink, Store
from ccgateway.engine.setup import Setup
from ccgateway.engine.view import agent_view
from ccgateway.errors import Refused, UnknownAgent
from ccgateway.telephony.actions import Member
from ccgateway.telephony.facts import Fact, Kind, Source

_KIND = {
    Verb.LOGIN: Kind.AGENT_LOGGED_IN,
    Verb.LOGOUT: Kind.AGENT_LOGGED_OUT,
    Verb.PAUSE: Kind.AGENT_PAUSED,
    Verb.READY: Kind.AGENT_READY,
}

SETTLED_S = 20.0
"""A list of members may be so old (its time-out is 15 s): of an agent who asked for something
within this time it proves nothing, and the next comparison will do."""

TOLD_AT_ONCE = 50
"""Agents whom a reload changed that are told in one go: about a millisecond of the loop."""

RELOAD = "reload"
"""Who logged an agent out: the configuration, which has them no more."""

log = structlog.get_logger()


class Desk:
    """Keeps the agents' states; ours is the master, Asterisk's members follow it. ``changed`` is
    called for each agent whose state is another now."""

    def __init__(
        self,
        setup: Setup,
        store: Store,
        feed: LiveFeed,
        clock: Clock,
        *,
        changed: Callable[[Agent], None] = lambda _agent: None,
    ) -> None:
        self._setup = setup
        self._places = Places(setup)
        self._members = Members(setup)
        self._has_changed = changed
        self._store = store
        self._feed = feed
        self._clock = clock
        self._agents = {agent.id: agent for agent in setup.agents}
        self._links: Mapping[str, PbxLink] = {}
        self._busy: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._disturbed = Disturbed()
        self._asked_at: dict[str, float] = {}  # agent -> when they last asked, loop time
        self._calls: dict[str, dict[str, Activity]] = defaultdict(dict)  # agent -> by call
        self._untold: dict[str, None] = {}  # agents whom a renew changed, in order
        self._views: dict[str, tuple[Agent, Mapping[str, object]]] = {}  # as they were shown last

    def attach(self, links: Mapping[str, PbxLink]) -> None:
        """The links by node; the first node of the setup has the agents' phones."""
        self._links = links
        self._members.attach(links)

    def restore(self, duties: Mapping[str, tuple[Duty, str, datetime]]) -> None:
        """Take the stored duties (agent id -> duty, reason, since) after a restart."""
        for agent_id, (duty, reason, since) in duties.items():
            if agent := self._agents.get(agent_id):
                back = agent.ask(Verb.LOGIN, since) if duty is not Duty.OFF else agent
                paused = duty is Duty.PAUSED
                self._agents[agent_id] = back.ask(Verb.PAUSE, since, reason) if paused else back

    def renew(self, setup: Setup) -> None:
        """Go on with the agents and queues of another setup. Who stays keeps duty, activity and
        calls; who is taken out is logged out. ``tell_renewed`` tells watchers, and ``compare``
        makes Asterisk follow."""
        now, before, places = self._clock.now(), self._agents, self._places
        self._members.renew(setup)
        self._setup = setup
        self._places = Places(setup)
        self._views.clear()
        self._agents = {a.id: _carried_over(before.get(a.id), a) for a in setup.agents}
        for agent in before.values():
            if agent.id not in self._agents:
                self._calls.pop(agent.id, None)
                if agent.duty is not Duty.OFF:
                    self._tell(Verb.LOGOUT, agent.ask(Verb.LOGOUT, now), now, RELOAD)
                self._feed.publish({"type": "gone", "agent": agent.id})
        moved = self._places.elsewhere(places)
        self._untold = {
            agent.id: None
            for agent in self._agents.values()
            if agent.id in self._untold
            or agent != before.get(agent.id)
            or not moved.isdisjoint(agent.queues)
        }

    async def tell_renewed(self) -> None:
        """Tell the watchers of the agents whom ``renew`` changed, some at a time: hundreds take
        longer than the loop may. Their queues are told by themselves."""
        while self._untold:
            for agent_id in list(islice(self._untold, TOLD_AT_ONCE)):
                self._publish(self._agents[agent_id])
            await asyncio.sleep(0)

    @property
    def agents(self) -> Collection[Agent]:
        return self._agents.values()

    def agent(self, agent_id: str) -> Agent:
        """An agent as they are now. Raises UnknownAgent."""
        if agent_id not in self._agents:
            raise UnknownAgent(f"no agent {agent_id!r} in the configuration")
        return self._agents[agent_id]

    def of_phone(self, phone: str) -> str | None:
        """The agent id whose phone this is."""
        return next((a.id for a in self._agents.values() if a.phone == phone), None)

    def staffed(self) -> frozenset[str]:
        """The queues in which somebody is on duty."""
        on = (a for a in self._agents.values() if a.duty is not Duty.OFF)
        return frozenset(queue for agent in on for queue in agent.queues)

    async def ask(self, verb: str, agent_id: str, *, reason: str = "", by: str = "") -> Agent:
        """Carry out what an agent asks for. Raises UnknownAgent, Refused, PbxUnavailable."""
        self.agent(agent_id)
        if verb not in Verb.__members__.values():
            raise Refused(f"no such verb: {verb!r}; there are {', '.join(Verb)}")
        asked = Verb(verb)
        reason = self._reason(asked, reason)
        self._disturbed.forget(agent_id)
        loop = asyncio.get_running_loop()
        async with self._busy[agent_id]:
            self._asked_at[agent_id] = loop.time()
            before = self.agent(agent_id)
            after = before.ask(asked, self._clock.now(), reason)
            await self._members.act(on_change(before, after))
            self._asked_at[agent_id] = loop.time()
            # The activity may have changed while Asterisk answered, and a reload may have taken
            # the agent out: ask anew.
            now = self._clock.now()
            after = self.agent(agent_id).ask(asked, now, reason)
            self._tell(asked, after, now, by)
            return self._set(after)

    def follow(self, call: Call) -> None:
        """Let a call's change show in the states of its agents."""
        call_id = str(call.call_id)
        for agent_id, activity in activities(call).items():
            if agent_id not in self._agents:
                continue
            if activity is Activity.IDLE:
                self._calls[agent_id].pop(call_id, None)
            else:
                self._calls[agent_id][call_id] = activity
            self._turn(agent_id)

    def absorb(self, old: str, new: str) -> None:
        """A call (id) became part of another. Who is in it is in the other, which tells more of
        it at once."""
        for agent_id, calls in self._calls.items():
            activity = calls.pop(old, None)
            if activity is not None:
                calls.setdefault(new, activity)
                self._turn(agent_id)

    def _turn(self, agent_id: str) -> None:
        """Show what an agent's calls make of them: a phone has several lines (a consultation is a
        call of its own until the transfer), and the busiest counts; of two alike the newer."""
        agent, calls = self._agents[agent_id], self._calls[agent_id]
        talking = [call_id for call_id, a in calls.items() if a is Activity.TALKING]
        call_id = (talking or list(calls) or [""])[-1]
        after = agent.turn(calls.get(call_id, Activity.IDLE), self._clock.now(), call_id)
        if after is not agent:
            self._set(after)

    def disturbed(self, call: Call) -> list[str]:
        """The agents who are to be paused: their phones refuse at once what this call offers."""
        link = self._links.get(call.node)
        now = self._clock.now() if link is None else link.now()
        idle = frozenset(agent.id for agent in self._agents.values() if agent.state == Duty.READY)
        return self._disturbed.take(call, now, idle)

    async def respect(self, agent_id: str) -> None:
        """Pause an agent whose phone does not want to be disturbed. Raises PbxUnavailable."""
        try:
            await self.ask(Verb.PAUSE, agent_id, reason=DND, by="phone")
        except Refused as error:  # logged out meanwhile
            log.info("not paused", agent=agent_id, reason=DND, why=str(error))

    async def compare(self, node: str) -> None:
        """Ask a node for the members of its queues, and reconcile them. Raises PbxUnavailable."""
        asked_at = asyncio.get_running_loop().time()
        await self.reconcile(node, await self._members.of(node), asked_at)

    async def reconcile(
        self, node: str, members: Iterable[Member], asked_at: float | None = None
    ) -> int:
        """Bring the managed queues of a node to what we know; how many actions that took.
        ``asked_at``: when the list was asked for (loop time), where that is known. Raises
        PbxUnavailable."""
        agents = self._agents.values()
        unsettled = {a.phone for a in agents if not self._is_settled(a.id, asked_at)}
        return await self._members.bring_in_line(node, list(members), agents, unsettled)

    def _is_settled(self, agent_id: str, listed_at: float | None) -> bool:
        asked_at = self._asked_at.get(agent_id)
        if listed_at is None:
            listed_at = asyncio.get_running_loop().time() - SETTLED_S
        return asked_at is None or listed_at > asked_at

    def _reason(self, verb: Verb, reason: str) -> str:
        if verb is not Verb.PAUSE:
            return ""
        reason = reason or self._setup.reasons[0]
        if reason not in (*self._setup.reasons, DND):
            known = ", ".join(self._setup.reasons)
            raise Refused(f"no such pause reason: {reason!r}; there are {known}")
        return reason

    def _tell(self, verb: Verb, agent: Agent, now: datetime, by: str) -> None:
        said = {"by": by, "reason": agent.reason, "phone": agent.phone}
        fact = Fact(
            self._setup.nodes[0],
            _KIND[verb],
            agent.id,
            now,
            place=now.isoformat(),
            source=Source.SELF,
            detail={key: value for key, value in said.items() if value},
        )
        self._store.put_facts([fact], None)
        self._store.put_agent(agent)
        log.info("agent", agent=agent.id, verb=verb.value, state=agent.state, by=by)

    def _set(self, agent: Agent) -> Agent:
        self._agents[agent.id] = agent
        self._publish(agent)
        self._has_changed(agent)
        return agent

    def _publish(self, agent: Agent) -> None:
        self._untold.pop(agent.id, None)
        self._feed.publish({"type": "agent", "agent": self.view(agent)})

    def view(self, agent: Agent) -> Mapping[str, object]:
        """An agent as watchers see them. Hundreds are shown at a time, of whom few are others."""
        known = self._views.get(agent.id)
        if known is None or known[0] is not agent:
            known = self._views[agent.id] = (agent, agent_view(agent, self._places))
        return known[1]


def _carried_over(before: Agent | None, now: Agent) -> Agent:
    """An agent of a new setup, with what they did by the old one."""
    if before is None:
        return now
    return replace(
        now,
        since=before.since,
        duty=before.duty,
        reason=before.reason,
        activity=before.activity,
        call_id=before.call_id,
    )
