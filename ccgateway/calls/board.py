"""The board: which calls are live, and to which call a fact belongs.

Channels are grouped by the linkedid that they were born with. A group becomes a *call* when it
touches a context, queue or agent of ours; then all that was heard of it so far counts. Other
groups are the PBX's own business: counted when they end, never stored.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ccgateway.calls.call import Call
from ccgateway.calls.reduce import Story
from ccgateway.telephony.facts import ONCE, Fact, Kind
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
    """What a fact did: the call as it now stands, and the facts that are new in its record
    (more than one where the call has just become ours)."""

    call: Call
    facts: tuple[Fact, ...]


@dataclass(slots=True)
class Group:
    """The channels that began with one linkedid."""

    node: str
    root: str
    facts: list[Fact] = field(default_factory=list)  # while it is not ours
    story: Story | None = None
    channels: set[str] = field(default_factory=set)
    live: dict[str, datetime] = field(default_factory=dict)  # channel -> since when we know of it
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)


Key = tuple[str, str]  # (node, uniqueid)


class Board:
    """All live calls of all nodes. No I/O: facts in, changes out."""

    def __init__(self, ours: Mapping[str, Ours]) -> None:
        self._ours = ours
        self._by_channel: dict[Key, Group] = {}
        self._groups: dict[Key, Group] = {}
        self._ended: OrderedDict[Key, tuple[datetime, Group]] = OrderedDict()
        self.others = 0
        """Ended calls of the PBX that were none of ours."""
        self.odd = 0
        """Facts about channels whose beginning was not seen."""

    def take(self, fact: Fact) -> Change | None:
        """Put a fact where it belongs. None where it is not our business, or is known."""
        self._forget(fact.at)
        group = self._group_of(fact)
        fact = self._enrich(fact, group)
        self._keep_alive(fact, group)
        change = self._tell(fact, group)
        if not group.live and fact.kind in {Kind.CHANNEL_ENDED, Kind.CHANNEL_MISSING}:
            self._end(group, fact.at)
        return change

    def restore(self, facts: Collection[Fact]) -> None:
        """Take the stored facts of the calls that were live when we stopped (any order)."""
        for fact in sorted(facts, key=lambda f: (f.at, f.kind is Kind.CHANNEL_ENDED)):
            group = self._group_of(fact)
            counted = (fact.kind.value, fact.subject, fact.place)
            group.counts[counted] = max(group.counts[counted], fact.ordinal + 1)
            self._keep_alive(fact, group)
            self._tell_ours(fact, group)

    def live_calls(self) -> Iterator[Call]:
        """The calls that are ours and not ended."""
        for group in self._groups.values():
            if group.story is not None and group.live:
                yield group.story.call()

    def live_channels(self, node: str) -> dict[str, datetime]:
        """The channels that we believe to be alive on a node, with since when we know of them."""
        return {
            uniqueid: since
            for group in self._groups.values()
            if group.node == node
            for uniqueid, since in group.live.items()
        }

    def knows(self, node: str, uniqueid: str) -> bool:
        """Whether a channel is, or was a moment ago, on the board."""
        return (node, uniqueid) in self._by_channel

    # -- finding the group

    def _group_of(self, fact: Fact) -> Group:
        known = self._by_channel.get((fact.node, fact.subject))
        root = fact.detail.get("linkedid") or fact.subject
        if known is None:
            known = self._by_channel.get((fact.node, root)) or self._relative(fact)
        if known is None:
            known = self._groups.setdefault((fact.node, root), Group(fact.node, root))
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
        self._groups.pop((orphan.node, orphan.root), None)
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
            counted = (fact.kind.value, fact.subject, fact.place)
            ordinal = group.counts[counted]
            group.counts[counted] += 1
        detail = fact.detail
        if fact.kind in {Kind.CHANNEL_CREATED, Kind.CHANNEL_SEEN} and "agent" not in detail:
            agent = self._ours[fact.node].phones.get(interface_of(detail.get("channel", "")))
            if agent:
                detail = {**detail, "agent": agent}
        return replace(fact, ordinal=ordinal, detail=detail)

    def _keep_alive(self, fact: Fact, group: Group) -> None:
        if fact.kind in {Kind.CHANNEL_ENDED, Kind.CHANNEL_MISSING}:
            if group.live.pop(fact.subject, None) is None:
                self.odd += 1
        elif fact.kind in {Kind.CHANNEL_CREATED, Kind.CHANNEL_SEEN}:
            group.live.setdefault(fact.subject, fact.at)

    def _tell(self, fact: Fact, group: Group) -> Change | None:
        if group.story is None and not self._ours[fact.node].touches(fact):
            if len(group.facts) < UNDECIDED_FACTS:
                group.facts.append(fact)
            return None
        return self._tell_ours(fact, group)

    def _tell_ours(self, fact: Fact, group: Group) -> Change | None:
        if group.story is None:
            group.story = Story(call_id_of(group.node, group.root), group.node)
        new = [f for f in (*group.facts, fact) if group.story.take(f)]
        group.facts.clear()
        return Change(group.story.call(), tuple(new)) if new else None

    # -- the end

    def _end(self, group: Group, at: datetime) -> None:
        key = (group.node, group.root)
        self._groups.pop(key, None)
        if group.story is None:
            self.others += 1
        self._ended[key] = (at, group)

    def _forget(self, now: datetime) -> None:
        while self._ended:
            key, (at, group) = next(iter(self._ended.items()))
            if now - at < REMEMBERED:
                return
            del self._ended[key]
            for uniqueid in group.channels:
                self._by_channel.pop((group.node, uniqueid), None)
