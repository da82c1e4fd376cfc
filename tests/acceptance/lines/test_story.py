"""A call goes through all three lines and back, by the agents' keys on real phones: one record,
which agrees with the phones' own logs; the customer hears no keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest
import pytest_asyncio

from ccgateway.calls.call import Call as Record
from ccgateway.calls.call import Disposition, EscalationEnd, Mode, Role, VisitEnd
from ccgateway.rig.parts import part_of
from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.ear import SOUND
from tests.acceptance.cli import asked, run
from tests.acceptance.lines.lane import Who
from tests.acceptance.lines.near import WITHIN
from tests.acceptance.lines.play import Play
from tests.acceptance.lines.stage import Stage, staged

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

CUSTOMER, FIRST, SECOND, VENDOR = Who.CUSTOMER, Who.FIRST, Who.SECOND, Who.VENDOR


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    async with staged(2) as stage:
        yield stage


@dataclass(frozen=True, slots=True)
class Told:
    """What the phones tell: the truth of the record."""

    talks: Sequence[tuple[Who, datetime, datetime]]
    stays: Sequence[
        tuple[str, int, Who, datetime, datetime]
    ]  # queue, tier, agent, joined, answered
    passed: Sequence[tuple[Mode, Who, str, int, Who, datetime, datetime]]
    """mode, by, to, tier, agent, at, accepted"""
    holds: Sequence[tuple[datetime, datetime]]


async def test_warm_to_second_cold_to_third_and_back(stage: Stage) -> None:
    await stage.play(_warm_then_cold)


async def test_cold_to_second_warm_to_third_and_back(stage: Stage) -> None:
    await stage.play(_cold_then_warm)


async def _warm_then_cold(play: Play) -> None:
    first = await play.begin()
    case = _case(play)
    assert first.display.name == f"L1 #{case}"
    await _are_shown(play, first="talking", second="ready")

    await play.presses(FIRST, "*32")
    second = await play.answers(SECOND)
    await play.hear_one_another(FIRST, SECOND)
    await play.caller.hears_only(SOUND)
    assert second.display.name == f"L2 #{case}"
    await _are_shown(play, first="talking", second="talking")
    await play.hang_up(FIRST)
    await play.talk(SECOND)
    assert second.display.name == f"L2 #{case}"
    await _are_shown(play, first="ready", second="talking")

    await play.presses(SECOND, "*24")
    vendor = await play.answers(VENDOR)
    await play.talk(VENDOR)
    assert vendor.display.number == "+358942454000"
    await _are_shown(play, first="ready", second="ready")

    await play.presses(VENDOR, "*20")
    again = await play.answers(SECOND)
    await play.talk(SECOND)
    assert again.display.name == f"L2 #{case}"
    await _are_shown(play, first="ready", second="talking")

    await play.presses(SECOND, "*20")
    last = await play.answers(FIRST)
    await play.talk(FIRST)
    assert last.display.name == f"L1 #{case}"
    await _are_shown(play, first="talking", second="ready")
    await play.hang_up(CUSTOMER)
    await _are_shown(play, first="ready", second="ready")

    told = Told(
        talks=[
            (FIRST, _up(first), _pressed(first)),
            (SECOND, _over(first), _pressed(second)),
            (VENDOR, _up(vendor), _pressed(vendor)),
            (SECOND, _up(again), _pressed(again)),
            (FIRST, _up(last), _over(play.caller)),
        ],
        stays=[
            (play.lane.first, 1, FIRST, _up(play.caller), _up(first)),
            (play.lane.second, 2, SECOND, _pressed(first), _up(second)),
            (play.lane.second, 2, SECOND, _pressed(vendor), _up(again)),
            (play.lane.first, 1, FIRST, _pressed(again), _up(last)),
        ],
        passed=[
            (Mode.WARM, FIRST, "pumps", 2, SECOND, _pressed(first), _up(second)),
            (Mode.COLD, SECOND, "vendor", 3, VENDOR, _pressed(second), _up(vendor)),
            (Mode.BACK, VENDOR, "pumps", 2, SECOND, _pressed(vendor), _up(again)),
            (Mode.BACK, SECOND, "first", 1, FIRST, _pressed(again), _up(last)),
        ],
        holds=[(_pressed(first), _over(first))],
    )
    await _check(play, told, case)


async def _cold_then_warm(play: Play) -> None:
    first = await play.begin()
    case = _case(play)
    await play.presses(FIRST, "*22")
    second = await play.answers(SECOND)
    await play.talk(SECOND)
    assert second.display.name == f"L2 #{case}"
    await _are_shown(play, first="ready", second="talking")

    await play.presses(SECOND, "*34")
    vendor = await play.answers(VENDOR)
    await play.hear_one_another(SECOND, VENDOR)
    await play.caller.hears_only(SOUND)
    await _are_shown(play, first="ready", second="talking")
    await play.presses(SECOND, "*4")
    await play.talk(SECOND, VENDOR)
    await _are_shown(play, first="ready", second="talking")
    await play.hang_up(SECOND)
    await play.talk(VENDOR)
    await _are_shown(play, first="ready", second="ready")

    await play.presses(VENDOR, "*20")
    again = await play.answers(SECOND)
    await play.talk(SECOND)
    await play.presses(SECOND, "*20")
    last = await play.answers(FIRST)
    await play.talk(FIRST)
    await _are_shown(play, first="talking", second="ready")
    await play.hang_up(FIRST)
    await play.caller.over()

    told = Told(
        talks=[
            (FIRST, _up(first), _pressed(first)),
            (SECOND, _up(second), _pressed(second)),
            (SECOND, _pressed(second, 1), _over(second)),
            (VENDOR, _pressed(second, 1), _pressed(vendor)),
            (SECOND, _up(again), _pressed(again)),
            (FIRST, _up(last), _over(last)),
        ],
        stays=[
            (play.lane.first, 1, FIRST, _up(play.caller), _up(first)),
            (play.lane.second, 2, SECOND, _pressed(first), _up(second)),
            (play.lane.second, 2, SECOND, _pressed(vendor), _up(again)),
            (play.lane.first, 1, FIRST, _pressed(again), _up(last)),
        ],
        passed=[
            (Mode.COLD, FIRST, "pumps", 2, SECOND, _pressed(first), _up(second)),
            (Mode.WARM, SECOND, "vendor", 3, VENDOR, _pressed(second), _up(vendor)),
            (Mode.BACK, VENDOR, "pumps", 2, SECOND, _pressed(vendor), _up(again)),
            (Mode.BACK, SECOND, "first", 1, FIRST, _pressed(again), _up(last)),
        ],
        holds=[(_pressed(second), _pressed(second, 1))],
    )
    await _check(play, told, case)


async def _check(play: Play, told: Told, case: int) -> None:
    """The record against the phones, and what the customer must not have heard."""
    record = await play.record()
    assert (record.case, record.disposition) == (case, Disposition.ANSWERED)
    _check_talks(play, told, record)
    _check_stays(play, told, record)
    _check_passed(play, told, record)
    _check_holds(told, record)
    assert play.caller.keys == ""
    assert play.caller.key_tones() == []
    _check_cli(play, record)


def _check_talks(play: Play, told: Told, record: Record) -> None:
    found = sorted(record.talks, key=lambda talk: (talk.began_at, talk.ended_at))
    assert [talk.agent for talk in found] == [play.lane.agent(who) for who, _, _ in told.talks]
    for talk, (_, began, ended) in zip(found, told.talks, strict=True):
        assert abs(talk.began_at - began) <= WITHIN
        assert talk.ended_at
        assert abs(talk.ended_at - ended) <= WITHIN


def _check_stays(play: Play, told: Told, record: Record) -> None:
    assert [(stay.queue, stay.tier, stay.agent, stay.end) for stay in record.visits] == [
        (queue, tier, play.lane.agent(who), VisitEnd.ANSWERED)
        for queue, tier, who, _, _ in told.stays
    ]
    for stay, (_, _, _, joined, answered) in zip(record.visits, told.stays, strict=True):
        assert abs(stay.joined_at - joined) <= WITHIN
        assert stay.answered_at
        assert abs(stay.answered_at - answered) <= WITHIN


def _check_passed(play: Play, told: Told, record: Record) -> None:
    assert [(one.mode, one.by, one.to, one.tier, one.agent) for one in record.escalations] == [
        (mode, play.lane.agent(by), to, tier, play.lane.agent(agent))
        for mode, by, to, tier, agent, _, _ in told.passed
    ]
    for one, (*_, at, accepted) in zip(record.escalations, told.passed, strict=True):
        assert one.end is EscalationEnd.ACCEPTED
        assert abs(one.at - at) <= WITHIN
        assert one.accepted_at
        assert abs(one.accepted_at - accepted) <= WITHIN


def _check_holds(told: Told, record: Record) -> None:
    assert [hold.by for hold in record.holds] == [Role.AGENT] * len(told.holds)
    for hold, (began, ended) in zip(record.holds, told.holds, strict=True):
        assert abs(hold.began_at - began) <= WITHIN
        assert hold.ended_at
        assert abs(hold.ended_at - ended) <= WITHIN


def _check_cli(play: Play, record: Record) -> None:
    config = play.stage.world.gateway.config
    call = str(record.call_id)
    story = " ".join(run(config, "call", "show", call[:12]).stdout.split())
    first, second = play.lane.phone(FIRST), play.lane.phone(SECOND)
    for words in (
        f"case #{record.case}",
        f"caller joins queue {play.lane.first}",
        f"agent {first} and the caller talk",
        f"agent {first} passes the caller to pumps (second line)",
        f"is taken over by agent {second}",
        f"agent {second} passes the caller to vendor (third line)",
        "is taken over by an outside party",
        "an outside party passes the caller back to pumps (second line)",
        f"agent {second} passes the caller back to first (first line)",
        f"is taken over by agent {first}",
    ):
        assert words in story, f"{words!r} is not in:\n{story}"
    shown = asked(config, "call", "show", call)
    assert [one["to"] for one in shown["escalations"]] == ["pumps", "vendor", "pumps", "first"]


def _case(play: Play) -> int:
    """The number that people say, as the API shows it."""
    [call] = [one for one in play.stage.state["calls"] if one["service"] == play.lane.service]
    assert call["caller"] == play.lane.phone(CUSTOMER)
    return int(call["case"])


async def _are_shown(play: Play, *, first: str, second: str) -> None:
    await play.is_shown(FIRST, first)
    await play.is_shown(SECOND, second)


def _up(call: Call) -> datetime:
    assert call.answered_at
    return call.answered_at


def _over(call: Call) -> datetime:
    assert call.over_at
    return call.over_at


def _pressed(call: Call, code: int = 0) -> datetime:
    """When the last key of a code was released."""
    return part_of(call, call.line.hertz).codes[code].at
