"""The board: which calls are live, and to which call a fact belongs.

Channels are grouped by the linkedid that they were born with. A group becomes a *call* when it
touches a context, queue or agent of ours; then all that was heard of it so far counts. Other
groups are the PBX's own business: counted when they end, never stored.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccgateway.calls.call import Call
from ccgateway.calls.group import Channel, Group, Key
from ccgateway.calls.reduce import Story
from ccgateway.telephony.facts import ONCE, Fact, Kind, Source
from ccgateway.telephony.ids import call_id_of, interface_of

REMEMBERED = timedelta(seconds=60)
"""How long an ended group is kept: app_queue's AgentComplete and late dial ends come after the
hang-up, and belong to the same call."""

UNDECIDED_FACTS = 500
"""What is kept of a group that is not ours (yet): a normal call makes 40 facts before it touches
us; what a conference of hours makes beyond this is not worth the memory."""

OUR_CONTEXTS = "ccg-"


@dataclass(frozen=True, slots=True)
class Ours:
    """What makes a call our business, on one node. ``phones``: device -> agent id."""

    queues: Collection[str]
    contexts: Collection[str]
    phones: Mapping[str, str]

    def touches(self, fact: Fact) -> bool:
        """Whether this fact alone shows that the call is ours."""
        match fact.kind:
            case Kind.ENTERED | Kind.ROUTED | Kind.FELL_BACK:
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
    that are new in it (more than one where the call has just become ours)."""

    story: Story
    facts: tuple[Fact, ...]

    @property
    def call(self) -> Call:
        """The call as now known; folding it costs, so who handles many facts asks at the end."""
        return self.story.call()


_OVER = frozenset({Kind.CHANNEL_ENDED, Kind.CHANNEL_MISSING})
_LATE = _OVER | {
    Kind.AGENT_COMPLETED,
    Kind.AGENT_RANG_OUT,
    Kind.BRIDGE_LEFT,
    Kind.CHANNEL_HANGUP_REQUESTED,
    Kind.DIAL_ENDED,
    Kind.HOLD_ENDED,
    Kind.LOCAL_OPTIMISED,
    Kind.QUEUE_ABANDONED,
    Kind.QUEUE_LEFT,
}
"""Facts that come at, or after, an end: they do not show that a channel lives."""

_VOICES = {Source.CEL: "cel", Source.QUEUE_LOG: "queue_log"}
"""Whose counting of the nth time is whose own: what AMI, a snapshot and we ourselves tell is one
row of facts; each journal tells them all again from the first."""


