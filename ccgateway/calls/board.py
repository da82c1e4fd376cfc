"""The board: which calls are live, and to which call a fact belongs.

Channels that are tied together (``kin``) are a group; when a tie between two is told, they become
one. A group becomes a *call* when it touches a context, queue or agent of ours; then all that was
heard of it so far counts. Other groups are the PBX's own business: counted when they end, never
stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ccgateway.calls.call import Call
from ccgateway.calls.group import Channel, Group
from ccgateway.calls.groups import Groups
from ccgateway.calls.lives import BIRTHS, LATE, OVER
from ccgateway.calls.party import OUR_CONTEXTS
from ccgateway.calls.reduce import Story
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.ids import interface_of

_TOLD_BY_US = frozenset(
    {
        Kind.ENTERED,
        Kind.ROUTED,
        Kind.FELL_BACK,
        Kind.ESCALATED,
        Kind.JOINED,
        Kind.TIER_ENTERED,
        Kind.HELD,
        Kind.RETURNED,
        Kind.ATTEMPTED,
        Kind.ORIGINATED,
        Kind.SERVICE_CHOSEN,
        Kind.DIAL_OUTCOME,
    }
)
"""Kinds that only our dialplan and we ourselves tell. NOTED is not among them: a note to a call
that is forgotten here must not make a call of itself alone."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What makes a call our business, on one node. ``phones``: device -> agent id."""

    queues: Collection[str]
    contexts: Collection[str]
    phones: Mapping[str, str]

    def touches(self, fact: Fact) -> bool:
        """Whether this fact alone shows that the call is ours."""
        match fact.kind:
            case kind if kind in _TOLD_BY_US:
                return True
            case Kind.QUEUE_JOINED | Kind.AGENT_CALLED | Kind.QUEUE_RESULT:
                return fact.place in self.queues
            case Kind.CHANNEL_CREATED | Kind.CHANNEL_SEEN:
                context = fact.detail.get("context", "")
                return (
                    context.startswith(OUR_CONTEXTS)
                    or context in self.contexts
                    or interface_of(fact.detail.get("channel", "")) in self.phones
                )
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Change:
    """What a fact did: the story of its call (``call`` tells it as it now stands), and the facts
    that are new in it (more than one where the call has just become ours). ``absorbed`` are the
    ids of calls that turned out to be this one: their facts are in its story."""

    story: Story
    facts: tuple[Fact, ...]
    absorbed: tuple[UUID, ...] = ()

    @property
    def call(self) -> Call:
        """The call as now known; folding it costs, so who handles many facts asks at the end."""
        return self.story.call()


_NAMED = BIRTHS | {Kind.DIAL_BEGAN}
"""Facts that tell the channel's name. A dialled channel has two: the first may be lost."""


