"""The gateway is killed or frozen while calls talk and new ones come."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime
from uuid import UUID

import pytest

from ccgateway.calls.call import Call, Disposition, Known
from ccgateway.rig import record
from ccgateway.rig.sipp import Caller
from ccgateway.rig.truth import TruthCall
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World

pytestmark = pytest.mark.acceptance

OFFERED_WITHIN = 3.0
"""Seconds from the INVITE. The static queue has four members, of whom two talk; of the others one
is free for each new caller, so the queue's turn is at once."""
APART_MS = 2_500
STAY_MS = 3_200
"""Longer than one may wait to be offered, and over before the next but one comes, also where the
phones take a second to hang up."""
HOTLINE = "1000"


def callers(
    first: int, count: int, *, apart_ms: int = APART_MS, stay_ms: int = STAY_MS
) -> list[Caller]:
    return [
        Caller(f"+35840777{first + i:04d}", HOTLINE, stay_ms, offset_ms=i * apart_ms)
        for i in range(count)
    ]


def talkers(stay_ms: int) -> list[Caller]:
    return callers(1, 2, apart_ms=100, stay_ms=stay_ms)


def offered_after(call: TruthCall) -> float:
    """Seconds from the caller's INVITE to the first ringing of a phone."""
    assert call.rings, f"{call.number} was offered to nobody"
    return (call.rings[0].rang_at - call.placed_at).total_seconds()


def check(world: World, before: int) -> list[TruthCall]:
    """Every talk went on to the caller's own end, and every new caller was offered in time."""
    truth = world.sipps.truth()
    for call in truth[:before]:
        assert call.caller_ended, f"{call.number} was cut off"
        assert call.talks
    late = {c.number: offered_after(c) for c in truth[before:] if offered_after(c) > OFFERED_WITHIN}
    assert late == {}
    assert all(call.caller_ended for call in truth[before:])
    return truth


async def talks_recorded(world: World, count: int) -> set[UUID]:
    """Wait until the record holds so many talks: the last 50 ms before a kill -9 are not there
    before the journals tell them."""

    async def there() -> set[UUID]:
        calls = await record.read(world.postgres.dsn)
        ids = {call.call_id for call in calls if call.talks}
        return ids if len(ids) == count else set()

    return await until(there, f"{count} talks in the record")


async def repaired(world: World, count: int) -> list[Call]:
    """The calls, once the journals have made them whole."""

    async def whole() -> list[Call] | None:
        calls = await record.read(world.postgres.dsn)
        is_whole = len(calls) == count and {call.known for call in calls} == {Known.REPAIRED}
        return calls if is_whole else None

    found = await until(whole, f"{count} repaired calls in the record", seconds=30)
    assert found is not None
    return found


async def recorded(world: World, count: int) -> list[Call]:
    async def complete() -> list[Call] | None:
        calls = await record.read(world.postgres.dsn)
        whole = len(calls) >= count and all(call.ended_at for call in calls)
        return calls if whole else None

    found = await until(complete, f"{count} ended calls in the record", seconds=20)
    assert found is not None
    return found


async def test_kill_9(world: World) -> None:
    before = world.sipps.place(talkers(10_000))
    await talks_recorded(world, 2)
    world.gateway.kill()
    # The first of these come while the heartbeat is still fresh: a closed port.
    after = world.sipps.place(callers(100, 4))
    await before.finished(40)
    await after.finished(40)
    check(world, before=2)

    await world.gateway.start()
    # Asterisk's journals tell what was not seen: the ends of the first, and all of the others.
    calls = await repaired(world, 6)
    assert {call.disposition for call in calls} == {Disposition.ANSWERED}
    comparison = await world.compared()
    told = [one for row in comparison.rows for one in row.differences if one.field != "service"]
    assert told == []  # who came meanwhile was routed by nobody: no service


async def test_killed_and_back_in_the_middle_of_a_talk(world: World) -> None:
    placed = world.sipps.place(talkers(12_000))
    before = await talks_recorded(world, 2)
    world.gateway.kill()
    await world.gateway.start()
    async with world.gateway.client() as client:
        states = {a["id"]: a["state"] for a in (await client.state())["agents"]}
    assert list(states.values()).count("talking") == 2
    assert "off" not in {states["101"], states["102"]}
    await placed.finished(40)
    calls = await repaired(world, 2)
    assert {call.call_id for call in calls} == before
    assert {call.disposition for call in calls} == {Disposition.ANSWERED}
    comparison = await world.compared()
    assert [row.differences for row in comparison.rows if row.differences] == []


@pytest.mark.long
async def test_sigstop_for_30_seconds(world: World) -> None:
    frozen_for = 30
    before = world.sipps.place(talkers(20_000))
    await talks_recorded(world, 2)
    os.kill(world.gateway.pid, signal.SIGSTOP)
    thaw_at = datetime.now(UTC).timestamp() + frozen_for
    # The first come while the heartbeat is fresh and the port accepts and stays mute.
    after = world.sipps.place(callers(100, 11))
    await before.finished(60)
    await after.finished(60)
    await asyncio.sleep(max(0.0, thaw_at - datetime.now(UTC).timestamp()))
    os.kill(world.gateway.pid, signal.SIGCONT)
    truth = check(world, before=2)

    # What Asterisk could keep for us is taken up: every call is recorded, and new ones are routed.
    await until(world._is_in_service, "the heartbeat is back", seconds=40)  # noqa: SLF001 - the same wait as at the start
    last = world.sipps.place([Caller("+358407779999", HOTLINE, 3_000)])
    await last.finished(40)
    calls = await recorded(world, len(truth) + 1)
    newest = max(calls, key=lambda call: call.started_at)
    assert (newest.service, newest.fell_back) == ("hotline", "")
    reasons = {call.fell_back for call in calls if call.fell_back}
    assert reasons <= {"agi", "heartbeat"}
    assert "heartbeat" in reasons
