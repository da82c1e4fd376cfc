"""A reload: the loop goes on by another setup, and what runs is not disturbed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from ccgateway.agents.agent import Agent, Duty
from ccgateway.calls.board import Ours
from ccgateway.engine.desk import TOLD_AT_ONCE
from ccgateway.engine.setup import Setup
from ccgateway.errors import ActionRefused, UnknownAgent
from ccgateway.rig.waiting import until
from ccgateway.routing.route import Goal, Inbound
from ccgateway.telephony.actions import (
    Action,
    AddMember,
    Member,
    RemoveMember,
    SetGlobal,
    SetPenalty,
)
from ccgateway.telephony.facts import Kind
from tests.unit.calls.told import ANNA, BERT, CALLER, answer, arrive, end, fact, join, ring
from tests.unit.engine.test_engine import drain, view_of
from tests.unit.engine.world import NOW, World


@pytest.fixture
def world() -> World:
    return World()


def setup_with(world: World, *agents: Agent, managed: frozenset[str] | None = None) -> Setup:
    """The world's setup with these agents and queues."""
    phones = {agent.phone: agent.id for agent in agents}
    queues = world.setup.managed if managed is None else managed
    ours = Ours(queues | {"ccg-fallback"}, {"from-phones"}, phones)
    return replace(world.setup, agents=agents, managed=queues, ours={"pbx1": ours})


def member(queue: str, agent: str, penalty: int = 0) -> Member:
    phone = f"PJSIP/{agent}"
    return Member(queue, phone, agent, dynamic=True, paused=False, penalty=penalty)