class Board:
    """All live calls of all nodes. No I/O: facts in, changes out."""

    def __init__(self, ours: Mapping[str, Ours]) -> None:
        self._ours = ours
        self._nodes = {node: Groups(node) for node in ours}
        self._others = 0
        self.odd = 0
        """Facts about channels whose beginning was not seen."""

    @property
    def others(self) -> int:
        """Ended calls of the PBX that were none of ours."""
        return self._others - sum(groups.uncounted for groups in self._nodes.values())

    def renew(self, ours: Mapping[str, Ours]) -> None:
        """From here on these are ours, of the same nodes; a call that was is so to its end."""
        self._ours = ours

    def take(self, fact: Fact, now: datetime | None = None) -> Change | None:
        """Put a fact where it belongs. None where it is not our business, or is known. What ended
        long before ``now`` is forgotten (None: before the fact)."""
        groups = self._nodes[fact.node]
        groups.forget(now or fact.at)
        group = groups.of(fact)
        if group.is_full and not self._ours[fact.node].touches(fact):
            self._keep_alive(fact, group)
            self._rest(groups, group, fact)
            return None
        ordinal = group.number(fact)
        if ordinal is None:
            new = group.tell(None) if group.story is not None else ()
        else:
            fact = self._enrich(fact, ordinal)
            self._keep_alive(fact, group)
            new = self._tell(fact, group)
        self._rest(groups, group, fact)
        return self._change(group, new)

    def _change(self, group: Group, new: tuple[Fact, ...]) -> Change | None:
        if group.story is None or not (new or group.absorbed):
            return None
        now = group.story.call_id
        absorbed = tuple(dict.fromkeys(old for old in group.absorbed if old != now))
        group.absorbed.clear()
        return Change(group.story, new, absorbed)

    def restore(self, facts: Collection[Fact]) -> dict[UUID, UUID]:
        """Take the stored facts of the calls that were live when we stopped (any order). The ids
        that calls may be stored under whose facts belong to another, and the id of that."""
        moved: dict[UUID, UUID] = {}
        for fact in sorted(facts, key=lambda f: (f.at, f.kind in OVER)):
            groups = self._nodes[fact.node]
            group = groups.of(fact)
            group.remember(fact)
            self._keep_alive(fact, group)
            new = group.tell(fact)
            self._rest(groups, group, fact)
            if change := self._change(group, new):
                moved |= dict.fromkeys(change.absorbed, change.story.call_id)
        for node in self._nodes:
            self.lose(node)
        return moved

    def lose(self, node: str) -> None:
        """From here on nothing is heard of a node, until a snapshot of it is compared."""
        for channel in self.live_channels(node).values():
            channel.unheard = True

    def live_stories(self) -> Iterator[Story]:
        """The calls that are ours and not ended, with their facts."""
        for groups in self._nodes.values():
            for group in groups:
                if group.story is not None and group.live:
                    yield group.story

    def live_calls(self) -> Iterator[Call]:
        """The calls that are ours and not ended."""
        return (story.call() for story in self.live_stories())

    def stories(self) -> Iterator[Story]:
        """The stories of the calls that are ours: the live ones, and those that ended a moment
        ago. None is folded."""
        for groups in self._nodes.values():
            for group in groups:
                if group.story is not None:
                    yield group.story

    def live_channels(self, node: str) -> dict[str, Channel]:
        """The channels that we believe to be alive on a node."""
        return {
            uniqueid: channel
            for group in self._nodes[node]
            for uniqueid, channel in group.live.items()
        }

    def has_ended(self, node: str, uniqueid: str) -> bool:
        """Whether we saw the end of a channel a moment ago."""
        group = self._nodes[node].get(uniqueid)
        return group is not None and uniqueid in group.ended

    def group(self, node: str, uniqueid: str) -> Group | None:
        """The group of a channel, as long as it is remembered."""
        return self._nodes[node].get(uniqueid)

    def groups(self, node: str) -> Iterator[Group]:
        """All groups of a node."""
        return iter(self._nodes[node])

    def give_up(self, group: Group) -> None:
        """Nothing more will be told of its channels: it is as if they had ended."""
        group.ended.update(group.live)
        group.live.clear()
        self._nodes[group.node].rest(group, group.touched)

    @property
    def size(self) -> int:
        """Channels that are remembered, live or not."""
        return sum(len(groups) for groups in self._nodes.values())

    # -- writing it down

    def _enrich(self, fact: Fact, ordinal: int) -> Fact:
        """Number the fact among its like, and say whose phone the channel is."""
        detail = fact.detail
        if fact.kind in _NAMED and "agent" not in detail:
            agent = self._ours[fact.node].phones.get(interface_of(detail.get("channel", "")))
            if agent:
                detail = {**detail, "agent": agent}
        if ordinal == fact.ordinal and detail is fact.detail:
            return fact
        return replace(fact, ordinal=ordinal, detail=detail)

    def _keep_alive(self, fact: Fact, group: Group) -> None:
        if fact.kind in BIRTHS and fact.subject in group.missed:
            group.missed.discard(fact.subject)
            group.ended.discard(fact.subject)
        if fact.kind in OVER:
            if fact.kind is Kind.CHANNEL_MISSING:
                group.missed.add(fact.subject)
            group.ended.add(fact.subject)
            if group.live.pop(fact.subject, None) is None:
                self.odd += 1
        elif fact.kind is Kind.ORIGINATED:
            self._originated(fact, group)
        elif fact.kind not in LATE and fact.subject not in group.ended:
            group.live.setdefault(fact.subject, Channel(fact.at))
        if channel := group.live.get(fact.subject):
            channel.follow(fact)

    @staticmethod
    def _originated(fact: Fact, group: Group) -> None:
        """An attempt that failed before there was a channel has no other end than this."""
        channel = group.live.get(fact.subject)
        if fact.detail.get("response") != "Success" and not (channel and channel.begun):
            group.live.pop(fact.subject, None)
            group.ended.add(fact.subject)

    def _tell(self, fact: Fact, group: Group) -> tuple[Fact, ...]:
        if group.story is None and not self._ours[fact.node].touches(fact):
            group.undecided((fact,))
            return ()
        return group.tell(fact)

    def _rest(self, groups: Groups, group: Group, fact: Fact) -> None:
        groups.rest(group, fact.at)
        if group.story is not None:
            self._others -= group.counted
            group.counted = False
        elif not group.live and fact.kind in OVER and not group.counted:
            group.counted = True
            self._others += 1
