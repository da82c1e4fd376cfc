"""A reload while a caller talks: the talk goes on, what is new works, what is taken out is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ccgateway.rig import record
from ccgateway.rig.installs import Install
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from tests.acceptance.cli import asked, run
from tests.acceptance.test_agents import members, state_of

pytestmark = pytest.mark.acceptance

ANNA, NEW = 101, 105
TALK_MS = 120_000  # longer than all the rest takes: the test ends it
ANNAS = 'phone = "PJSIP/101"\nqueues = ["stations"]'
SALES = """
[[queue]]
name = "sales"

[[service]]
id = "sales"
client = "oilco"
name = "Sales"
dids = ["1009"]
queue = "sales"
timezone = "Europe/Helsinki"
country = "FI"

[[agent]]
id = "105"
name = "Elsa"
phone = "PJSIP/105"
queues = ["sales"]
"""


@pytest.fixture
async def world(install: Install) -> AsyncIterator[World]:
    """A world in which Anna alone is there."""
    async with World(agents=(ANNA,)) as world:
        yield world


async def dialplan_knows(world: World, name: str) -> str:
    """The value of a global of ours."""
    told = await world.asterisk.rx(f"dialplan eval function GLOBAL({name})")
    return told.rpartition(":")[2].strip()


async def test_a_talk_goes_on_over_a_reload_and_what_is_new_works(world: World) -> None:
    config = world.gateway.config
    before = config.read_text(encoding="utf-8")
    first = world.sipps.place([Caller("+358405550001", "1000", TALK_MS)])
    await until(lambda: talks(world), "Anna talks", seconds=20)

    queues = world.asterisk.etc / "queues.conf"
    queues.write_text(f"{queues.read_text(encoding='utf-8')}\n[sales](managed)\n", encoding="utf-8")
    await world.asterisk.rx("queue reload all")
    assert before.count(ANNAS) == 1
    after = before.replace(ANNAS, ANNAS.replace("]", ', "sales"]\npenalty = 3')) + SALES
    config.write_text(after, encoding="utf-8")
    reloaded = await asyncio.to_thread(run, config, "reload")
    assert (reloaded.returncode, reloaded.stdout.splitlines()) == (
        0,
        [
            "[[agent]] 101 queues: [stations] -> [stations, sales]",
            "[[agent]] 101 penalty: 0 -> 3",
            "[[queue]] sales: added",
            "[[service]] sales: added",
            "[[agent]] 105: added",
        ],
    )
    assert await talks(world)
    await until(lambda: rung_later(world), "Anna is rung later")

    assert (await asyncio.to_thread(run, config, "agent", "login", str(NEW))).returncode == 0
    await until(lambda: known(world, "PJSIP/101", "PJSIP/105"), "both are members of sales")
    second = world.sipps.place([Caller("+358405550002", "1009", 2_000)])
    await second.finished(30)
    assert await talks(world)
    assert await dialplan_knows(world, "CCG_SERVICE_1009") == "sales"

    config.write_text(before, encoding="utf-8")
    lines = (await asyncio.to_thread(run, config, "reload")).stdout.splitlines()
    assert "[[agent]] 105: removed" in lines
    await until(lambda: known(world), "nobody is a member of sales")
    assert [row["id"] for row in asked(config, "agent", "list") if row["id"] == str(NEW)] == []
    await until(lambda: forgotten(world), "the dialplan forgot the number")

    assert await talks(world)
    await world.asterisk.rx("channel request hangup all")
    await first.finished(30)
    calls = {call.did: call for call in await record.settled(world.postgres.dsn, 2)}
    assert (calls["1009"].service, calls["1009"].disposition) == ("sales", "answered")
    assert [talk.agent for talk in calls["1009"].talks] == [str(NEW)]
    [talk] = calls["1000"].talks
    assert talk.agent == str(ANNA)
    assert calls["1009"].ended_at
    assert talk.ended_at
    assert talk.began_at < calls["1009"].started_at < calls["1009"].ended_at < talk.ended_at
    assert await state_of(world, ANNA) == ("ready", "")


async def talks(world: World) -> bool:
    return (await state_of(world, ANNA))[0] == "talking"


async def known(world: World, *phones: str) -> bool:
    """Whether these phones, and no other, are members of the queue sales."""
    shown = await members(world, "sales")
    return {phone for phone in ("PJSIP/101", "PJSIP/105") if phone in shown} == set(phones)


async def rung_later(world: World) -> bool:
    return "with penalty 3" in await members(world, "stations")


async def forgotten(world: World) -> bool:
    return await dialplan_knows(world, "CCG_SERVICE_1009") == ""