async def quiet() -> None:
    """Let what was begun beside the loop come to its end."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_stays_keeps_duty_and_call(world: World) -> None:
    anna, bert = world.setup.agents
    await world.engine.agent("login", "101")
    for told in [*arrive(), join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101")]:
        world.engine.step(told)
    before = view_of(world, "agents", "101")
    world.link.there = [member("stations", "101")]
    world.link.actions.clear()

    world.engine.renew(setup_with(world, replace(anna, name="Anna-Liisa"), bert))
    await quiet()

    assert view_of(world, "agents", "101") == {**before, "name": "Anna-Liisa"}
    assert world.link.actions == []
    for told in end(5, CALLER, ANNA):
        world.engine.step(told)
    assert view_of(world, "agents", "101")["state"] == "ready"
    [call] = world.store.calls.values()
    assert call.disposition.value == "answered"


async def test_calls_that_become_one_meanwhile_leave_no_ghost(world: World) -> None:
    """Anna consults Bert on her second line, and joins him with the caller, while the calls are
    followed anew."""
    own, bert = "1795334409.19", "1795334410.20"
    for told in [*arrive(), join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101")]:
        world.engine.step(told)
    for told in [
        fact(5, Kind.CHANNEL_CREATED, own, channel="PJSIP/101-13", linkedid=own),
        fact(5, Kind.CHANNEL_CREATED, bert, channel="PJSIP/102-14", linkedid=own),
        *(fact(6, Kind.CHANNEL_ANSWERED, one) for one in (own, bert)),
        *(fact(6, Kind.BRIDGE_ENTERED, one, "b-2", bridge_type="basic") for one in (own, bert)),
    ]:
        world.engine.step(told)
    world.engine.renew(world.setup)
    await asyncio.sleep(0)  # the first of the two was followed
    transfer = {"result": "Success", "transferee": CALLER, "target": bert}
    world.engine.step(fact(8, Kind.ATTENDED_TRANSFERRED, ANNA, own, **transfer))
    await quiet()
    for told in end(9, ANNA, own, CALLER, bert):
        world.engine.step(told)
    assert [view_of(world, "agents", agent)["state"] for agent in ("101", "102")] == ["off"] * 2


async def test_a_call_that_cannot_be_told_hinders_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = [*arrive(), join(0.1, "pumps")]
    other = [replace(told, subject="1795334300.7", detail={**told.detail, "linkedid": ""})
             for told in waits]  # fmt: skip
    for told in [*other, *waits]:
        world.engine.step(told)
    odd, _ = world.engine.board.live_stories()
    monkeypatch.setattr(odd, "call", lambda: 1 / 0)
    world.engine.renew(
        setup_with(world, *world.setup.agents, managed=frozenset({"stations", "pumps"}))
    )
    await quiet()
    assert view_of(world, "queues", "pumps")["waiting"] == 1


async def test_agents_of_a_queue_that_moved_to_another_service_are_told(world: World) -> None:
    """Who may see them has changed."""
    [service] = world.setup.services
    world.feed.changes.clear()
    world.engine.renew(replace(world.setup, services=[replace(service, id="other")]))
    await quiet()
    told = [change["agent"] for change in world.feed.of("agent")]
    assert [(a["id"], a["services"]) for a in told if isinstance(a, dict)] == [
        ("101", ["other"]),
        ("102", ["other"]),
    ]
    world.feed.changes.clear()
    world.engine.renew(replace(world.setup, services=[replace(service, id="other")]))
    await quiet()
    assert world.feed.of("agent") == []


async def test_hundreds_of_agents_are_told_between_others_work(world: World) -> None:
    """A caller who dials meanwhile waits for a few of them, not for all. Who is gone by then, or
    has changed again, is not told as they were."""
    many = [
        Agent(f"{number}", "x", f"PJSIP/{number}", ("stations",), NOW)
        for number in range(1000, 1000 + 10 * TOLD_AT_ONCE)
    ]
    first, *others, last = many
    world.engine.renew(setup_with(world, *many))
    told, most = 0, 0
    while told < len(many) - 1:
        await asyncio.sleep(0)
        now = len(world.feed.of("agent"))
        most, told = max(most, now - told), now
        if now and last in many:
            many.remove(last)
            world.engine.renew(setup_with(world, replace(first, name="y"), *others))
    await quiet()
    assert most <= 2 * TOLD_AT_ONCE  # by each of the two reloads
    names = [change["agent"] for change in world.feed.of("agent")]
    assert last.id not in [agent["id"] for agent in names if isinstance(agent, dict)]
    assert view_of(world, "agents", first.id)["name"] == "y"


async def test_who_is_taken_out_is_logged_out_and_the_talk_goes_on(world: World) -> None:
    await world.engine.agent("login", "101")
    for told in [*arrive(), join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101")]:
        world.engine.step(told)
    world.link.there = [member("stations", "101")]
    world.link.actions.clear()

    world.engine.renew(setup_with(world, world.setup.agents[1]))
    await quiet()

    assert world.link.actions == [RemoveMember("stations", "PJSIP/101")]
    assert world.store.facts[-1].kind is Kind.AGENT_LOGGED_OUT
    assert (world.store.agents[-1].id, world.store.agents[-1].duty) == ("101", Duty.OFF)
    assert world.feed.of("gone") == [{"type": "gone", "agent": "101"}]
    with pytest.raises(UnknownAgent):
        await world.engine.agent("login", "101")
    for told in end(5, CALLER, ANNA):
        world.engine.step(told)
    [call] = world.store.calls.values()
    assert (call.disposition.value, call.talks[0].agent) == ("answered", "101")


async def test_an_agent_a_queue_and_a_service_are_added_and_work(world: World) -> None:
    carla = Agent("103", "Carla", "PJSIP/103", ("pumps",), NOW)
    setup = setup_with(world, *world.setup.agents, carla, managed=frozenset({"stations", "pumps"}))
    service = replace(setup.services[0], id="pumps", dids=("1001",), queue="pumps")
    world.engine.renew(replace(setup, services=[*setup.services, service]))
    await quiet()
    assert await world.engine.agent("login", "103") == "ready"
    assert world.link.actions == [AddMember("pumps", "PJSIP/103", "103")]

    call = Inbound("pbx1", CALLER, "PJSIP/trunk-1", "1001", "0401234567", "", False, NOW)
    route = await world.engine.inbound(call)
    assert (route.goal, route.queue) == (Goal.QUEUE, "pumps")
    rings = [replace(told, place=told.place.replace("stations", "pumps"))
             for told in ring(1, BERT, "103")]  # fmt: skip
    for told in [*arrive(), join(0.1, "pumps"), *rings]:
        world.engine.step(told)
    assert view_of(world, "agents", "103")["state"] == "ringing"
    assert view_of(world, "queues", "pumps")["waiting"] == 1


async def test_who_waits_goes_on_waiting_also_in_a_queue_that_becomes_ours(world: World) -> None:
    for told in [*arrive(), join(0.1, "pumps")]:
        world.engine.step(told)
    setup = setup_with(world, *world.setup.agents, managed=frozenset({"stations", "pumps"}))
    world.engine.renew(setup)
    await quiet()
    assert view_of(world, "queues", "pumps")["waiting"] == 1
    world.engine.renew(world.setup)
    await quiet()
    assert world.feed.of("gone") == [{"type": "gone", "queue": "pumps"}]
    world.engine.renew(setup)
    await quiet()
    assert view_of(world, "queues", "pumps")["waiting"] == 1


async def test_asterisks_members_follow(world: World) -> None:
    anna, bert = world.setup.agents
    for agent in ("101", "102"):
        await world.engine.agent("login", agent)
    world.link.there = [member("stations", "101"), member("stations", "102")]
    world.link.actions.clear()

    moved = replace(anna, queues=("pumps",)), replace(bert, penalty=4)
    world.engine.renew(setup_with(world, *moved, managed=frozenset({"stations", "pumps"})))
    await quiet()
    assert world.link.actions == [
        RemoveMember("stations", "PJSIP/101"),
        AddMember("pumps", "PJSIP/101", "101"),
        SetPenalty("stations", "PJSIP/102", 4),
    ]


async def test_a_queue_that_is_taken_out_is_left_also_where_asterisk_is_away(world: World) -> None:
    anna, bert = world.setup.agents
    for agent in ("101", "102"):
        await world.engine.agent("login", agent)
    world.link.down = True
    moved = replace(anna, queues=("pumps",)), replace(bert, queues=("pumps",))
    with capture_logs() as logs:
        world.engine.renew(setup_with(world, *moved, managed=frozenset({"pumps"})))
        await quiet()
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == [
        "not done, asterisk cannot be reached; tried again in a minute"
    ]
    world.link.down = False
    world.link.actions.clear()
    there = [member("stations", "101"), member("stations", "102"), member("pumps", "102")]
    world.link.there = there
    await world.engine.desk.compare("pbx1")  # as the pulse does each minute
    assert world.link.actions == [
        AddMember("pumps", "PJSIP/101", "101"),
        RemoveMember("stations", "PJSIP/101"),
        RemoveMember("stations", "PJSIP/102"),
    ]
    world.link.actions.clear()
    world.link.there = [member("pumps", "101"), member("pumps", "102"), *there[:1]]
    await world.engine.desk.compare("pbx1")
    assert world.link.actions == []  # whose it is now is not our business


async def test_two_reloads_at_once_forget_no_queue_that_was_taken_out(world: World) -> None:
    both = frozenset({"stations", "pumps"})
    anna, bert = (replace(agent, queues=()) for agent in world.setup.agents)
    world.engine.renew(setup_with(world, anna, bert, managed=both | {"tills"}))
    await quiet()
    world.link.actions.clear()
    act, answers = world.link.act, asyncio.Event()

    async def slow(action: Action) -> None:
        await act(action)
        await answers.wait()

    world.link.act = slow  # type: ignore[method-assign]  # this PBX takes its time
    world.link.there = [member("stations", "101")]
    world.engine.renew(setup_with(world, anna, bert, managed=frozenset({"pumps", "tills"})))
    await until(lambda: world.link.actions, "the first reload's work began")
    world.link.there = [member("stations", "101"), member("pumps", "102")]
    world.link.down = True  # for the second one's list
    world.engine.renew(setup_with(world, anna, bert, managed=frozenset({"tills"})))
    await quiet()
    world.link.down = False
    answers.set()
    await quiet()
    await world.engine.desk.compare("pbx1")  # as the pulse does each minute
    assert RemoveMember("pumps", "PJSIP/102") in world.link.actions


async def test_a_queue_that_asterisk_does_not_have_hinders_no_other(world: World) -> None:
    anna, bert = world.setup.agents
    for agent in ("101", "102"):
        await world.engine.agent("login", agent)
    world.link.actions.clear()
    act = world.link.act

    async def without_pumps(action: Action) -> None:
        await act(action)
        if isinstance(action, AddMember) and action.queue == "pumps":
            raise ActionRefused("Unable to add interface to queue: No such queue")

    world.link.act = without_pumps  # type: ignore[method-assign]  # this PBX has no such queue
    both = ("pumps", "stations")
    moved = replace(anna, queues=both), replace(bert, queues=both)
    with capture_logs() as logs:
        world.engine.renew(setup_with(world, *moved, managed=frozenset(both)))
        await quiet()
        await world.engine.desk.compare("pbx1")
    assert AddMember("stations", "PJSIP/102", "102") in world.link.actions
    told = [entry["event"] for entry in logs if entry["log_level"] == "error"]
    assert len(told) == 2  # once for each of the two
    assert "add the line [pumps](ccg-managed) to queues.conf" in told[0]


async def test_a_login_that_a_reload_overtakes_is_refused(world: World) -> None:
    answers = asyncio.Event()
    act = world.link.act

    async def slow(action: Action) -> None:
        await act(action)
        await answers.wait()

    world.link.act = slow  # type: ignore[method-assign]  # this PBX takes its time
    login = asyncio.create_task(world.engine.agent("login", "101"))
    await until(lambda: world.link.actions, "Asterisk was asked")
    world.engine.renew(setup_with(world, world.setup.agents[1]))
    answers.set()
    with pytest.raises(UnknownAgent):
        await login


async def test_the_dialplan_forgets_what_was_taken_out(world: World) -> None:
    keeping = asyncio.create_task(world.engine.published.keep("pbx1", {"pbx1": world.link}))
    await until(lambda: SetGlobal("CCG_PHONE_102", "PJSIP/102") in world.link.actions, "all told")
    world.link.actions.clear()
    anna, _ = world.setup.agents
    setup = setup_with(world, anna, Agent("103", "Carla", "PJSIP/103", ("stations",), NOW))
    service = replace(setup.services[0], dids=("1009",), outbound_prefix="")
    world.engine.renew(replace(setup, services=[service]))
    changed = {
        SetGlobal("CCG_SERVICE_1000", ""),
        SetGlobal("CCG_SERVICE_1009", "hotline"),
        SetGlobal("CCG_PHONE_102", ""),
        SetGlobal("CCG_PHONE_103", "PJSIP/103"),
        SetGlobal("CCG_PREFIX_10", ""),
    }
    await until(lambda: changed <= set(world.link.actions), "what changed is told")
    first = [a for a in world.link.actions if isinstance(a, SetGlobal)][: len(changed)]
    assert set(first) == changed  # before what has not changed
    keeping.cancel()


async def test_a_phone_is_known_from_its_next_call_on(world: World) -> None:
    anna, bert = world.setup.agents
    world.engine.renew(setup_with(world, anna, replace(bert, phone="PJSIP/109")))
    dialled = fact(1, Kind.CHANNEL_CREATED, BERT, channel="PJSIP/109-00000007", linkedid=BERT)
    told = fact(2, Kind.QUEUE_JOINED, BERT, "stations", position="1", count="1")
    for one in (dialled, told):
        world.engine.put(one)
    await drain(world)
    [call] = world.store.calls.values()
    assert call.legs[0].agent == "102"
