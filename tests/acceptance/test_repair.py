"""The gateway is killed for 20 s under load, and started again: nothing of that time is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import aiohttp
import pytest
import pytest_asyncio

from ccgateway.calls.call import Call, Known
from ccgateway.figures.day import Day
from ccgateway.figures.today import LONGEST_DAY
from ccgateway.postgres.figures import ended_stays
from ccgateway.postgres.pool import open_pool
from ccgateway.rig import record
from ccgateway.rig.compare import Comparison, Row
from ccgateway.rig.installs import Install
from ccgateway.rig.plan import Kind, Planned, plan
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from tests.acceptance.cli import run

pytestmark = [pytest.mark.acceptance, pytest.mark.alone, pytest.mark.long]

AWAY_S = 20.0
KILLED_AFTER_S = 5.0
"""By then the scenes are with second line, or on their way there."""
SCENES = (Kind.COLD, Kind.WARM, Kind.BLIND)
SCENES_APART_MS = 1_000
CALLS = 50
"""At their pace of 0.6 s: some before it, most while it is away, some after it."""
REPAIRED_WITHIN = 40.0  # seconds

UNTOLD = {"service"}
"""Of who came while nobody routed: our dialplan tells the number that they dialled, no service."""


@pytest_asyncio.fixture
async def world(install: Install) -> AsyncIterator[World]:
    async with World(crew=True) as world:
        yield world


def load() -> list[Planned]:
    """SIPp's calls, answered and abandoned; and scenes with escalations that begin before it."""
    sipp = [call for call in plan(CALLS, seed=5) if call.kind is not Kind.FULL]
    scenes = [call for call in plan(60, seed=6, crew=True) if call.kind in SCENES][: len(SCENES)]
    begun = [
        replace(call, caller=replace(call.caller, offset_ms=place * SCENES_APART_MS))
        for place, call in enumerate(scenes)
    ]
    return [*sipp, *begun]


async def test_killed_for_20_seconds_under_load(world: World) -> None:
    placed = load()
    playing = asyncio.create_task(world.played(placed))
    await asyncio.sleep(KILLED_AFTER_S)
    world.gateway.kill()
    killed_at = datetime.now(UTC)
    await asyncio.sleep(AWAY_S)
    await world.gateway.start()
    back_at = datetime.now(UTC)
    await playing
    await repaired(world)
    found = await world.compared()

    assert {row.number: wrong(row) for row in found.rows if wrong(row)} == {}
    assert len({call.call_id for call in calls(found)}) == len(placed)  # none is doubled
    seen = {
        call.caller_number: call.known for call in calls(found) if is_of(call, killed_at, back_at)
    }
    assert len(seen) > CALLS / 3
    assert set(seen.values()) == {Known.REPAIRED}, seen

    await figures_are_of_the_record(world)
    await gap_is_shown(world, killed_at, back_at)


def wrong(row: Row) -> Sequence[str]:
    """In what the record differs."""
    fell_back = row.record is not None and row.record.fell_back
    untold = UNTOLD if fell_back else set()
    return [str(one) for one in row.differences if one.field not in untold]


def calls(found: Comparison) -> list[Call]:
    return [row.record for row in found.rows if row.record]


def is_of(call: Call, since: datetime, until_: datetime) -> bool:
    """Whether some of it was while nobody listened."""
    slack = timedelta(seconds=1)
    return call.started_at < until_ - slack and (call.ended_at or until_) > since + slack


async def repaired(world: World) -> None:
    """Every call is folded with the journals, and the gap is closed."""

    async def is_done() -> bool:
        gaps = await asked(world, "/api/gaps")
        waiting = b"ccgateway_journals_waiting_calls 0.0" in await asked(world, "/metrics")
        ended = all(call.ended_at for call in await record.read(world.postgres.dsn))
        return ended and waiting and all(gap["repaired_at"] for gap in json.loads(gaps)["gaps"])

    await until(is_done, "all is repaired", seconds=REPAIRED_WITHIN)


async def asked(world: World, path: str) -> bytes:
    headers = {"Authorization": f"Bearer {world.gateway.http_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.get(f"{world.gateway.url}{path}") as answer,
    ):
        assert answer.status == HTTPStatus.OK
        return await answer.read()


async def figures_are_of_the_record(world: World) -> None:
    """What the live page shows of today, without a restart."""
    shown = {
        one["name"]: one["today"] for one in json.loads(await asked(world, "/api/state"))["queues"]
    }
    days = {queue: Day() for queue in shown}
    async with await open_pool(world.postgres.dsn) as pool:
        stored = await ended_stays(pool, shown, datetime.now(UTC) - LONGEST_DAY)
    for stay in (stay for stays in stored.values() for stay in stays):
        days[stay.queue].add(stay)
    assert {queue: {**shown[queue], **day.view()} for queue, day in days.items()} == shown
    assert sum(map(len, stored.values())) > CALLS / 2


async def gap_is_shown(world: World, killed_at: datetime, back_at: datetime) -> None:
    """By the API and by the CLI, as lines and as JSON, with its times and its cause."""
    (gap,) = json.loads(await asked(world, "/api/gaps"))["gaps"]
    began, ended = (datetime.fromisoformat(gap[key]) for key in ("began_at", "ended_at"))
    assert killed_at - timedelta(seconds=5) < began < killed_at + timedelta(seconds=1)
    assert back_at - timedelta(seconds=5) < ended < back_at + timedelta(seconds=1)
    assert (gap["cause"], gap["source"]) == ("the gateway was killed", "ami")

    listed = run(world.gateway.config, "call", "list", "--limit", "200").stdout
    (line,) = [line for line in listed.splitlines() if "gap" in line]
    assert f"{began:%H:%M:%S}" in line
    # It stands between the calls before and those after it.
    assert 1 < listed.splitlines().index(line) < len(listed.splitlines()) - 1
    told = json.loads(run(world.gateway.config, "call", "gaps", "--json").stdout)
    assert [one["id"] for one in told] == [gap["id"]]
