"""What the live feed tells, by a real loop and a real server, held against the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from ccgateway.access.who import Scope
from ccgateway.calls.board import Ours
from ccgateway.engine.loop import Engine
from ccgateway.engine.ports import LinkChange
from ccgateway.outbound.gate import Wanted
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.web import feed
from ccgateway.web.feed import Feed
from ccgateway.web.live import in_array
from ccgateway.web.mirror import Mirror
from ccgateway.web.openapi import document
from ccgateway.web.told import Change
from tests.adapters.served import Served
from tests.adapters.unasked import Unasked
from tests.adapters.watchers import WITHIN
from tests.unit.calls.told import ANNA, CALLER, answered_call, end, fact
from tests.unit.engine.world import NOW, StoppedClock, World

DOCUMENT = document(Served(Unasked()).server.routes())
TYPES = DOCUMENT["components"]["schemas"]["Change"]["discriminator"]["mapping"]

Told = list[dict[str, Any]]


class Gateway(Served[Unasked]):
    """A server with a loop behind it that a test gives facts to."""

    def __init__(self) -> None:
        self.world = World()
        super().__init__(Unasked(), self.view)
        self.engine = Engine(self.world.setup, self.world.store, self.feed, StoppedClock())
        self.engine.attach({"pbx1": self.world.link})

    def view(self) -> dict[str, object]:
        return self.engine.view()

    def hear(self, *facts: Fact) -> None:
        for one in facts:
            self.engine.step(one)

    def forget(self) -> None:
        """Go on by a setup that has neither agent 102 nor the queue of stations."""
        anna, _ = self.world.setup.agents
        ours = Ours({"ccg-fallback"}, {"from-phones"}, {"PJSIP/101": "101"})
        self.engine.renew(
            replace(self.world.setup, agents=[anna], managed=frozenset[str](), ours={"pbx1": ours})
        )


@pytest.fixture
async def gateway(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    monkeypatch.setattr(feed, "BEAT_S", 0.2)
    async with Gateway() as gateway:
        yield gateway


async def all_of(gateway: Gateway, after: str = "") -> Told:
    """What a WebSocket tells, up to the first beat."""
    told: Told = []
    async with (
        asyncio.timeout(WITHIN),
        gateway.client() as client,
        client.ws_connect("/api/live", params={"after": after}) as live,
    ):
        while not told or told[-1]["type"] != "beat":
            told += await live.receive_json()
    return told


async def a_day(gateway: Gateway) -> None:
    """Something of everything that the loop tells."""
    await gateway.engine.agent("login", "101")
    gateway.hear(*answered_call()[:-2])
    gateway.hear(fact(13, Kind.HELD, CALLER, linkedid="1795334300.1"), *end(14, CALLER, ANNA))
    await gateway.engine.originate(Wanted("101", "+358401234567", "hotline"))
    gateway.engine.step(LinkChange("pbx1", up=False, at=NOW))
    gateway.forget()


def told_on(told: Told) -> Told:
    """What a web process tells of it, which is then cut off from the gateway, and comes back to
    one that has another Asterisk."""
    mirror = Mirror(Feed())
    for change in [*told, {"type": "lost"}, {**told[0], "nodes": [{"name": "new", "up": True}]}]:
        mirror.heard(change)
    heard: Told = json.loads(mirror.feed.batch(0, Scope(), in_array)[1])
    return heard


async def test_all_that_is_told_is_in_the_document(gateway: Gateway) -> None:
    first = await all_of(gateway)
    await a_day(gateway)
    missed = await all_of(gateway, after=first[-1]["id"])
    assert missed[0]["type"] == "resumed"
    everything = [*first, *missed, *told_on([*first, *missed])]
    for change in everything:
        Change.model_validate_json(json.dumps(change), extra="forbid")
    assert {change["type"] for change in everything} == TYPES.keys()


async def test_events_come_as_the_document_says(gateway: Gateway) -> None:
    [told] = DOCUMENT["paths"]["/api/events"]["get"]["responses"]["200"]["content"].items()
    async with gateway.client() as client, client.get("/api/events") as response:
        assert (response.content_type, {"$ref": "#/components/schemas/Change"}) == (
            told[0],
            told[1]["schema"],
        )
