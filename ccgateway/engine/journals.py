"""What Asterisk's journals tell: into calls by a board of their own, then into the store.

The live board never hears of it. Facts and the place from where the journal is to be read next are
stored together. That place is not always the newest: of channels of whom nobody knows yet whether
they are ours nothing is stored, so after a restart they are read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from ccgateway.calls.board import Ours
from ccgateway.calls.gap import Gap, Unseen, gap
from ccgateway.calls.homes import Home, at_home
from ccgateway.engine.journal_book import Book
from ccgateway.engine.journal_ports import JournalRecord, Repaired, Taken
from ccgateway.engine.ports import Clock
from ccgateway.engine.repairs import Repairs
from ccgateway.errors import StoreUnavailable
from ccgateway.telephony.facts import Fact, Source

SLICE = 200
"""Facts that are put in order before others get the loop: some 5 ms."""

LOOKED_BACK = timedelta(days=2)
"""Calls that a crash left unrepaired are not older: the journals are read again at every start."""

GIVEN_UP_AFTER = timedelta(minutes=10)
"""Asterisk died and wrote no end of a channel, which it does not know any more since so long."""

SWEEP_S = 60.0

log = structlog.get_logger()


class Journals:
    """``ccgateway.engine.ports.JournalStore``. ``homes``: of the services, by id. ``alive``: the
    channels that are known to live on a node, None where that is not known now. ``missed`` hears of
    each gap in a journal that was stored: something was lost before it was read; ``repaired`` of
    each call that was repaired."""

    def __init__(
        self,
        record: JournalRecord,
        ours: Mapping[str, Ours],
        clock: Clock,
        *,
        homes: Mapping[str, Home],
        alive: Callable[[str], Collection[str] | None],
        missed: Callable[[Gap], None],
        repaired: Callable[[Repaired], None],
    ) -> None:
        self._record = record
        self._ours = ours
        self._homes = homes
        self._clock = clock
        self._alive = alive
        self._missed = missed
        self._books: dict[str, Book] = {}
        self._before: dict[str, datetime | None] = {}  # up to when the last run had read
        self._locks = {node: asyncio.Lock() for node in ours}
        self.repairs = Repairs(record, self._books, repaired)
        self.facts = 0
        """Facts of calls of ours that the journals told, since the start."""

    def renew(self, ours: Mapping[str, Ours], homes: Mapping[str, Home]) -> None:
        """From here on these are ours, of the same nodes."""
        self._ours, self._homes = ours, homes
        for node, book in self._books.items():
            book.renew(ours[node])

    async def position(self, node: str, source: Source) -> str:
        """From where this journal is to be read; '' where it never was. Raises StoreUnavailable."""
        async with self._locks[node]:
            return (await self._book(node)).position(source)

    async def take(
        self,
        node: str,
        source: Source,
        facts: Sequence[Fact],
        since: str,
        position: str,
        *,
        missed: str = "",
    ) -> str:
        """Take what was read from ``since`` to ``position``; where it is to be read from another
        place, nothing. ``missed``: why something was lost before it was read. From where to read
        on. Raises StoreUnavailable, and then the same is to be given again."""
        async with self._locks[node]:
            book = await self._book(node)
            if since != book.position(source):
                return book.position(source)
            lost = self._lost(book, source, facts, missed) if missed else None
            await self._hear(book, source, facts)
            now = book.mark(source, facts, since, position)
            told, moved = book.unsaved()
            taken = Taken(node, source, told, moved, book.stored(source), now, lost)
            if not await self._record.put(taken):
                del self._books[node]  # what it has is not what is stored
                raise StoreUnavailable(f"another gateway reads the {source} of {node}, too")
            book.saved(source, position, now)
            if lost is not None:
                self._missed(lost)
            self.facts += len(told)
            self.repairs.over(book)
            return position

    def at_end(self, node: str, source: Source) -> None:
        """This journal was read to its end, as it is now."""
        if book := self._books.get(node):
            book.at_end(source, self._clock.now())

    def _lost(self, book: Book, source: Source, facts: Sequence[Fact], why: str) -> Gap:
        """Between what was read last of this journal, and what was read now."""
        now = self._clock.now()
        began = min(book.heard(source) or now, now)
        until = min((fact.at for fact in facts), default=now)
        lost = gap(book.node, began, f"{source.value}: {why}", Unseen.JOURNAL)
        return replace(lost, ended_at=max(began, until))

    @property
    def nodes(self) -> Set[str]:
        """Those of the configuration."""
        return self._locks.keys()

    def reached(self, node: str) -> datetime | None:
        """All that the journals of a node told until then is read; None where that is not known."""
        book = self._books.get(node)
        return book.reached if book else None

    def read_to(self, node: str) -> datetime | None:
        """The same; as long as it is not known in this run, where the last one was: a shipper that
        does not come is to be seen."""
        return self.reached(node) or self._before.get(node)

    def repaired(self, node: str) -> datetime | None:
        """The calls that had ended by then are repaired, but for those of the last seconds; None
        where that is not known."""
        return None if self.repairs.is_behind(node) else self.reached(node)

    async def sweep(self) -> None:
        """Each minute let go of what Asterisk lost, for ever."""
        while True:
            with suppress(StoreUnavailable):
                await self.recall()
            await asyncio.sleep(SWEEP_S)
            for node in list(self._books):
                alive = self._alive(node)
                if alive is not None:
                    self.let_go(node, set(alive))
            with suppress(StoreUnavailable):
                await self.repairs.tidy()

    async def recall(self) -> None:
        """See how far the last run was. Raises StoreUnavailable."""
        for node in self.nodes - self._before.keys():
            cel = (await self._record.positions(node)).get(Source.CEL)
            self._before[node] = cel.heard if cel else None

    def let_go(self, node: str, alive: Set[str]) -> None:
        """Nothing more will be told of channels that Asterisk does not know any more."""
        book = self._books[node]
        book.give_up(alive, GIVEN_UP_AFTER, self._clock.now())
        self.repairs.over(book)

    async def _book(self, node: str) -> Book:
        """The node's book; made of what is stored. Raises StoreUnavailable."""
        book = self._books.get(node)
        if book is None:
            marks = await self._record.positions(node)
            facts = await self._record.open_facts(node)
            book = Book(node, self._ours[node], marks)
            for begin in range(0, len(facts), SLICE):
                book.restore(facts[begin : begin + SLICE])
                await asyncio.sleep(0)
            book.restored()
            if marks:
                since = self._clock.now() - LOOKED_BACK
                self.repairs.left(node, await self._record.unrepaired(node, since))
            book.renew(self._ours[node])  # there may be another configuration by now
            self._books[node] = book
            self.repairs.over(book)
        return book

    async def _hear(self, book: Book, source: Source, facts: Sequence[Fact]) -> None:
        """Let the facts into the book; those that the last run did away with are passed over. A
        fault of ours in one is logged and costs that one only: it would come again for ever."""
        if asked := book.unknown(source, facts):
            days = {fact.day for fact in facts}
            book.pass_over(await self._record.known(book.node, days, asked))
        for place, fact in enumerate(facts, start=1):
            try:
                book.hear(at_home(fact, self._homes))
            except Exception:
                log.exception("a journal's fact could not be handled", identity=fact.identity)
            if place % SLICE == 0:
                await asyncio.sleep(0)
