"""pyst2, an AMI client of another make, sees in Asterisk what the gateway says it did."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import pytest

from ccgateway.rig.world import World

pytestmark = pytest.mark.acceptance

SCRIPT = Path(__file__).with_name("pyst_look.py")
FRESH = 3  # seconds: what the dialplan takes for a fresh heartbeat


async def look(world: World, *variables: str) -> list[str]:
    """The values of global variables and functions, by pyst2."""
    at = world.asterisk.addresses
    command = [sys.executable, str(SCRIPT), str(at.ami_port), at.test_secret, *variables]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(20):
        told, _ = await process.communicate()
    values: list[str] = json.loads(told)
    return values


async def test_heartbeat_and_members(world: World) -> None:
    asks = ("CCG_HEARTBEAT", "QUEUE_MEMBER_LIST(stations)", "QUEUE_MEMBER(stations,free)")
    beat, members, free = await look(world, *asks)
    assert abs(time.time() - int(beat)) < FRESH
    assert "PJSIP/101" in members.split(",")
    async with world.gateway.client() as client:
        await client.agent("pause", "101", "lunch")
    _, members, fewer = await look(world, *asks)
    assert "PJSIP/101" in members.split(",")
    assert int(fewer) == int(free) - 1
    async with world.gateway.client() as client:
        await client.agent("logout", "101")
    _, members, _ = await look(world, *asks)
    assert "PJSIP/101" not in members.split(",")
