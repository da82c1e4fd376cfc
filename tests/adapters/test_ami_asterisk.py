"""The link on a real Asterisk 22: rights, actions, a whole call, a restart."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from ccgateway.ami.link import Link
from ccgateway.ami.session import Timing
from ccgateway.errors import ActionRefused
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.phones import Behaviour
from ccgateway.rig.proxy import Proxy
from ccgateway.rig.sipp import Caller, Habits, Sipps
from ccgateway.telephony.actions import AddMember, Member, PauseMember, RemoveMember, SetGlobal
from ccgateway.telephony.facts import Kind
from tests.adapters.ami_bench import FAST, Mailbox, Node, WallClock, eventually, running
from tests.preparing import ON_16, built

pytestmark = pytest.mark.acceptance

TIMING = replace(FAST, answer=5.0, listing=5.0, proof=1.0, booted=3.0)
PATIENT = replace(TIMING, ping_answer=8.0)  # a slow link is not a half-open one

MINUTE = timedelta(minutes=1)

RIGHTS = """
[narrow]
secret = s3cret
read = system
write = call
[nosystem]
secret = s3cret
read = call,agent,user
write = call,agent,originate,reporting
[nocalls]
secret = s3cret
read = system,user
write = call,agent,originate,reporting
"""


@pytest_asyncio.fixture
async def asterisk() -> AsyncIterator[RigAsterisk]:
    asterisk = RigAsterisk(built())
    try:
        await asterisk.start()
        yield asterisk
    finally:
        asterisk.remove()


@pytest.fixture
def sipps(asterisk: RigAsterisk, tmp_path: Path) -> Iterator[Sipps]:
    sipps = Sipps(asterisk, tmp_path / "sipp")
    yield sipps
    for sipp in (*sipps.phones, *sipps.callers):
        sipp.stop()


def link_to(
    asterisk: RigAsterisk,
    inbox: Mailbox,
    username: str = "ccgateway",
    port: int = 0,
    timing: Timing = TIMING,
) -> Link:
    secret = asterisk.addresses.ami_secret if username == "ccgateway" else "s3cret"
    node = Node(port or asterisk.addresses.ami_port, username=username, secret=SecretStr(secret))
    return Link(node, inbox, WallClock(), timing)


@pytest.fixture
async def up(asterisk: RigAsterisk) -> AsyncIterator[tuple[Link, Mailbox]]:
    """A link that is up, and its inbox."""
    inbox = Mailbox()
    link = link_to(asterisk, inbox)
    async with running(link):
        assert await eventually(lambda: inbox.snapshots)
        yield link, inbox


async def test_members_are_added_paused_and_removed(up: tuple[Link, Mailbox]) -> None:
    link, _ = up
    odd = 'Ää 😀 ${SHELL(id)} "]]>'
    await link.act(AddMember("stations", "PJSIP/101", odd, penalty=3, paused=True, reason="lunch"))
    if ON_16:  # its QueueAdd knows no Reason: the gateway's next comparison tells it
        await link.act(PauseMember("stations", "PJSIP/101", paused=True, reason="lunch"))
    ours = [member for member in await link.members() if member.queue == "stations"]
    assert [replace(member, device_state=0) for member in ours] == [
        Member("stations", "PJSIP/101", odd, dynamic=True, paused=True, reason="lunch", penalty=3)
    ]
    await link.act(PauseMember("stations", "PJSIP/101", paused=False))
    assert not next(m for m in await link.members() if m.queue == "stations").paused
    await link.act(RemoveMember("stations", "PJSIP/101"))
    with pytest.raises(ActionRefused, match="Not there"):
        await link.act(RemoveMember("stations", "PJSIP/101"))
    with pytest.raises(ActionRefused, match="No such queue"):
        await link.act(AddMember("nowhere", "PJSIP/101", "101"))
    assert link.missing_rights == []


async def test_a_global_is_set_as_plain_text(
    up: tuple[Link, Mailbox], asterisk: RigAsterisk
) -> None:
    link, _ = up
    await link.act(SetGlobal("CCG_HEARTBEAT", "${SHELL(id)}"))
    assert "CCG_HEARTBEAT=${SHELL(id)}" in await asterisk.rx("dialplan show globals")


class FastClock:
    """engine.ports.Clock of a machine whose clock is a minute fast."""

    def now(self) -> datetime:
        return datetime.now(UTC) + MINUTE


@pytest.mark.parametrize(("stamps", "ahead"), [("yes", timedelta(0)), ("no", MINUTE)])
async def test_asterisks_clock_is_known_whether_or_not_it_stamps_its_events(
    asterisk: RigAsterisk, stamps: str, ahead: timedelta
) -> None:
    conf = asterisk.etc / "manager.conf"
    told = conf.read_text()
    assert "timestampevents = yes" in told
    conf.write_text(told.replace("timestampevents = yes", f"timestampevents = {stamps}"))
    await asterisk.reload()
    node = Node(asterisk.addresses.ami_port, secret=SecretStr(asterisk.addresses.ami_secret))
    link = Link(node, Mailbox(), FastClock(), TIMING)
    async with running(link):
        assert await eventually(lambda: link.connected)
        assert abs(link.offset + MINUTE) < timedelta(seconds=0.5)
        # The probe of the rights makes the first event.
        assert await eventually(
            lambda: abs(link.now() - datetime.now(UTC) - ahead) < timedelta(seconds=0.5)
        )


@pytest.mark.parametrize(
    ("username", "missing"),
    [
        ("ccgateway", []),
        ("narrow", ["write agent", "write originate", "write reporting"]),
        ("nosystem", ["read system"]),
        ("nocalls", ["read agent", "read call"]),
    ],
)
async def test_missing_rights_are_found(
    asterisk: RigAsterisk, username: str, missing: list[str]
) -> None:
    conf = asterisk.etc / "manager.conf"
    conf.write_text(conf.read_text() + RIGHTS)
    await asterisk.rx("manager reload")
    inbox = Mailbox()
    link = link_to(asterisk, inbox, username)
    async with running(link):
        assert await eventually(lambda: link.connected)
        if "write agent" not in missing:
            await link.act(AddMember("stations", "PJSIP/101", "101"))
            await link.act(RemoveMember("stations", "PJSIP/101"))
        assert await eventually(lambda: link.missing_rights == missing)
        # Whatever else is to be proven is proven by now.
        assert not await eventually(
            lambda: link.missing_rights != missing, within=TIMING.proof + 0.5
        )


async def test_a_call_through_the_queue(
    up: tuple[Link, Mailbox], asterisk: RigAsterisk, sipps: Sipps
) -> None:
    link, inbox = up
    await link.act(AddMember("stations", "PJSIP/101", "101"))
    await sipps.start_phones([Behaviour.ANSWERS], Habits(ring_ms=300))
    callers = sipps.place([Caller("+358401110001", "1000", 4000, name="Zoë")])
    assert await eventually(lambda: _has(inbox, Kind.BRIDGE_ENTERED, times=2))

    # A second link that comes in the middle of the call sees it as it stands.
    late = Mailbox()
    async with running(link_to(asterisk, late)):
        assert await eventually(lambda: late.snapshots)
    seen = late.snapshots[0].channels
    assert sorted(channel.channel.split("-")[0] for channel in seen) == ["PJSIP/101", "PJSIP/trunk"]
    assert len({channel.bridge for channel in seen} - {""}) == 1

    assert await callers.finished(20) == 0
    assert await eventually(lambda: _has(inbox, Kind.CHANNEL_ENDED, times=2))
    caller = next(fact for fact in inbox.facts if fact.kind is Kind.ENTERED).subject
    told = [fact.kind for fact in inbox.facts if fact.subject == caller]
    assert told[:2] == [Kind.CHANNEL_CREATED, Kind.ENTERED]
    assert told[-1] is Kind.CHANNEL_ENDED
    assert told.index(Kind.QUEUE_JOINED) < told.index(Kind.BRIDGE_ENTERED)
    assert {seen[0].uniqueid, seen[1].uniqueid} == {
        fact.subject for fact in inbox.facts if fact.kind is Kind.BRIDGE_ENTERED
    }
    created = next(fact for fact in inbox.facts if fact.subject == caller)
    assert created.detail["caller_number"] == "+358401110001"
    assert created.detail["caller_name"] == "Zoë"
    assert link.stats.odd == 0
    assert link.missing_rights == []
    # VarSet and Newexten, more than half of the events of a call, do not come at all.
    assert link.stats.events < 80


def _has(inbox: Mailbox, kind: Kind, times: int) -> bool:
    return sum(fact.kind is kind for fact in inbox.facts) >= times


async def test_a_dripping_link_hears_what_a_good_one_hears(
    up: tuple[Link, Mailbox], asterisk: RigAsterisk, sipps: Sipps
) -> None:
    _, good = up
    await sipps.start_phones([Behaviour.ANSWERS], Habits(ring_ms=200))
    dripped = Mailbox()
    async with Proxy("127.0.0.1", asterisk.addresses.ami_port) as proxy:
        proxy.dripping = True
        async with running(link_to(asterisk, dripped, port=proxy.port, timing=PATIENT)):
            assert await eventually(lambda: dripped.snapshots)
            numbers = [f"+35840111000{n}" for n in range(3)]
            callers = sipps.place([Caller(number, "1000", 2500) for number in numbers])
            assert await callers.finished(20) == 0
            for inbox in (good, dripped):
                assert await eventually(lambda: _has(inbox, Kind.CHANNEL_ENDED, times=6))  # noqa: B023  # it is awaited at once
    assert dripped.facts == good.facts
    assert len(dripped.changes) == 2


async def test_a_killed_asterisk_is_noticed_and_met_again(
    up: tuple[Link, Mailbox], asterisk: RigAsterisk
) -> None:
    link, inbox = up
    await link.act(AddMember("stations", "PJSIP/105", "105"))
    asterisk.stop()
    assert await eventually(lambda: not link.connected)
    await asterisk.start()
    assert await eventually(lambda: len(inbox.snapshots) == 2, within=30)
    assert [change.up for change in inbox.changes] == [True, False, True]
    # persistentmembers: it is there again, and the snapshot knows.
    assert "105" in {member.name for member in inbox.snapshots[1].members}


async def test_a_mute_asterisk_is_noticed(up: tuple[Link, Mailbox], asterisk: RigAsterisk) -> None:
    link, inbox = up
    os.kill(asterisk.pid, signal.SIGSTOP)
    try:
        assert await eventually(lambda: not link.connected)
    finally:
        os.kill(asterisk.pid, signal.SIGCONT)
    assert "half-open" in inbox.changes[1].cause
    assert await eventually(lambda: len(inbox.snapshots) == 2)
