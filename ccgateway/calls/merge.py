"""Many voices, one story: which facts of AMI, snapshots, ourselves and the journals are the same,
and how each is told.

The answer hangs on the set of facts alone, not on their order. Each thing is told once, with the
best voice's time and words, and what that one does not know from the others. Where CEL has a
channel's whole life, what a snapshot saw of it is not needed. What nobody told is not told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ccgateway.calls.align import ANY, REACH, Span, align
from ccgateway.calls.moments import settled
from ccgateway.calls.rung import rings_named
from ccgateway.calls.voices import COVERED, FROM_DIALPLAN, Said, strictly
from ccgateway.telephony.facts import ONCE, Fact, Identity, Kind, Source

_SIGHTS = frozenset({Kind.CHANNEL_SEEN, Kind.CHANNEL_MISSING, Kind.CHANNEL_FOUND})
_IN_QUEUE = frozenset({Kind.QUEUE_JOINED, Kind.QUEUE_LEFT})
_TRANSFERS = frozenset({Kind.BLIND_TRANSFERRED, Kind.ATTENDED_TRANSFERRED})
"""AMI does not name the other channel of every transfer that CEL names."""

_BY_CEL = COVERED | FROM_DIALPLAN
_BY_QUEUE_LOG = frozenset({Kind.QUEUE_JOINED, Kind.AGENT_CONNECTED})
"""What the journals tell that AMI tells, too, of every call that it tells whole."""

SLACK = timedelta(seconds=0.5)
"""Two clocks that agree on what happens once agree on all else within this: each voice has a thread
of its own, which a busy PBX lets wait. It is less than from one stay in a queue to the next."""

WHOLE_SECONDS = timedelta(seconds=1.5)
"""queue_log cuts the fraction off, and is written a little later: within this it says of the time
no more than AMI does."""

_EVER = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)

_Rows = dict[tuple[Kind, str, str], list[Fact]]


@dataclass(frozen=True, slots=True)
class Telling:
    """The facts in order, as they are to be told. Those with an identity in ``sights`` are
    overruled, but show where we lost sight of a channel. ``heard``: AMI alone told all of it."""

    facts: Sequence[Fact]
    sights: Collection[Identity]
    heard: bool


@dataclass(frozen=True, slots=True)
class _Lives:
    """What the journals know of channels: those whose whole life CEL has, the kinds that it tells
    of channels here at all (its configuration may leave some out), and those of which queue_log has
    something."""

    whole: Collection[str]
    kinds: Collection[Kind]
    queued: Collection[str]

    def overrules(self, said: Said) -> bool:
        """Whether a snapshot's fact is not needed: the journals tell what really happened."""
        fact = said.fact
        if fact.source is not Source.SNAPSHOT or fact.subject not in self.whole:
            return False
        if fact.kind in _IN_QUEUE:
            return fact.subject in self.queued
        return fact.kind in _SIGHTS or fact.kind in self.kinds


def merged(live: Collection[Fact], journals: Collection[Fact]) -> Telling:
    """One telling of a call's facts. ``live`` are those of AMI, snapshots and ourselves; of each
    voice every fact once, in any order."""
    ended = {fact.subject for fact in (*live, *journals) if fact.kind is Kind.CHANNEL_ENDED}
    cel = [
        fact
        for fact in journals
        if fact.source is Source.CEL and not (_was_given_up(fact) and fact.subject in ended)
    ]
    queue_log = [fact for fact in journals if fact.source is Source.QUEUE_LOG]
    queue_log = rings_named(queue_log, [*live, *cel])
    lives = _lives(cel, queue_log)
    ours = [Said(fact, live=fact) for fact in live if fact.source is Source.SELF]
    theirs = (fact for fact in live if fact.source is not Source.SELF)
    said = [*ours, *_met(_rows(theirs), _rows(queue_log), _rows(cel))]
    sights = [one.fact for one in said if lives.overrules(one) and one.fact.kind in _SIGHTS]
    told = settled(one for one in said if not lives.overrules(one))
    facts = sorted([*told, *sights], key=strictly)
    seen = any(fact.source is Source.SNAPSHOT for fact in live)
    heard = not seen and not any(_was_missed(one) for one in said)
    return Telling(facts, {fact.identity for fact in sights}, heard)


def _was_given_up(fact: Fact) -> bool:
    """Whether a journal told no end of a channel; another voice may."""
    return fact.kind is Kind.CHANNEL_MISSING


