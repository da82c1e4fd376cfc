"""Hostile clients on the AGI port while real calls ask for their route."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import suppress

import pytest

from ccgateway.rig import record
from ccgateway.rig.sipp import Caller
from ccgateway.rig.world import World
from ccgateway.telephony.facts import Kind
from tests.acceptance.facts import facts_of
from tests.adapters import agi_attack

pytestmark = [pytest.mark.acceptance, pytest.mark.alone]

CONNECTS = 1_000
CALLS = 20
ROUTED_WITHIN = 0.1  # seconds as Asterisk's clock has it


async def connect_and_close(port: int, times: int) -> None:
    for _ in range(times):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def attack(kind: str, port: int) -> subprocess.Popen[bytes]:
    """100 tricklers, 20 floods, or connects without end, in a process of their own."""
    return subprocess.Popen([sys.executable, agi_attack.__file__, kind, str(port)])


async def test_twenty_calls_are_routed_in_time_under_attack(world: World) -> None:
    port = world.asterisk.addresses.agi_port
    attackers = [attack(kind, port) for kind in ("connect_and_close", "trickle", "flood")]
    try:
        connecting = asyncio.create_task(connect_and_close(port, CONNECTS))
        placed = world.sipps.place(
            [Caller(f"+35840666{i:04d}", "1000", 2_500, offset_ms=i * 250) for i in range(CALLS)]
        )
        await placed.finished(60)
        await connecting
        assert [attacker.poll() for attacker in attackers] == [None] * 3
    finally:
        for attacker in attackers:
            attacker.kill()
            attacker.wait()

    calls = await record.settled(world.postgres.dsn, CALLS)
    assert len(calls) == CALLS
    assert {(call.service, call.fell_back) for call in calls} == {("hotline", "")}
    slow = {}
    for call in calls:
        facts = {fact.kind: fact for fact in await facts_of(world, call)}
        # From our dialplan's first word to the queue: AGI and all that comes with it.
        took = (facts[Kind.QUEUE_JOINED].at - facts[Kind.ENTERED].at).total_seconds()
        if took > ROUTED_WITHIN:
            slow[call.caller_number] = took
    assert slow == {}
