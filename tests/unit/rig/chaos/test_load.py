"""The calls that are placed while faults are injected."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from ccgateway.rig.chaos.load import CREW_EVERY_MS, load, slices
from ccgateway.rig.plan import Kind, Planned

SECONDS, RATE = 180.0, 11.5


def sipps(calls: list[Planned]) -> list[Planned]:
    return [call for call in calls if not call.kind.by_crew]


@pytest.mark.parametrize("seed", range(5))
def test_ten_calls_a_second_of_all_kinds(seed: int) -> None:
    calls = load(SECONDS, RATE, seed)
    assert len(sipps(calls)) / SECONDS > 10
    assert {call.kind for call in calls} == set(Kind)


def test_two_hundred_at_once_where_nobody_ends_it_before() -> None:
    calls = sipps(load(SECONDS, RATE, 1))
    times = [
        (at, by)
        for call in calls
        if call.kind in {Kind.ABANDONED, Kind.ANSWERED}
        for at, by in (
            (call.caller.offset_ms, 1),
            (call.caller.offset_ms + call.caller.stay_ms, -1),
        )
    ]
    now = most = 0
    for _, by in sorted(times):
        now += by
        most = max(most, now)
    assert most >= 200


def test_more_calls_a_second_are_not_more_at_once() -> None:
    calls = sipps(load(60, 50, 1))
    waiting = [c for c in calls if c.kind is Kind.ABANDONED and c.caller.stay_ms > 40_000]
    assert len(calls) / 60 > 45
    assert 2 < len(waiting) / 60 < 4


def test_one_act_at_a_time_at_the_queue_with_room_for_one() -> None:
    full = sorted(
        call.caller.offset_ms for call in load(SECONDS, RATE, 1) if call.kind is Kind.FULL
    )
    assert full
    assert all(b - a > 6_000 for a, b in pairwise(full))


def test_scenes_have_their_pace_and_all_their_kinds() -> None:
    scenes = [call for call in load(SECONDS, RATE, 1) if call.kind.by_crew]
    assert len(scenes) == 120_000 / CREW_EVERY_MS
    assert set(Counter(call.kind for call in scenes).values()) == {2}


def test_slices_are_the_same_calls() -> None:
    calls = load(60, RATE, 1)
    again = [
        (call.caller.number, call.caller.offset_ms + round(begin * 1000))
        for begin, some in slices(calls, 15)
        for call in some
    ]
    assert all(0 <= c.caller.offset_ms < 15_000 for _, some in slices(calls, 15) for c in some)
    assert again == [(call.caller.number, call.caller.offset_ms) for call in calls]


def test_the_same_seed_gives_the_same_calls() -> None:
    assert load(30, RATE, 7) == load(30, RATE, 7) != load(30, RATE, 8)
