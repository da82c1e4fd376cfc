"""How a call comes to its moment of an escalation, what is done by keys while the gateway is gone,
and what after its return: an act for each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from ccgateway.calls.call import Call, VisitEnd
from ccgateway.errors import CcgError
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.story import now
from ccgateway.rig.waiting import until
from tests.acceptance.ear import ear_at
from tests.acceptance.lines.deaths import Steps, Until
from tests.acceptance.lines.lane import Who
from tests.acceptance.lines.play import Play

CUSTOMER, FIRST, SPARE = Who.CUSTOMER, Who.FIRST, Who.SPARE
SECOND, VENDOR = Who.SECOND, Who.VENDOR
PUMPS, PUMPS_WARM, TO_VENDOR, BACK, TAKE, JOIN = "*22", "*32", "*24", "*20", "*1", "*4"

A_MOMENT = timedelta(seconds=0.3)
"""Of a talk: more than a few packets."""


async def before_any_key(play: Play) -> Steps:
    await play.begin()
    yield Until.GONE
    await _pass_on(play, FIRST, PUMPS, SECOND)
    yield Until.BACK
    await _still_with(play, SECOND)


async def between_two_keys(play: Play) -> Steps:
    await play.begin()
    yield Until.ALL_CLOSE
    await play.presses(FIRST, "*2")
    yield Until.GONE
    await _pass_on(play, FIRST, "2", SECOND)
    yield Until.BACK
    await _pass_on(play, SECOND, BACK, FIRST)
    await _still_with(play, FIRST)


async def at_the_last_key(play: Play) -> Steps:
    await play.begin()
    yield Until.ALL_CLOSE
    await play.presses(FIRST, PUMPS)
    yield Until.GONE
    await play.answers(SECOND)
    await play.talk(SECOND)
    await _pass_on(play, SECOND, BACK, FIRST)
    yield Until.BACK
    await _still_with(play, FIRST)


async def waits_and_nobody_rings(play: Play) -> Steps:
    await play.ask("pause", SECOND)
    await play.begin()
    yield Until.ALL_READY
    await play.presses(FIRST, PUMPS)
    await _is_written(play, lambda call: call.visits[-1].end is VisitEnd.WAITING)
    yield Until.GONE
    await play.answers(FIRST)
    await play.talk(FIRST)
    yield Until.BACK
    await _still_with(play, FIRST)


async def second_line_rings(play: Play) -> Steps:
    await play.begin()
    yield Until.ALL_READY
    await play.presses(FIRST, PUMPS)
    ringing = await _rings(play, SECOND)
    yield Until.GONE
    await _answer(play, SECOND, ringing)
    await play.talk(SECOND)
    yield Until.BACK
    await _still_with(play, SECOND)


async def second_line_talks(play: Play) -> Steps:
    await play.begin()
    await _pass_on(play, FIRST, PUMPS, SECOND)
    yield Until.GONE
    await _pass_on(play, SECOND, BACK, FIRST)
    yield Until.BACK
    await _consult(play, PUMPS_WARM, SECOND)
    await play.hang_up(FIRST)
    await _still_with(play, SECOND)


async def nobody_there_so_the_first_agent_rings(play: Play) -> Steps:
    await play.ask("pause", SECOND)
    await play.begin()
    await play.presses(FIRST, PUMPS)
    ringing = await _rings(play, FIRST)
    yield Until.GONE
    await _answer(play, FIRST, ringing)
    await play.talk(FIRST)
    yield Until.BACK
    await _still_with(play, FIRST)


async def on_hold_and_second_line_rings(play: Play) -> Steps:
    await play.begin()
    yield Until.ALL_READY
    await play.presses(FIRST, PUMPS_WARM)
    ringing = await _rings(play, SECOND)
    yield Until.GONE
    await _answer(play, SECOND, ringing)
    await play.hear_one_another(FIRST, SECOND)
    await play.hang_up(FIRST)
    await play.talk(SECOND)
    yield Until.BACK
    await _still_with(play, SECOND)


async def the_agents_speak(play: Play) -> Steps:
    await play.begin()
    await _consult(play, PUMPS_WARM, SECOND)
    yield Until.GONE
    await play.presses(FIRST, TAKE)
    await play.talk(FIRST)
    yield Until.BACK
    await _still_with(play, FIRST)


async def three_talk(play: Play) -> Steps:
    await play.begin()
    await _consult(play, PUMPS_WARM, SECOND)
    await play.presses(FIRST, JOIN)
    await play.talk(FIRST, SECOND)
    yield Until.GONE
    await play.hang_up(FIRST)
    await play.talk(SECOND)
    yield Until.BACK
    await _still_with(play, SECOND)


async def warm_completed(play: Play) -> Steps:
    await play.begin()
    await _consult(play, PUMPS_WARM, SECOND)
    await play.hang_up(FIRST)
    await play.talk(SECOND)
    yield Until.GONE
    await _pass_on(play, SECOND, TO_VENDOR, VENDOR)
    yield Until.BACK
    await _pass_on(play, VENDOR, BACK, SECOND)
    await _still_with(play, SECOND)


async def outside_number_rings(play: Play) -> Steps:
    await play.begin()
    yield Until.ALL_READY
    await play.presses(FIRST, TO_VENDOR)
    ringing = await _rings(play, VENDOR)
    yield Until.GONE
    await _answer(play, VENDOR, ringing)
    await play.talk(VENDOR)
    yield Until.BACK
    await _still_with(play, VENDOR)


async def outside_number_talks(play: Play) -> Steps:
    await play.begin()
    await _pass_on(play, FIRST, TO_VENDOR, VENDOR)
    yield Until.GONE
    await _pass_on(play, VENDOR, BACK, FIRST)
    yield Until.BACK
    await _still_with(play, FIRST)


async def back_and_waits_in_first_line(play: Play) -> Steps:
    await play.begin()
    await _pass_on(play, FIRST, PUMPS, SECOND)
    await play.ask("pause", FIRST)
    yield Until.ALL_READY
    await play.presses(SECOND, BACK)
    await _is_written(play, lambda call: call.visits[-1].end is VisitEnd.WAITING)
    yield Until.GONE
    yield Until.BACK
    await play.ask("login", SPARE)
    await play.answers(SPARE)
    await play.talk(SPARE)
    await _still_with(play, SPARE)


async def asked_for_by_api(play: Play) -> Steps:
    await play.begin()
    yield Until.ALL_READY
    channel = f"PJSIP/{play.lane.phone(FIRST)}-"
    async with ear_at(play.stage.world.asterisk) as ear:
        play.aside(_ask_for_pumps(play))

        def keys() -> bool:
            """Asterisk has all of the keys, and has played out all but the last."""
            ended = [one["Channel"] for one in ear.all("DTMFEnd")]
            return sum(name.startswith(channel) for name in ended) == len(PUMPS) - 1

        await until(keys, "the gateway has put the keys to Asterisk")
    yield Until.GONE
    await play.answers(SECOND)
    await play.talk(SECOND)
    yield Until.BACK
    await _still_with(play, SECOND)


async def the_caller_leaves_the_hold_unseen(play: Play) -> Steps:
    await play.begin()
    await _consult(play, PUMPS_WARM, SECOND)
    yield Until.GONE
    await play.hang_up(CUSTOMER)
    await play.hang_up(FIRST, SECOND)
    yield Until.BACK


async def the_caller_leaves_second_line_unseen(play: Play) -> Steps:
    await play.begin()
    yield Until.ALL_READY
    await play.presses(FIRST, PUMPS)
    ringing = await _rings(play, SECOND)
    yield Until.GONE
    await _answer(play, SECOND, ringing)
    await play.talk(SECOND)
    await play.hang_up(CUSTOMER)
    yield Until.BACK


async def before_the_call(play: Play) -> Steps:
    """The caller comes to the administrator's own queue; the rest is as ever."""
    asterisk, phone = play.stage.world.asterisk, f"PJSIP/{play.lane.phone(FIRST)}"
    for static in asterisk.addresses.fallback:  # first line's agent is to answer, not SIPp
        await asterisk.rx(f"queue pause member PJSIP/{static} queue ccg-fallback")
    await asterisk.rx(f"queue add member {phone} to ccg-fallback")
    yield Until.GONE
    # A snapshot tells a channel's birth to the second: the call shall not seem older than the play.
    await until(lambda: now().replace(microsecond=0) > play.began_at, "the next second")
    await play.begin()
    await _pass_on(play, FIRST, PUMPS, SECOND)
    yield Until.BACK
    await _pass_on(play, SECOND, BACK, FIRST)
    await _still_with(play, FIRST)