def _was_missed(said: Said) -> bool:
    """Whether AMI did not tell what it tells of what it hears."""
    kinds = _BY_CEL if said.cel else _BY_QUEUE_LOG
    return said.live is None and said.fact.kind in kinds


def _lives(cel: Iterable[Fact], queue_log: Iterable[Fact]) -> _Lives:
    by_kind: dict[Kind, set[str]] = defaultdict(set)
    for fact in cel:
        by_kind[fact.kind].add(fact.subject)
    whole = by_kind[Kind.CHANNEL_CREATED] & by_kind[Kind.CHANNEL_ENDED]
    return _Lives(whole, COVERED & by_kind.keys(), {fact.subject for fact in queue_log})


def _rows(facts: Iterable[Fact]) -> _Rows:
    """Facts that only differ in their time, in order."""
    rows: _Rows = defaultdict(list)
    for fact in sorted(facts, key=strictly):
        place = "" if fact.kind in _TRANSFERS else fact.place
        rows[fact.kind, fact.subject, place].append(fact)
    return rows


@dataclass(frozen=True, slots=True)
class _Clocks:
    """How far AMI's time is behind CEL's, and how near to each other they are then: by what happens
    once to a channel, which is the same whenever they put it."""

    behind: timedelta = timedelta()
    reach: timedelta = REACH

    @classmethod
    def of(cls, live: _Rows, cel: _Rows) -> _Clocks:
        behind = sorted(
            cel[row][0].at - live[row][0].at
            for row in live.keys() & cel.keys()
            if row[0] in ONCE and live[row][0].source is Source.AMI
        )
        if not behind:
            return cls()
        middle = behind[len(behind) // 2]
        return cls(middle, 2 * max(middle - behind[0], behind[-1] - middle) + SLACK)

    def apart(self, old: Fact, new: Fact) -> timedelta:
        """The time between a fact and that of a better voice."""
        return abs(self._at(old) - new.at)

    def near(self, old: Fact, reach: timedelta) -> Span:
        """The times that are no more than ``reach`` from a fact's."""
        at = self._at(old)
        return at - reach, at + reach

    def _at(self, fact: Fact) -> datetime:
        return fact.at + self.behind if fact.source is Source.AMI else fact.at


def _met(live: _Rows, queue_log: _Rows, cel: _Rows) -> Iterator[Said]:
    """Each thing once, with the words of all who tell it."""
    clocks = _Clocks.of(live, cel)
    for row in sorted(live.keys() | queue_log.keys() | cel.keys()):
        reach = ANY if row[0] in ONCE else clocks.reach
        said = [Said(fact, live=fact) for fact in live.get(row, ())]
        logged = [Said(fact, queue_log=fact) for fact in queue_log.get(row, ())]
        rough = WHOLE_SECONDS if logged else timedelta()
        both = _joined(said, logged, clocks, reach + rough)
        said = sorted(both, key=lambda one: strictly(one.fact))
        newest = [Said(fact, cel=fact) for fact in cel.get(row, ())]
        yield from _joined(said, newest, clocks, reach + rough)


def _joined(
    olds: list[Said], news: list[Said], clocks: _Clocks, reach: timedelta
) -> Iterator[Said]:
    """The words of some voices, and those of a better one."""

    def off(old: Fact, new: Fact) -> timedelta:
        """A snapshot tells what came about some time before; who told it then is nearer."""
        before = old.source is Source.SNAPSHOT and new.at <= old.at
        return reach / 2 if before else clocks.apart(old, new)

    def near(old: Fact) -> Span:
        since, until = clocks.near(old, reach)
        return (_EVER if old.source is Source.SNAPSHOT else since), until

    pairs = align([s.fact for s in olds], [s.fact for s in news], off, reach, near)
    for old, new in pairs:
        if old is not None and new is not None:
            yield _both(olds[old], news[new], clocks)
        elif old is not None:
            yield olds[old]
        elif new is not None:
            yield news[new]


def _both(old: Said, new: Said, clocks: _Clocks) -> Said:
    """The better voice's words and time, and what it does not know from the other."""
    before, after = old.fact, new.fact
    rough = after.source is Source.QUEUE_LOG and before.source is Source.AMI
    clock = before if rough and clocks.apart(before, after) <= WHOLE_SECONDS else after
    fact = replace(
        after,
        at=clock.at,
        source=clock.source,
        place=after.place or before.place,
        detail={**before.detail, **after.detail},
    )
    return Said(fact, old.live or new.live, old.queue_log or new.queue_log, old.cel or new.cel)
