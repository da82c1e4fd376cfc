"""The record and the live feed, by the commands that people use."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ccgateway.calls.call import Call
from ccgateway.rig import record
from ccgateway.rig.installs import Install
from ccgateway.rig.sipp import Caller
from ccgateway.rig.world import World
from tests.acceptance.cli import asked, run

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

STATION = "+358401230017"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(install: Install) -> AsyncIterator[World]:
    """One for all: each test has callers of its own."""
    async with World() as world:
        yield world


async def placed(world: World, caller: Caller) -> Call:
    """A call from its beginning to its end, as it stands in the record."""
    before = len(await record.read(world.postgres.dsn))
    await world.sipps.place([caller]).finished(30)
    [call] = (await record.settled(world.postgres.dsn, before + 1))[before:]
    return call


def listed(world: World, call: Call, *words: str) -> dict[str, Any]:
    """As ``call list`` has it."""
    found: list[dict[str, Any]] = asked(world.gateway.config, "call", "list", *words)
    [one] = [one for one in found if one["call_id"] == str(call.call_id)]
    return one


async def test_a_customers_call_is_told_whole(world: World) -> None:
    config = world.gateway.config
    customer = asked(
        config,
        *("customer", "set", "040 123 0017", "--country", "FI", "--client", "oilco"),
        *("--name", "Station [red]17[/red]", "--language", "sv", "--priority", "7"),
    )
    assert (customer["number"], customer["priority"]) == (STATION, 7)
    call = await placed(world, Caller("0401230017", "1000", 3_000, name="Olli"))

    found = listed(world, call, "--service", "hotline")
    assert (found["caller_number"], found["disposition"]) == (STATION, "answered")
    assert found["customer"] == customer["id"]
    shown = asked(config, "call", "show", found["call_id"][:8])
    [route] = [made for made in shown["decisions"] if made["what"] == "route"]
    assert (route["detail"]["language"], route["detail"]["priority"]) == ("sv", "7")
    assert "customer" in [rule for rule, _, _ in route["reasons"]] or any(
        f"customer {customer['id']}" in verdict for _, _, verdict in route["reasons"]
    )

    told = run(config, "call", "show", found["call_id"]).stdout
    for line in ("joins queue stations", "answers", "and the caller talk", "because hours"):
        assert line in told
    names = run(config, "customer", "list").stdout
    assert "Station [red]17[/red]" in names
    assert asked(config, "call", "list", "--disposition", "abandoned") == []


async def test_what_is_asked_wrongly_is_refused_with_what_to_do(world: World) -> None:
    config = world.gateway.config
    for words, code, says in (
        (("call", "show", "zz"), 3, "is not the beginning of a call id"),
        (("call", "show", "00000000"), 3, "ccgateway call list"),
        (("customer", "set", "12", "--client", "oilco", "--name", "x"), 3, "no telephone number"),
        (("customer", "set", STATION, "--client", "nobody", "--name", "x"), 3, "there are oilco"),
    ):
        done = run(config, *words)
        assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    missing = run(config.with_name("missing.toml"), "call", "list")
    assert missing.returncode == 2
    assert "missing.toml" in missing.stderr


async def test_migrate_twice(world: World) -> None:
    told = asked(world.gateway.config, "migrate")
    assert told["applied"] == []
    assert told["current"]


async def test_a_withheld_number_is_shown_nowhere(world: World) -> None:
    call = await placed(world, Caller("+358401239999", "1000", 2_500, withheld=True))
    config = world.gateway.config
    shown = run(config, "call", "show", str(call.call_id)).stdout
    told = [json.dumps(listed(world, call)), shown, run(config, "call", "list").stdout]
    assert all("withheld" in text and "401239999" not in text for text in told)


async def test_tail_follows_a_call_to_its_end(world: World) -> None:
    command = ("-m", "ccgateway", "tail", "--json", "--config", str(world.gateway.config))
    tail = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    assert tail.stdout is not None
    async with asyncio.timeout(30):
        first = json.loads(await tail.stdout.readline())
        assert first["type"] == "snapshot"
        caller = world.sipps.place([Caller("+358405551234", "1000", 2_500)])
        where: list[str] = []
        while not where or not where[-1].startswith("ended"):
            change = json.loads(await tail.stdout.readline())
            if change["type"] == "call":
                where.append(change["call"]["where"])
        await caller.finished(30)
    tail.terminate()
    await tail.wait()
    assert where[-1] == "ended: answered"
    assert [w for w in where if w.startswith("talking with")]


async def test_calls_of_the_pbxs_own_are_counted_and_not_stored(world: World) -> None:
    before = await other_calls(world)
    await world.sipps.place([Caller("+358405550000", "9000", 60_000)]).finished(30)
    call = await placed(world, Caller("+358405550001", "1000", 2_000))
    assert call.did == "1000"
    assert await other_calls(world) == before + 1


async def test_what_the_gateway_counts_can_be_seen(world: World) -> None:
    async with world.gateway.client() as client:
        before = await client.state()
        await placed(world, Caller("+358405550003", "1000", 2_000))
        state = await client.state()
    assert state["agi"]["answered"] == before["agi"]["answered"] + 1
    assert state["links"]["pbx1"]["events"] > 0
    assert state["links"]["pbx1"]["missing_rights"] == []
    assert (state["unwritten"], state["refused_facts"], state["odd_facts"]) == (0, 0, 0)
    assert state["worst_lag_ms"] >= state["lag_ms"] >= 0


async def other_calls(world: World) -> int:
    async with world.gateway.client() as client:
        return int((await client.state())["other_calls"])
