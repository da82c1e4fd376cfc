"""Calls by click through the loop: stored before they are sent, sent once, followed to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from ccgateway.agents.agent import Duty
from ccgateway.calls.reduce import fold
from ccgateway.calls.voices import COVERED
from ccgateway.customers.customer import Customer
from ccgateway.engine import dialler
from ccgateway.engine.journal_ports import Repaired
from ccgateway.engine.ports import LinkChange
from ccgateway.errors import (
    ActionRefused,
    ActionTimeout,
    PbxUnavailable,
    Refused,
    StoreUnavailable,
    UnknownAgent,
)
from ccgateway.outbound.attempt import Attempt, End, Stage
from ccgateway.outbound.gate import Wanted
from ccgateway.telephony.actions import Action, Originate
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.ids import call_id_of
from ccgateway.telephony.snapshot import SeenChannel, Snapshot
from tests.unit.engine.world import NOW, World

NUMBER = "+358401234567"
CLICK = Wanted("101", "040 123 4567", key="click-1")
OUT = "1795420801.5"
LATER = NOW + timedelta(seconds=5)

Told = tuple[float, Kind, str, str, dict[str, str]]
"""Seconds, kind, subject, place, detail."""


@pytest.fixture
def world() -> World:
    """Anna and Bert are logged in, the link is up."""
    world = World()
    world.engine.restore([], dict.fromkeys(("101", "102"), (Duty.READY, "", NOW)))
    world.engine.step(LinkChange("pbx1", up=True, at=NOW))
    return world


def originates(world: World) -> list[Originate]:
    return [action for action in world.link.actions if isinstance(action, Originate)]


def stages(world: World) -> list[Stage]:
    """As watchers were told, in order."""
    told = [change["attempt"] for change in world.feed.of("attempt")]
    return [attempt.stage for attempt in told if isinstance(attempt, Attempt)]


async def settle(world: World) -> None:
    """What the dialler itself put into the inbox is handled."""
    running = asyncio.create_task(world.engine.run())
    while world.engine.backlog:  # noqa: ASYNC110 - the loop itself empties it, in a few turns
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def tell(world: World, attempt: Attempt, *facts: Told) -> None:
    """One after the other. Of a subject '' it is the attempt's, of a place "agent" as well."""
    await settle(world)
    for seconds, kind, subject, place, detail in facts:
        world.engine.step(
            Fact(
                "pbx1",
                kind,
                subject or attempt.id,
                NOW + timedelta(seconds=seconds),
                place=attempt.id if place == "agent" else place,
                detail=detail,
            )
        )


def ringing(attempt: Attempt) -> list[Told]:
    born = {"channel": "PJSIP/101-00000001", "linkedid": attempt.id, "context": "ccg-click"}
    return [(0.1, Kind.CHANNEL_CREATED, "", "", born), (0.2, Kind.CHANNEL_RINGING, "", "", {})]


def talking(attempt: Attempt) -> list[Told]:
    out = {"channel": "PJSIP/trunk-00000002", "linkedid": attempt.id}
    return [
        *ringing(attempt),
        (1, Kind.CHANNEL_ANSWERED, "", "", {}),
        (1.1, Kind.CHANNEL_CREATED, OUT, "", out),
        (1.2, Kind.DIAL_BEGAN, OUT, "agent", out),
        (1.3, Kind.CHANNEL_RINGING, OUT, "", {}),
        (2, Kind.CHANNEL_ANSWERED, OUT, "", {}),
    ]


def seen(attempt: Attempt) -> SeenChannel:
    return SeenChannel(
        uniqueid=attempt.id,
        linkedid=attempt.id,
        channel="PJSIP/101-00000001",
        context="ccg-click",
        exten="s",
        caller_number="",
        caller_name="",
        state="Ringing",
        bridge="",
        since=NOW,
    )


def snapshot(*channels: SeenChannel, at: timedelta = timedelta(seconds=5)) -> Snapshot:
    return Snapshot("pbx1", NOW + at, channels, (), ())


