"""The rig's scripted phones, at a real Asterisk: each does what a person at a phone does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.errors import RigError
from ccgateway.rig.phone import tones
from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.ear import SOUND
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.manner import AWAY, BUSY, DECLINES, SILENT, UNKNOWN, answers
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.outside import Outside
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.phone.sdp import Direction
from ccgateway.rig.phone.story import What
from ccgateway.rig.waiting import until

pytestmark = pytest.mark.acceptance

Three = tuple[Phone, Phone, Phone]


@pytest_asyncio.fixture
async def three(rig_asterisk: RigAsterisk) -> AsyncIterator[Three]:
    """Phones 201, 202 and 203, registered."""
    async with (
        await Phone.register(rig_asterisk, 201) as anna,
        await Phone.register(rig_asterisk, 202) as boris,
        await Phone.register(rig_asterisk, 203) as carla,
    ):
        yield anna, boris, carla


async def talk(one: Phone, other: Phone) -> tuple[OutgoingCall, IncomingCall]:
    """``one`` calls ``other``, who answers; they hear each other."""
    dialled = await one.dial(other.name)
    rung = await other.rings()
    await dialled.rings()
    await rung.answer()
    await dialled.answered()
    await dialled.hears_only(other)
    await rung.hears_only(one)
    return dialled, rung


async def add(asterisk: RigAsterisk, dialplan: str) -> None:
    """Add to the PBX's own dialplan."""
    with (asterisk.etc / "extensions.conf").open("a", encoding="utf-8") as file:
        file.write(f"\n{dialplan}")
    await asterisk.rx("dialplan reload")


def times(call: Call, what: What) -> list[datetime]:
    return [moment.at for moment in call.log if moment.what is what]


async def test_the_password_is_asked_for(rig_asterisk: RigAsterisk) -> None:
    with pytest.raises(RigError, match="401"):
        await Phone.register(rig_asterisk, 201, password="guess")
    async with (
        await Phone.register(rig_asterisk, 201) as anna,
        await Phone.register(rig_asterisk, 202) as stranger,
    ):
        stranger.line.password = "guess"
        call = await stranger.dial("201")
        assert await call.refused() == 401
        assert not anna.calls


async def test_a_phone_that_leaves_is_not_reached_until_it_is_back(
    rig_asterisk: RigAsterisk, three: Three
) -> None:
    anna, boris, _ = three
    await boris.unregister()
    gone = await anna.dial("202")
    assert await gone.refused() >= 400
    assert not boris.calls
    await boris.register_again()
    await talk(anna, boris)


async def test_two_talk_and_their_logs_agree(three: Three) -> None:
    anna, boris, carla = three
    dialled, rung = await talk(anna, boris)
    assert (rung.display.name, rung.display.number) == ("Phone 201", "201")
    assert not carla.calls

    await dialled.press("*2#9")
    await until(lambda: rung.keys == "*2#9", "the keys arrive")
    assert not rung.key_tones()
    gaps = [
        (late - early).total_seconds()
        for early, late in zip(
            times(rung, What.KEY_RECEIVED), times(rung, What.KEY_RECEIVED)[1:], strict=False
        )
    ]
    assert all(0.1 < gap < 0.5 for gap in gaps)

    await rung.hears_only(anna)  # the tone is back
    await rung.hang_up()
    await dialled.over()
    assert rung.ended_by_us
    assert not dialled.ended_by_us
    assert dialled.answered_at
    assert rung.answered_at
    assert abs(dialled.answered_at - rung.answered_at) < timedelta(milliseconds=500)
    ends = times(dialled, What.BYE_RECEIVED)[0] - times(rung, What.BYE_SENT)[0]
    assert timedelta(0) < ends < timedelta(milliseconds=500)
    heard = [one for one in dialled.heard() if one.who == "202"]
    assert abs(heard[0].since - dialled.answered_at) < timedelta(milliseconds=200)


async def test_hold_gives_music_and_resume_the_voice(three: Three) -> None:
    anna, boris, _ = three
    dialled, rung = await talk(anna, boris)
    for direction in (Direction.SEND, Direction.NONE):
        await rung.hold(direction)
        await dialled.hears_only(SOUND)
        await rung.hears_only()
        await rung.resume()
        await dialled.hears_only(boris)
        await rung.hears_only(anna)
    assert len(times(rung, What.HOLD_SENT)) == len(times(rung, What.RESUME_SENT)) == 2


async def test_blind_transfer(three: Three) -> None:
    anna, boris, carla = three
    dialled, rung = await talk(anna, boris)
    transfer = asyncio.create_task(rung.refer("203"))
    third = await carla.rings()
    await third.answer()
    assert await transfer == 200
    await rung.over()
    await dialled.hears_only(carla)
    await third.hears_only(anna)
    await dialled.shows(number="203")


