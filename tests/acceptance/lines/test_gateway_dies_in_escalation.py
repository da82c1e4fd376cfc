"""The gateway is killed, or stops, at named moments of an escalation.

The caller always reaches a person, and the record is whole afterwards: what the gateway did not
hear Asterisk's journals tell.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

import pytest
import pytest_asyncio

from ccgateway.calls.call import Disposition, EscalationEnd, Known, Mode
from ccgateway.rig.phone.story import What
from ccgateway.rig.waiting import until
from tests.acceptance.lines.acts import asked_for_by_api, before_the_call
from tests.acceptance.lines.deaths import KEYS_TAKE, Absence, Seen
from tests.acceptance.lines.lane import AT_MOST, Who
from tests.acceptance.lines.moments import AT_THE_KEY, FROZEN, MOMENTS, Moment
from tests.acceptance.lines.stage import Stage, staged

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

EXACT = timedelta(milliseconds=100)
HEARD_WITHIN = timedelta(milliseconds=200)
"""Who comes to two who talk is heard a few packets later: the bridge has to mix from there on."""
SILENCE_AT_MOST = 2.5
"""Seconds. Music on hold fades in over one, and between two targets a phone may still be hanging
up."""
AT_ONCE = timedelta(milliseconds=500)
"""From the last key to the next phone's ringing."""

BEFORE = Moment(before_the_call)
KILLED = (*MOMENTS, *AT_THE_KEY, BEFORE)
Found = Mapping[str, Seen | BaseException]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    async with staged() as stage:
        yield stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def killed(stage: Stage) -> Found:
    """As many calls at a time as there are lanes, and one death for all of them."""
    found: dict[str, Seen | BaseException] = {}
    for first in range(0, len(KILLED), AT_MOST):
        found |= await _played(stage, KILLED[first : first + AT_MOST], signal.SIGKILL)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def frozen(stage: Stage, killed: Found) -> Found:
    return await _played(stage, FROZEN, signal.SIGSTOP)


async def _played(stage: Stage, moments: Sequence[Moment], by: signal.Signals) -> Found:
    """What was seen, by the moments' names. Afterwards no agent may be left in a call."""
    seen = await Absence(stage, [moment.act for moment in moments], by).seen()

    def all_done() -> bool:
        states = {agent["state"] for agent in stage.state.get("agents", ())}
        return bool(states) and states <= {"off", "ready", "paused"} and not stage.state["calls"]

    await until(all_done, "no call lives, and no agent is in one")
    return {moment.name: one for moment, one in zip(moments, seen, strict=True)}


def _of(found: Found, moment: Moment) -> Seen:
    seen = found[moment.name]
    if isinstance(seen, BaseException):
        raise seen
    return seen


@pytest.mark.parametrize("moment", KILLED, ids=lambda moment: moment.name)
async def test_the_caller_is_never_left_alone(moment: Moment, killed: Found) -> None:
    assert _of(killed, moment).silence < SILENCE_AT_MOST


@pytest.mark.parametrize("moment", [*MOMENTS, *AT_THE_KEY], ids=lambda moment: moment.name)
async def test_it_is_the_same_call_and_repaired(moment: Moment, killed: Found) -> None:
    seen = _of(killed, moment)
    record = seen.record
    assert (record.call_id, record.case) == (seen.call_id, seen.shown["case"])
    assert (record.disposition, record.known) == (Disposition.ANSWERED, Known.REPAIRED)


@pytest.mark.parametrize("moment", KILLED, ids=lambda moment: moment.name)
async def test_talks_are_as_heard(moment: Moment, killed: Found) -> None:
    """They begin and end when they did, also while nobody listened."""
    seen = _of(killed, moment)
    lane = seen.play.lane
    talks = sorted(seen.record.talks, key=lambda talk: (talk.agent, talk.began_at))
    spoken = sorted(seen.spoke, key=lambda spoke: (lane.agent(spoke.who), spoke.since))
    assert [talk.agent for talk in talks] == [lane.agent(spoke.who) for spoke in spoken]
    for talk, spoke in zip(talks, spoken, strict=True):
        assert talk.ended_at
        assert -EXACT < spoke.since - talk.began_at < HEARD_WITHIN
        by_api = moment.act is asked_for_by_api and spoke.who is Who.FIRST
        assert -EXACT < talk.ended_at - spoke.until < (KEYS_TAKE if by_api else EXACT)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
async def test_the_record_tells_what_is_known(moment: Moment, killed: Found) -> None:
    _check(moment, _of(killed, moment))


async def test_a_call_that_came_without_the_gateway_is_repaired(killed: Found) -> None:
    seen = _of(killed, BEFORE)
    record, lane = seen.record, seen.play.lane
    assert record.known is Known.REPAIRED
    assert (record.caller_number, record.did) == (lane.phone(Who.CUSTOMER), lane.did)
    assert [(one.mode, one.by, one.end) for one in record.escalations] == [
        (Mode.COLD, lane.agent(Who.FIRST), EscalationEnd.ACCEPTED),
        (Mode.BACK, lane.agent(Who.SECOND), EscalationEnd.ACCEPTED),
    ]
    assert [talk.agent for talk in record.talks] == [
        lane.agent(who) for who in (Who.FIRST, Who.SECOND, Who.FIRST)
    ]


@pytest.mark.parametrize("moment", FROZEN, ids=lambda moment: moment.name)
async def test_a_stopped_gateway_holds_up_no_key_and_hears_all_later(
    moment: Moment, frozen: Found
) -> None:
    seen = _of(frozen, moment)
    assert seen.silence < SILENCE_AT_MOST
    assert (seen.record.call_id, seen.record.known) == (seen.call_id, Known.LIVE)
    _check(moment, seen)


async def test_keys_work_at_once_while_the_gateway_is_stopped(frozen: Found) -> None:
    seen = _of(frozen, FROZEN[0])
    play = seen.play
    pressed = [one.at for one in play.phone(Who.FIRST).log if one.what is What.KEY_SENT]
    assert play.calls[Who.SECOND].begun_at - pressed[-1] < AT_ONCE


def _check(moment: Moment, seen: Seen) -> None:
    record, lane = seen.record, seen.play.lane
    assert [(one.mode, one.by, one.to, one.end, one.agent) for one in record.escalations] == [
        (mode, lane.agent(by), to, end, lane.agent(agent))
        for mode, by, to, end, agent in moment.passed
    ]
    assert [(one.queue, one.tier, one.end, one.agent) for one in record.visits] == [
        (f"{lane.service}-{queue}", tier, end, lane.agent(agent))
        for queue, tier, end, agent in moment.stays
    ]
    assert [talk.agent for talk in record.talks] == [lane.agent(who) for who in moment.talks]