async def test_asterisk_is_asked_once_with_all_it_needs(world: World) -> None:
    world.store.customers[NUMBER] = Customer(7, "oilco", NUMBER, 'Station 17 "x",<y>\r\n')
    attempt = await world.engine.originate(CLICK)
    [sent] = originates(world)
    assert sent.id == attempt.id
    assert attempt.id.startswith("ccg-1795420800.")
    assert (sent.channel, sent.context) == ("PJSIP/101", "ccg-click")
    assert (sent.caller_name, sent.caller_number) == ("Call Station 17 xy", NUMBER)
    assert dict(sent.variables) == {
        "CCG_NUMBER": NUMBER,
        "CCG_OWN": "+358942454000",
        "CCG_SERVICE": "hotline",
        "CCG_RING": "45",
        "CCG_CALL": str(call_id_of("pbx1", attempt.id)),
        "CCG_CASE": "",
        "CCG_DISPLAY": "Station 17 x y",
    }
    assert sent.headers == ()
    assert (attempt.stage, attempt.number, attempt.client) == (Stage.SENT, NUMBER, "oilco")


async def test_a_phone_that_knows_it_answers_by_itself(world: World) -> None:
    desk = world.engine.desk
    desk._agents["101"] = replace(desk.agent("101"), auto_answer=True)  # noqa: SLF001 - as TOML says
    await world.engine.originate(CLICK)
    assert dict(originates(world)[0].headers)["Call-Info"].endswith("answer-after=0")


async def test_its_row_is_there_before_asterisk_is_asked(world: World) -> None:
    rows: list[Stage] = []

    async def act(action: Action) -> None:
        assert isinstance(action, Originate)
        rows.append(world.store.attempts[action.id].stage)

    world.link.act = act  # type: ignore[method-assign]  # looks at the store when it is asked
    await world.engine.originate(CLICK)
    assert rows == [Stage.SENT]
    await settle(world)
    assert [fact.kind for fact in world.store.facts if fact.subject.startswith("ccg-")] == [
        Kind.ATTEMPTED
    ]


async def test_without_a_row_nothing_is_sent(world: World) -> None:
    world.store.away = True
    with pytest.raises(StoreUnavailable):
        await world.engine.originate(CLICK)
    assert originates(world) == []


