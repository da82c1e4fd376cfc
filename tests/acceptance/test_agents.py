"""Agents log in, pause and out by their phones' feature codes and by the CLI."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ccgateway.rig.installs import Install
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from tests.acceptance.cli import asked, run

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

ANNA = 101
OTHERS = (102, 103, 104, 141, 142, 143, 151)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(install: Install) -> AsyncIterator[World]:
    """One for all."""
    async with World() as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(house: World) -> World:
    """Everybody is ready, whatever the test before did; the gateway runs."""
    if not house.gateway.process:
        await house.gateway.start()
    await house.gateway.login((ANNA, *OTHERS))
    async with house.gateway.client() as client:
        for agent in (ANNA, *OTHERS):
            await client.agent("ready", str(agent))
    await is_shown(house, ANNA, "ready")
    return house


async def state_of(world: World, agent: int) -> tuple[str, str]:
    async with world.gateway.client() as client:
        agents = {row["id"]: row for row in (await client.state())["agents"]}
    return agents[str(agent)]["state"], agents[str(agent)]["reason"]


async def is_shown(world: World, agent: int, state: str, reason: str = "") -> None:
    """Soon: the agent's own call of a code may still be ending for us."""

    async def so() -> bool:
        return await state_of(world, agent) == (state, reason)

    await until(so, f"agent {agent} is {state} {reason}")


async def members(world: World, queue: str) -> str:
    return await world.asterisk.rx(f"queue show {queue}")


async def test_a_working_day_by_feature_codes(world: World) -> None:
    await is_shown(world, ANNA, "ready")
    await world.press(ANNA, "*132")
    await is_shown(world, ANNA, "paused", "lunch")
    assert "(paused:lunch" in (await members(world, "stations")).replace(
        "paused:lunch was", "(paused:lunch"
    )
    await world.press(ANNA, "*14")
    await is_shown(world, ANNA, "ready")
    await world.press(ANNA, "*12")
    await is_shown(world, ANNA, "off")
    assert "PJSIP/101" not in await members(world, "stations")
    await world.press(ANNA, "*11")
    await is_shown(world, ANNA, "ready")
    assert "PJSIP/101" in await members(world, "stations")


async def test_a_paused_agent_is_not_offered_calls(world: World) -> None:
    async with world.gateway.client() as client:
        for agent in OTHERS:
            await client.agent("pause", str(agent), "lunch")
    placed = world.sipps.place([Caller("+358405550001", "1000", 3_000)])
    await placed.finished(30)
    [call] = [call for call in world.sipps.truth() if call.number == "+358405550001"]
    assert [ring.phone for ring in call.rings] == [str(ANNA)]


async def test_the_state_follows_a_call(world: World) -> None:
    async with world.gateway.client() as client:
        for agent in OTHERS:
            await client.agent("logout", str(agent))
    placed = world.sipps.place([Caller("+358405550002", "1000", 4_000)])
    seen: list[str] = []

    async def look() -> bool:
        state, _ = await state_of(world, ANNA)
        if not seen or seen[-1] != state:
            seen.append(state)
        return seen[-1] == "ready" and "talking" in seen

    await until(look, "the talk is over", seconds=20)
    await placed.finished(20)
    assert [state for state in seen if state != "ready"] == ["ringing", "talking"]


async def test_a_member_that_asterisk_lost_is_brought_back_at_the_next_connect(
    world: World,
) -> None:
    await world.asterisk.rx("queue remove member PJSIP/101 from stations")
    assert "PJSIP/101" not in await members(world, "stations")
    world.gateway.stop()
    await world.gateway.start()

    async def back() -> bool:
        return "PJSIP/101" in await members(world, "stations")

    await until(back, "Anna's phone is in the queue again")
    await is_shown(world, ANNA, "ready")


async def test_the_cli_says_what_it_did_and_why_it_did_not(world: World) -> None:
    config = world.gateway.config
    done = run(config, "agent", "pause", "101", "--reason", "lunch")
    assert (done.returncode, done.stdout.strip()) == (0, "agent 101 is paused")
    listed = asked(config, "agent", "list")
    assert next(a for a in listed if a["id"] == "101")["reason"] == "lunch"
    refused = run(config, "agent", "pause", "101", "--reason", "golf")
    assert refused.returncode == 3
    assert "there are break, lunch, training, admin" in refused.stderr.replace("\n", " ")
    assert run(config, "agent", "login", "999").returncode == 3
    world.gateway.stop()
    away = run(config, "agent", "list")
    assert away.returncode == 4
    assert "is it running?" in away.stderr.replace("\n", " ")
