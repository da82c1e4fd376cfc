"""The verdict can fail, and says why. What a fault explains is not held against the record; a row
that is deleted, doubled, or shifted is found all the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from ccgateway.calls.call import (
    Call,
    Direction,
    Disposition,
    Escalation,
    EscalationEnd,
    Known,
    Leg,
    Mode,
    Role,
    Visit,
    VisitEnd,
)
from ccgateway.rig.chaos.explained import Happened, Word
from ccgateway.rig.chaos.verdict import Verdict, Window, at_once, judge
from ccgateway.rig.compare import Asked, compare
from ccgateway.rig.story import Story
from ccgateway.rig.truth import TruthCall
from tests.unit.test_compare import DOORS, RECORD, TRUTH, at, recorded

Spoil = Callable[[list[Call]], list[Call]]


def with_leg(call: Call, place: int) -> Call:
    leg = Leg(f"1795327582.{place}", "PJSIP/trunk-1", Role.CALLER, call.started_at)
    return replace(call, legs=(leg,))


ANSWERED_VISIT = Visit("stations", 1, at(0.02), left_at=at(4.02), end=VisitEnd.ANSWERED)
LEGGED = [with_leg(call, place) for place, call in enumerate(RECORD)]
TRUE = [replace(LEGGED[0], visits=(ANSWERED_VISIT,)), *LEGGED[1:]]
QUEUES = {"1795327582.0": ("stations",), "1795327582.2": ("q",), "1795327582.3": ("q",)}


def verdict(
    record: Sequence[Call],
    truth: Sequence[TruthCall] = TRUTH,
    queues: Mapping[str, tuple[str, ...]] = QUEUES,
    *,
    moments: Mapping[str, Sequence[Happened]] = MappingProxyType({}),
    nameless: Collection[str] = (),
    answered: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType({}),
    **more: Any,
) -> Verdict:
    planned = [Asked(call.number, call.did) for call in TRUTH]
    return judge(
        compare(truth, record, DOORS, planned),
        DOORS,
        Word(queues, moments, nameless, answered),
        **more,
    )


def words(found: Verdict) -> list[str]:
    lists = (found.lost, found.wrong, found.extra, found.dropped, found.unplaced)
    return [what for some in lists for one in some for what in one.what]


def first(**changes: Any) -> Spoil:
    return lambda record: [replace(record[0], **changes), *record[1:]]


def test_a_true_record_holds() -> None:
    found = verdict(TRUE)
    assert words(found) == []
    assert found.holds
    assert (found.calls, found.cut, found.known) == (4, 0, {"live": 4})
    assert found.decided_s == pytest.approx(0.01)
    assert found.at_once == 3


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        pytest.param(lambda record: record[1:], "lost", id="a row deleted"),
        pytest.param(lambda record: record[:-1], "lost", id="one of two of a caller deleted"),
        pytest.param(lambda record: [*record, record[0]], "extra", id="a row doubled"),
        pytest.param(
            lambda record: [*record, recorded("+358409999999", 3, 4, Disposition.ABANDONED, 9)],
            "extra",
            id="a row invented",
        ),
        pytest.param(first(started_at=at(0.102)), "wrong", id="a row shifted"),
        pytest.param(first(ended_at=at(8.2)), "wrong", id="an end shifted"),
        pytest.param(first(ended_at=None), "wrong", id="still open"),
        pytest.param(first(talks=()), "wrong", id="who answered is lost"),
        pytest.param(first(visits=()), "wrong", id="the way is lost"),
        pytest.param(
            first(visits=(replace(ANSWERED_VISIT, queue="pumps"),)), "wrong", id="another way"
        ),
        pytest.param(first(visits=(ANSWERED_VISIT,) * 2), "wrong", id="a stay doubled"),
        pytest.param(first(known=Known.PARTIAL), "wrong", id="seen in parts only"),
        pytest.param(first(service="office"), "wrong", id="another service"),
    ],
)
def test_a_wrong_record_is_found(spoil: Spoil, where: str) -> None:
    found = verdict(spoil(TRUE))
    assert not found.holds
    lists = ("lost", "wrong", "extra", "dropped", "unplaced")
    assert [name for name in lists if getattr(found, name)] == [where]


def test_something_that_is_there_twice_is_told() -> None:
    found = verdict(TRUE, twice=["a fact of one identity: pbx1"])
    assert not found.holds


def test_nothing_placed_does_not_hold() -> None:
    assert not verdict([], []).holds


def test_who_fell_back_has_asterisks_word_for_the_queue_and_its_ignorance() -> None:
    queues = {**QUEUES, "1795327582.0": ("ccg-fallback",)}
    visits = (replace(ANSWERED_VISIT, queue="ccg-fallback"),)
    fell = first(fell_back="heartbeat", visits=visits)(TRUE)
    assert verdict(fell, queues=queues).holds
    nameless = first(service="", fell_back="heartbeat", visits=visits)(TRUE)
    assert not verdict(nameless, queues=queues).holds
    unnamed = {"1795327582.0"}
    assert verdict(nameless, queues=queues, nameless=unnamed).holds
    asked = first(service="", visits=visits)(TRUE)
    assert not verdict(asked, queues=queues, nameless=unnamed).holds


def test_a_queue_that_did_not_take_him_is_not_in_queue_log() -> None:
    full = Visit("tills", 1, at(0.02), left_at=at(0.02), end=VisitEnd.FULL)
    assert verdict(first(visits=(full, ANSWERED_VISIT))(TRUE)).holds


def test_who_hung_up_in_the_message_of_a_full_queue_did_not_wait() -> None:
    """SIPp hears a voice, or music: it cannot tell which."""
    full = Visit("q", 1, at(5.02), left_at=at(5.02), end=VisitEnd.FULL)
    place = next(n for n, call in enumerate(TRUTH) if call.caller_ended and not call.talks)
    record = list(TRUE)
    record[place] = replace(TRUE[place], visits=(full,), disposition=Disposition.FULL)
    queues = {
        channel: names for channel, names in QUEUES.items() if not channel.endswith(f".{place}")
    }
    assert verdict(record, queues=queues).holds
    assert not verdict(record).holds


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"caller_ended": False}, "was cut off while talking"),
        ({"caller_ended": False, "rings": ()}, "was let go by the network without an agent"),
        (
            {"caller_ended": False, "network_answered_at": None},
            "was never answered by the network",
        ),
    ],
)
def test_a_caller_who_is_dropped_is_told(changes: dict[str, Any], why: str) -> None:
    found = verdict(TRUE, [replace(TRUTH[0], **changes), *TRUTH[1:]])
    assert [one.what for one in found.dropped] == [(why,)]
    assert not found.holds


def test_whose_agent_hung_up_is_not_dropped() -> None:
    rings = (TRUTH[0].rings[0], replace(TRUTH[0].rings[1], hung_up=True))
    found = verdict(TRUE, [replace(TRUTH[0], caller_ended=False, rings=rings), *TRUTH[1:]])
    assert found.dropped == ()


START = TRUTH[0].placed_at


@pytest.mark.parametrize(
    ("told", "slow"),
    [
        pytest.param([("CHAN_START", at(0.15))], 1, id="CEL says what the record says"),
        pytest.param([("CHAN_START", START)], 0, id="CEL says what SIPp says"),
        pytest.param([("ANSWER", at(0.15))], 0, id="CEL tells of something else"),
        pytest.param([], 0, id="CEL tells nothing"),
    ],
)
def test_a_time_that_sipp_saw_late_is_cels(told: list[tuple[str, datetime]], slow: int) -> None:
    shifted = first(started_at=at(0.15))(TRUE)
    found = verdict(shifted, moments={"1795327582.0": told})
    assert (found.slow, found.holds) == (slow, bool(slow))


@pytest.mark.parametrize(
    ("second", "later", "holds"),
    [
        pytest.param(0, 0.3, True, id="queue_log knows that second"),
        pytest.param(1, 0.3, False, id="queue_log tells of another second"),
        pytest.param(0, -0.3, False, id="before the network answered"),
    ],
)
def test_asterisk_takes_its_time_from_the_answer_to_the_queue(
    second: int, later: float, *, holds: bool
) -> None:
    gave_up = next(
        place for place, call in enumerate(TRUTH) if call.caller_ended and not call.talks
    )
    answered = TRUTH[gave_up].network_answered_at
    assert answered
    record, at_all = TRUE[gave_up], answered.replace(microsecond=0)
    joined = answered + timedelta(seconds=later)
    visits = (replace(record.visits[0], joined_at=joined), *record.visits[1:])
    spoilt = [*TRUE[:gave_up], replace(record, visits=visits), *TRUE[gave_up + 1 :]]
    told = [("ENTERQUEUE", at_all + timedelta(seconds=second))]
    found = verdict(spoilt, moments={record.legs[0].uniqueid: told})
    assert (found.slow, found.holds) == (int(holds), holds)


RESTART: Window = (at(4.5), at(7))
"""The first call lives then, and the third is just over; the fourth comes later."""


def test_who_was_cut_with_his_asterisk_is_counted_apart() -> None:
    truth = [replace(TRUTH[0], ended_at=None, caller_ended=False), *TRUTH[1:]]
    found = verdict(first(ended_at=at(5.9), talks=())(TRUE), truth, away=[RESTART])
    assert words(found) == []
    assert (found.cut, found.cut_without_record, found.holds) == (3, 0, True)
    assert verdict(TRUE[1:], truth, away=[RESTART]).cut_without_record == 1


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        pytest.param(lambda record: record[:-1], "lost", id="who came later is lost"),
        pytest.param(lambda record: [*record, record[0]], "extra", id="who was cut is doubled"),
        pytest.param(first(ended_at=None), "wrong", id="who was cut is still open"),
    ],
)
def test_a_restart_excuses_no_other(spoil: Spoil, where: str) -> None:
    found = verdict(spoil(TRUE), away=[RESTART])
    lists = ("lost", "wrong", "extra", "dropped", "unplaced")
    assert [name for name in lists if getattr(found, name)] == [where]


def test_a_call_that_was_planned_and_not_placed_is_told() -> None:
    found = verdict(TRUE[:-1], TRUTH[:-1])
    assert words(found) == ["planned, not placed"]
    assert not found.holds


def test_a_scene_while_something_is_broken_has_the_way_that_queue_log_tells() -> None:
    """What its phones cannot know then is not asked for; the way through the queues is, and who
    answered."""
    caller = TRUE[0].caller_number
    scene = Story(Direction.INBOUND, caller, "1000", "hotline", Disposition.ANSWERED)
    truth = [replace(TRUTH[0], story=scene), *TRUTH[1:]]
    channel, agents = TRUE[0].legs[0], "1795327582.9"
    second = Leg(agents, "PJSIP/101-9", Role.AGENT, at(3))
    stays = (
        replace(ANSWERED_VISIT, uniqueid=channel.uniqueid, agent="101"),
        replace(ANSWERED_VISIT, queue="second", uniqueid=agents, agent="201"),
    )
    another = replace(stays[1], agent="202")
    queues = {**QUEUES, agents: ("second",)}
    answered = {channel.uniqueid: (("stations", "101"),), agents: (("second", "201"),)}
    broken: Sequence[Window] = [(at(3), at(4))]
    spoilt = (stays[:1], (stays[0], *stays), (stays[0], another))
    for visits, wrong in ((stays, 0), *((visits, 1) for visits in spoilt)):
        record = first(legs=(channel, second), visits=visits)(TRUE)
        found = verdict(record, truth, queues, answered=answered, broken=broken)
        assert (found.broken_scenes, len(found.wrong)) == (1, wrong)


@pytest.mark.parametrize(
    ("end", "broken", "passed_on"),
    [
        (EscalationEnd.ACCEPTED, [(at(3), at(4))], 1),
        (EscalationEnd.RETURNED, [(at(3), at(4))], 0),
        (EscalationEnd.ACCEPTED, [], 0),
    ],
)
def test_who_came_past_first_line_while_something_was_broken_is_counted(
    end: EscalationEnd, broken: Sequence[Window], passed_on: int
) -> None:
    scene = Story(Direction.INBOUND, TRUTH[0].number, "1000", "hotline", Disposition.ANSWERED)
    passed = Escalation(at(2), Mode.COLD, "101", "pumps", end=end)
    record = first(escalations=(passed,))(TRUE)
    found = verdict(record, [replace(TRUTH[0], story=scene), *TRUTH[1:]], broken=broken)
    assert found.passed_on == passed_on


def test_at_once() -> None:
    assert at_once(TRUTH) == 3
    assert at_once([]) == 0
