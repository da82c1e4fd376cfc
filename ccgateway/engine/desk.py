"""The agents' desk: what they ask for, what calls make of them, and their queue membership."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import structlog

from ccgateway.agents.activity import activities
from ccgateway.agents.agent import Activity, Agent, Duty, Verb
from ccgateway.agents.membership import on_change, reconcile, static_in_managed
from ccgateway.agents.refusal import DND, Disturbed
from ccgateway.calls.call import Call
from ccgateway.engine.ports import Clock, LiveFeed, PbxLink, Store
from ccgateway.engine.setup import Setup
from ccgateway.engine.view import agent_view
from ccgateway.errors import ActionRefused, PbxUnavailable, Refused, UnknownAgent
from ccgateway.telephony.actions import Action, AddMember, Member, MemberAction
from ccgateway.telephony.facts import Fact, Kind, Source

_KIND = {
    Verb.LOGIN: Kind.AGENT_LOGGED_IN,
    Verb.LOGOUT: Kind.AGENT_LOGGED_OUT,
    Verb.PAUSE: Kind.AGENT_PAUSED,
    Verb.READY: Kind.AGENT_READY,
}

NO_QUEUE = "No such queue"
"""Asterisk's word (app_queue.c) for a queue that queues.conf does not have."""

INVALID = 4
"""AST_DEVICE_INVALID: Asterisk knows no such phone; with joinempty it counts as nobody."""

SETTLED_S = 20.0
"""A list of members may be so old (its time-out is 15 s): of an agent who asked for something
within this time it proves nothing, and the next comparison will do."""

log = structlog.get_logger()


class Desk:
    """Keeps the agents' states; ours is the master, Asterisk's members follow it."""

    def __init__(self, setup: Setup, store: Store, feed: LiveFeed, clock: Clock) -> None:
        self._setup = setup
        self._store = store
        self._feed = feed
        self._clock = clock
        self._agents = {agent.id: agent for agent in setup.agents}
        self._links: Mapping[str, PbxLink] = {}
        self._busy: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._complained: set[tuple[str, str, str]] = set()
        self._disturbed = Disturbed()
        self._asked_at: dict[str, float] = {}  # agent -> when they last asked, loop time
        self._calls: dict[str, dict[str, Activity]] = defaultdict(dict)  # agent -> by call

    def attach(self, links: Mapping[str, PbxLink]) -> None:
        """The links by node; the first node of the setup has the agents' phones."""
        self._links = links

    def restore(self, duties: Mapping[str, tuple[Duty, str, datetime]]) -> None:
        """Take the stored duties (agent id -> duty, reason, since) after a restart."""
        for agent_id, (duty, reason, since) in duties.items():
            if agent := self._agents.get(agent_id):
                back = agent.ask(Verb.LOGIN, since) if duty is not Duty.OFF else agent
                paused = duty is Duty.PAUSED
                self._agents[agent_id] = back.ask(Verb.PAUSE, since, reason) if paused else back

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
            before = self._agents[agent_id]
            after = before.ask(asked, self._clock.now(), reason)
            await self._act(on_change(before, after))
            self._asked_at[agent_id] = loop.time()
            # The activity may have changed while Asterisk answered: ask anew.
            now = self._clock.now()
            after = self._agents[agent_id].ask(asked, now, reason)
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

    async def reconcile(self, node: str, members: Iterable[Member]) -> int:
        """Bring the managed queues of a node to what we know; how many actions that took."""
        members = list(members)
        for member in static_in_managed(members, self._setup.managed):
            self._complain("static member in a managed queue: take it out of queues.conf", member)
        for member in members:
            if member.device_state == INVALID and member.queue in self._setup.managed:
                self._complain("Asterisk knows no such phone: see [[agent]] phone", member)
        wanted = reconcile(self._agents.values(), members, self._setup.managed)
        actions = [action for action in wanted if self._is_settled(action)]
        if node == self._setup.nodes[0] and actions:
            log.info("members brought in line", actions=len(actions), node=node)
            await self._act(actions)
        return len(actions)

    def _complain(self, what: str, member: Member) -> None:
        """Once a member and fault: the comparison comes again each minute."""
        if (what, member.queue, member.interface) not in self._complained:
            self._complained.add((what, member.queue, member.interface))
            log.error(what, queue=member.queue, interface=member.interface)

    def _is_settled(self, action: Action) -> bool:
        phone = action.interface if isinstance(action, MemberAction) else ""
        asked_at = self._asked_at.get(self.of_phone(phone) or "")
        return asked_at is None or asyncio.get_running_loop().time() - asked_at > SETTLED_S

    def _reason(self, verb: Verb, reason: str) -> str:
        if verb is not Verb.PAUSE:
            return ""
        reason = reason or self._setup.reasons[0]
        if reason not in (*self._setup.reasons, DND):
            known = ", ".join(self._setup.reasons)
            raise Refused(f"no such pause reason: {reason!r}; there are {known}")
        return reason

    async def _act(self, actions: Iterable[Action]) -> None:
        link = self._links.get(self._setup.nodes[0])
        if link is None:
            raise PbxUnavailable
        for action in actions:
            try:
                await link.act(action)
            except ActionRefused as error:
                if isinstance(action, AddMember) and NO_QUEUE in str(error):
                    raise Refused(
                        f"Asterisk has no queue {action.queue}: add the line [{action.queue}]"
                        f"(ccg-managed) to queues.conf, and run: asterisk -rx 'queue reload all'"
                    ) from error
                # "Already there" or "Not there": the next reconciliation settles it.
                log.warning("asterisk refused a member action", action=str(action), why=str(error))

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
        self._feed.publish({"type": "agent", "agent": agent_view(agent)})
        return agent