async def test_attended_transfer(three: Three) -> None:
    anna, boris, carla = three
    dialled, rung = await talk(anna, boris)
    await rung.hold()
    consulting, third = await talk(boris, carla)
    await dialled.hears_only(SOUND)
    assert await rung.attended(consulting) == 200
    assert rung.is_over
    assert consulting.is_over
    await dialled.hears_only(carla)
    await third.hears_only(anna)
    await third.shows(name="Phone 201", number="201")
    await dialled.shows(number="203")


async def test_a_transfer_to_nowhere_is_told(three: Three) -> None:
    anna, boris, _ = three
    dialled, rung = await talk(anna, boris)
    assert await rung.refer("no-such-extension") == 404
    assert not rung.is_over
    await dialled.hears_only(boris)


async def test_ways_not_to_answer(three: Three) -> None:
    anna, boris, carla = three
    boris.manner = DECLINES
    declined = await anna.dial("202")
    assert await declined.refused() == 403  # as Asterisk tells the cause 21
    assert "cause=21" in declined.why
    carla.do_not_disturb = True
    busy = await anna.dial("203")
    assert await busy.refused() == 486
    rung = await carla.rings()
    assert What.RINGING_SENT not in [moment.what for moment in rung.log]


async def test_who_gives_up_is_seen_by_the_phone_that_rings(three: Three) -> None:
    anna, boris, _ = three
    dialled = await anna.dial("202")
    rung = await boris.rings()
    await dialled.rings()
    await dialled.hang_up()
    assert dialled.status == 487
    await rung.over()
    assert times(rung, What.CANCEL_RECEIVED)
    assert not rung.answered_at


async def test_the_outside_refuses(rig_asterisk: RigAsterisk) -> None:
    async with Outside(rig_asterisk) as outside, await Phone.register(rig_asterisk, 201) as anna:
        vendor = outside.phone("+358942454900")
        for manner, cause in ((BUSY, 17), (DECLINES, 21), (AWAY, 19), (UNKNOWN, 1)):
            vendor.manner = manner
            dialled = await anna.dial("+358942454900")
            await dialled.refused()
            assert dialled.why == f"Q.850;cause={cause}"
            rung = await vendor.rings()
            assert rung.status == manner.refuses


async def test_the_outside_answers_and_calls(rig_asterisk: RigAsterisk) -> None:
    async with (
        Outside(rig_asterisk, manner=answers(0.2, hangs_up_after=1)) as outside,
        await Phone.register(rig_asterisk, 201) as anna,
    ):
        dialled = await anna.dial("0401234567")
        await dialled.answered()
        somebody = outside.phone("0401234567")
        await dialled.hears_only(somebody)
        await dialled.over()

        maija = outside.phone("+358401000000", name="Maija", manner=SILENT)
        reception = await maija.dial("9000")
        await reception.answered()
        await reception.over()
        lost = await anna.dial("+358401000000")
        rung = await maija.rings()
        await lost.hang_up()
        assert not times(rung, What.RINGING_SENT)


async def test_numbers_that_nobody_knows_do_not_use_up_the_tones(rig_asterisk: RigAsterisk) -> None:
    async with (
        Outside(rig_asterisk, manner=AWAY),
        await Phone.register(rig_asterisk, 201) as anna,
    ):
        before = len(tones.taken())
        for last in range(3):
            dialled = await anna.dial(f"040123456{last}")
            await dialled.refused()
            await until(lambda: len(tones.taken()) == before + 1, "no more than one has a tone")


async def test_a_phone_answers_by_itself_where_it_is_asked_to(
    rig_asterisk: RigAsterisk, three: Three
) -> None:
    anna, boris, _ = three
    boris.auto_answer = True
    await add(
        rig_asterisk,
        "[from-phones]\n"
        "exten => 6202,1,Dial(PJSIP/202,8,b(ccg-test^s^1))\n"
        "[ccg-test]\n"
        "exten => s,1,Set(PJSIP_HEADER(add,Call-Info)=<sip:rig>\\;answer-after=0)\n"
        " same => n,Set(PJSIP_HEADER(add,X-Case)=1042)\n same => n,Return()\n",
    )
    plain = await anna.dial("202")
    await plain.rings()
    await plain.hang_up()
    asked = await anna.dial("6202")
    await asked.answered()
    first, second = await boris.rings(), await boris.rings()
    assert not first.wants_auto_answer
    assert second.wants_auto_answer
    assert second.header("x-case") == "1042"


async def test_keys_that_sound_in_the_talk_are_heard(
    rig_asterisk: RigAsterisk, three: Three
) -> None:
    anna, _, _ = three
    await add(
        rig_asterisk,
        "[from-phones]\n"
        "exten => 6000,1,Answer()\n"
        " same => n,PlayTones(770+1336/120,0/120,941+1209/120,0/2000)\n"
        " same => n,Wait(5)\n",
    )
    call = await anna.dial("6000")
    await call.answered()
    await until(lambda: len(call.key_tones()) >= 2, "two keys are heard")
    assert [key for _, key in call.key_tones()][:2] == ["5", "*"]
    assert call.keys == ""
