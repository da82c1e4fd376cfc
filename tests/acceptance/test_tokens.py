"""Tokens as an administrator makes them, on a running gateway: what they open, and until when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ccgateway.errors import CcgError, Refused, UnknownAgent
from ccgateway.rig.installs import Install
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from ccgateway.web.client import Client
from tests.acceptance.cli import asked, run

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

WITHIN = 60.0  # seconds; each command starts Python, which takes ten on a busy machine
CALLER = "+358405554321"
TALK_MS = 120_000  # longer than all the rest takes: the test ends it


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(install: Install) -> AsyncIterator[World]:
    """One for all: each test makes tokens of its own."""
    async with World() as world:
        yield world


def create(world: World, name: str, *words: str) -> str:
    """A token's secret, as it is shown once."""
    made = asked(world.gateway.config, "token", "create", "--name", name, *words)
    assert made["link"] == f"{world.gateway.url}/sign-in#{made['token']}"
    return str(made["token"])


async def test_an_agents_token_is_for_that_agent(world: World) -> None:
    secret = create(world, "Anna's desk", "--role", "agent", "--agent", "101", "--expires", "12h")
    async with Client(world.gateway.url, secret) as anna:
        assert await anna.agent("pause", "101", "lunch") == "paused"
        assert await anna.agent("ready", "101") == "ready"
        with pytest.raises(CcgError, match="stands for agent 101"):
            await anna.agent("pause", "102")
        with pytest.raises(UnknownAgent, match="no agent '999'"):
            await anna.agent("pause", "999")
        state = await anna.state()
    assert {queue["name"] for queue in state["queues"]} == {"stations"}
    assert "backlog" not in state
    acts = await until(
        lambda: audited(world, "Anna's desk", 4), "the audit is written", seconds=WITHIN
    )
    assert [(act["what"], act["target"], act["status"]) for act in acts] == [
        ("agent", "999/pause", 404),
        ("agent", "102/pause", 403),
        ("agent", "101/ready", 200),
        ("agent", "101/pause", 200),
    ]
    world.gateway.stop()  # which writes what else it does once a minute
    tokens = {token["name"]: token for token in asked(world.gateway.config, "token", "list")}
    await world.gateway.start()
    assert tokens["Anna's desk"]["created_at"] < tokens["Anna's desk"]["used_at"]


async def test_who_may_not_see_a_call_hears_of_it_nowhere(world: World) -> None:
    """A supervisor of the pumps' queue, while a call is in another: neither state nor feed nor the
    record tell of it, and the one of that queue is told by all three."""
    seeing = create(world, "stations", "--role", "supervisor", "--queue", "stations")
    blind = create(world, "pumps", "--role", "supervisor", "--queue", "second-pumps")
    placed = world.sipps.place([Caller(CALLER, "1000", TALK_MS)])
    told: dict[str, str] = {}
    async with asyncio.timeout(WITHIN):
        [call] = await live_calls(world, seeing)
        for secret in (seeing, blind):
            async with Client(world.gateway.url, secret) as client:
                told[secret] = json.dumps(await client.state())
                if secret == blind:
                    with pytest.raises(UnknownAgent, match=r"no call .*GET /api/calls lists them"):
                        await client.call(call["call_id"])
                    with pytest.raises(UnknownAgent, match="no live call"):
                        await client.note(call["call_id"], "leaks")
                else:
                    told[secret] += json.dumps(await client.call(call["call_id"]))
                    await client.note(call["call_id"], "leaks")
    await world.asterisk.rx("channel request hangup all")
    await placed.finished(WITHIN)
    assert CALLER in told[seeing]
    assert call["call_id"] not in told[blind]
    assert CALLER not in told[blind]


async def live_calls(world: World, secret: str) -> list[dict[str, Any]]:
    """Once there are some."""
    async with Client(world.gateway.url, secret) as client:
        async for change in client.live():
            calls: list[dict[str, Any]] = change.get("calls") or []
            calls += [change["call"]] if change["type"] == "call" else []
            if calls:
                return calls
    raise AssertionError


async def test_a_revoked_token_opens_nothing_and_its_watchers_are_cut_off(world: World) -> None:
    secret = create(world, "wall", "--role", "supervisor")
    watching = asyncio.Event()

    async def watch() -> None:
        async with Client(world.gateway.url, secret) as client:
            async for _ in client.live():
                watching.set()

    watcher = asyncio.create_task(watch())
    async with asyncio.timeout(WITHIN):
        await watching.wait()
        revoked = asked(world.gateway.config, "token", "revoke", "wall")
        with pytest.raises(Refused, match="refuses the token"):
            await watcher
    async with Client(world.gateway.url, secret) as client:
        with pytest.raises(Refused, match="unknown, revoked, or run out"):
            await client.state()
    listed = asked(world.gateway.config, "token", "list")
    assert "wall" not in [token["name"] for token in listed]
    every = {
        token["name"]: token for token in asked(world.gateway.config, "token", "list", "--all")
    }
    assert every["wall"]["id"] == revoked["revoked"]
    assert every["wall"]["revoked_at"]


async def test_what_is_asked_wrongly_is_refused_with_what_to_do(world: World) -> None:
    config = world.gateway.config
    token = ("token", "create", "--name", "x", "--role")
    for words, says in (
        ((*token, "boss"), "agent, supervisor, administrator"),
        ((*token, "agent"), "needs --agent"),
        ((*token, "agent", "--agent", "999"), "'999' is not in the configuration (101"),
        ((*token, "supervisor", "--queue", "nowhere"), "(first, night, pumps"),
        ((*token, "supervisor", "--client", "nobody"), "(oilco"),
        ((*token, "supervisor", "--service", "none"), "(hotline"),
        ((*token, "administrator", "--queue", "stations"), "sees everything"),
        ((*token, "supervisor", "--expires", "soon"), "as 90d or 12h"),
        ((*token, "supervisor", "--expires", "0d"), "as 90d or 12h"),
        ((*token, "supervisor", "--name", "x" * 65), "--name: 1 to 64"),
        ((*token, "supervisor", "--name", "configuration"), "TOML"),
        (("token", "revoke", "nobody's"), "ccgateway token list"),
    ):
        done = run(config, *words)
        assert (done.returncode, says in done.stderr) == (3, True), (words, done.stderr)
    assert not {"x", "x" * 65} & {token["name"] for token in asked(config, "token", "list")}


async def test_for_people(world: World) -> None:
    config = world.gateway.config
    shown = run(config, "token", "create", "--name", "[red]x[/red]", "--role", "supervisor").stdout
    assert "[red]x[/red]. It is not shown again" in shown
    listed = run(config, "token", "list").stdout
    assert "[red]x[/red]" in listed
    assert "everything" in listed
    told = run(config, "audit").stdout
    assert "token create" in told
    assert "command line" in told


def audited(world: World, who: str, count: int) -> list[dict[str, Any]]:
    """The acts of a token, newest first; none before there are so many."""
    found: list[dict[str, Any]] = asked(world.gateway.config, "audit", "--who", who)
    return found if len(found) >= count else []