async def _is_written(play: Play, so: Callable[[Call], object]) -> None:
    """The record has the call so: what the gateway hears is in the store 50 ms later."""

    async def look() -> object:
        [call] = await play.stage.records(play.lane, play.began_at)
        return so(call)

    await until(look, "the record has it")


async def _rings(play: Play, who: Who) -> IncomingCall:
    """Somebody is rung, and the record has it."""
    ringing = await play.is_rung(who)
    await _is_written(
        play, lambda call: any(leg.ringing_at and not leg.answered_at for leg in call.legs)
    )
    return ringing


async def _pass_on(play: Play, by: Who, keys: str, to: Who) -> None:
    """By keys, and they are answered."""
    await play.presses(by, keys)
    await play.answers(to)
    await play.talk(to)


async def _consult(play: Play, keys: str, whom: Who) -> None:
    """First line speaks with them, the caller is on hold."""
    await play.presses(FIRST, keys)
    await play.answers(whom)
    await play.hear_one_another(FIRST, whom)


async def _answer(play: Play, who: Who, ringing: IncomingCall) -> None:
    await ringing.answer()
    play.calls[who] = ringing


async def _still_with(play: Play, who: Who) -> None:
    """The caller talks with them for a moment, and has enough. Who hangs up at once was heard last
    before the gateway was back, by the 20 ms of a packet, and by the record after it."""
    await play.talk(who)
    since = now()
    await until(
        lambda: now() - since > A_MOMENT and play.hears(CUSTOMER, who),
        f"the customer hears {who.value} still",
    )
    await play.hang_up(CUSTOMER)


async def _ask_for_pumps(play: Play) -> None:
    """By API; whether there is an answer does not matter."""
    number = play.lane.phone(CUSTOMER)
    [call] = [one for one in play.stage.state["calls"] if one["caller"] == number]
    with suppress(CcgError):
        async with play.stage.world.gateway.client() as client:
            await client.escalate(call["call_id"], "pumps", "cold")
