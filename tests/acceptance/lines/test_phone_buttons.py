"""What an agent's phone can do by itself (hold, transfers, a conference, do-not-disturb) is
followed as our codes are: the same record, the same states of the agents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from ccgateway.calls.call import Call as Record
from ccgateway.calls.call import (
    Direction,
    EscalationEnd,
    Mode,
    OfferEnd,
    Role,
    VisitEnd,
)
from ccgateway.rig.baresip import Baresip
from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.ear import SOUND
from ccgateway.rig.phone.story import What
from tests.acceptance.lines.lane import Who
from tests.acceptance.lines.near import is_near, when
from tests.acceptance.lines.play import Play
from tests.acceptance.lines.stage import Stage

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

CUSTOMER, FIRST, SPARE, SECOND = Who.CUSTOMER, Who.FIRST, Who.SPARE, Who.SECOND
Act = Callable[[Play], Awaitable[Record]]


async def test_hold_is_recorded_and_the_talk_goes_on(stage: Stage) -> None:
    await stage.play(_hold)


async def test_blind_transfer_is_recorded_as_the_code_is(stage: Stage) -> None:
    button, code = await asyncio.gather(stage.play(_blind), stage.play(_cold))
    assert _shape(button) == _shape(code)
    assert [one.mode for one in button.escalations] == [Mode.BLIND]


async def test_attended_transfer_is_recorded_as_the_code_is(stage: Stage) -> None:
    button, code = await asyncio.gather(stage.play(_attended), stage.play(_warm))
    assert _shape(button) == _shape(code)
    assert [one.mode for one in button.escalations] == [Mode.ATTENDED]


async def test_a_consultation_that_nobody_takes(stage: Stage) -> None:
    await stage.play(_nobody_to_consult)


@pytest.mark.parametrize("mode", [Mode.BLIND, Mode.ATTENDED])
async def test_a_transfer_to_a_colleagues_number(stage: Stage, mode: Mode) -> None:
    await stage.play(partial(_to_a_colleague, mode))


async def test_a_phone_in_do_not_disturb_pauses_its_agent(stage: Stage) -> None:
    await stage.play(_do_not_disturb)


@pytest.mark.usefixtures("baresip")
@pytest.mark.parametrize("button", ["hold and a code", "blind", "attended"])
async def test_a_softphone(stage: Stage, tmp_path: Path, button: str) -> None:
    code, act = {
        "hold and a code": (_cold, _softphone_code),
        "blind": (_cold, _softphone_blind),
        "attended": (_warm, _softphone_attended),
    }[button]
    at_softphone = stage.play(partial(_with_softphone, tmp_path / "baresip", act))
    record, by_code = await asyncio.gather(at_softphone, stage.play(code))
    assert _shape(record) == _shape(by_code)


async def _hold(play: Play) -> None:
    first = await play.begin()
    await first.hold()
    await play.caller.hears_only(SOUND)
    await play.is_shown(FIRST, "talking")
    await first.resume()
    await play.talk(FIRST)
    await play.hang_up(CUSTOMER)
    record = await play.record()
    [hold] = record.holds
    assert hold.by is Role.AGENT
    is_near(hold.began_at, when(first, What.HOLD_SENT))
    is_near(hold.ended_at, when(first, What.RESUME_SENT))
    [talk] = record.talks
    is_near(talk.began_at, first.answered_at)
    is_near(talk.ended_at, play.caller.over_at)


async def _cold(play: Play) -> Record:
    await play.begin()
    await play.presses(FIRST, "*22")
    return await _second_has_him(play)


async def _blind(play: Play) -> Record:
    first = await play.begin()
    play.aside(first.refer("22"))
    await first.over()
    record = await _second_has_him(play)
    is_near(record.talks[0].ended_at, when(first, What.REFER_SENT))
    is_near(record.talks[1].began_at, play.calls[SECOND].answered_at)
    return record


async def _warm(play: Play) -> Record:
    await play.begin()
    await play.presses(FIRST, "*32")
    await play.answers(SECOND)
    await play.hear_one_another(FIRST, SECOND)
    await play.are_shown("talking", "talking")
    await play.hang_up(FIRST)
    return await _second_has_him(play)


async def _attended(play: Play) -> Record:
    """The customer on hold, the code dialled on the phone's second line, then the button."""
    first, consult = await _consults(play, "*32")
    transferred = asyncio.create_task(first.attended(consult))
    record = await _second_has_him(play)
    assert await transferred < 300
    is_near(record.talks[0].began_at, first.answered_at)
    # Two queues' bridges are linked by a Local channel, which takes Asterisk half a second.
    is_near(record.talks[0].ended_at, first.over_at)
    is_near(record.talks[1].began_at, first.over_at)
    is_near(record.escalations[0].accepted_at, play.calls[SECOND].answered_at)
    is_near(record.holds[0].began_at, when(first, What.HOLD_SENT))
    is_near(record.holds[0].ended_at, when(first, What.REFER_SENT))
    return record


