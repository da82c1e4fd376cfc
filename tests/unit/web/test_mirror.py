"""What a web process hears is what its watchers are told, each within their scope."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ccgateway.access.who import Scope
from ccgateway.errors import NoGateway, UnknownAgent, UnknownCall
from ccgateway.outbound.attempt import Attempt
from ccgateway.web.feed import Feed
from ccgateway.web.live import in_array
from ccgateway.web.mirror import Mirror, Remote
from tests.adapters.centre import OWN_CALL, THEIR_CALL, THEIR_CLICK, attempt, snapshot, theirs

ALL = Scope()
OURS = Scope(clients=frozenset({"oilco"}))


class Ear:
    """A web process's mirror, and what one with a scope is told by it."""

    def __init__(self) -> None:
        self.mirror = Mirror(Feed())
        self.hear(type="snapshot", id="0:1", **snapshot())

    def hear(self, **change: object) -> None:
        """Let the gateway tell something, as JSON has it."""
        self.mirror.heard(orjson.loads(orjson.dumps(change, default=str)))

    def since(self, number: int, scope: Scope = ALL) -> list[dict[str, Any]]:
        """What was told after a number."""
        told: list[dict[str, Any]] = orjson.loads(
            self.mirror.feed.batch(number, scope, in_array)[1] or b"[]"
        )
        return told

    @property
    def number(self) -> int:
        return self.mirror.feed.number


async def _stored(attempt_id: str) -> Attempt | None:
    return attempt(attempt_id, "101")


@pytest.fixture
async def ear() -> Ear:
    return Ear()


async def test_a_node_that_the_gateway_has_no_more_is_gone(ear: Ear) -> None:
    """It was given another name, and the gateway was started anew."""
    ear.hear(type="lost")
    before = ear.number
    ear.hear(type="snapshot", id="1:0", **{**snapshot(), "nodes": [{"name": "new", "up": True}]})
    assert ear.mirror.state()["nodes"] == [{"name": "new", "up": True}]
    assert [{**told, "id": ""} for told in ear.since(before, OURS)] == [
        {"type": "gone", "node": "pbx1", "id": ""},
        {"type": "link", "node": "new", "up": True, "id": ""},
        {"type": "gateway", "up": True, "id": ""},
    ]


async def test_it_shows_what_the_gateway_shows(ear: Ear) -> None:
    shown, told = ear.mirror.state(), snapshot()
    for name in ("calls", "agents", "queues", "nodes"):
        assert shown[name] == told[name]
    assert shown["gateway_up"] is True


async def test_what_differs_in_another_snapshot_is_told_and_nothing_else(ear: Ear) -> None:
    before, other = ear.number, snapshot()
    calls = other["calls"]
    assert isinstance(calls, list)
    changed = {**calls[0], "agent": "102"}
    ear.hear(type="lost")
    ear.hear(type="snapshot", id="9:1", **{**other, "calls": [changed, *calls[1:-1]]})
    told = [{**one, "id": ""} for one in ear.since(before)]
    assert told == [
        {"type": "gateway", "up": False, "id": ""},
        {"type": "gone", "call_id": THEIR_CALL, "id": ""},
        {"type": "call", "call": changed, "id": ""},
        {"type": "gateway", "up": True, "id": ""},
    ]


async def test_nothing_beyond_the_scope_is_told(ear: Ear) -> None:
    before = ear.number
    ear.hear(type="call", id="0:2", call=ear.mirror.views("call")[THEIR_CALL])
    ear.hear(type="attempt", id="0:3", attempt=attempt(THEIR_CLICK, "201"))
    ear.hear(type="attempt", id="0:4", attempt=attempt("ccg-1.101", "101"))
    ear.hear(type="gone", id="0:5", call_id=THEIR_CALL)
    ear.hear(type="link", id="0:6", node="pbx1", up=False)
    told = ear.since(before, OURS)
    assert [one["type"] for one in told] == ["attempt", "link"]
    assert not theirs(orjson.dumps(told))
    state = orjson.dumps(ear.mirror.feed.state(ear.mirror.state, OURS))
    assert b"gateway_up" in state
    assert not theirs(state)


async def test_a_call_that_ended_or_is_part_of_another_is_not_live(ear: Ear) -> None:
    calls = ear.mirror.views("call")
    ear.hear(type="call", id="0:2", call={**calls[OWN_CALL], "ended_at": "2026-11-23T08:01:00Z"})
    ear.hear(type="call_absorbed", id="0:3", call_id=THEIR_CALL, into=OWN_CALL)
    assert not {OWN_CALL, THEIR_CALL} & calls.keys()


async def test_it_finds_agents_and_knows_what_it_cannot_do(ear: Ear) -> None:
    remote = Remote(ear.mirror, _stored)
    assert remote.agent_state("101")["call_id"] == OWN_CALL
    with pytest.raises(UnknownAgent):
        remote.agent_state("999")
    assert await remote.attempt("ccg-1.101") == attempt("ccg-1.101", "101")
    with pytest.raises(UnknownCall):  # then the record is asked
        remote.story(OWN_CALL)
    with pytest.raises(NoGateway):
        await remote.agent("login", "101")
    with pytest.raises(NoGateway):
        Remote(Mirror(Feed()), _stored).agent_state("101")