class TestNobodyKnows:
    """PostgreSQL was asked for a row, and whether it is there nobody can say: it is not sent."""

    async def test_a_row_that_is_there_has_ended(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as while_slow:
            while_slow.setattr(world.store, "new_attempt", self.too_late(world))
            with pytest.raises(StoreUnavailable):
                await world.engine.originate(CLICK)
        [stored] = world.store.attempts.values()
        assert (stored.stage, stored.end, stored.key) == (Stage.ENDED, End.NOT_SENT, CLICK.key)
        assert (await world.engine.originate(CLICK)) == stored
        assert originates(world) == []
        await world.engine.originate(replace(CLICK, key="click-2"))
        assert len(originates(world)) == 1

    async def test_one_that_was_never_there_keeps_no_key(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as while_away:
            while_away.setattr(world.store, "new_attempt", self.too_late(world, commits=False))
            with pytest.raises(StoreUnavailable):
                await world.engine.originate(CLICK)
        assert (await world.engine.originate(CLICK)).stage is Stage.SENT
        assert len(originates(world)) == 1

    async def test_one_that_comes_to_light_is_ended_and_told(self, world: World) -> None:
        attempt = await world.engine.originate(CLICK)
        after = World()
        after.engine.restore([], {"101": (Duty.READY, "", NOW)})
        after.store.attempts = {attempt.id: replace(attempt, stage=Stage.STORED)}
        found = await after.engine.originate(CLICK)
        assert (found.id, found.end) == (attempt.id, End.NOT_SENT)
        assert after.store.attempts[attempt.id] == found
        assert stages(after) == [Stage.ENDED]
        assert originates(after) == []

    async def test_who_asked_goes_away_meanwhile(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(world.store, "new_attempt", self.too_late(world, hangs=True))
        asking = asyncio.create_task(world.engine.originate(CLICK))
        async with asyncio.timeout(5):
            while not world.store.attempts:  # noqa: ASYNC110 - until it is stored
                await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert [row.end for row in world.store.attempts.values()] == [End.NOT_SENT]

    @staticmethod
    def too_late(
        world: World, *, commits: bool = True, hangs: bool = False
    ) -> Callable[[Attempt], Awaitable[Attempt]]:
        commit = world.store.new_attempt

        async def new_attempt(attempt: Attempt) -> Attempt:
            if commits:
                await commit(attempt)
            if hangs:
                await asyncio.Event().wait()
            raise StoreUnavailable

        return new_attempt

    async def test_a_row_that_postgres_refuses_is_a_refusal(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def new_attempt(attempt: Attempt) -> Attempt:
            raise Refused("The call cannot be stored")

        monkeypatch.setattr(world.store, "new_attempt", new_attempt)
        with pytest.raises(Refused, match="cannot be stored"):
            await world.engine.originate(CLICK)
        assert originates(world) == []


class TestKey:
    async def test_twice_at_once_rings_once(self, world: World) -> None:
        asked = [world.engine.originate(CLICK) for _ in range(5)]
        found = await asyncio.gather(*asked)
        assert len({attempt.id for attempt in found}) == 1
        assert len(originates(world)) == 1

    async def test_again_while_they_talk_and_after_the_end(self, world: World) -> None:
        first = await world.engine.originate(CLICK)
        await tell(world, first, *talking(first))
        assert (await world.engine.originate(CLICK)).stage is Stage.ANSWERED
        over = [(9.0, Kind.CHANNEL_ENDED, leg, "", {"cause": "16"}) for leg in (OUT, "")]
        await tell(world, first, *over)
        again = await world.engine.originate(CLICK)
        assert (again.id, again.end) == (first.id, End.TALKED)
        assert len(originates(world)) == 1

    async def test_after_a_restart(self, world: World) -> None:
        first = await world.engine.originate(CLICK)
        second = World()
        second.store.attempts = world.store.attempts
        second.engine.restore([], {"101": (Duty.READY, "", NOW)})
        assert (await second.engine.originate(CLICK)).id == first.id
        assert originates(second) == []

    @pytest.mark.parametrize(
        "other",
        [
            replace(CLICK, to="040 123 4568"),
            replace(CLICK, agent="102"),
            replace(CLICK, service="office"),
        ],
    )
    async def test_for_another_call_is_refused(self, world: World, other: Wanted) -> None:
        first = await world.engine.originate(CLICK)
        with pytest.raises(Refused, match=first.id):
            await world.engine.originate(other)
        assert len(originates(world)) == 1

    async def test_the_same_number_written_otherwise_is_the_same(self, world: World) -> None:
        first = await world.engine.originate(CLICK)
        again = replace(CLICK, to=NUMBER, service="hotline")
        assert (await world.engine.originate(again)).id == first.id


class TestGate:
    async def test_an_agent_who_is_nobody(self, world: World) -> None:
        with pytest.raises(UnknownAgent):
            await world.engine.originate(replace(CLICK, agent="999"))

    async def test_a_blocked_customer(self, world: World) -> None:
        world.store.customers[NUMBER] = Customer(7, "oilco", NUMBER, "X", blocked=True)
        with pytest.raises(Refused, match="blocked"):
            await world.engine.originate(CLICK)
        assert world.store.attempts == {}

    async def test_a_second_click_while_the_first_goes_on(self, world: World) -> None:
        first = await world.engine.originate(CLICK)
        with pytest.raises(Refused, match=first.id):
            await world.engine.originate(replace(CLICK, key="click-2"))
        await world.engine.originate(replace(CLICK, key="click-3", agent="102"))

    async def test_two_clicks_at_once_ring_once(self, world: World) -> None:
        clicks = [world.engine.originate(replace(CLICK, key=f"k{n}")) for n in range(3)]
        found = await asyncio.gather(*clicks, return_exceptions=True)
        assert [type(one) for one in found].count(Refused) == 2
        assert len(originates(world)) == 1

    async def test_from_the_phone(self, world: World) -> None:
        found = await world.engine.outbound("1.1", "PJSIP/101", "10", "040 123 4567")
        assert (found.number, found.caller_id) == (NUMBER, "+358942454000")
        world.store.away = True  # who dials is not kept waiting for a table
        assert (
            await world.engine.outbound("1.1", "PJSIP/101", "10", "0401234567")
        ).number == NUMBER
        world.store.away = False
        world.store.customers[NUMBER] = Customer(7, "oilco", NUMBER, "X", blocked=True)
        with pytest.raises(Refused, match="blocked"):
            await world.engine.outbound("1.1", "PJSIP/101", "10", "0401234567")

    async def test_who_passed_the_customer_on_may_click_again(self, world: World) -> None:
        first = await world.engine.originate(CLICK)
        over = (5.0, Kind.CHANNEL_ENDED, "", "", {"cause": "16"})
        await tell(world, first, *talking(first), over)
        await world.engine.originate(replace(CLICK, key="click-2"))
        assert world.store.attempts[first.id].stage is Stage.ANSWERED
        await tell(world, first, (9.0, Kind.CHANNEL_ENDED, OUT, "", {"cause": "16"}))
        assert world.store.attempts[first.id].end is End.TALKED


class TestCase:
    @pytest.fixture
    async def numbers(self, world: World) -> None:
        """There are case numbers."""
        keeper = asyncio.create_task(world.engine.cases.keep())
        async with asyncio.timeout(5):
            while world.store.next_case < 1100:  # noqa: ASYNC110 - the keeper's own turns
                await asyncio.sleep(0)
        keeper.cancel()

    @pytest.mark.usefixtures("numbers")
    async def test_of_a_click(self, world: World) -> None:
        world.store.customers[NUMBER] = Customer(7, "oilco", NUMBER, "Station 17")
        attempt = await world.engine.originate(CLICK)
        variables = dict(originates(world)[0].variables)
        assert (variables["CCG_CASE"], variables["CCG_DISPLAY"]) == ("1001", "#1001 Station 17")
        await tell(world, attempt, *ringing(attempt))
        assert world.store.calls[variables["CCG_CALL"]].case == 1001

        after = World()
        after.engine.dialler.restore(list(world.store.attempts.values()), world.store.facts)
        after.engine.restore(world.store.facts, {})
        await tell(after, attempt, *talking(attempt))
        assert after.store.calls[variables["CCG_CALL"]].case == 1001

    @pytest.mark.usefixtures("numbers")
    async def test_of_a_call_from_the_phone(self, world: World) -> None:
        world.store.customers[NUMBER] = Customer(7, "oilco", NUMBER, "Station 17")
        found = await world.engine.outbound("1795420801.7", "PJSIP/101", "10", "0401234567")
        assert (found.case, found.display) == (1001, "#1001 Station 17")
        await settle(world)
        assert world.store.calls[found.call].case == 1001

    async def test_nobody_waits_for_one(self, world: World) -> None:
        found = await world.engine.outbound("1795420801.7", "PJSIP/101", "10", "0401234567")
        assert (found.case, found.display) == (None, "")


async def test_attempts_whose_calls_were_joined_are_followed_both(world: World) -> None:
    """An agent joins the customers of two clicks (here: another's, by attended transfer)."""
    first = await world.engine.originate(CLICK)
    second = await world.engine.originate(replace(CLICK, agent="102", key="click-2"))
    await tell(world, first, *talking(first))
    other = "1795420801.8"
    born = {"channel": "PJSIP/trunk-00000009", "linkedid": second.id}
    await tell(
        world,
        second,
        (1, Kind.CHANNEL_ANSWERED, "", "", {}),
        (1.1, Kind.CHANNEL_CREATED, other, "", born),
        (1.2, Kind.DIAL_BEGAN, other, "agent", born),
        (2, Kind.CHANNEL_ANSWERED, other, "", {}),
        (3, Kind.BRIDGE_ENTERED, OUT, "b-1", {"bridge_type": "basic"}),
        (3, Kind.BRIDGE_ENTERED, other, "b-1", {"bridge_type": "basic"}),
        (9, Kind.CHANNEL_ENDED, other, "", {"cause": "16"}),
        (9, Kind.CHANNEL_ENDED, OUT, "", {"cause": "16"}),
    )
    found = [world.store.attempts[attempt.id] for attempt in (first, second)]
    assert [attempt.end for attempt in found] == [End.TALKED, End.TALKED]
    assert found[0].call_id == found[1].call_id


async def test_its_progress_is_told_and_stored(world: World) -> None:
    attempt = await world.engine.originate(CLICK)
    await tell(world, attempt, *talking(attempt))
    over = [(9.0, Kind.CHANNEL_ENDED, leg, "", {"cause": "16"}) for leg in (OUT, "")]
    await tell(world, attempt, *over)
    assert list(dict.fromkeys(stages(world))) == list(Stage)
    stored = world.store.attempts[attempt.id]
    assert (stored.stage, stored.end, stored.cause) == (Stage.ENDED, End.TALKED, 16)
    assert str(stored.call_id) in world.store.calls
    assert await world.engine.attempt(attempt.id) == stored
    assert await world.engine.attempt("ccg-1.000000001") is None


async def test_an_end_that_was_told_stays(world: World) -> None:
    attempt = await world.engine.originate(CLICK)
    await tell(world, attempt, *ringing(attempt), (3, Kind.CHANNEL_ENDED, "", "", {"cause": "19"}))
    told = world.store.attempts[attempt.id]
    assert told.end is End.AGENT_NO_ANSWER
    await tell(world, attempt, (2.5, Kind.CHANNEL_ANSWERED, "", "", {}))
    assert world.store.attempts[attempt.id] == told


class TestFaults:
    async def test_the_link_is_down_before(self, world: World) -> None:
        world.link.down = True
        with pytest.raises(PbxUnavailable):
            await world.engine.originate(CLICK)
        await settle(world)
        [stored] = world.store.attempts.values()
        assert (stored.stage, stored.end) == (Stage.ENDED, End.NOT_SENT)
        assert world.engine.view()["calls"] == []
        world.link.down = False
        assert (await world.engine.originate(CLICK)).end is End.NOT_SENT
        assert originates(world) == []

    async def test_asterisk_refuses(self, world: World) -> None:
        world.link.fault = ActionRefused("Asterisk refused Originate: Permission denied")
        with pytest.raises(ActionRefused, match="Permission denied"):
            await world.engine.originate(CLICK)
        await settle(world)
        [stored] = world.store.attempts.values()
        assert stored.end is End.FAILED
        assert world.engine.view()["calls"] == []

    @pytest.fixture
    async def unknown(self, world: World) -> Attempt:
        """Sent, and no answer."""
        world.link.fault = ActionTimeout()
        attempt = await world.engine.originate(CLICK)
        world.link.fault = None
        await settle(world)
        world.engine.step(LinkChange("pbx1", up=False, at=NOW, cause="cut"))
        assert attempt.stage is Stage.SENT
        return attempt

    async def test_no_answer_and_not_in_the_next_snapshot(
        self, world: World, unknown: Attempt
    ) -> None:
        world.engine.step(snapshot())
        stored = world.store.attempts[unknown.id]
        assert (stored.end, stored.ended_at) == (End.LOST, LATER)
        assert len(originates(world)) == 1
        assert world.engine.view()["calls"] == []

    async def test_no_answer_and_it_is_there(self, world: World, unknown: Attempt) -> None:
        world.engine.step(snapshot(seen(unknown)))
        assert world.store.attempts[unknown.id].end is End.NONE
        await tell(world, unknown, (6, Kind.CHANNEL_ENDED, "", "", {"cause": "17"}))
        assert world.store.attempts[unknown.id].end is End.AGENT_BUSY
        assert len(originates(world)) == 1

    async def test_a_snapshot_that_was_asked_for_before_proves_nothing(
        self, world: World, unknown: Attempt
    ) -> None:
        world.engine.step(snapshot(at=timedelta(seconds=-1)))
        assert world.store.attempts[unknown.id].end is End.NONE

    async def test_a_snapshot_that_was_asked_for_between_click_and_sending_proves_nothing(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        commit = world.store.new_attempt

        async def new_attempt(attempt: Attempt) -> Attempt:
            world.link.offset = timedelta(seconds=1)  # it took a second
            return await commit(attempt)

        monkeypatch.setattr(world.store, "new_attempt", new_attempt)
        attempt = await world.engine.originate(CLICK)
        await settle(world)
        world.engine.step(snapshot(at=timedelta(seconds=0.5)))
        assert world.store.attempts[attempt.id].end is End.NONE
        assert len(world.engine.view()["calls"]) == 1  # type: ignore[arg-type]  # a list

    async def test_the_end_that_was_heard_before_the_cut_is_told(self, world: World) -> None:
        attempt = await world.engine.originate(CLICK)
        await settle(world)
        for fact in (Kind.CHANNEL_CREATED, Kind.CHANNEL_ENDED):
            detail = {"cause": "17", "linkedid": attempt.id}
            world.engine.put(Fact("pbx1", fact, attempt.id, NOW, detail=detail))
        world.engine.put(snapshot())
        running = asyncio.create_task(world.engine.run())
        async with asyncio.timeout(5):
            while world.store.attempts[attempt.id].end is End.NONE:  # noqa: ASYNC110 - the loop's own turns
                await asyncio.sleep(0)
        running.cancel()
        assert world.store.attempts[attempt.id].end is End.AGENT_BUSY

    async def test_asterisk_never_says_a_word(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dialler, "SILENCE_S", 0.0)
        world.link.fault = ActionTimeout()
        attempt = await world.engine.originate(CLICK)
        async with asyncio.timeout(5):
            while world.store.attempts[attempt.id].end is End.NONE:  # noqa: ASYNC110 - a timer of the loop's
                await asyncio.sleep(0)
        assert world.store.attempts[attempt.id].end is End.LOST

    async def test_who_asked_goes_away(self, world: World) -> None:
        held = asyncio.Event()

        async def act(action: Action) -> None:
            await held.wait()
            world.link.actions.append(action)

        world.link.act = act  # type: ignore[method-assign]  # Asterisk is slow
        asking = asyncio.create_task(world.engine.originate(CLICK))
        async with asyncio.timeout(5):
            while not world.store.attempts:  # noqa: ASYNC110 - until it is stored
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        held.set()
        again = await world.engine.originate(CLICK)
        await asyncio.sleep(0)
        assert again.stage is Stage.SENT
        assert len(originates(world)) == 1


class TestRestart:
    async def test_what_is_in_the_pbx_goes_on(self, world: World) -> None:
        attempt = await world.engine.originate(CLICK)
        await tell(world, attempt, *ringing(attempt))
        after = World()
        after.engine.dialler.restore(list(world.store.attempts.values()))
        after.engine.restore(world.store.facts, {"101": (Duty.READY, "", NOW)})
        after.engine.step(snapshot(seen(attempt)))
        await tell(after, attempt, *talking(attempt)[2:])
        assert after.store.attempts[attempt.id].stage is Stage.ANSWERED

    async def test_what_was_written_last_may_be_missing(self, world: World) -> None:
        attempt = await world.engine.originate(CLICK)
        after = World()  # killed before a fact was written: its row alone is there
        after.engine.dialler.restore([replace(attempt, stage=Stage.STORED)])
        after.engine.dialler.restore([replace(attempt, id="ccg-1.1", node="old")])
        await settle(after)
        after.engine.step(snapshot(seen(attempt)))
        await tell(after, attempt, *talking(attempt)[2:])
        stored = after.store.attempts[attempt.id]
        call = after.store.calls[str(stored.call_id)]
        assert (stored.stage, call.attempt, call.service) == (
            Stage.ANSWERED,
            attempt.id,
            "hotline",
        )

    async def test_who_passed_the_customer_on_before_may_click(self, world: World) -> None:
        attempt = await world.engine.originate(CLICK)
        over = (5.0, Kind.CHANNEL_ENDED, "", "", {"cause": "16"})
        await tell(world, attempt, *talking(attempt), over)
        after = World()
        after.engine.dialler.restore(list(world.store.attempts.values()), world.store.facts)
        after.engine.restore(world.store.facts, {"101": (Duty.READY, "", NOW)})
        await after.engine.originate(replace(CLICK, key="click-2"))
        assert after.engine.dialler.attempts.get(attempt.id) == world.store.attempts[attempt.id]

    async def test_what_is_gone_is_ended(self, world: World) -> None:
        attempt = await world.engine.originate(CLICK)
        await tell(world, attempt, *talking(attempt))
        asked = await world.engine.originate(replace(CLICK, agent="102", key="click-2"))
        rows = list(world.store.attempts.values())
        after = World()
        after.engine.dialler.restore(rows)
        after.engine.restore(world.store.facts, {})
        after.engine.step(snapshot())
        ends = {row.id: after.store.attempts[row.id].end for row in rows}
        assert ends == {attempt.id: End.TALKED, asked.id: End.LOST}
        assert originates(after) == []

    @pytest.mark.parametrize("first", ["the look", "the journals"])
    async def test_the_journals_tell_how_it_ended(self, world: World, first: str) -> None:
        """Killed right after it was sent; it was over when the gateway was back."""
        attempt = await world.engine.originate(CLICK)
        await settle(world)
        after = World()
        after.engine.dialler.restore(list(world.store.attempts.values()))
        after.engine.restore(world.store.facts, {})
        if first == "the look":
            after.engine.step(snapshot())
            assert after.store.attempts[attempt.id].end is End.LOST
        heard = World()
        heard.engine.dialler.restore(list(world.store.attempts.values()))
        over = [(9.0, Kind.CHANNEL_ENDED, leg, "", {"cause": "16"}) for leg in (OUT, "")]
        await tell(heard, attempt, *talking(attempt), *over)
        told = [replace(f, source=Source.CEL) for f in heard.store.facts if f.kind in COVERED]
        asked = [fact for fact in world.store.facts if fact.kind is Kind.ATTEMPTED]
        facts = [*asked, *told]
        after.engine.repaired(Repaired(frozenset(), fold(uuid4(), "pbx1", facts), facts=facts))
        if first == "the journals":
            after.engine.step(snapshot())
        found, whole = after.store.attempts[attempt.id], heard.store.attempts[attempt.id]
        assert (found.end, found.answered_at, found.ended_at, found.cause) == (
            *(End.TALKED, whole.answered_at, whole.ended_at, 16),
        )


async def test_a_reload_that_takes_the_agent_out_ends_a_click_that_is_being_stored(
    world: World,
) -> None:
    store = world.store.new_attempt

    async def overtaken(attempt: Attempt) -> Attempt:
        world.engine.renew(replace(world.setup, agents=world.setup.agents[1:]))
        return await store(attempt)

    world.store.new_attempt = overtaken  # type: ignore[method-assign]  # it takes a moment
    with pytest.raises(UnknownAgent):
        await world.engine.originate(CLICK)
    [attempt] = world.store.attempts.values()
    assert (attempt.stage, attempt.end) == (Stage.ENDED, End.NOT_SENT)
    assert originates(world) == []
    await settle(world)
    assert list(world.engine.board.live_calls()) == []
