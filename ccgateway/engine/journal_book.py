"""A node's journals as they are read: a board of their own, and how far each of them is."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from ccgateway.calls.board import Board, Ours
from ccgateway.calls.group import Group
from ccgateway.calls.reduce import Story
from ccgateway.engine.journal_ports import Mark
from ccgateway.telephony.facts import Fact, Kind, Source

HELD_FOR = timedelta(minutes=15)
"""Channels that are not known to be ours are read again after a restart as long as they are no
older: else one that stands open for a day would have us read that day again."""

FAR_BEHIND = timedelta(minutes=5)
"""A journal that cannot be read: the calls of the other shall not fill the memory. What it tells
later finds them in PostgreSQL."""

_NOWHERE = Mark("", None)
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)


@dataclass(slots=True)
class _Reading:
    """How far a journal is."""

    position: str
    stored: Mark
    heard: datetime | None = None  # in this run
    ended: datetime | None = None  # when it was last read to its end, by our clock
    level: datetime | None = None  # what was then the newest time in any journal of the node
    held: deque[_Held] = field(default_factory=deque)
    before: datetime | None = None
    """What is no later, and comes again, the last run may be done with."""

    @property
    def reached(self) -> datetime | None:
        """All that was told until then is read."""
        return max((at for at in (self.heard, self.ended) if at), default=None)

    @property
    def passed(self) -> datetime | None:
        """The same by Asterisk's clock alone, which may differ from ours."""
        return max((at for at in (self.heard, self.level) if at), default=None)


@dataclass(frozen=True, slots=True)
class _Held:
    """From ``since`` on there is something of channels that may yet be ours."""

    since: str
    heard: datetime
    channels: Collection[str]


