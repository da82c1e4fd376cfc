"""Which members the managed queues should have, and what must be done to get there."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ccgateway.agents.agent import Agent, Duty
from ccgateway.telephony.actions import (
    Action,
    AddMember,
    Member,
    MemberAction,
    PauseMember,
    RemoveMember,
    SetPenalty,
)


def on_change(before: Agent, after: Agent) -> list[Action]:
    """The actions that follow when an agent's duty or reason changed."""
    if after.duty is Duty.OFF:
        return [RemoveMember(queue, after.phone) for queue in after.queues]
    if before.duty is Duty.OFF:
        return [_add(after, queue) for queue in after.queues]
    paused = after.duty is Duty.PAUSED
    return [PauseMember(queue, after.phone, paused, after.reason) for queue in after.queues]


def reconcile(
    agents: Iterable[Agent], members: Iterable[Member], managed: Collection[str]
) -> list[MemberAction]:
    """What makes the managed queues hold just the agents on duty, paused or not as we say.

    Static members cannot be removed over AMI; ``static_in_managed`` names them.
    """
    there = {(m.queue, m.interface): m for m in members if m.dynamic and m.queue in managed}
    wanted = {
        (queue, agent.phone): agent
        for agent in agents
        if agent.duty is not Duty.OFF
        for queue in agent.queues
        if queue in managed
    }
    actions: list[MemberAction] = []
    for (queue, phone), member in sorted(there.items()):
        agent = wanted.get((queue, phone))
        if agent is None or agent.id != member.name:
            actions.append(RemoveMember(queue, phone))
    for (queue, phone), agent in sorted(wanted.items()):
        actions.extend(_mend(agent, queue, there.get((queue, phone))))
    return actions


def leftovers(members: Iterable[Member], queues: Collection[str]) -> list[RemoveMember]:
    """What takes the dynamic members out of queues that we manage no more."""
    return [RemoveMember(m.queue, m.interface) for m in members if m.dynamic and m.queue in queues]


def static_in_managed(members: Iterable[Member], managed: Collection[str]) -> list[Member]:
    """Static members of managed queues: the administrator must take them out of queues.conf."""
    return [m for m in members if not m.dynamic and m.queue in managed]


def _mend(agent: Agent, queue: str, member: Member | None) -> list[MemberAction]:
    if member is None or member.name != agent.id:
        return [_add(agent, queue)]
    actions: list[MemberAction] = []
    if member.penalty != agent.penalty:
        actions.append(SetPenalty(queue, agent.phone, agent.penalty))
    paused = agent.duty is Duty.PAUSED
    if member.paused != paused or (paused and member.reason != agent.reason):
        actions.append(PauseMember(queue, agent.phone, paused, agent.reason))
    return actions


def _add(agent: Agent, queue: str) -> AddMember:
    paused = agent.duty is Duty.PAUSED
    return AddMember(queue, agent.phone, agent.id, agent.penalty, paused, agent.reason)
