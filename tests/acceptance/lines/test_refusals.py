"""Whatever goes wrong when a call is passed on: the caller always ends at a person (or hangs up
himself), hears no long silence, and the record tells it as it was."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from ccgateway.calls.call import Call, Escalation, EscalationEnd, Mode, Talk, VisitEnd
from ccgateway.rig.asterisk import FIRST_LINE
from ccgateway.rig.errors import RigError
from ccgateway.rig.phone.manner import BUSY, DECLINES, RINGS, SILENT, UNKNOWN
from ccgateway.rig.waiting import until
from tests.acceptance.lines.ears import longest_silence
from tests.acceptance.lines.lane import AGENTS, Lane, Who
from tests.acceptance.lines.near import is_near
from tests.acceptance.lines.play import Play
from tests.acceptance.lines.refusals import AT_DESK, GONE, ROWS, Row, Stay, What
from tests.acceptance.lines.stage import staged

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

SILENCE_AT_MOST = 2.0
"""Seconds. Music on hold fades in over one, and between two targets a phone may still be hanging
up."""
PATIENCE = 25.0
"""Seconds: an agent who does not take the caller back is rung for 12, after all else."""
CROSSED = re.compile(r"Session already DISCONNECTED|not found!  Variable 'CCG_HOLD' will be blank")
"""Asterisk's words where people hang up in one moment, as in some rows: both sides of a call, or
the customer between our look whether he is there and our look whom he waits for ('' is: gone)."""
BLINK = timedelta(milliseconds=100)
HEARS_IT_RING = 0.3  # seconds that somebody hears it ring before he rejects it


@dataclass(frozen=True, slots=True)
class Played:
    """All rows, and what Asterisk and the gateway made of them."""

    rows: Mapping[str, Outcome | BaseException]
    errors: Sequence[str]
    odd_facts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen of a row: where it was played, its record, how long the caller heard nothing
    (seconds), when the first agent answered and the caller hung up, and how the agent who was
    asked is shown in the end (state and reason)."""

    lane: Lane
    record: Call
    silence: float
    answered_at: datetime | None
    over_at: datetime | None
    asked: tuple[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played() -> AsyncIterator[Played]:
    """All rows, played side by side, as many at a time as there are lanes."""
    async with staged() as stage:
        rows = sorted((*ROWS, AT_DESK), key=_takes_short)
        works = [stage.play(_Rehearsal(row)) for row in rows]
        found = await asyncio.gather(*works, return_exceptions=True)
        complaints = stage.world.asterisk.complaints()
        yield Played(
            {row.name: outcome for row, outcome in zip(rows, found, strict=True)},
            [line for line in complaints if "] ERROR[" in line and not CROSSED.search(line)],
            stage.state["odd_facts"],
        )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_refusal(row: Row, played: Played) -> None:
    outcome = _outcome(played, row)
    lane, record = outcome.lane, outcome.record
    assert [
        (one.mode, one.by, one.to, one.tier, _end(one, row), one.agent)
        for one in record.escalations
    ] == [
        (mode, lane.agent(by), to, tier, end, lane.agent(agent))
        for mode, by, to, tier, end, agent in row.passed
    ]
    assert [(one.queue, one.tier, one.end, one.agent) for one in record.visits] == [
        _stay(lane, stay) for stay in row.visits
    ]
    talks = [talk for talk in record.talks if not (row.blinks and _is_blink(talk))]
    assert [talk.agent for talk in talks] == [lane.agent(who) for who in row.talks]
    assert record.disposition is row.disposition
    assert outcome.silence < SILENCE_AT_MOST
    is_near(record.talks[0].began_at, outcome.answered_at)
    if row.ends is not GONE or row.what is What.BOTH_LEAVE_TALK:
        is_near(talks[-1].ended_at, outcome.over_at)
    if row.way.to in AGENTS and row.what in _REFUSING:
        assert outcome.asked == _REFUSING[row.what]


async def test_nobody_at_first_line(played: Played) -> None:
    outcome = _outcome(played, AT_DESK)
    lane, record = outcome.lane, outcome.record
    *visits, desk = record.visits
    assert [(one.queue, one.tier, one.end, one.agent) for one in visits] == [
        _stay(lane, stay) for stay in AT_DESK.visits
    ]
    assert (desk.queue, desk.end) == ("ccg-fallback", VisitEnd.ANSWERED)
    assert int(desk.agent) in FIRST_LINE
    known = [lane.agent(who) for who in AT_DESK.talks]
    assert [talk.agent for talk in record.talks] == [*known, desk.agent]
    passed, back = record.escalations
    assert (passed.mode, passed.end) == (Mode.COLD, EscalationEnd.ACCEPTED)
    assert (back.mode, back.by, back.agent) == (Mode.BACK, lane.agent(Who.SECOND), desk.agent)
    assert outcome.silence < SILENCE_AT_MOST


async def test_nothing_is_odd_to_asterisk_or_to_the_gateway(played: Played) -> None:
    assert played.errors == []
    assert played.odd_facts == 0


def _outcome(played: Played, row: Row) -> Outcome:
    outcome = played.rows[row.name]
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _takes_short(row: Row) -> bool:
    """The longest ones begin first: then all lanes are done at about the same time."""
    return row.what is not What.AGENT_RINGS_ON


def _end(passed: Escalation, row: Row) -> EscalationEnd:
    if row.blinks and passed.end is EscalationEnd.TAKEN_BACK:
        return EscalationEnd.ACCEPTED
    return passed.end


def _is_blink(talk: Talk) -> bool:
    return talk.ended_at is not None and talk.ended_at - talk.began_at < BLINK


def _stay(lane: Lane, stay: Stay) -> tuple[str, int, str, str]:
    queue, tier, end, agent = stay
    return f"{lane.service}-{queue}", tier, end, lane.agent(agent)


class _Rehearsal:
    """One row, as it is played."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self._way, self._what = row.way, row.what

    async def __call__(self, play: Play) -> Outcome:
        first = await play.begin()
        if self._way.by is Who.SECOND:
            await play.presses(Who.FIRST, "*22")
            await play.ends_with(Who.SECOND)
        await self._before(play)
        await self._pass_on(play)
        await self._then(play)
        if self._row is AT_DESK:
            await until(lambda: play.hears(Who.CUSTOMER, Who.CUSTOMER), "the desk's phone echoes")
            await play.hang_up(Who.CUSTOMER)
        elif self._row.ends is not GONE:
            await play.ends_with(self._row.ends, within=PATIENCE)
            await play.talk(self._row.ends)
            await play.hang_up(Who.CUSTOMER)
        await play.caller.over()
        if play.caller.ended_by_us is not True:
            raise RigError("the caller was hung up")
        silence = longest_silence(play.caller)
        record = await play.record()
        asked = play.state(self._way.to)
        return Outcome(play.lane, record, silence, first.answered_at, play.caller.over_at, asked)

    async def _before(self, play: Play) -> None:
        """What is so before the call is passed on."""
        to = self._way.to
        play.phone(Who.VENDOR).manner = _ENGINEER.get(self._what, RINGS)
        match self._what:
            case _ if to is Who.VENDOR:
                pass
            case What.BUSY:
                play.phone(to).do_not_disturb = True
            case What.REJECTS:
                play.aside(_rejects(play, to))
            case What.UNREACHABLE:
                await play.phone(to).unregister()
            case What.NOBODY | What.NOBODY_THERE:
                await play.ask("logout", to)
            case _:
                pass

    async def _pass_on(self, play: Play) -> None:
        if self._way.keys:
            await play.presses(self._way.by, self._way.keys)
        else:
            transferred = play.calls[self._way.by]
            play.aside(transferred.refer(self._way.number))
            await transferred.over()

    async def _then(self, play: Play) -> None:
        """What happens while it rings, or in the talk that follows."""
        by, to = self._way.by, self._way.to
        if self._what in _RINGING:
            await play.is_rung(to)
        elif self._what in _TALKING:
            await play.answers(to)
            await play.hear_one_another(to, by if self._way.is_warm else Who.CUSTOMER)
        people = {"caller": Who.CUSTOMER, "by": by, "to": to}
        await play.hang_up(*(people[who] for who in _HANG_UP.get(self._what, ())))
        match self._what:
            case What.AGENT_LEAVES if self._way.is_warm:
                await play.rings_no_more(to)  # that was for the agent; now it is for the caller
            case What.CALLER_LEAVES_TALK:
                await play.hear_one_another(by, to)  # they are not cut off
                await play.hang_up(by)
            case What.TAKEN_BACK:
                await play.presses(by, "*1")
            case What.AGENT_UNREACHABLE:
                await play.phone(by).unregister()
            case What.AGENT_BUSY:
                play.phone(by).do_not_disturb = True
            case What.BUSY if to in AGENTS:
                await play.is_shown(to, *_REFUSING[What.BUSY])
            case _:
                pass
        if self._row.ends is Who.SPARE:  # not before: the queue would ring whom it likes
            await play.ask("login", Who.SPARE)


_ENGINEER = {
    What.BUSY: BUSY, What.REJECTS: DECLINES, What.UNREACHABLE: UNKNOWN, What.SILENT: SILENT,
    What.NOBODY_THERE: BUSY,
}  # fmt: skip
"""What the vendor's engineer does, where he is asked: nobody else asks him in those rows."""
_REFUSING = {
    What.BUSY: ("paused", "dnd"),
    What.REJECTS: ("ready", ""),
    What.RINGS_ON: ("ready", ""),
}
"""A phone that refuses at once does not want to be disturbed; a person hears it ring first."""
_RINGING = {
    What.CALLER_LEAVES, What.AGENT_LEAVES, What.BOTH_LEAVE, What.AGENT_UNREACHABLE,
    What.AGENT_BUSY, What.SPARE_COMES,
}  # fmt: skip
_TALKING = {
    What.CALLER_LEAVES_TALK, What.NEXT_LEAVES_TALK, What.TAKEN_BACK, What.BOTH_LEAVE_TALK,
    What.CALLER_AND_AGENT, What.CALLER_AND_NEXT, What.AGENTS_LEAVE,
}  # fmt: skip
_HANG_UP = {
    What.CALLER_LEAVES: ("caller",), What.CALLER_LEAVES_TALK: ("caller",),
    What.AGENT_LEAVES: ("by",), What.NEXT_LEAVES_TALK: ("to",),
    What.BOTH_LEAVE: ("caller", "by"), What.CALLER_AND_AGENT: ("caller", "by"),
    What.CALLER_AND_NEXT: ("caller", "to"),
    What.BOTH_LEAVE_TALK: ("caller", "to"), What.AGENTS_LEAVE: ("by", "to"),
}  # fmt: skip


async def _rejects(play: Play, who: Who) -> None:
    """Somebody rejects each call, after he has heard it ring."""
    while True:
        call = await play.is_rung(who, within=60)
        await asyncio.sleep(HEARS_IT_RING)
        await call.refuse(603)
