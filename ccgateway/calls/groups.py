"""The groups of one node: which one a fact belongs to, and how two become one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime, timedelta

from ccgateway.calls.group import Group
from ccgateway.calls.kin import TYING, bridge_of, kin, seniority
from ccgateway.telephony.facts import Fact

REMEMBERED = timedelta(seconds=60)
"""How long an ended group is kept: app_queue's AgentComplete and late dial ends come after the
hang-up, and belong to the same call."""


class Groups:
    """All groups of a node, by channel and by bridge. Each node's facts are told in its own clock,
    so each is forgotten by its own."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._by_channel: dict[str, Group] = {}
        self._by_bridge: dict[str, Group] = {}
        self._all: dict[Group, None] = {}
        self._idle: OrderedDict[Group, None] = OrderedDict()
        self.uncounted = 0
        """Groups that were counted as strangers' calls, and then became part of another."""

    def __iter__(self) -> Iterator[Group]:
        return iter(self._all)

    def __len__(self) -> int:
        """Channels that are remembered, live or not."""
        return len(self._by_channel)

    def get(self, uniqueid: str) -> Group | None:
        """The group of a channel."""
        return self._by_channel.get(uniqueid)

    def of(self, fact: Fact) -> Group:
        """The group that the fact belongs to, after it has tied together what it ties."""
        group = self._by_channel.get(fact.subject)
        linkedid = fact.detail.get("linkedid")
        if group is None:
            group = (self._by_channel.get(linkedid) if linkedid else None) or self._new(fact)
            self._place(fact.subject, group)
        if linkedid and self._by_channel.get(linkedid) is not group:
            group = self._tie(group, linkedid)
        if fact.kind in TYING:
            for other in kin(fact):
                if self._by_channel.get(other) is not group:
                    group = self._tie(group, other)
            if bridge := bridge_of(fact):
                group = self._cross(group, bridge)
        return group

    def _new(self, fact: Fact) -> Group:
        group = Group(self._node, fact.subject, fact.at)
        self._all[group] = None
        return group

    def _place(self, uniqueid: str, group: Group) -> None:
        self._by_channel[uniqueid] = group
        group.name(uniqueid)

    def _tie(self, group: Group, uniqueid: str) -> Group:
        other = self._by_channel.get(uniqueid)
        if other is None:
            self._place(uniqueid, group)
            return group
        return self._unite(group, other)

    def _cross(self, group: Group, bridge: str) -> Group:
        """A bridge belongs to one call, for ever: its id is never used again."""
        other = self._by_bridge.get(bridge)
        if other is None:
            self._by_bridge[bridge] = group
            group.bridges.add(bridge)
        elif other is not group:
            return self._unite(group, other)
        return group

    def _unite(self, one: Group, two: Group) -> Group:
        senior, junior = sorted((one, two), key=lambda group: seniority(group.root))
        senior.swallow(junior)
        for uniqueid in junior.channels:
            self._by_channel[uniqueid] = senior
        for bridge in junior.bridges:
            self._by_bridge[bridge] = senior
        self._all.pop(junior)
        self._idle.pop(junior, None)
        self.uncounted += junior.counted
        return senior

    # -- the end

    def rest(self, group: Group, at: datetime) -> None:
        """A group without a live channel is remembered for a while after its last fact."""
        group.touched = max(group.touched, at)
        self._idle.pop(group, None)
        if not group.live:
            self._idle[group] = None

    def forget(self, now: datetime) -> None:
        """Let go of the groups that rest long enough."""
        while self._idle:
            group = next(iter(self._idle))
            if now - group.touched < REMEMBERED:
                return
            del self._idle[group]
            del self._all[group]
            for uniqueid in group.channels:
                self._by_channel.pop(uniqueid, None)
            for bridge in group.bridges:
                self._by_bridge.pop(bridge, None)
