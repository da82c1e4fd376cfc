"""A node's journals: what is repaired, whatever the clocks say, and what nobody tells any more."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from ccgateway.calls.board import Ours
from ccgateway.calls.gap import Gap
from ccgateway.calls.homes import Home
from ccgateway.engine.journal_ports import Mark, Repaired, Taken, Unrepaired
from ccgateway.engine.journals import Journals
from ccgateway.errors import StoreUnavailable
from ccgateway.telephony.facts import Fact, Kind, Source
from tests.unit.engine.world import NOW

NODE = "pbx1"
OURS = {NODE: Ours({"stations"}, {"from-trunk"}, {})}


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class Record:
    """In memory; nothing is repaired."""

    def __init__(self) -> None:
        self.told: list[Fact] = []
        self.open: list[Fact] = []
        self.lost: list[Gap] = []
        self.marks: Mapping[Source, Mark] = {}
        self.away = False

    async def put(self, taken: Taken) -> bool:
        if self.away:
            raise StoreUnavailable
        self.lost += [taken.lost] if taken.lost else []
        self.told += [fact for fact, _ in taken.told]
        return True

    async def positions(self, node: str) -> Mapping[Source, Mark]:
        return self.marks

    async def open_facts(self, node: str) -> Sequence[Fact]:
        return self.open

    async def known(self, node: str, days: Collection[date], channels: Collection[str]) -> set[str]:
        return set()

    async def unrepaired(self, node: str, since: datetime) -> Sequence[Unrepaired]:
        return []

    async def drop(self, calls: Collection[UUID]) -> None:
        raise NotImplementedError

    async def repair(
        self, node: str, days: Collection[date], channels: Sequence[Collection[str]]
    ) -> Sequence[Repaired]:
        raise NotImplementedError


class Reading:
    """Reads what CEL tells; queue_log is there, and has nothing new."""

    def __init__(self) -> None:
        self.record, self.clock = Record(), Clock()
        self.missed: list[Gap] = []
        self.journals = Journals(
            *(self.record, OURS, self.clock),
            homes={"hotline": Home("oilco", "FI")},
            alive=lambda _: None,
            missed=self.missed.append,
            repaired=lambda _: None,
        )
        self._positions = dict.fromkeys((Source.QUEUE_LOG, Source.CEL), "")

    async def read(self, *facts: Fact, to_its_end: bool = True) -> None:
        for source, before in self._positions.items():
            told = facts if source is Source.CEL else ()
            after = str(int(before or 0) + 1)
            self._positions[source] = await self.journals.take(NODE, source, told, before, after)
            if to_its_end:
                self.journals.at_end(NODE, source)


def call(number: int, began: datetime, seconds: float) -> list[Fact]:
    """What CEL tells of one."""
    channel = f"{began.timestamp():.0f}.{number}"
    detail = {"channel": f"PJSIP/trunk-{number:08x}", "linkedid": channel, "context": "from-trunk"}
    return [
        Fact(NODE, Kind.CHANNEL_CREATED, channel, began, source=Source.CEL, detail=detail),
        Fact(
            *(NODE, Kind.CHANNEL_ENDED, channel, began + timedelta(seconds=seconds)),
            source=Source.CEL,
        ),
    ]


async def test_a_start_with_thousands_of_calls_lets_others_have_the_loop() -> None:
    """Callers are routed meanwhile."""
    reading, turns = Reading(), 0
    calls = [call(number, NOW, 60) for number in range(1_000)]
    reading.record.open = [fact for facts in zip(*calls, strict=True) for fact in facts]
    reading.record.marks = {Source.CEL: Mark("", NOW)}

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    watching = asyncio.create_task(others())
    await reading.journals.position(NODE, Source.CEL)
    watching.cancel()
    assert turns >= 10
    await reading.read()
    assert reading.journals.repairs.pending == 1_000


async def test_what_a_journal_lost_is_a_gap_that_is_stored_with_the_place_behind_it() -> None:
    """It is told once, however often it is tried: from what was heard before to what was after."""
    reading = Reading()
    await reading.read(*call(1, NOW, 1))
    reading.clock.at = NOW + timedelta(hours=10)
    after = NOW + timedelta(hours=9)
    lost = (NODE, Source.CEL, call(2, after, 1), "1", "2")
    reading.record.away = True
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await reading.journals.take(*lost, missed="it was cut")
    assert not reading.missed
    reading.record.away = False
    for _ in range(2):  # the answer was lost, too
        await reading.journals.take(*lost, missed="it was cut")
    (told,) = reading.missed
    assert (told.began_at, told.ended_at) == (NOW + timedelta(seconds=1), after)
    assert told.cause == "cel: it was cut"
    assert reading.record.lost == [told]


@pytest.mark.parametrize("behind_s", [0, 59, 3600, -3600])
async def test_every_call_is_repaired_whatever_asterisks_clock_says(behind_s: int) -> None:
    reading = Reading()
    for second in range(1, 31):
        reading.clock.at = NOW + timedelta(seconds=second)
        there = reading.clock.at - timedelta(seconds=behind_s)
        await reading.read(*call(2 * second, there, 0.1), *call(2 * second + 1, there, 0.1))
    assert reading.journals.repairs.pending == 60


async def test_what_cel_never_told_is_not_called_read() -> None:
    """It is written elsewhere, or not at all: no gap is repaired by that."""
    reading = Reading()
    await reading.read()
    assert reading.journals.repaired(NODE) is None
    await reading.read(*call(1, NOW, 1))
    assert reading.journals.repaired(NODE) == reading.clock.at


async def test_a_shipper_that_does_not_come_after_a_restart_is_seen() -> None:
    reading = Reading()
    await reading.journals.recall()
    assert reading.journals.read_to(NODE) is None  # its journals were never read
    reading = Reading()
    reading.record.marks = {Source.CEL: Mark("1", NOW - timedelta(hours=1))}
    await reading.journals.recall()
    assert reading.journals.read_to(NODE) == NOW - timedelta(hours=1)
    assert reading.journals.repaired(NODE) is None  # no gap is closed by it
    reading = Reading()
    await reading.journals.recall()
    await reading.read(*call(1, NOW, 1))
    assert reading.journals.read_to(NODE) == reading.journals.reached(NODE) is not None


async def test_a_call_is_of_the_client_whose_service_the_dialplan_names() -> None:
    reading = Reading()
    began, ended = call(1, NOW, 1)
    detail = {"service": "hotline", "reason": "heartbeat"}
    fell = replace(began, kind=Kind.FELL_BACK, at=began.at, detail=detail)
    await reading.read(began, fell, ended)
    assert reading.record.told[1].detail == {**detail, "client": "oilco"}


@pytest.mark.parametrize(
    ("kind", "key"), [(Kind.ENTERED, "caller_number"), (Kind.SERVICE_CHOSEN, "dialled")]
)
@pytest.mark.parametrize(
    ("said", "known"), [("0401112223", "+358401112223"), ("anonymous", "anonymous")]
)
async def test_a_number_is_of_the_country_whose_service_the_dialplan_names(
    kind: Kind, key: str, said: str, known: str
) -> None:
    """Nobody decided anything of this call: we were away."""
    reading = Reading()
    began, ended = call(1, NOW, 1)
    told = replace(began, kind=kind, detail={"service": "hotline", key: said})
    await reading.read(began, told, ended)
    assert reading.record.told[1].detail == {"service": "hotline", "client": "oilco", key: known}


async def test_a_channel_is_given_up_when_all_is_read_since_asterisk_lacks_it() -> None:
    """Asterisk died, and wrote no end of it: the call has one that nobody saw."""
    reading = Reading()
    began, _ = call(1, NOW, 1800)
    reading.clock.at = NOW + timedelta(hours=6)
    await reading.read(began)
    reading.journals.let_go(NODE, set())
    reading.journals.let_go(NODE, set())
    assert reading.record.told == [began]
    reading.clock.at += timedelta(minutes=1)
    await reading.read()
    reading.journals.let_go(NODE, set())
    await reading.read()
    told = [(fact.kind, fact.subject, fact.at) for fact in reading.record.told]
    assert told[1:] == [(Kind.CHANNEL_MISSING, began.subject, NOW)]
    assert reading.journals.repairs.pending == 1


@pytest.mark.parametrize("to_its_end", [False, True])
async def test_what_is_not_read_yet_is_not_given_up(to_its_end: bool) -> None:
    """The end of a long call is further on in a backlog, or at a shipper that comes back later."""
    reading = Reading()
    reading.clock.at = NOW + timedelta(hours=6)
    began, ended = call(1, NOW, 1800)
    await reading.read(began, *call(2, NOW + timedelta(minutes=20), 1), to_its_end=to_its_end)
    for _ in range(3):
        reading.clock.at += timedelta(minutes=1)
        reading.journals.let_go(NODE, set())
    await reading.read(ended)
    assert reading.record.told[-1] == ended
    assert reading.journals.repairs.pending == 2
