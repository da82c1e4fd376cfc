"""The gateway itself, with PostgreSQL away: it is killed or stopped in the middle of a call, starts
anew, and the call is one, with all that was told of it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.postgres.pool import Pool
from ccgateway.rig.fake_pbx import FakePbx, listing
from ccgateway.rig.waiting import until
from tests.adapters.conftest import Start
from tests.adapters.gateway_process import Gateway

RECORDING = Path(__file__).parents[1] / "scenarios/recordings/queue_call.jsonl"

SEEN = ("Channel", "Uniqueid", "Linkedid", "ChannelStateDesc", "Context", "Exten")

BEARER = "Bearer http-s3cret"

Pairs = list[tuple[str, str]]


def recorded() -> list[Pairs]:
    """What AMI told of a call to a queue, from its first channel to its end."""
    found = []
    for line in RECORDING.read_text("utf-8").splitlines():
        event = json.loads(line)
        if "Event" in event:
            values = ((key, [v] if isinstance(v, str) else v) for key, v in event.items())
            found.append([(key, text) for key, texts in values for text in texts])
    return found


def living(events: Iterable[Pairs]) -> list[Pairs]:
    """The channels that go on after these events, as CoreShowChannels lists them."""
    there: dict[str, Pairs] = {}
    for event in map(dict, events):
        if event["Event"] == "Hangup":
            del there[event["Uniqueid"]]
        elif "Uniqueid" in event and "ChannelState" in event:
            told = [(name, event[name]) for name in SEEN]
            there[event["Uniqueid"]] = [("Event", "CoreShowChannel"), *told]
    return list(there.values())


class Api:
    """The gateway's, as its administrator asks it."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        url, headers = f"http://127.0.0.1:{self.port}/api/{path}", {"Authorization": BEARER}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.request(method, url, json=body) as answer,
        ):
            assert answer.ok, await answer.text()
            return await answer.json()


