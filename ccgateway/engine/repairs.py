"""The repair: a call that is over in the journals is folded anew, from all that all voices told.

It is asked for when the journals are done with a call, and when the live writer has written one
that has ended: what was told later than the other voice is not lost, whichever that is. A call that
was repaired is changed by the repair alone (``put_calls.sql``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import heappop, heappush
from uuid import UUID

import structlog

from ccgateway.calls.call import Call, Known
from ccgateway.calls.groups import REMEMBERED
from ccgateway.engine.journal_book import Book
from ccgateway.engine.journal_ports import JournalRecord, Repaired, Unrepaired
from ccgateway.errors import StoreUnavailable
from ccgateway.telephony.ids import day_of

AFTER_JOURNALS_S = 2.0
"""The journals are read one after the other, some tenths of a second apart."""

AFTER_WRITER_S = 5.0
"""By then the journals, too, are read as a rule, and the call is repaired once."""

TOGETHER = 10
"""Calls of a transaction: the writer may wait for it, some tens of milliseconds."""

TICK_S = 0.25
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0

BEHIND_S = 2.0
"""After its time a call is repaired within this, unless there are many."""

KEPT_S = 120.0
"""Longer than the board remembers a group: what is told of it later finds it after a restart."""

log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Request:
    node: str
    due: float
    channels: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    """A call that was repaired, ``at`` by the loop's time, and the ids it has in the journals."""

    at: float
    node: str
    ended: datetime
    ids: Collection[UUID]


