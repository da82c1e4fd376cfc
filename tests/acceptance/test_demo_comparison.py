"""The demo's proof can fail: real calls, real rows, and one of them made wrong."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from ccgateway.rig.installs import Install
from ccgateway.rig.plan import plan
from ccgateway.rig.world import World

pytestmark = pytest.mark.acceptance

CHOOSE = "SELECT call_id FROM calls WHERE disposition = 'answered' LIMIT 1"
OTHER = "00000000-0000-0000-0000-000000000000"
OFF = timedelta(milliseconds=150)

# What is done to one call's rows, with which value; with which it is undone; what then differs.
UPDATES = (
    ("UPDATE talks SET agent = $2 WHERE call_id = $1", "199", None, "agents"),
    ("UPDATE calls SET started_at = started_at + $2 WHERE call_id = $1", OFF, -OFF, "start"),
    ("UPDATE calls SET answered_at = answered_at + $2 WHERE call_id = $1", -OFF, OFF, "answer"),
    ("UPDATE calls SET ended_at = ended_at + $2 WHERE call_id = $1", OFF, -OFF, "end"),
)


async def differing(world: World) -> set[str]:
    """The fields in which the record now differs from the truth."""
    return {one.field for row in (await world.compared()).rows for one in row.differences}


async def test_a_wrong_row_is_found(world: World) -> None:
    assert (await world.played(plan(7))).agrees

    connection = await asyncpg.connect(world.postgres.dsn)
    try:
        chosen = await connection.fetchval(CHOOSE)
        agent = await connection.fetchval("SELECT agent FROM talks WHERE call_id = $1", chosen)
        for statement, value, undo, field in UPDATES:
            await connection.execute(statement, chosen, value)
            assert await differing(world) == {field}, statement
            await connection.execute(statement, chosen, undo or agent)
            assert await differing(world) == set(), statement
    finally:
        await connection.close()


async def test_a_missing_and_a_doubled_row_are_found(world: World) -> None:
    assert (await world.played(plan(2))).agrees

    connection = await asyncpg.connect(world.postgres.dsn)
    try:
        await connection.execute("CREATE TEMP TABLE one AS SELECT * FROM calls LIMIT 1")
        await connection.execute("UPDATE one SET call_id = $1", OTHER)
        await connection.execute("INSERT INTO calls TABLE one")
        assert await differing(world) == {"call"}
        await connection.execute("DELETE FROM calls WHERE call_id = $1", OTHER)
        assert await differing(world) == set()
        await connection.execute("DELETE FROM calls WHERE disposition = 'abandoned'")
        assert await differing(world) == {"call"}
    finally:
        await connection.close()


async def test_two_worlds_stand_side_by_side(install: Install) -> None:
    async with World() as one, World() as other:
        results = await asyncio.gather(one.played(plan(7)), other.played(plan(7, seed=2)))
    assert [result.agrees for result in results] == [True, True]


async def test_phones_log_in_and_out_by_feature_code(install: Install) -> None:
    async with World(agents=()) as world, world.gateway.client() as client:

        async def state_of(agent: str) -> str:
            agents = (await client.state())["agents"]
            return str(next(one["state"] for one in agents if one["id"] == agent))

        assert await state_of("101") == "off"
        for code, state in (("*11", "ready"), ("*131", "paused"), ("*14", "ready"), ("*12", "off")):
            await world.press(101, code)
            assert await state_of("101") == state, code
