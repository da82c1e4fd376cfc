"""An Asterisk whose clock is not ours: heartbeat, snapshot and link tell its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from ccgateway.ami.link import Link
from ccgateway.calls.compare import differences
from ccgateway.calls.group import Channel
from ccgateway.engine.pulse import Pulse
from ccgateway.rig.fake_pbx import FakePbx, block, listing
from ccgateway.rig.waiting import until
from ccgateway.telephony.facts import Kind
from tests.adapters.ami_bench import FAST, Mailbox, Node, WallClock, eventually, running
from tests.unit.engine.world import World

SKEWS = [60.0, -60.0]
SOON = timedelta(seconds=1)


@pytest.fixture
def inbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def link(pbx: FakePbx, inbox: Mailbox) -> Link:
    return Link(Node(pbx.port), inbox, WallClock(), FAST)


def said(pbx: FakePbx) -> datetime:
    return datetime.fromtimestamp(pbx.time, UTC)


def near(link: Link, seconds: float) -> Callable[[], bool]:
    return lambda: abs(link.offset - timedelta(seconds=seconds)) < timedelta(seconds=0.5)


async def beats(pbx: FakePbx, link: Link, until: Callable[[int], bool]) -> Collection[int]:
    """The heartbeats, one a second, up to the one that ``until`` is true of."""
    told: list[int] = []

    async def arrived() -> None:
        def news() -> bool:
            told[:] = [int(set_["Value"]) for set_ in pbx.actions("Setvar")]
            return any(map(until, told))

        await pbx.until(news)

    engine = World().engine
    beating = asyncio.create_task(
        Pulse(engine.desk, {"pbx1": link}, WallClock(), engine).beat("pbx1")
    )
    try:
        await arrived()
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
    return told


class SteppedClock(WallClock):
    """It can be set."""

    by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


async def test_where_our_clock_is_set_asterisk_is_asked_at_once(
    pbx: FakePbx, inbox: Mailbox
) -> None:
    clock = SteppedClock()
    link = Link(Node(pbx.port), inbox, clock, replace(FAST, ping_every=60.0))
    async with running(link):
        await until(lambda: inbox.snapshots, "the link is up")
        clock.by = timedelta(seconds=90)
        await until(near(link, -90), "the new difference is known", seconds=5)
        clock.by = timedelta()
        await until(near(link, 0), "the clocks agree again", seconds=5)
        # What a snapshot that was asked for meanwhile did not miss is missed by another.
        await until(lambda: len(inbox.snapshots) > 2, "another snapshot for each")
        assert abs(inbox.snapshots[-1].at - said(pbx)) < SOON


@pytest.mark.parametrize("ahead", SKEWS)
async def test_each_heartbeat_is_within_a_second_of_asterisks_clock(
    pbx: FakePbx, link: Link, ahead: float
) -> None:
    pbx.ahead = ahead
    began = pbx.time
    async with running(link):
        told = await beats(pbx, link, lambda beat: True)
    # The first too: it waits for the link, and the link asks for the time before it is up.
    assert all(began - 1 <= beat <= pbx.time for beat in told)


async def test_the_heartbeat_follows_when_asterisks_clock_is_set(pbx: FakePbx, link: Link) -> None:
    async with running(link):
        assert await eventually(lambda: link.connected)
        pbx.ahead = 60.0
        assert await eventually(near(link, 60))
        told = await beats(pbx, link, lambda beat: beat > pbx.time - 3)
        assert max(told) <= pbx.time
        pbx.ahead = -60.0
        assert await eventually(near(link, -60))


async def test_a_difference_is_an_error_in_the_log_once(pbx: FakePbx, link: Link) -> None:
    pbx.ahead = 60.0
    with capture_logs() as logs:
        async with running(link):
            await pbx.until(lambda: len(pbx.actions("Ping")) > 3)
            pbx.drop()
            await pbx.until(lambda: len(pbx.actions("Login")) > 1)
            await pbx.until(lambda: len(pbx.actions("Ping")) > 6)
    [told] = [log for log in logs if log["event"] == "clocks_differ"]
    assert (told["log_level"], told["node"], told["offset"]) == ("error", "pbx1", 60.0)


@pytest.mark.parametrize("ahead", SKEWS)
async def test_what_we_stamp_is_in_the_time_of_an_asterisk_that_stamps_its_events(
    pbx: FakePbx, link: Link, inbox: Mailbox, ahead: float
) -> None:
    pbx.ahead, pbx.stamps = ahead, True
    async with running(link):
        assert await eventually(lambda: inbox.snapshots)
        pbx.say(("Event", "Newchannel"), pbx.stamp, ("Uniqueid", "1795327344.1"))
        assert await eventually(lambda: inbox.facts)
        assert abs(link.now() - said(pbx)) < SOON
        [fact] = inbox.facts
        for at in (inbox.changes[0].at, inbox.snapshots[0].at, fact.at):
            assert abs(at - said(pbx)) < SOON


@pytest.mark.parametrize("ahead", SKEWS)
async def test_all_is_in_our_time_where_asterisk_stamps_nothing(
    pbx: FakePbx, link: Link, inbox: Mailbox, ahead: float
) -> None:
    pbx.ahead = ahead
    born = int(pbx.time) - 10
    pbx.answers["CoreShowChannels"] = listing(
        "CoreShowChannels", [("Event", "CoreShowChannel"), ("Uniqueid", f"{born}.1")]
    )
    async with running(link):
        await pbx.until(lambda: bool(pbx.actions("Login")))
        pbx.say(("Event", "Newchannel"), ("Uniqueid", f"{born}.1"))
        assert await eventually(lambda: inbox.facts)
        pbx.drop()
        assert await eventually(lambda: len(inbox.snapshots) > 1)
        now = datetime.now(UTC)
        snapshot = inbox.snapshots[-1]
        for at in (link.now(), inbox.changes[-1].at, snapshot.at, inbox.facts[0].at):
            assert abs(at - now) < SOON * 3
        assert near(link, ahead)()  # the heartbeat still needs it
        [seen] = snapshot.channels
        assert abs(seen.since - (now - timedelta(seconds=10))) < SOON * 3


@pytest.mark.parametrize("ahead", SKEWS)
async def test_a_channel_is_missed_only_if_it_was_born_before_the_question(
    pbx: FakePbx, link: Link, inbox: Mailbox, ahead: float
) -> None:
    pbx.ahead = ahead
    before = said(pbx) - SOON
    after = before

    def slow(asked: Mapping[str, str]) -> bytes | None:
        nonlocal after
        time.sleep(0.05)
        after = said(pbx)
        return listing("CoreShowChannels")(asked)

    pbx.answers["CoreShowChannels"] = slow
    async with running(link):
        assert await eventually(lambda: inbox.snapshots)
    gone = differences(inbox.snapshots[0], {"1.1": Channel(before), "1.2": Channel(after)})
    assert [(fact.kind, fact.subject) for fact in gone] == [(Kind.CHANNEL_MISSING, "1.1")]


async def test_an_asterisk_that_tells_no_time_is_taken_to_have_ours(
    pbx: FakePbx, link: Link, inbox: Mailbox
) -> None:
    pbx.answers["Ping"] = lambda asked: block(
        ("Response", "Success"), ("ActionID", asked["ActionID"]), ("Timestamp", "noon")
    )
    async with running(link):
        assert await eventually(lambda: inbox.snapshots)
        await pbx.until(lambda: len(pbx.actions("Ping")) > 2)
        assert link.connected
    assert link.offset == timedelta(0)
