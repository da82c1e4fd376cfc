"""Gaps in what was seen: what opens and closes them, across ends of the gateway of all kinds; and
who is told of them over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from ccgateway.access.who import Role as Rank
from ccgateway.access.who import Scope
from ccgateway.calls.gap import Gap, Unseen, gap
from ccgateway.engine.gaps import KILLED, LOST, SLACK, STOPPED, Gaps
from ccgateway.engine.history import CallHistory
from ccgateway.engine.ports import Beat, LinkChange
from ccgateway.errors import StoreUnavailable
from ccgateway.postgres.gaps import PostgresGaps, list_gaps
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.record import PostgresRecord
from ccgateway.web.access import Access
from ccgateway.web.gaps import Gaps as Answer
from tests.adapters.centre import Book, http_settings
from tests.adapters.postgres_samples import NODE, at
from tests.adapters.served import Served
from tests.adapters.unasked import Unasked


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        return at(100)


class Journal:
    """How far the journals are read."""

    def __init__(self) -> None:
        self.reached: datetime | None = None

    def __call__(self, node: str) -> datetime | None:
        return self.reached


async def begun(pool: Pool, journal: Journal | None = None) -> Gaps:
    """Those of a gateway that has just started."""
    gaps = Gaps(PostgresGaps(pool), Clock(), journal or Journal())
    await gaps.restore([NODE])
    return gaps


def up(seconds: float) -> LinkChange:
    return LinkChange(NODE, up=True, at=at(seconds))


def down(seconds: float, cause: str = "") -> LinkChange:
    return LinkChange(NODE, up=False, at=at(seconds), cause=cause)


async def stored(pool: Pool) -> Sequence[tuple[object, ...]]:
    found = await list_gaps(pool, None, None, 100)
    return [(one.began_at, one.ended_at, one.cause, one.source, one.repaired_at) for one in found]


async def heard(gaps: Gaps, *arrivals: LinkChange | Beat) -> None:
    for arrival in arrivals:
        gaps.hear(arrival)
    await gaps._save()  # noqa: SLF001 - what ``keep`` does each two seconds


async def test_a_first_start_has_no_gap(pool: Pool) -> None:
    await heard(await begun(pool), up(0), Beat(NODE, at(1)))
    assert await stored(pool) == []


async def test_a_link_that_was_lost(pool: Pool) -> None:
    gaps = await begun(pool)
    await heard(gaps, up(0), down(5, "no answer to a ping"), down(6))
    assert await stored(pool) == [(at(5), None, "no answer to a ping", Unseen.AMI, None)]
    await heard(gaps, up(9), Beat(NODE, at(10)), down(12))
    assert await stored(pool) == [
        (at(12), None, LOST, Unseen.AMI, None),
        (at(5), at(9), "no answer to a ping", Unseen.AMI, None),
    ]


async def test_a_gateway_that_was_killed(pool: Pool) -> None:
    await heard(await begun(pool), up(0), Beat(NODE, at(7)))
    again = await begun(pool)
    assert await stored(pool) == [(at(7), None, KILLED, Unseen.AMI, None)]
    third = await begun(pool)  # it was killed before its link was up
    await heard(third, up(30))
    assert await stored(pool) == [(at(7), at(30), KILLED, Unseen.AMI, None)]
    del again


async def test_a_gateway_that_was_stopped(pool: Pool) -> None:
    gaps = await begun(pool)
    await heard(gaps, up(0), Beat(NODE, at(7)))
    await gaps.stop()
    await heard(await begun(pool), up(30))
    assert await stored(pool) == [(at(7), at(30), STOPPED, Unseen.AMI, None)]


async def test_killed_while_the_link_was_down(pool: Pool) -> None:
    """It is one gap, of the cause that came first."""
    await heard(await begun(pool), up(0), down(5, "the wire"))
    await heard(await begun(pool), up(30))
    assert await stored(pool) == [(at(5), at(30), "the wire", Unseen.AMI, None)]


async def test_it_is_repaired_when_the_journals_are_read_past_it(pool: Pool) -> None:
    journal = Journal()
    gaps = await begun(pool, journal)
    await heard(gaps, up(0), down(5), up(9))
    for journal.reached in (None, at(9), at(9) + SLACK):
        await heard(gaps)
        assert (await list_gaps(pool, None, None, 1))[0].repaired_at is None
    again = await begun(pool, journal)  # also by the next gateway
    journal.reached = at(9.1) + SLACK
    await heard(again)
    assert [(one[0], one[-1]) for one in await stored(pool)] == [(at(9), None), (at(5), at(100))]


async def test_what_had_no_room_is_repaired_by_the_journals_too(pool: Pool) -> None:
    """The writer tells of it, and PostgreSQL the next gateway."""
    journal = Journal()
    now, before = (gap(NODE, at(start), "spool full", Unseen.SPOOL) for start in (5, 2))
    over = [replace(before, ended_at=at(3)), replace(now, ended_at=at(9))]
    await PostgresGaps(pool).put([over[0], now])
    gaps = await begun(pool, journal)
    await PostgresGaps(pool).put(over)
    gaps.told([over[1]])
    journal.reached = at(9.1) + SLACK
    await heard(gaps)
    assert [one[-1] for one in await stored(pool)] == [at(100), at(100)]


async def test_what_a_journal_lost(pool: Pool) -> None:
    """A gap of the link's that lies in its time cannot be repaired by it, in this run or the
    next."""
    journal = Journal()
    gaps = await begun(pool, journal)
    await heard(gaps, down(10, "cut"), up(20), down(60, "cut"), up(70))
    lost = replace(gap(NODE, at(15), "cel: cut", Unseen.JOURNAL), ended_at=at(50))
    await PostgresGaps(pool).put([lost])
    gaps.missed(lost)
    journal.reached = at(70.1) + SLACK
    await heard(gaps)
    await heard(await begun(pool, journal), up(101))
    repaired = {began: until for began, *_, until in await stored(pool)}
    assert repaired.pop(at(60)) == at(100)
    assert set(repaired.values()) == {None}


class Away(PostgresGaps):
    """A PostgreSQL that is away."""

    async def put(self, gaps: Sequence[Gap]) -> None:
        raise StoreUnavailable("away")


async def test_what_could_not_be_written_is_written_later(pool: Pool) -> None:
    gaps = await begun(pool)
    gaps._record = Away(pool)  # noqa: SLF001 - PostgreSQL goes
    with pytest.raises(StoreUnavailable):
        await heard(gaps, up(0), down(5))
    gaps._record = PostgresGaps(pool)  # noqa: SLF001 - and is back
    await heard(gaps, up(9))
    assert await stored(pool) == [(at(5), at(9), LOST, Unseen.AMI, None)]


# -- over HTTP

FIVE = [
    replace(gap(NODE, at(10 * place), f"cause {place}"), ended_at=at(10 * place + 5))
    for place in range(5)
]


def served(pool: Pool, access: Access | None = None) -> Served[Unasked]:
    return Served(Unasked(), history=CallHistory(PostgresRecord(pool)), access=access)


async def asked(session: Any, query: str = "") -> dict[str, Any]:
    async with session.get(f"/api/gaps?{query}") as response:
        assert response.status == 200, await response.text()
        told = await response.json()
    Answer.model_validate(told, extra="forbid")
    return dict(told)


async def test_the_list_by_the_page(pool: Pool) -> None:
    await PostgresGaps(pool).put(FIVE)
    async with served(pool) as gateway, gateway.client() as session:
        found, cursor = [], ""
        while True:
            page = await asked(session, f"limit=2{cursor}")
            found += [one["cause"] for one in page["gaps"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert found == [f"cause {place}" for place in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("from=2026-11-22T08:00:33Z", (4, 3)),  # reaches into it
        ("to=2026-11-22T08:00:15Z", (1, 0)),
        ("from=2026-11-22T08:00:17Z&to=2026-11-22T08:00:19Z", ()),
    ],
)
async def test_the_time_that_is_asked_for(pool: Pool, query: str, places: tuple[int, ...]) -> None:
    await PostgresGaps(pool).put(FIVE)
    async with served(pool) as gateway, gateway.client() as session:
        told = await asked(session, query)
    assert [one["cause"] for one in told["gaps"]] == [f"cause {place}" for place in places]


async def test_who_sees_a_part_only_is_told_none(pool: Pool) -> None:
    book = Book()
    book.add("ccg_part", Rank.SUPERVISOR, Scope(services=frozenset({"hotline"})))
    access = Access(http_settings(), tokens=book)
    scoped = {"Authorization": "Bearer ccg_part"}
    async with (
        served(pool, access) as gateway,
        aiohttp.ClientSession(gateway.url, headers=scoped) as session,
        session.get("/api/gaps") as response,
    ):
        assert response.status == 403
        assert "no scope" in (await response.json())["detail"]
