"""What each scope is told: whoever watches, however often they are cut off, their picture is that
of the whole, narrowed to their scope."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccgateway.access.who import Scope
from ccgateway.outbound.attempt import Attempt
from ccgateway.web import feed
from ccgateway.web.feed import Feed, Watcher
from ccgateway.web.live import in_array
from tests.adapters.watchers import Picture

CLIENTS, SERVICES, QUEUES = ("oilco", "shop"), ("hotline", "lines"), ("stations", "pumps")
SCOPES = (
    Scope(),
    Scope(clients=frozenset({"oilco"})),
    Scope(services=frozenset({"lines"})),
    Scope(queues=frozenset({"pumps"})),
    Scope(clients=frozenset({"shop"}), queues=frozenset({"stations"})),
    Scope(queues=frozenset({"nowhere"})),
    Scope(queues=frozenset({"nowhere"}), agent="a1"),
)
SEES = {"call": Scope.sees_call, "agent": Scope.sees_agent, "queue": Scope.sees_queue}

ids = st.sampled_from(("1", "2", "3"))
some = st.lists(st.sampled_from(QUEUES), unique=True)
calls = st.builds(
    lambda call_id, client, service, queues, agents, where: {
        "call_id": call_id, "client": client, "service": service, "queues": queues,
        "agents": agents, "where": where, "ended_at": None,
    },
    ids, st.sampled_from(("", *CLIENTS)), st.sampled_from(("", *SERVICES)), some,
    st.lists(st.sampled_from(("a1", "a2")), unique=True), st.integers(0, 9),
)  # fmt: skip
agents = st.builds(
    lambda name, queues, state: {
        "id": f"a{name}", "queues": queues, "services": list(SERVICES[: len(queues)]),
        "clients": list(CLIENTS[: len(queues)]), "state": state,
    },
    ids, some, st.integers(0, 9),
)  # fmt: skip
queues = st.builds(
    lambda name, clients, waiting: {
        "name": name, "services": ["hotline"], "clients": clients, "waiting": waiting
    },
    st.sampled_from(QUEUES), st.lists(st.sampled_from(CLIENTS), unique=True), st.integers(0, 9),
)  # fmt: skip
things = st.one_of(
    calls.map(lambda call: {"type": "call", "call": call}),
    agents.map(lambda agent: {"type": "agent", "agent": agent}),
    queues.map(lambda queue: {"type": "queue", "queue": queue}),
)
steps = st.one_of(
    things,
    things,  # more of them
    ids.map(lambda call: {"type": "end", "call_id": call}),
    st.tuples(ids, ids).map(lambda p: {"type": "call_absorbed", "call_id": p[0], "into": p[1]}),
    ids.map(lambda agent: {"type": "gone", "agent": f"a{agent}"}),
    st.sampled_from(QUEUES).map(lambda queue: {"type": "gone", "queue": queue}),
    st.integers(0, len(SCOPES) - 1).map(lambda watcher: {"type": "cut", "watcher": watcher}),
    st.integers(0, len(SCOPES) - 1).map(lambda watcher: {"type": "read", "watcher": watcher}),
)


class Centre:
    """What there is, and the feed that tells of it."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.there: dict[str, dict[str, Any]] = {"call": {}, "agent": {}, "queue": {}}

    def snapshot(self) -> Mapping[str, object]:
        lists = {f"{kind}s": list(things.values()) for kind, things in self.there.items()}
        return {"at": "now", "nodes": [], **lists, "lag_ms": 1.0}

    def do(self, step: Mapping[str, Any]) -> None:
        """Change something, and tell it as the engine does."""
        match step["type"]:
            case "end":
                if call := self.there["call"].pop(step["call_id"], None):
                    self.feed.publish({"type": "call", "call": {**call, "ended_at": "now"}})
            case "call_absorbed" if step["call_id"] == step["into"]:
                pass
            case "call_absorbed" | "gone":
                for kind, name in (("call", "call_id"), ("agent", "agent"), ("queue", "queue")):
                    self.there[kind].pop(step.get(name, ""), None)
                self.feed.publish(step)
            case _:
                self.put(step)
                self.feed.publish(step)

    def put(self, step: Mapping[str, Any]) -> None:
        """Something is there, or is another now."""
        kind = step["type"]
        view = step[kind]
        self.there[kind][view[{"call": "call_id", "agent": "id", "queue": "name"}[kind]]] = view

    def seen_by(self, scope: Scope) -> dict[str, dict[str, Any]]:
        return {
            kind: {name: view for name, view in things.items() if SEES[kind](scope, view)}
            for kind, things in self.there.items()
        }


