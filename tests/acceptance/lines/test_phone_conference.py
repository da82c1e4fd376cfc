"""A conference by the phone's own button: the phone mixes two calls by itself, and Asterisk knows
nothing of it. It is recorded as one call, as the three of our code are."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from ccgateway.calls.call import Direction, Disposition, EscalationEnd, Mode
from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.ear import SOUND
from ccgateway.rig.phone.story import What
from tests.acceptance.lines.lane import Who
from tests.acceptance.lines.near import is_near, when
from tests.acceptance.lines.play import Play
from tests.acceptance.lines.stage import Stage

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

ALONE = 1.5
"""Seconds that the two who are left talk on: longer than one who leaves both needs for two BYEs."""
CUSTOMER, FIRST, SPARE = Who.CUSTOMER, Who.FIRST, Who.SPARE


@pytest.mark.parametrize("customer_first", [True, False])
async def test_a_conference_at_the_phone(stage: Stage, *, customer_first: bool) -> None:
    await stage.play(partial(_conference, customer_first))


async def test_a_phone_that_changes_lines_is_no_conference(stage: Stage) -> None:
    await stage.play(_lines_changed)


async def _conference(customer_first: bool, play: Play) -> None:
    """The agent's phone has the customer and a colleague at once, and mixes them by itself."""
    first, added = await _two_lines(play)
    colleague = play.calls[SPARE]
    await play.lives(play.lane.did, play.lane.phone(SPARE))
    await first.resume()
    await play.lives(play.lane.did)
    await play.are_shown("talking", "ready")
    gone, left = (play.caller, added) if customer_first else (added, play.caller)
    await gone.hang_up()
    await gone.over()
    await play.lives(play.lane.did)
    assert play.state(FIRST) == ("talking", "")
    await asyncio.sleep(ALONE)
    await left.hang_up()
    await play.is_shown(FIRST, "ready")

    record = await play.record()
    agent, spare = play.lane.agent(FIRST), play.lane.agent(SPARE)
    assert (record.direction, record.disposition) == (Direction.INBOUND, Disposition.ANSWERED)
    [passed] = record.escalations
    end = EscalationEnd.ACCEPTED if customer_first else EscalationEnd.TAKEN_BACK
    assert (passed.mode, passed.by, passed.agent) == (Mode.CONFERENCE, agent, spare)
    assert passed.end is end
    is_near(passed.accepted_at, colleague.answered_at)
    with_agent, with_spare = record.talks
    assert (with_agent.agent, with_spare.agent) == (agent, spare)
    is_near(with_agent.began_at, first.answered_at)
    is_near(with_agent.ended_at, play.caller.over_at)
    is_near(with_spare.began_at, when(first, What.RESUME_SENT))
    is_near(with_spare.ended_at, gone.over_at)
    [hold] = record.holds
    is_near(hold.began_at, when(first, What.HOLD_SENT))
    is_near(hold.ended_at, when(first, What.RESUME_SENT))


async def _lines_changed(play: Play) -> None:
    """The agent goes to and fro between the customer and a colleague, whom nobody mixes."""
    first, added = await _two_lines(play)
    for _ in range(2):
        await first.resume()
        await added.hold()
        await play.caller.hears_only(play.phone(FIRST))
        await added.resume()
        await first.hold()
        await play.caller.hears_only(SOUND)
    await asyncio.sleep(6)  # longer than it takes to find that a phone mixes
    await added.hang_up()
    await play.hang_up(CUSTOMER)
    await play.is_shown(FIRST, "ready")
    inbound, internal = sorted(await play.records(2), key=lambda record: record.started_at)
    assert (inbound.direction, internal.direction) == (Direction.INBOUND, Direction.INTERNAL)
    assert [talk.agent for talk in inbound.talks] == [play.lane.agent(FIRST)]
    assert [talk.agent for talk in internal.talks] == [play.lane.agent(SPARE)]
    assert inbound.escalations == internal.escalations == ()


async def _two_lines(play: Play) -> tuple[Call, Call]:
    """The agent holds the customer, and speaks with a colleague on the phone's second line."""
    first = await play.begin()
    await first.hold()
    added = await play.phone(FIRST).dial(play.lane.phone(SPARE))
    colleague = await play.answers(SPARE)
    await added.answered()
    await colleague.hears_only(play.phone(FIRST))
    await play.caller.hears_only(SOUND)
    await play.is_shown(FIRST, "talking")
    return first, added
