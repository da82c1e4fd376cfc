"""The channels that belong together, before and while they are a call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ccgateway.calls.kin import seniority
from ccgateway.calls.reduce import Story
from ccgateway.telephony.facts import ONCE, Fact, Kind, Source
from ccgateway.telephony.ids import call_id_of

UNDECIDED_FACTS = 500
"""What is kept of a group that is not ours (yet): a normal call makes 40 facts before it touches
us; what a conference of hours makes beyond this is not worth the memory."""

_VOICES = {Source.CEL: "cel", Source.QUEUE_LOG: "queue_log"}
"""Whose counting of the nth time is whose own: what AMI, a snapshot and we ourselves tell is one
row of facts; each journal tells them all again from the first."""

_Row = tuple[str, Kind, str, str]  # voice, kind, subject, place


@dataclass(slots=True)
class _Times:
    """When a row of facts was told, and how many it has."""

    times: set[datetime] = field(default_factory=set)
    count: int = 0


@dataclass(slots=True)
class Channel:
    """What we believe of a live channel; a snapshot is held against it."""

    since: datetime
    begun: bool = False  # its birth was seen, or a snapshot told of it
    answered: bool = False
    bridge: str = ""
    queue: str = ""
    unheard: bool = False  # it lived when we lost sight; no snapshot has told of it since

    def follow(self, fact: Fact) -> None:
        """Let a fact about the channel show."""
        match fact.kind:
            case Kind.CHANNEL_CREATED | Kind.CHANNEL_SEEN:
                self.begun = True
            case Kind.CHANNEL_FOUND:
                self.unheard = False
            case Kind.CHANNEL_ANSWERED:
                self.answered = True
            case Kind.BRIDGE_ENTERED:
                self.bridge = fact.place
            case Kind.BRIDGE_LEFT if self.bridge == fact.place:
                self.bridge = ""
            case Kind.QUEUE_JOINED:
                self.queue = fact.place
            case Kind.QUEUE_LEFT | Kind.QUEUE_RESULT if self.queue == fact.place:
                self.queue = ""
            case _:
                pass


@dataclass(slots=True, eq=False)
class Group:
    """Channels that are tied together. ``root`` is the earliest: the call's id comes from it."""

    node: str
    root: str
    touched: datetime
    facts: list[Fact] = field(default_factory=list)  # not (yet) in the story
    story: Story | None = None
    live: dict[str, Channel] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)  # those of them that no snapshot had any more
    channels: set[str] = field(default_factory=set)  # those that were only named, too
    bridges: set[str] = field(default_factory=set)
    absorbed: list[UUID] = field(default_factory=list)  # ids that this call had, or swallowed
    counted: bool = False
    _told: dict[_Row, _Times] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether what is told of it, while it is not ours, is kept no more, nor counted."""
        return self.story is None and len(self.facts) >= UNDECIDED_FACTS

    def name(self, uniqueid: str) -> None:
        """Take a channel in. The earliest one gives the call its id."""
        self.channels.add(uniqueid)
        if uniqueid != self.root and seniority(uniqueid) < seniority(self.root):
            self._lead(uniqueid)

    def _lead(self, root: str) -> None:
        self.root = root
        if self.story is not None:
            self.absorbed.append(self.story.call_id)
            self.story.rename(call_id_of(self.node, root))

    def number(self, fact: Fact) -> int | None:
        """The fact's ordinal among its like; None where the same voice told it already."""
        row = (_VOICES.get(fact.source, ""), fact.kind, fact.subject, fact.place)
        told = self._told.setdefault(row, _Times())
        if fact.at in told.times:
            return None
        told.times.add(fact.at)
        told.count += 1
        return 0 if fact.kind in ONCE else told.count - 1

    def remember(self, fact: Fact) -> None:
        """Take a fact that has its ordinal already (out of the store)."""
        row = (_VOICES.get(fact.source, ""), fact.kind, fact.subject, fact.place)
        told = self._told.setdefault(row, _Times())
        told.times.add(fact.at)
        told.count = max(told.count, fact.ordinal + 1)

    def undecided(self, facts: Iterable[Fact]) -> None:
        """Keep facts until it is clear whether the group is ours."""
        room = UNDECIDED_FACTS - len(self.facts)
        self.facts.extend(fact for fact, _ in zip(facts, range(room), strict=False))

    def tell(self, fact: Fact | None) -> tuple[Fact, ...]:
        """Write the fact, and all that waited, into the story, which begins here if need be. The
        facts that are new in it."""
        if self.story is None:
            self.story = Story(call_id_of(self.node, self.root), self.node)
        waiting = self.facts if fact is None else (*self.facts, fact)
        new = tuple(f for f in waiting if self.story.take(f))
        self.facts = []
        return new

    def swallow(self, other: Group) -> None:
        """Take all of a group whose root is younger. Subjects of two groups are never the same,
        so nothing has to be counted anew."""
        self.channels |= other.channels
        self.bridges |= other.bridges
        self.live |= other.live
        self.ended |= other.ended
        self.missed |= other.missed
        self._told |= other._told
        self.touched = max(self.touched, other.touched)
        self.absorbed += other.absorbed
        if other.story is not None:
            self.absorbed.append(other.story.call_id)
            self._take_story(other.story)
        self.undecided(other.facts)

    def _take_story(self, story: Story) -> None:
        if self.story is None:
            story.rename(call_id_of(self.node, self.root))
            self.story = story
        else:
            self.story.swallow(story)
