"""The channels that belong together, before and while they are a call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ccgateway.calls.kin import seniority
from ccgateway.calls.reduce import Story
from ccgateway.calls.voices import JOURNALS
from ccgateway.telephony.facts import ONCE, Fact, Kind
from ccgateway.telephony.ids import call_id_of

UNDECIDED_FACTS = 500
"""What is kept of a group that is not ours (yet): a normal call makes 40 facts before it touches
us; what a conference of hours makes beyond this is not worth the memory."""

_Row = tuple[str, str, str, str]  # journal, kind, subject, place
"""Each journal counts the nth time by itself; AMI, snapshots and we ourselves are one voice."""

_When = tuple[datetime, str]
"""queue_log has whole seconds, and can tell of two agents in one."""


_Told = tuple[int, tuple[_When, ...] | set[_When]]
"""How many a row of facts has, and when they were told. There is one for nearly every fact of the
last minute: tuples of numbers, texts and times Python's garbage collector looks at once, all else
again and again, and the loop waits for it."""

_NOTHING_TOLD: _Told = (0, ())

FEW = 8
"""As many times stand in a tuple: to look through it takes no longer than a look into a set."""


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
    _told: dict[_Row, _Told] = field(default_factory=dict)

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
        row, when = _row(fact)
        count, times = self._told.get(row, _NOTHING_TOLD)
        if when in times:
            return None
        self._told[row] = (count + 1, _with(times, when))
        return 0 if fact.kind in ONCE else count

    def remember(self, fact: Fact) -> None:
        """Take a fact that has its ordinal already (out of the store)."""
        row, when = _row(fact)
        count, times = self._told.get(row, _NOTHING_TOLD)
        self._told[row] = (max(count, fact.ordinal + 1), _with(times, when))

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


def _row(fact: Fact) -> tuple[_Row, _When]:
    journal = fact.source in JOURNALS
    row = (fact.source.value if journal else "", fact.kind.value, fact.subject, fact.place)
    return row, (fact.at, fact.detail.get("agent", "") if journal else "")


def _with(times: tuple[_When, ...] | set[_When], when: _When) -> tuple[_When, ...] | set[_When]:
    if isinstance(times, set):
        times.add(when)
        return times
    return (*times, when) if len(times) < FEW else {*times, when}