class Told:
    """What /metrics tells of what waits."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/metrics"

    async def number(self, name: str) -> float:
        headers = {"Authorization": BEARER}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.get(self._url) as answer,
        ):
            found = re.search(rf"^ccgateway_{name} (\S+)$", await answer.text(), re.MULTILINE)
        assert found, name
        return float(found[1])

    async def until_on_disk(self, least: int) -> None:
        async def there() -> bool:
            on_disk = await self.number("spool_facts")
            return least <= on_disk == await self.number("unwritten_facts")

        await until(there, "all of it is on disk", seconds=20)

    async def until_written(self) -> None:
        async def there() -> bool:
            return await self.number("unwritten_facts") == 0

        await until(there, "all of it is written", seconds=20)


@pytest.fixture
async def gateway(home: Path, server: EmbeddedServer, pbx: FakePbx) -> AsyncIterator[Gateway]:
    gateway = Gateway(home, dsn=server.dsn, pbxs=[pbx])
    yield gateway
    gateway.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_call_in_the_middle_of_which_all_goes_away_is_whole_in_the_record(
    gateway: Gateway,
    pbx: FakePbx,
    server: EmbeddedServer,
    own_pool: Pool,
    start: Start,
    number: signal.Signals,
) -> None:
    events = recorded()
    third = len(events) // 3
    parts = events[:third], events[third : 2 * third], events[2 * third :]

    gateway.start()
    told = Told((await gateway.ready())["http_port"])
    await gateway.said("snapshot compared")
    for event in parts[0]:
        pbx.say(*event)
    await until(lambda: own_pool.fetchval("SELECT count(*) FROM calls"), "the call is known")
    (before,) = await own_pool.fetch("SELECT call_id, started_at FROM calls")

    await told.until_written()
    await server.stop()
    for event in parts[1]:
        pbx.say(*event)
    await told.until_on_disk(3)
    gateway.signal(number)
    await gateway.ended()

    await start()
    pbx.answers["CoreShowChannels"] = listing("CoreShowChannels", *living(parts[0] + parts[1]))
    gateway.start()
    told = Told((await gateway.said("ready", 2))[-1]["http_port"])
    await gateway.said("snapshot compared", 2)
    for event in parts[2]:
        pbx.say(*event)
    over = "SELECT call_id, started_at FROM calls WHERE ended_at IS NOT NULL"
    (after,) = await until(lambda: own_pool.fetch(over), "the call is over")
    await told.until_written()
    assert after == before
    assert await own_pool.fetchval("SELECT count(*) FROM calls") == 1
    created = sum(dict(event)["Event"] == "Newchannel" for event in events)
    kinds = "SELECT count(*) FROM facts WHERE kind = $1 AND call_id = $2"
    for kind in ("channel_created", "channel_ended"):
        assert await own_pool.fetchval(kinds, kind, before["call_id"]) == created
    assert await own_pool.fetchval("SELECT disposition FROM calls") == "answered"
    assert not (gateway.state_dir / "spool.sqlite").exists()


OURS = "SELECT kind, detail FROM facts WHERE kind = ANY($1) ORDER BY kind"
DECIDED = ["agent_paused", "escalated", "noted"]


async def test_what_we_decide_and_are_told_while_postgresql_is_away_is_in_the_record(
    gateway: Gateway, pbx: FakePbx, server: EmbeddedServer, own_pool: Pool, start: Start
) -> None:
    """A pause, a note, an escalation, and how the call ended; the gateway is killed meanwhile."""
    events = recorded()
    rung = next(dict(event) for event in events if dict(event)["Event"] == "AgentConnect")
    talk = next(at for at, event in enumerate(events) if dict(event)["Event"] == "AgentConnect")
    before, after = events[: talk + 3], events[talk + 3 :]
    escalation = [
        ("Event", "UserEvent"),
        ("UserEvent", "CCGEscalate"),
        *(("Uniqueid", rung["DestUniqueid"]), ("Channel", rung["DestChannel"])),
        *(("Service", "hotline"), ("Mode", "cold"), ("Target", "2"), ("To", "pumps")),
        *(("Tier", "2"), ("Customer", rung["Uniqueid"])),
    ]

    gateway.start()
    api = Api((await gateway.ready())["http_port"])
    await gateway.said("snapshot compared")
    for event in before:
        pbx.say(*event)
    call = await until(lambda: own_pool.fetchval("SELECT call_id FROM calls"), "it is known")
    await api.ask("POST", "agents/101/login")
    await Told(api.port).until_written()
    await server.stop()
    await api.ask("POST", "agents/101/pause", {"reason": "lunch"})
    await api.ask("POST", f"calls/{call}/notes", {"text": "pump 3 leaks", "by": "101"})
    pbx.say(*escalation)
    await Told(api.port).until_on_disk(3)
    gateway.kill()

    await start()
    pbx.answers["CoreShowChannels"] = listing("CoreShowChannels", *living(before))
    gateway.start()
    api = Api((await gateway.said("ready", 2))[-1]["http_port"])
    await gateway.said("snapshot compared", 2)
    [anna] = (await api.ask("GET", "agents"))["agents"]
    assert (anna["duty"], anna["reason"]) == ("paused", "lunch")
    story = await api.ask("GET", f"calls/{call}")
    assert [(note["text"], note["by"]) for note in story["notes"]] == [("pump 3 leaks", "101")]
    assert [(one["mode"], one["to"]) for one in story["escalations"]] == [("cold", "pumps")]
    for event in after:
        pbx.say(*event)
    over = "SELECT disposition FROM calls WHERE ended_at IS NOT NULL"
    assert await until(lambda: own_pool.fetchval(over), "the call is over") == "answered"
    await Told(api.port).until_written()
    told = {row["kind"]: row["detail"] for row in await own_pool.fetch(OURS, DECIDED)}
    assert list(told) == DECIDED
    assert told["agent_paused"]["reason"] == "lunch"
    assert await own_pool.fetchval("SELECT count(*) FROM notes") == 1
    assert await own_pool.fetchval("SELECT count(*) FROM escalations") == 1
