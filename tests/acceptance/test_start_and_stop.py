"""The gateway ends soon, also beside an Asterisk that does not answer any more."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from ccgateway.rig.waiting import until
from ccgateway.rig.world import World

pytestmark = pytest.mark.acceptance

STOPS_WITHIN = 4.0  # seconds from SIGTERM; to wait for Asterisk's answer would take 5
NOTICED = 1.5  # seconds in which a beat is due, so that one waits for its answer at the stop


async def test_a_frozen_asterisk_does_not_hold_up_the_stop(world: World) -> None:
    process = world.gateway.process
    assert process

    async def beat() -> str:
        said = await world.asterisk.rx("dialplan eval function GLOBAL(CCG_HEARTBEAT)")
        return said.split()[-1]

    async def is_let_go() -> bool:
        return "ccgateway" not in await world.asterisk.rx("manager show connected")

    assert not await is_let_go()
    os.kill(world.asterisk.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(NOTICED)
        began = time.monotonic()
        process.terminate()
        code = await asyncio.to_thread(process.wait, 30)
        seconds = time.monotonic() - began
    finally:
        os.kill(world.asterisk.pid, signal.SIGCONT)
    assert (code, seconds < STOPS_WITHIN) == (0, True), seconds

    # Asterisk goes on, and reads what was sent to it; its console answers before it has.
    await until(is_let_go, "Asterisk has read the link to its end")
    assert await beat() == "0"  # what it was told last is the last that it heard
