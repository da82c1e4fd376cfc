"""Asterisk's journals as /readyz tells of them."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from ccgateway.journal.standing import CEL, SLACK
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World

pytestmark = [pytest.mark.acceptance, pytest.mark.long]

HOTLINE = "1000"
ENDS_WITHIN = 40.0  # seconds
TOLD_WITHIN = 60.0  # seconds; the slack, and the watch's interval


async def calls(world: World, number: str) -> None:
    caller = world.sipps.place([Caller(number, HOTLINE, 1_000)])
    assert await caller.finished(ENDS_WITHIN) == 0


async def in_order(world: World) -> bool:
    url = f"{world.gateway.url}/readyz"
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        told = await answer.json()
        assert answer.status == (200 if told["ready"] else 503)
        return bool(told["parts"]["journals"])


async def test_a_cel_that_asterisk_does_not_write_any_more_is_told(world: World) -> None:
    await calls(world, "+358407770001")
    journal = world.asterisk.log.parent / CEL
    await until(lambda: "LINKEDID_END" in journal.read_text(), "the call is in the journal")
    assert await in_order(world)

    await world.asterisk.rx("module unload cel_custom.so")
    await asyncio.sleep(SLACK.total_seconds() + 1)  # else the next one counts as written
    await calls(world, "+358407770002")

    async def out_of_order() -> bool:
        return not await in_order(world)

    await until(out_of_order, "the journal is missed", seconds=TOLD_WITHIN)
    assert "a call has ended since" in world.gateway.log.read_text()

    await world.asterisk.rx("module load cel_custom.so")
    await calls(world, "+358407770003")
    await until(lambda: in_order(world), "the journal goes on", seconds=TOLD_WITHIN)