class Repairs:
    """What is to be repaired, and when. ``books``: the journals by node, which say what goes on.
    ``tell`` hears of each call that was repaired."""

    def __init__(
        self, record: JournalRecord, books: Mapping[str, Book], tell: Callable[[Repaired], None]
    ) -> None:
        self._record = record
        self._books = books
        self._tell = tell
        self._pending: dict[tuple[str, str], _Request] = {}  # by node and channel
        self._queue: list[tuple[float, int, _Request]] = []  # a heap; by due, and in their order
        self._waiting: set[_Request] = set()
        self._asked = 0
        self._done: list[_Done] = []
        self._in_hand: list[_Request] = []
        self.calls = 0
        """Calls that were folded with the journals, since the start."""
        self.made_whole = 0
        """Those of them that the live voices did not tell whole."""
        self.failed = 0
        """Groups of channels that could not be folded or stored: each is in the log."""

    @property
    def pending(self) -> int:
        """Groups of channels that are asked for, and not repaired yet."""
        return len(self._waiting) + len(self._in_hand)

    def is_behind(self, node: str) -> bool:
        """Whether calls of a node have waited for long."""
        late = _time() - BEHIND_S
        if not self._in_hand and (not self._queue or self._queue[0][0] >= late):
            return False
        waiting = (*self._waiting, *self._in_hand)
        return any(one.node == node and one.due < late for one in waiting)

    def over(self, book: Book) -> None:
        """The journals are done with some calls."""
        for group, days in book.over():
            self._ask(book.node, group.channels, days, AFTER_JOURNALS_S)

    def told(self, calls: Iterable[Call]) -> None:
        """The live writer has committed these calls."""
        for call in calls:
            if call.ended_at is not None and call.node in self._books and call.legs:
                days = {call.started_at.date(), call.ended_at.date()}
                self._ask(call.node, (leg.uniqueid for leg in call.legs), days, AFTER_WRITER_S)

    def left(self, node: str, channels: Sequence[Unrepaired]) -> None:
        """The last run did not come to these."""
        calls: dict[UUID, set[str]] = {}
        for one in channels:
            calls.setdefault(one.call_id, set()).add(one.channel)
        for found in calls.values():
            self._ask(node, found, (), AFTER_WRITER_S)

    async def run(self) -> None:
        """Repair what is due, for ever."""
        pause = FIRST_PAUSE_S
        while True:
            due = self._due()
            if not due:
                await asyncio.sleep(TICK_S)
                continue
            self._in_hand = due
            try:
                await self._repair(due)
                self._in_hand, pause = [], FIRST_PAUSE_S
            except StoreUnavailable as error:
                self._in_hand = []
                self._give_back(due)
                log.info("calls not repaired yet", why=str(error), again_s=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def tidy(self) -> None:
        """Let go of the calls that were done with long ago. Raises StoreUnavailable."""
        gone = {done for done in self._done if self._is_over(done)}
        if gone:
            await self._record.drop([call_id for done in gone for call_id in done.ids])
            self._done = [done for done in self._done if done not in gone]

    def _is_over(self, done: _Done) -> bool:
        """Whether nothing more can come of it: of one journal all may be read, and of the other
        nothing."""
        book = self._books.get(done.node)
        passed = book.passed if book else None
        read_past = passed is not None and passed > done.ended + REMEMBERED
        return read_past and done.at <= _time() - KEPT_S

    # -- what is due

    def _ask(
        self, node: str, channels: Iterable[str], days: Collection[date], after: float
    ) -> None:
        asked = set(channels)
        request = _Request(node, _time() + after, asked, {*days, *_birthdays(asked)})
        others = {other for channel in asked if (other := self._pending.get((node, channel)))}
        for other in others:
            request.due = min(request.due, other.due)
            request.channels |= other.channels
            request.days |= other.days
            self._waiting.discard(other)
        for channel in request.channels:
            self._pending[node, channel] = request
        self._waiting.add(request)
        self._asked += 1
        heappush(self._queue, (request.due, self._asked, request))

    def _due(self) -> list[_Request]:
        """The next of one node, oldest first; those that go on in the journals come again."""
        now = _time()
        taken: list[_Request] = []
        others: list[tuple[float, int, _Request]] = []
        while self._queue and self._queue[0][0] <= now and len(taken) < TOGETHER > len(others):
            asked = heappop(self._queue)
            request = asked[2]
            if request not in self._waiting:  # it is part of a later one
                continue
            if taken and request.node != taken[0].node:
                others.append(asked)
                continue
            self._waiting.discard(request)
            for channel in request.channels:
                self._pending.pop((request.node, channel), None)
            if not self._goes_on(request):
                taken.append(request)
        for asked in others:
            heappush(self._queue, asked)
        return taken

    def _goes_on(self, request: _Request) -> bool:
        book = self._books.get(request.node)
        if book is None:
            return True
        groups = (book.board.group(request.node, channel) for channel in request.channels)
        return any(group is not None and group.story and group.live for group in groups)

    def _give_back(self, due: Sequence[_Request]) -> None:
        for request in due:
            self._ask(request.node, request.channels, request.days, 0.0)

    # -- the work

    async def _repair(self, due: Sequence[_Request]) -> None:
        """Raises StoreUnavailable. Where one call is at fault the others are repaired."""
        days = {day for request in due for day in request.days}
        try:
            node = due[0].node
            found = await self._record.repair(node, days, [one.channels for one in due])
        except StoreUnavailable:
            raise
        except Exception:
            if len(due) > 1:
                for request in due:
                    await self._repair([request])
                return
            self.failed += 1
            log.exception("a call could not be repaired", channels=sorted(due[0].channels))
            return
        self._count(due[0].node, found)

    def _count(self, node: str, found: Iterable[Repaired]) -> None:
        for repaired in found:
            call = repaired.call
            if call is None or call.ended_at is None:
                continue
            self.calls += 1
            self.made_whole += call.known is Known.REPAIRED
            ids = {call.call_id, *self._ids_in_journals(node, repaired)}
            self._done.append(_Done(_time(), node, call.ended_at, ids))
            try:
                self._tell(repaired)
            except Exception:  # it is stored: a fault of ours in the figures costs no call
                log.exception("a repaired call could not be told", call_id=str(call.call_id))

    def _ids_in_journals(self, node: str, repaired: Repaired) -> Iterable[UUID]:
        book = self._books.get(node)
        for channel in repaired.channels:
            group = book and book.board.group(node, channel)
            if group and group.story:
                yield group.story.call_id


def _birthdays(channels: Iterable[str]) -> Iterable[date]:
    return (day for channel in channels if (day := day_of(channel)))


def _time() -> float:
    return asyncio.get_running_loop().time()