class Book:
    """One node's."""

    def __init__(self, node: str, ours: Ours, marks: Mapping[Source, Mark]) -> None:
        self.node = node
        self.board = Board({node: ours})
        self._readings = {
            source: _Reading(mark.position, mark, before=mark.heard)
            for source, mark in marks.items()
        }
        self._passed_over: set[str] = set()
        self._lacked: dict[Group, datetime] = {}
        self._new: list[tuple[Fact, Story]] = []
        self._moved: dict[UUID, UUID] = {}
        self._touched: set[Group] = set()

    def restore(self, facts: Collection[Fact]) -> None:
        """Take what is stored of the calls that are not done with, before anything is heard: in
        the order of time, in parts of any size; ``restored`` ends it."""
        self._moved |= self.board.restore(facts)

    def restored(self) -> None:
        """That was all: these calls may be over, and their facts are needed no more."""
        for group in self.board.groups(self.node):
            if group.story is not None:
                self._touched.add(group)
                group.story.let_go()

    def renew(self, ours: Ours) -> None:
        self.board.renew({self.node: ours})

    # -- how far

    def position(self, source: Source) -> str:
        """From where it is to be read on."""
        return self._reading(source).position

    def stored(self, source: Source) -> str:
        """From where the store says that it is to be read."""
        return self._reading(source).stored.position

    def heard(self, source: Source) -> datetime | None:
        """The newest time that was read there, and is stored."""
        return self._reading(source).stored.heard

    def at_end(self, source: Source, now: datetime) -> None:
        reading = self._reading(source)
        reading.ended = now
        reading.level = max((r.heard for r in self._readings.values() if r.heard), default=None)

    @property
    def reached(self) -> datetime | None:
        """All that the journals told until then is read; None before each was, and where CEL has
        told nothing ever: perhaps it is written elsewhere."""
        cel = self._readings.get(Source.CEL)
        if cel is None or not (cel.heard or cel.stored.heard):
            return None
        return _least(reading.reached for reading in self._readings.values())

    @property
    def passed(self) -> datetime | None:
        """The same by Asterisk's clock alone, which does not go on while nothing happens. One that
        is far behind the other does not count."""
        heard = [reading.heard for reading in self._readings.values() if reading.heard]
        least = _least(reading.passed for reading in self._readings.values())
        if not heard:
            return least
        return max(least or _BEFORE_ALL, max(heard) - FAR_BEHIND)

    def _reading(self, source: Source) -> _Reading:
        return self._readings.setdefault(source, _Reading("", _NOWHERE))

    # -- what is told

    def unknown(self, source: Source, facts: Sequence[Fact]) -> set[str]:
        """The channels of whom it must be asked whether the last run was done with them: they are
        read again, and not for the first time."""
        reading = self._reading(source)
        before = reading.before
        if before is None:
            return set()
        if any(fact.at > before for fact in facts):
            reading.before = None
        return {
            fact.subject
            for fact in facts
            if fact.at <= before and self.board.group(self.node, fact.subject) is None
        }

    def pass_over(self, channels: Collection[str]) -> None:
        """What is told of these is stored already."""
        self._passed_over.update(channels)

    def hear(self, fact: Fact) -> None:
        """Put a fact where it belongs."""
        if fact.subject in self._passed_over:
            return
        # The journals are read one after the other: what is over in one may go on in the other.
        change = self.board.take(fact, self.passed or _BEFORE_ALL)
        if change is not None:
            self._new.extend((new, change.story) for new in change.facts)
            self._moved |= dict.fromkeys(change.absorbed, change.story.call_id)
        group = self.board.group(self.node, fact.subject)
        if group is not None and group.story is not None:
            self._touched.add(group)

    def mark(self, source: Source, facts: Sequence[Fact], since: str, position: str) -> Mark:
        """From where the journal would have to be read if we ended now, having read these facts."""
        reading = self._reading(source)
        if facts:
            newest = max(fact.at for fact in facts)
            reading.heard = max(newest, reading.heard or newest)
        known = [at for at in (reading.heard, reading.stored.heard) if at]
        if not known:
            return Mark(position, None)
        heard = max(known)
        undecided = {fact.subject for fact in facts if self._is_undecided(fact.subject)}
        if undecided:
            reading.held.append(_Held(since, heard, undecided))
        while reading.held and not self._holds(reading.held[0], heard):
            reading.held.popleft()
        return Mark(reading.held[0].since if reading.held else position, heard)

    def _holds(self, held: _Held, now: datetime) -> bool:
        return now - held.heard < HELD_FOR and any(map(self._is_undecided, held.channels))

    def _is_undecided(self, channel: str) -> bool:
        group = self.board.group(self.node, channel)
        return group is not None and group.story is None and bool(group.live)

    # -- what is to be stored

    def unsaved(self) -> tuple[list[tuple[Fact, UUID]], dict[UUID, UUID]]:
        """New facts with their calls, and calls that turned out to be others. The same again until
        ``saved``."""
        moved = {old: self._now(old) for old in self._moved}
        told = [(fact, moved.get(story.call_id, story.call_id)) for fact, story in self._new]
        return told, moved

    def _now(self, call_id: UUID) -> UUID:
        seen = {call_id}
        while (after := self._moved.get(call_id)) is not None and after not in seen:
            call_id = after
            seen.add(call_id)
        return call_id

    def saved(self, source: Source, position: str, mark: Mark) -> None:
        """It is stored; the facts as well, and so they are kept here no more: of thousands of calls
        at once they would be a burden."""
        for story in {story for _, story in self._new}:
            story.let_go()
        self._new.clear()
        self._moved.clear()
        reading = self._reading(source)
        reading.position, reading.stored = position, mark

    # -- what is over

    def over(self) -> Iterator[tuple[Group, set[date]]]:
        """The groups that are ours and over, and of which something was told since this was asked;
        with the days on which facts of theirs stand. Not before all of it is saved."""
        if self._new:
            return
        touched, self._touched = self._touched, set()
        for group in touched:
            if group.live or group.story is None:
                continue
            now = self.board.group(self.node, group.root)
            if now is None or now is group:  # else it is part of another
                yield group, group.story.days

    def give_up(self, alive: Set[str], after: timedelta, now: datetime) -> None:
        """Channels that Asterisk does not know any more have ended, though no journal tells it. It
        is asked from time to time: one that it lacked before, at ``now`` by our clock, may have
        ended by a line that was not read then; and is given up where all is read since."""
        lacked = {group: self._lacked.get(group, now) for group in self._silent(alive, after)}
        self._lacked = lacked
        ends = [reading.ended for reading in self._readings.values()]
        for group, since in lacked.items():
            if all(end is not None and end > since for end in ends):
                self._end(group)

    def _silent(self, alive: Set[str], after: timedelta) -> list[Group]:
        reached = self.reached
        if reached is None:
            return []
        return [
            group
            for group in self.board.groups(self.node)
            if group.live and group.touched < reached - after and not alive & group.live.keys()
        ]

    def _end(self, group: Group) -> None:
        """Of a call of ours it is told, too: its record would have no end."""
        if group.story is None:
            self.board.give_up(group)
            return
        for channel in list(group.live):
            self.hear(
                Fact(self.node, Kind.CHANNEL_MISSING, channel, group.touched, source=Source.CEL)
            )


def _least(times: Iterable[datetime | None]) -> datetime | None:
    """The earliest; None where one is not known."""
    found = list(times)
    known = [at for at in found if at is not None]
    return min(known) if known and len(known) == len(found) else None
