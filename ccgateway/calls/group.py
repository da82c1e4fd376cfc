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
class Channel:
    """What we believe of a live channel; a snapshot is held against it."""

    since: datetime
    begun: bool = False  # its birth was seen, or a snapshot told of it
    answered: bool = False
    bridge: str = ""
    queue: str = ""

    def follow(self, fact: Fact) -> None:
        """Let a fact about the channel show."""
        match fact.kind:
            case Kind.CHANNEL_CREATED | Kind.CHANNEL_SEEN:
                self.begun = True
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
    channels: set[str] = field(default_factory=set)  # those that were only named, too
    bridges: set[str] = field(default_factory=set)
    absorbed: list[UUID] = field(default_factory=list)  # ids that this call had, or swallowed
    counted: bool = False
    _told: dict[_Row, list[datetime | None]] = field(default_factory=dict)

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
        times = self._told.get(row)
        if times is None:
            self._told[row] = [fact.at]
            return 0
        if fact.at in times:
            return None
        times.append(fact.at)
        return 0 if fact.kind in ONCE else len(times) - 1

    def remember(self, fact: Fact) -> None:
        """Take a fact that has its ordinal already (out of the store)."""
        row = (_VOICES.get(fact.source, ""), fact.kind, fact.subject, fact.place)
        times = self._told.setdefault(row, [])
        times.extend([None] * (fact.ordinal + 1 - len(times)))
        times[fact.ordinal] = fact.at

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
            for fact in story.facts:
                self.story.take(fact)
