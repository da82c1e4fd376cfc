"""What is asked of the repair: once for each call, whoever asks how often."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

import pytest

from ccgateway.calls.board import Ours
from ccgateway.calls.reduce import fold
from ccgateway.engine import repairs
from ccgateway.engine.journal_book import Book
from ccgateway.engine.journal_ports import Mark, Repaired, Taken, Unrepaired
from ccgateway.engine.repairs import Repairs
from ccgateway.rig.waiting import until
from ccgateway.telephony.facts import Fact, Kind, Source
from tests.unit.engine.world import NOW

NODE = "pbx1"
OURS = Ours({"stations"}, {"from-phones"}, {})


class Desk:
    """A record that only notes what it is to repair."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []
        self.found: list[Repaired] = []

    async def repair(
        self, node: str, days: Collection[date], channels: Sequence[Collection[str]]
    ) -> Sequence[Repaired]:
        self.asked += [set(one) for one in channels]
        return self.found

    async def positions(self, node: str) -> Mapping[Source, Mark]:
        raise NotImplementedError

    async def open_facts(self, node: str) -> Sequence[Fact]:
        raise NotImplementedError

    async def known(self, node: str, days: Collection[date], channels: Collection[str]) -> set[str]:
        raise NotImplementedError

    async def unrepaired(self, node: str, since: datetime) -> Sequence[Unrepaired]:
        raise NotImplementedError

    async def put(self, taken: Taken) -> bool:
        raise NotImplementedError

    async def drop(self, calls: Collection[UUID]) -> None:
        raise NotImplementedError


async def test_a_call_that_is_asked_for_in_parts_is_repaired_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repairs, "AFTER_WRITER_S", 0.0)
    desk = Desk()
    asked = Repairs(desk, {NODE: Book(NODE, OURS, {})}, lambda _: None)
    for channels in (["1.1", "1.2", "1.3"], ["1.1"], ["1.3", "1.4"], ["2.1"]):
        call = uuid4()
        asked.left(NODE, [Unrepaired(call, channel) for channel in channels])
    assert asked.pending == 2

    work = asyncio.create_task(asked.run())
    try:
        await until(lambda: not asked.pending, "all is repaired")
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    assert sorted(map(sorted, desk.asked)) == [["1.1", "1.2", "1.3", "1.4"], ["2.1"]]


async def test_a_fault_in_what_hears_of_a_repaired_call_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is stored already: neither they nor the gateway are to suffer."""
    monkeypatch.setattr(repairs, "AFTER_WRITER_S", 0.0)
    desk, told = Desk(), list[Repaired]()
    for channel in ("1.1", "2.1"):
        facts = [
            Fact(NODE, kind, channel, NOW, source=Source.CEL)
            for kind in (Kind.CHANNEL_CREATED, Kind.CHANNEL_ENDED)
        ]
        desk.found.append(Repaired(frozenset({channel}), fold(uuid4(), NODE, facts)))

    def tell(one: Repaired) -> None:
        told.append(one)
        if len(told) == 1:
            raise RuntimeError("a fault of ours")

    asked = Repairs(desk, {NODE: Book(NODE, OURS, {})}, tell)
    asked.left(NODE, [Unrepaired(uuid4(), "1.1")])
    work = asyncio.create_task(asked.run())
    try:
        await until(lambda: asked.calls == 2, "both are repaired")
        assert told == desk.found
        assert not work.done()
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
