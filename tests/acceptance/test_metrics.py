"""The metrics of real calls."""

from __future__ import annotations

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ccgateway.rig import record
from ccgateway.rig.hotline import OFFICE, PUMPS, STATIONS
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World

pytestmark = pytest.mark.acceptance


async def numbers(world: World) -> dict[tuple[str, ...], float]:
    """By name and the values of the labels."""
    told = {"Authorization": f"Bearer {world.gateway.http_token}"}
    async with (
        aiohttp.ClientSession(headers=told) as client,
        client.get(f"{world.gateway.url}/metrics") as answer,
    ):
        text = await answer.text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_each_call_is_counted_once_as_it_ended(world: World) -> None:
    placed = world.sipps.place(
        [
            Caller("+358405550001", STATIONS.did, 2_000),
            Caller("+358405550002", STATIONS.did, 2_000, offset_ms=300),
            Caller("+358405550003", PUMPS.did, 3_000),  # rings on: nobody answers
            Caller("+358405550004", OFFICE.did, 60_000),  # closed
        ]
    )

    async def somebody_waits() -> bool:
        now = await numbers(world)
        waiting = now["ccgateway_queue_waiting", "pumps"] == 1
        return waiting and now["ccgateway_queue_longest_wait_seconds", "pumps"] > 0

    await until(somebody_waits, "a caller waits for pumps", seconds=20)
    assert (await numbers(world))["ccgateway_calls_live",] >= 1
    await placed.finished(60)
    calls = await record.settled(world.postgres.dsn, 4)
    after = await numbers(world)
    ended = {key[1]: n for key, n in after.items() if key[0] == "ccgateway_calls_ended_total"}
    assert ended == {"answered": 2, "abandoned": 1, "closed": 1}
    assert sorted(call.disposition for call in calls) == sorted(
        how for how, times in ended.items() for _ in range(int(times))
    )
    assert after["ccgateway_calls_live",] == 0
    assert after["ccgateway_agi_sessions_total", "answered"] == 4
    assert after["ccgateway_ami_up", "pbx1"] == 1
    assert 0 <= after["ccgateway_ami_lag_seconds", "pbx1"] < 5
    assert after["ccgateway_refused_rows_total",] == 0
