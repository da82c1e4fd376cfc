"""What supervisors watch, with real calls: the picture that the feed's changes make is the state,
and today's figures outlive a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ccgateway.rig import record
from ccgateway.rig.hotline import NIGHT, PUMPS, STATIONS, TILLS
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from tests.acceptance.midnight import not_at_midnight
from tests.adapters.watchers import Picture

pytestmark = pytest.mark.acceptance

PATIENCE_S = 3.0
CALLERS = [
    Caller("+358405550001", STATIONS.did, 2_000),
    Caller("+358405550002", STATIONS.did, 2_500, offset_ms=300),
    Caller("+358405550003", PUMPS.did, int(PATIENCE_S * 1000)),  # rings on: nobody answers
    Caller("+358405550004", TILLS.did, 3_500),  # the queue has room for one
    Caller("+358405550005", TILLS.did, 60_000, offset_ms=1_750),
    Caller("+358405550006", NIGHT.did, 60_000),  # nobody there
]
COUNTED = ("offered", "answered", "abandoned", "short_abandons", "left", "refused", "service_level")
EXPECTED = {
    "stations": (2, 2, 0, 0, 0, 0, 1.0),
    "pumps": (1, 0, 1, 1, 0, 0, None),
    "tills": (1, 0, 1, 1, 0, 1, None),
    "night": (0, 0, 0, 0, 0, 1, None),
}


@asynccontextmanager
async def watched(world: World) -> AsyncIterator[Picture]:
    """The picture of one who watches."""
    picture = Picture()

    async def watch() -> None:
        async with world.gateway.client() as client:
            async for change in client.live():
                picture.take([{"id": "", **change}])

    watching = asyncio.create_task(watch())
    try:
        yield picture
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def state(world: World) -> dict[str, dict[str, Any]]:
    """What is there, by kind and name."""
    async with world.gateway.client() as client:
        told = await client.state()
    return {
        "call": {call["call_id"]: call for call in told["calls"]},
        "agent": {agent["id"]: agent for agent in told["agents"]},
        "queue": {queue["name"]: queue for queue in told["queues"]},
    }


def figures(shown: dict[str, dict[str, Any]]) -> dict[str, tuple[object, ...]]:
    today = {name: shown["queue"][name]["today"] for name in EXPECTED}
    return {name: tuple(day[key] for key in COUNTED) for name, day in today.items()}


async def test_the_picture_is_the_state_and_the_figures_outlive_a_restart(world: World) -> None:
    await not_at_midnight()
    async with watched(world) as picture:
        await until(lambda: picture.kinds, "the snapshot")
        placed = world.sipps.place(CALLERS)
        await until(lambda: picture.shown["call"], "a call", seconds=20)
        await placed.finished(60)
        await record.settled(world.postgres.dsn, len(CALLERS))

        async def agree() -> bool:
            return picture.shown == await state(world)

        await until(agree, "the picture is the state")
        assert figures(picture.shown) == EXPECTED
        pumps = picture.shown["queue"]["pumps"]["today"]
        assert PATIENCE_S - 1 < pumps["longest_wait_s"] < 5  # where short abandons end
        assert {"call", "agent", "queue"} <= set(picture.kinds)
        before = {name: queue["today"] for name, queue in picture.shown["queue"].items()}

        world.gateway.stop()
        await until(lambda: picture.kinds[-1] == "lost", "the feed is cut")
        await world.gateway.start()
        await until(lambda: picture.kinds.count("snapshot") == 2, "another snapshot", seconds=20)
        await until(agree, "the picture is the state again")
        after = {name: queue["today"] for name, queue in picture.shown["queue"].items()}
        assert after == before