class Board:
    """All live calls of all nodes. No I/O: facts in, changes out."""

    def __init__(self, ours: Mapping[str, Ours]) -> None:
        self._ours = ours
        self._by_channel: dict[Key, Group] = {}
        self._groups: dict[Key, Group] = {}
        # Without a live channel, by node: each node's facts are told in its own clock.
        self._idle: dict[str, OrderedDict[Key, Group]] = defaultdict(OrderedDict)
        self.others = 0
        """Ended calls of the PBX that were none of ours."""
        self.odd = 0
        """Facts about channels whose beginning was not seen."""

    def take(self, fact: Fact) -> Change | None:
        """Put a fact where it belongs. None where it is not our business, or is known."""
        self._forget(fact.node, fact.at)
        group = self._group_of(fact)
        fact = self._enrich(fact, group)
        self._keep_alive(fact, group)
        new = self._tell(fact, group)
        self._rest(group, fact)
        return Change(group.story, new) if group.story is not None and new else None

    def restore(self, facts: Collection[Fact]) -> None:
        """Take the stored facts of the calls that were live when we stopped (any order)."""
        for fact in sorted(facts, key=lambda f: (f.at, f.kind in _OVER)):
            group = self._group_of(fact)
            group.counts[_counted(fact)] = max(group.counts[_counted(fact)], fact.ordinal + 1)
            self._keep_alive(fact, group)
            self._tell_ours(fact, group)
            self._rest(group, fact)

    def live_calls(self) -> Iterator[Call]:
        """The calls that are ours and not ended."""
        for group in self._groups.values():
            if group.story is not None and group.live:
                yield group.story.call()

    def live_channels(self, node: str) -> dict[str, Channel]:
        """The channels that we believe to be alive on a node."""
        return {
            uniqueid: channel
            for group in self._groups.values()
            if group.node == node
            for uniqueid, channel in group.live.items()
        }

    def has_ended(self, node: str, uniqueid: str) -> bool:
        """Whether we saw the end of a channel a moment ago."""
        group = self._by_channel.get((node, uniqueid))
        return group is not None and uniqueid in group.ended

    @property
    def size(self) -> int:
        """Channels that are remembered, live or not."""
        return len(self._by_channel)

    # -- finding the group

    def _group_of(self, fact: Fact) -> Group:
        known = self._by_channel.get((fact.node, fact.subject))
        root = fact.detail.get("linkedid") or fact.subject
        if known is None:
            known = self._by_channel.get((fact.node, root)) or self._relative(fact)
        if known is None:
            known = self._groups.setdefault((fact.node, root), Group(fact.node, root, fact.at))
        elif self._is_orphan(known, fact, root):
            known = self._adopt(known, self._by_channel[(fact.node, root)])
        self._place(fact.subject, known)
        return known

    def _place(self, uniqueid: str, group: Group) -> None:
        self._by_channel[(group.node, uniqueid)] = group
        group.channels.add(uniqueid)

    def _relative(self, fact: Fact) -> Group | None:
        """The other channel that a fact names: the caller of a dial, the other Local half."""
        other = fact.detail.get("caller") or fact.place
        return self._by_channel.get((fact.node, other)) if other else None

    def _is_orphan(self, group: Group, fact: Fact, root: str) -> bool:
        """A group that began with a fact without a linkedid (our own, which can overtake the
        channel's first event) and turns out to be part of another."""
        return (
            fact.kind is Kind.CHANNEL_CREATED
            and group.root == fact.subject != root
            and group.story is None
            and (fact.node, root) in self._by_channel
        )

    def _adopt(self, orphan: Group, home: Group) -> Group:
        self._groups.pop(orphan.key, None)
        self._idle[orphan.node].pop(orphan.key, None)
        for fact in orphan.facts:
            self._place(fact.subject, home)
            self._tell(fact, home)
        home.live.update(orphan.live)
        return home

    # -- writing it down

    def _enrich(self, fact: Fact, group: Group) -> Fact:
        """Number the fact among its like, and say whose phone the channel is."""
        ordinal = 0
        if fact.kind not in ONCE:
            ordinal = group.counts[_counted(fact)]
            group.counts[_counted(fact)] += 1
        detail = fact.detail
        if fact.kind in {Kind.CHANNEL_CREATED, Kind.CHANNEL_SEEN} and "agent" not in detail:
            agent = self._ours[fact.node].phones.get(interface_of(detail.get("channel", "")))
            if agent:
                detail = {**detail, "agent": agent}
        return replace(fact, ordinal=ordinal, detail=detail)

    def _keep_alive(self, fact: Fact, group: Group) -> None:
        if fact.kind in _OVER:
            group.ended.add(fact.subject)
            if group.live.pop(fact.subject, None) is None:
                self.odd += 1
        elif fact.kind not in _LATE and fact.subject not in group.ended:
            group.live.setdefault(fact.subject, Channel(fact.at))
        if channel := group.live.get(fact.subject):
            channel.follow(fact)

    def _tell(self, fact: Fact, group: Group) -> tuple[Fact, ...]:
        if group.story is None and not self._ours[fact.node].touches(fact):
            if len(group.facts) < UNDECIDED_FACTS:
                group.facts.append(fact)
            return ()
        return self._tell_ours(fact, group)

    def _tell_ours(self, fact: Fact, group: Group) -> tuple[Fact, ...]:
        if group.story is None:
            group.story = Story(call_id_of(group.node, group.root), group.node)
        story = group.story
        new = tuple(f for f in (*group.facts, fact) if story.take(f))
        group.facts.clear()
        return new

    # -- the end

    def _rest(self, group: Group, fact: Fact) -> None:
        """A group without a live channel is remembered for a while after its last fact."""
        group.touched = max(group.touched, fact.at)
        idle = self._idle[group.node]
        idle.pop(group.key, None)
        if group.live:
            return
        idle[group.key] = group
        if group.story is None and fact.kind in _OVER and not group.counted:
            group.counted = True
            self.others += 1

    def _forget(self, node: str, now: datetime) -> None:
        idle = self._idle[node]
        while idle:
            key, group = next(iter(idle.items()))
            if now - group.touched < REMEMBERED:
                return
            del idle[key]
            self._groups.pop(key, None)
            for uniqueid in group.channels:
                self._by_channel.pop((group.node, uniqueid), None)


def _counted(fact: Fact) -> tuple[str, str, str, str]:
    return (_VOICES.get(fact.source, "live"), fact.kind.value, fact.subject, fact.place)
