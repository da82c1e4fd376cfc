"""The loop with remembering ports: what goes in at one end comes out at the others."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from ccgateway.agents.agent import Duty
from ccgateway.calls.call import Call, Known
from ccgateway.calls.reduce import Story
from ccgateway.customers.customer import Customer
from ccgateway.engine.ports import LinkChange
from ccgateway.errors import ActionRefused, PbxUnavailable, Refused, UnknownAgent
from ccgateway.routing.route import Goal, Inbound
from ccgateway.telephony.actions import Action, AddMember, Member, PauseMember, RemoveMember
from ccgateway.telephony.facts import Kind
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller
from tests.unit.calls.told import (
    ANNA,
    CALLER,
    answer,
    answered_call,
    arrive,
    at,
    end,
    fact,
    join,
    ring,
)
from tests.unit.engine.world import NOW, World

CALL = Inbound("pbx1", CALLER, "PJSIP/trunk-1", "1000", "0401234567", "", False, NOW)


@pytest.fixture
def world() -> World:
    return World()


def view_of(world: World, name: str, key: str) -> dict[str, object]:
    rows = world.engine.view()[name]
    assert isinstance(rows, list)
    return next(row for row in rows if row.get("id", row.get("name")) == key)


async def drain(world: World) -> None:
    """Run the loop until nothing is left to do."""
    task = asyncio.create_task(world.engine.run())
    while world.engine.backlog:  # noqa: ASYNC110 - the loop itself empties it, in a few turns
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_call_goes_to_the_store_and_the_feed(world: World) -> None:
    for told in answered_call():
        world.engine.put(told)
    await drain(world)
    [call] = world.store.calls.values()
    assert call.disposition.value == "answered"
    assert len(world.store.facts) == len(answered_call())
    last = world.feed.of("call")[-1]["call"]
    assert isinstance(last, dict)
    assert (last["disposition"], last["where"]) == ("answered", "ended: answered")


def test_watchers_are_told_what_changes_and_nothing_twice(world: World) -> None:
    for told in [*answered_call(), fact(13, Kind.AGENT_COMPLETED, CALLER, "stations")]:
        world.engine.step(told)
    shown = [change["call"] for change in world.feed.of("call")]
    assert [view["where"] for view in shown if isinstance(view, dict)] == [
        "in the dialplan",
        "waiting in stations",
        "ringing 101",
        "connecting with 101",
        "talking with 101",
        "in the dialplan",
        "ended: answered",
    ]


def test_queue_and_agent_are_shown_step_by_step(world: World) -> None:
    for told in [*arrive(), join(1)]:
        world.engine.step(told)
    assert view_of(world, "queues", "stations")["waiting"] == 1
    for told in ring(2, ANNA, "101"):
        world.engine.step(told)
    assert view_of(world, "agents", "101")["state"] == "ringing"
    for told in answer(3, ANNA, "101"):
        world.engine.step(told)
    assert view_of(world, "queues", "stations")["waiting"] == 0
    assert view_of(world, "agents", "101")["state"] == "talking"
    for told in end(5, CALLER, ANNA):
        world.engine.step(told)
    assert view_of(world, "agents", "101")["state"] == "off"


async def test_an_agent_logs_in_pauses_and_out(world: World) -> None:
    assert await world.engine.agent("login", "101", by="phone") == "ready"
    assert await world.engine.agent("pause", "101", reason="lunch") == "paused"
    assert await world.engine.agent("logout", "101") == "off"
    assert world.link.actions == [
        AddMember("stations", "PJSIP/101", "101"),
        PauseMember("stations", "PJSIP/101", True, "lunch"),
        RemoveMember("stations", "PJSIP/101"),
    ]
    kinds = [fact.kind for fact in world.store.facts]
    assert kinds == [Kind.AGENT_LOGGED_IN, Kind.AGENT_PAUSED, Kind.AGENT_LOGGED_OUT]
    assert [agent.duty for agent in world.store.agents] == [Duty.READY, Duty.PAUSED, Duty.OFF]


@pytest.mark.parametrize(
    ("verb", "agent", "reason", "error", "says"),
    [
        ("login", "999", "", UnknownAgent, "no agent '999'"),
        ("dance", "101", "", Refused, "there are login, logout, pause, ready"),
        ("pause", "101", "", Refused, "log in first"),
    ],
)
async def test_what_is_refused_says_why(
    world: World, verb: str, agent: str, reason: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        await world.engine.agent(verb, agent, reason=reason)
    assert world.link.actions == []


async def test_an_unknown_pause_reason_names_those_there_are(world: World) -> None:
    await world.engine.agent("login", "101")
    with pytest.raises(Refused, match="there are break, lunch"):
        await world.engine.agent("pause", "101", reason="golf")


async def test_nothing_changes_where_asterisk_cannot_be_reached(world: World) -> None:
    world.link.down = True
    with pytest.raises(PbxUnavailable):
        await world.engine.agent("login", "101")
    assert view_of(world, "agents", "101")["state"] == "off"
    assert world.store.facts == []


async def test_a_route_is_answered_and_written_down(world: World) -> None:
    world.store.customers["+358401234567"] = Customer(
        7, "oilco", "+358401234567", "Station 7", priority=3
    )
    route = await world.engine.inbound(CALL)
    assert (route.goal, route.queue, route.customer, route.priority) == (
        Goal.QUEUE,
        "stations",
        7,
        3,
    )
    await drain(world)
    [call] = world.store.calls.values()
    assert (call.service, call.caller_number, call.customer) == ("hotline", "+358401234567", 7)
    assert [row[0] for row in call.decisions[0].reasons] == ["did", "caller", "hours", "queue"]


async def test_a_caller_is_routed_while_postgres_is_away(world: World) -> None:
    world.store.away = True
    route = await world.engine.inbound(CALL)
    assert (route.goal, route.queue) == (Goal.QUEUE, "stations")
    assert "could not be asked" in route.reasons[1].verdict


async def test_a_customer_table_that_hangs_does_not_hold_the_caller(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(client: str, number: str) -> Customer | None:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(world.store, "customer", never)
    async with asyncio.timeout(5):
        route = await world.engine.inbound(CALL)
    assert route.queue == "stations"


async def test_a_fault_in_the_decision_leads_to_the_fallback(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(client: str, number: str) -> Customer | None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.store, "customer", broken)
    assert (await world.engine.inbound(CALL)).goal is Goal.FALLBACK


async def test_after_a_connect_the_members_are_brought_in_line(world: World) -> None:
    world.engine.restore([], {"101": (Duty.READY, "", NOW)})
    leftover = Member("stations", "PJSIP/999", "999", dynamic=True, paused=False)
    world.engine.put(LinkChange("pbx1", up=True, at=NOW))
    world.engine.put(Snapshot("pbx1", NOW, [], [], [leftover]))
    await drain(world)
    assert world.link.actions == [
        RemoveMember("stations", "PJSIP/999"),
        AddMember("stations", "PJSIP/101", "101"),
    ]
    assert Kind.LINK_UP in {fact.kind for fact in world.store.facts}
    assert view_of(world, "nodes", "pbx1")["up"] is True


def test_a_restart_goes_on_where_it_was(world: World) -> None:
    before = World()
    for told in [*arrive(), join(1), *ring(2, ANNA, "101")]:
        before.engine.step(told)
    duties = {"101": (Duty.PAUSED, "lunch", NOW), "gone": (Duty.READY, "", NOW)}
    world.engine.restore(before.store.facts, duties)
    assert view_of(world, "queues", "stations")["waiting"] == 1
    agent = view_of(world, "agents", "101")
    assert (agent["state"], agent["duty"], agent["reason"]) == ("ringing", "paused", "lunch")


def test_a_call_of_a_node_that_is_gone_is_not_taken_up(world: World) -> None:
    world.engine.restore([replace(told, node="pbx9") for told in arrive()], {})
    assert world.engine.view()["calls"] == []


def test_a_fault_in_one_arrival_costs_that_arrival_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *rest = answered_call()
    with monkeypatch.context() as broken:
        broken.setattr(world.engine.board, "take", None)
        world.engine.step(first)
    for told in rest:
        world.engine.step(told)
    assert len(world.store.calls) == 1


async def test_a_list_of_members_older_than_a_log_in_takes_nobody_out(world: World) -> None:
    """The list was asked for before Anna logged in, and is compared after."""
    stale: list[Member] = []
    await world.engine.agent("login", "101")
    world.link.actions.clear()
    assert await world.engine.desk.reconcile("pbx1", stale) == 0
    await world.engine.agent("logout", "101")
    world.link.actions.clear()
    there = [Member("stations", "PJSIP/101", "101", dynamic=True, paused=False)]
    assert await world.engine.desk.reconcile("pbx1", there) == 0
    assert world.link.actions == []


async def test_a_queue_that_asterisk_lacks_is_said_with_the_line_to_add(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(action: Action) -> None:
        raise ActionRefused("Asterisk refused QueueAdd: Unable to add interface: No such queue")

    monkeypatch.setattr(world.link, "act", refuse)
    with pytest.raises(Refused, match=r"add the line \[stations\]\(ccg-managed\) to queues.conf"):
        await world.engine.agent("login", "101")
    assert view_of(world, "agents", "101")["state"] == "off"


async def test_a_phone_that_asterisk_does_not_know_is_logged_once(world: World) -> None:
    unknown = Member("stations", "PJSIP/101", "101", dynamic=True, paused=False, device_state=4)
    with capture_logs() as logs:
        await world.engine.desk.reconcile("pbx1", [unknown])
        await world.engine.desk.reconcile("pbx1", [unknown])
    said = [row for row in logs if row["log_level"] == "error"]
    assert [(row["event"], row["interface"]) for row in said] == [
        ("Asterisk knows no such phone: see [[agent]] phone", "PJSIP/101")
    ]


def test_two_calls_that_become_one_are_told_as_one(world: World) -> None:
    """Anna consults Bert on her second line, and joins him with the caller."""
    own, bert, second = "1795334409.19", "1795334410.20", "b-2"
    for told in [*arrive(), join(1), *ring(2, ANNA, "101"), *answer(3, ANNA, "101")]:
        world.engine.step(told)
    for told in [
        fact(5, Kind.CHANNEL_CREATED, own, channel="PJSIP/101-13", linkedid=own),
        fact(5, Kind.CHANNEL_CREATED, bert, channel="PJSIP/102-14", linkedid=own),
        fact(6, Kind.CHANNEL_ANSWERED, bert),
        fact(6, Kind.CHANNEL_ANSWERED, own),
        fact(6, Kind.BRIDGE_ENTERED, bert, second, bridge_type="basic"),
        fact(6, Kind.BRIDGE_ENTERED, own, second, bridge_type="basic"),
    ]:
        world.engine.step(told)
    first, other = world.store.calls
    assert view_of(world, "agents", "102")["call_id"] == other
    transfer = {"result": "Success", "transferee": CALLER, "target": bert}
    world.engine.step(fact(8, Kind.ATTENDED_TRANSFERRED, ANNA, own, **transfer))
    assert [str(call.call_id) for call in world.engine.board.live_calls()] == [first]
    assert world.feed.of("call_absorbed") == [
        {"type": "call_absorbed", "call_id": other, "into": first}
    ]
    assert {view_of(world, "agents", agent)["call_id"] for agent in ("101", "102")} == {first}
    for told in end(9, ANNA, own):
        world.engine.step(told)
    assert view_of(world, "agents", "101")["state"] == "off"
    assert view_of(world, "agents", "102")["state"] == "talking"
    for told in end(12, CALLER, bert):
        world.engine.step(told)
    assert view_of(world, "agents", "102")["state"] == "off"


def test_a_consultation_that_ends_leaves_the_agent_with_the_caller(world: World) -> None:
    own = "1795334409.19"
    for told in [*arrive(), join(1), *ring(2, ANNA, "101"), *answer(3, ANNA, "101")]:
        world.engine.step(told)
    [call] = world.store.calls
    for told in [
        fact(5, Kind.CHANNEL_CREATED, own, channel="PJSIP/101-13", linkedid=own),
        fact(6, Kind.CHANNEL_ANSWERED, own),
        *end(7, own),
    ]:
        world.engine.step(told)
    agent = view_of(world, "agents", "101")
    assert (agent["state"], agent["call_id"]) == ("talking", call)


def test_facts_are_stored_even_where_folding_them_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = answered_call()

    def fail(_: Story) -> Call:
        raise ValueError

    monkeypatch.setattr(Story, "call", fail)
    with capture_logs() as logs:
        for one in told:
            world.engine.step(one)
    assert {fact.identity for fact in world.store.facts} == {fact.identity for fact in told}
    assert {row["event"] for row in logs} == {"a call could not be folded"}


async def test_a_call_across_a_cut_of_the_link_is_partial(world: World) -> None:
    """One that begins after it is not."""
    for told in [*arrive(), join(1)]:
        world.engine.step(told)
    world.engine.step(LinkChange("pbx1", up=False, at=at(10), cause="cut"))
    world.engine.step(LinkChange("pbx1", up=True, at=at(20)))
    later, name = "1795334425.9", "PJSIP/trunk-00000009"
    created = {"channel": name, "linkedid": later, "context": "ccg-service"}
    world.engine.step(fact(25, Kind.CHANNEL_CREATED, later, **created))
    there = [
        SeenChannel(one, one, name, "ccg-queue", "", "", "", "Ring", "", at(0))
        for one in (CALLER, later)
    ]
    waiting = [WaitingCaller(CALLER, "stations", 1, at(1))]
    world.engine.step(Snapshot("pbx1", at(30), there, waiting, []))
    known = {call.legs[0].uniqueid: call.known for call in world.store.calls.values()}
    assert known == {CALLER: Known.PARTIAL, later: Known.LIVE}
