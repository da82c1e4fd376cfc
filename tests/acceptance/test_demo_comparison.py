"""The demo's proof can fail: real calls, real rows, and one of them made wrong."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from ccgateway.rig import record
from ccgateway.rig.installs import Install
from ccgateway.rig.plan import Kind, Planned, plan
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World

pytestmark = [pytest.mark.acceptance, pytest.mark.alone]

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
    world.gateway.stop()  # it would repair what is made wrong here

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


LINES_UPDATES = (
    ("UPDATE escalations SET at = at + $2 WHERE call_id = $1", OFF, -OFF, "escalation 1 at"),
    ("UPDATE escalations SET accepted_at = accepted_at + $2 WHERE call_id = $1", OFF, -OFF,
     "escalation 1 accepted_at"),
    ('UPDATE escalations SET "to" = $2 WHERE call_id = $1', "tills", "pumps", "escalation 1 to"),
    ('UPDATE escalations SET "by" = $2 WHERE call_id = $1', "299", None, "escalation 1 by"),
    ("UPDATE queue_visits SET joined_at = joined_at + $2 WHERE call_id = $1 AND tier = 2", OFF,
     -OFF, "visit 2 joined_at"),
    ("UPDATE talks SET ended_at = ended_at + $2 WHERE call_id = $1 AND ordinal = 1", 2 * OFF,
     -2 * OFF, "talk 2 ended_at"),
    ("UPDATE holds SET began_at = began_at + $2 WHERE call_id = $1", OFF, -OFF, "hold 1 began_at"),
)  # fmt: skip
"""The same for a call of three lines, where every time is held against the phones."""

PARTS = {"escalations": "escalation", "queue_visits": "visit", "talks": "talk", "holds": "hold"}


async def test_a_wrong_row_of_a_call_of_three_lines_is_found(install: Install) -> None:
    warm = [call for call in plan(24, crew=True) if call.kind is Kind.WARM]
    async with World(agents=(), crew=True) as world:
        assert (await world.played(warm)).agrees
        world.gateway.stop()
        connection = await asyncpg.connect(world.postgres.dsn)
        try:
            chosen = await connection.fetchval("SELECT call_id FROM calls")
            agent = await connection.fetchval('SELECT "by" FROM escalations')
            for statement, value, undo, field in LINES_UPDATES:
                await connection.execute(statement, chosen, value)
                assert await differing(world) == {field}, statement
                await connection.execute(statement, chosen, undo or agent)
                assert await differing(world) == set(), statement
            for table, part in PARTS.items():
                await connection.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")  # noqa: S608 -- names of ours
                await connection.execute(f"DELETE FROM {table}")  # noqa: S608 -- as above
                assert any(field.startswith(part) for field in await differing(world)), table
                await connection.execute(f"INSERT INTO {table} TABLE kept")
                await connection.execute("DROP TABLE kept")
                assert await differing(world) == set(), table
        finally:
            await connection.close()


@pytest.mark.long
async def test_a_scene_that_fails_does_not_pass(install: Install) -> None:
    """Nobody of second line is there: the scene waits in vain for one of them to be rung."""
    cold = [call for call in plan(24, crew=True) if call.kind is Kind.COLD]
    async with World(agents=(), crew=True) as world:
        for agent in ("211", "212"):
            await world.crew.ask("logout", agent)
        world.crew.patience = 3.0
        comparison = await world.played(cold)
    assert not comparison.agrees
    [fault] = comparison.faults
    assert "one of ['211', '212'] is rung" in fault


async def test_a_missing_and_a_doubled_row_are_found(world: World) -> None:
    assert (await world.played(plan(2))).agrees
    world.gateway.stop()

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


@pytest.mark.long
async def test_callers_that_are_killed_half_way_do_not_pass(world: World) -> None:
    """Those who wait for their turn to call never call: neither SIPp nor the record has them."""
    placing = [
        Planned(Kind.CLOSED, Caller(f"+35840777000{n}", "1004", 60_000, offset_ms=offset))
        for n, offset in enumerate((0, 0, 50_000, 50_000))
    ]
    playing = asyncio.create_task(world.played(placing))

    async def both_have_called() -> bool:
        calls = await record.read(world.postgres.dsn)
        return len([call for call in calls if call.ended_at]) == 2

    await until(both_have_called, "the first two calls in the record", seconds=30)
    [callers] = world.sipps.callers
    callers.process.kill()
    comparison = await playing

    assert not comparison.agrees
    assert comparison.placed == 2
    told = [[str(one) for one in row.differences] for row in comparison.rows]
    assert told == [[], [], ["planned, not placed"], ["planned, not placed"]]
    [fault] = comparison.faults
    assert f"{callers.name} failed (-9)" in fault


@pytest.mark.long
async def test_a_call_that_sipp_could_not_play_to_its_end_does_not_pass(world: World) -> None:
    """No such number: 404, which the caller's scenario does not expect."""
    comparison = await world.played(
        [Planned(Kind.ANSWERED, Caller("+358407770000", "nobody", 1_000))]
    )
    assert not comparison.agrees
    assert any("did not go as its scenario says" in fault for fault in comparison.faults)


@pytest.mark.long
async def test_two_worlds_stand_side_by_side(install: Install) -> None:
    async with World() as one, World() as other:
        results = await asyncio.gather(one.played(plan(7)), other.played(plan(7, seed=2)))
    assert [result.agrees for result in results] == [True, True]


async def test_phones_log_in_and_out_by_feature_code(install: Install) -> None:
    async with World(agents=()) as world, world.gateway.client() as client:

        async def state_of(agent: str) -> str:
            agents = (await client.state())["agents"]
            return str(next(one["state"] for one in agents if one["id"] == agent))

        async def shows(state: str) -> bool:
            return await state_of("101") == state

        assert await state_of("101") == "off"
        for code, state in (("*11", "ready"), ("*131", "paused"), ("*14", "ready"), ("*12", "off")):
            await world.press(101, code)
            await until(partial(shows, state), f"{code}: {state}")