class Client:
    """One with a scope, who can be cut off, and comes back with the last id."""

    def __init__(self, centre: Centre, scope: Scope) -> None:
        self.picture = Picture()
        self._centre = centre
        self._scope = scope
        self._watcher = self._come()

    def _come(self) -> Watcher:
        after = self.picture.last
        watcher = self._centre.feed.watch(self._scope, in_array, self._centre.snapshot, after)
        assert watcher is not None
        return watcher

    def cut(self) -> None:
        self._centre.feed.leave(self._watcher)
        self._watcher = self._come()

    async def read(self) -> None:
        """All that there is."""
        while not self.picture.kinds or self.picture.kinds[-1] != "beat":
            self.picture.take(orjson.loads(await self._watcher.next()))
        self.picture.kinds.append("read")


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Who has read everything is told so at once; a short memory, so that it is outrun too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "BEAT_S", 0.0)
        patch.setattr(feed, "KEPT", 12)
        patch.setattr(feed, "MOST_AT_ONCE", 3)
        yield


@settings(max_examples=150, deadline=None)
@given(st.lists(things, max_size=8), st.lists(steps, max_size=40))
def test_everybodys_picture_is_their_part_of_the_whole(
    before: list[dict[str, Any]], script: list[dict[str, Any]]
) -> None:
    async def play() -> None:
        centre = Centre()
        for thing in before:
            centre.put(thing)
        clients = [Client(centre, scope) for scope in SCOPES]
        for client in clients:
            await client.read()
        for step in script:
            if step["type"] == "cut":
                clients[step["watcher"]].cut()
            elif step["type"] == "read":
                await clients[step["watcher"]].read()
            else:
                centre.do(step)
                await asyncio.sleep(0)
        for client, scope in zip(clients, SCOPES, strict=True):
            client.cut()
            await client.read()
            assert client.picture.shown == centre.seen_by(scope), scope

    asyncio.run(play())


CALL = {
    "call_id": "1", "client": "oilco", "service": "hotline", "queues": ["stations"],
    "agents": [], "ended_at": None,
}  # fmt: skip


async def told(scope: Scope, *changes: Mapping[str, object]) -> list[str]:
    """The kinds of changes that one with this scope is told."""
    centre = Centre()
    client = Client(centre, scope)
    for change in changes:
        centre.feed.publish(change)
    await client.read()
    return client.picture.kinds[1:-2]  # without the snapshot, the beat and the end


async def test_a_call_that_leaves_the_scope_is_gone() -> None:
    oilco = SCOPES[1]
    moved = {"type": "call", "call": {**CALL, "client": "shop"}}
    here = {"type": "call", "call": CALL}
    assert await told(oilco, here, moved, moved) == ["call", "gone"]
    assert await told(oilco, moved, here) == ["call"]
    assert await told(oilco, moved, {"type": "call_absorbed", "call_id": "1", "into": "2"}) == []
    absorbed = {"type": "call_absorbed", "call_id": "1", "into": "2"}
    into = {"type": "call", "call": {**CALL, "call_id": "2"}}
    theirs = {"type": "call", "call": {**CALL, "call_id": "2", "client": "shop"}}
    assert await told(oilco, into, here, absorbed) == ["call", "call", "call_absorbed"]
    assert await told(oilco, theirs, here, absorbed) == ["call", "gone"]  # not into what
    assert await told(oilco, here, absorbed, into) == ["call", "gone", "call"]
    assert await told(SCOPES[0], here, absorbed) == ["call", "call_absorbed"]


async def test_of_calls_that_ended_long_ago_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who saw one is told of it as of one that is not there: memory must not grow by the calls."""
    monkeypatch.setattr(feed, "REMEMBERED_ENDS", 2)
    ended = [{**CALL, "call_id": name, "ended_at": "now"} for name in "123"]
    changes = [{"type": "call", "call": call} for call in ended]
    late = [{"type": "gone", "call_id": name} for name in "13"]
    assert await told(SCOPES[1], *changes, late[0]) == ["call"] * 3
    assert await told(SCOPES[1], *changes, late[1]) == [*["call"] * 3, "gone"]


async def test_a_click_is_seen_by_who_sees_its_service_and_by_its_agent() -> None:
    attempt = Attempt(
        *("ccg-1", "", "pbx1", "oilco", "hotline", "a1", "+358401112223", "", "api"),
        datetime(2026, 11, 23, tzinfo=UTC),
    )
    change = {"type": "attempt", "attempt": attempt}
    assert await told(SCOPES[0], change) == ["attempt"]
    assert await told(SCOPES[1], change) == ["attempt"]
    assert await told(SCOPES[2], change) == []
    assert await told(SCOPES[3], change) == []  # of which queues it would be is not known
    assert await told(SCOPES[6], change) == ["attempt"]
    others = {"type": "attempt", "attempt": replace(attempt, agent="a2")}
    assert await told(SCOPES[6], others) == []


@pytest.mark.parametrize("scope", SCOPES)
async def test_the_link_is_for_all_and_how_we_are_for_those_who_see_all(scope: Scope) -> None:
    assert await told(scope, {"type": "link", "node": "pbx1", "up": False}) == ["link"]
    state = Centre()
    shown = state.feed.state(state.snapshot, scope)
    assert ("lag_ms" in shown) == scope.is_all
    assert {"at", "nodes", "calls", "agents", "queues", "id"} <= shown.keys()