async def _nobody_to_consult(play: Play) -> None:
    """Second line does not answer: the agent hangs up there, and takes the customer back."""
    first = await play.begin()
    await first.hold()
    consult = await play.phone(FIRST).dial("*32")
    ringing = await play.is_rung(SECOND)
    await play.caller.hears_only(SOUND)
    await consult.hang_up()
    await ringing.over()
    await first.resume()
    await play.talk(FIRST)
    await play.is_shown(FIRST, "talking")
    await play.hang_up(CUSTOMER)
    await play.are_shown("ready", "ready")
    inbound, internal = sorted(await play.records(2), key=lambda record: record.started_at)
    assert (inbound.direction, internal.direction) == (Direction.INBOUND, Direction.INTERNAL)
    [talk], [hold] = inbound.talks, inbound.holds
    assert inbound.escalations == ()
    is_near(talk.ended_at, play.caller.over_at)
    is_near(hold.ended_at, when(first, What.RESUME_SENT))
    [stay] = internal.visits
    assert (stay.queue, stay.end, internal.talks) == (play.lane.second, VisitEnd.ABANDONED, ())


async def _consults(play: Play, number: str) -> tuple[Call, Call]:
    """First line holds the customer, and talks with second line. Returns its two calls."""
    first = await play.begin()
    await first.hold()
    consult = await play.dial(FIRST, number)
    await play.answers(SECOND)
    await play.hear_one_another(FIRST, SECOND)
    await play.caller.hears_only(SOUND)
    await play.are_shown("talking", "talking")
    return first, consult


async def _second_has_him(play: Play) -> Record:
    """The customer talks with second line, first line is free; the customer hangs up."""
    await play.ends_with(SECOND)
    await play.talk(SECOND)
    await play.are_shown("ready", "talking")
    await play.hang_up(CUSTOMER)
    await play.are_shown("ready", "ready")
    return await play.record()


async def _to_a_colleague(mode: Mode, play: Play) -> None:
    number = play.lane.phone(SECOND)
    if mode is Mode.ATTENDED:
        first, consult = await _consults(play, number)
        play.aside(first.attended(consult))
    else:
        first = await play.begin()
        play.aside(first.refer(number))
    record = await _second_has_him(play)
    agent = play.lane.agent
    [passed] = record.escalations
    assert (passed.mode, passed.by, passed.to, passed.tier) == (mode, agent(FIRST), "", None)
    assert (passed.agent, passed.end) == (agent(SECOND), EscalationEnd.ACCEPTED)
    assert [stay.queue for stay in record.visits] == [play.lane.first]
    assert [talk.agent for talk in record.talks] == [agent(FIRST), agent(SECOND)]


async def _do_not_disturb(play: Play) -> None:
    """The agent is paused at the second refusal, not rung again, and ready when he says so."""
    phone = play.phone(FIRST)
    phone.do_not_disturb = True
    await play.dial(CUSTOMER, play.lane.did)
    await play.is_shown(FIRST, "paused", "dnd")
    await play.caller.hears_only(SOUND)
    phone.do_not_disturb = False
    ready = await phone.dial("*14")
    await ready.over()
    await play.is_shown(FIRST, "ringing")
    await play.answers(FIRST)
    await play.talk(FIRST)
    await play.hang_up(CUSTOMER)
    await play.is_shown(FIRST, "ready")
    record, code = sorted(await play.records(2), key=lambda record: record.started_at)
    assert (record.direction, code.direction) == (Direction.INBOUND, Direction.INTERNAL)
    [stay] = record.visits
    assert [offer.end for offer in stay.offers] == [
        OfferEnd.BUSY,
        OfferEnd.BUSY,
        OfferEnd.ANSWERED,
    ]
    assert stay.end is VisitEnd.ANSWERED


async def _with_softphone(
    folder: Path, act: Callable[[Play, Baresip], Awaitable[Record]], play: Play
) -> Record:
    """The first agent has a real softphone: it registers in the place of the scripted one."""
    number = int(play.lane.phone(FIRST))
    async with Baresip(play.stage.world.asterisk, number, folder) as softphone:
        await play.dial(CUSTOMER, play.lane.did)
        await softphone.answer()
        await play.caller.hears_only(softphone)
        await play.is_shown(FIRST, "talking")
        return await act(play, softphone)


async def _softphone_code(play: Play, softphone: Baresip) -> Record:
    await softphone.hold()
    await play.caller.hears_only(SOUND)
    await softphone.resume()
    await play.caller.hears_only(softphone)
    await softphone.press("*22")
    record = await _second_has_him(play)
    assert play.caller.keys == ""
    assert play.caller.key_tones() == []
    return record


async def _softphone_blind(play: Play, softphone: Baresip) -> Record:
    await softphone.refer("22")
    return await _second_has_him(play)


async def _softphone_attended(play: Play, softphone: Baresip) -> Record:
    held = await softphone.established()
    await softphone.hold()
    await softphone.dial("*32")
    second = await play.answers(SECOND)
    consulted = await softphone.established()
    await second.hears_only(softphone)
    await play.caller.hears_only(SOUND)
    await play.are_shown("talking", "talking")
    await softphone.attended(held["id"], consulted["id"])
    return await _second_has_him(play)


def _shape(record: Record) -> tuple[object, ...]:
    """What is told of a call in words, but for the modes; people by their place in the lane, and
    a hold by the phone, which a code has not, left out."""
    lane = int(record.service.removeprefix("lane"))
    agents = {leg.agent for leg in record.legs if leg.agent}
    names = {agent: place for place, agent in enumerate(sorted(agents))} | {"": -1}
    return (
        record.disposition,
        [
            (names[one.by], one.to, one.tier, one.end, names[one.agent])
            for one in record.escalations
        ],
        [
            (one.queue.removeprefix(f"lane{lane}-"), one.tier, one.end, names[one.agent])
            for one in record.visits
        ],
        [names[talk.agent] for talk in record.talks],
    )
