"""The demo's plan of calls."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from ccgateway.rig.hotline import TILLS
from ccgateway.rig.plan import FULL_FOR_MS, Kind, kinds, plan


@pytest.mark.parametrize("crew", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 6, 7, 8, 23, 24, 30, 100])
def test_there_are_exactly_so_many_calls(count: int, crew: bool) -> None:
    assert len(plan(count, crew=crew)) == count


def test_nine_calls_hold_every_kind_without_the_crew() -> None:
    assert {call.kind for call in plan(9)} == {kind for kind in Kind if not kind.by_crew}


def test_twenty_four_calls_hold_every_kind_with_the_crew() -> None:
    assert {call.kind for call in plan(24, crew=True)} == set(Kind)


def test_the_crew_has_begun_its_last_call_in_time_for_a_run_of_a_minute() -> None:
    assert max(call.caller.offset_ms for call in plan(30, crew=True)) < 25_000


def test_every_caller_has_a_number_of_his_own_but_the_one_who_calls_again() -> None:
    numbers = Counter(call.caller.number for call in plan(60))
    again = {call.caller.number for call in plan(60) if call.kind is Kind.AGAIN}
    assert again
    assert all(times == (2 if number in again else 1) for number, times in numbers.items())


def test_every_call_of_the_crew_is_known_by_its_number() -> None:
    """By it the crew knows what to do, and the table what the call was meant to show."""
    calls = plan(100, crew=True)
    meant = kinds(calls)
    assert [meant[call.caller.number] for call in calls] == [call.kind for call in calls]


@pytest.mark.parametrize("crew", [False, True])
def test_the_same_seed_gives_the_same_calls(crew: bool) -> None:
    assert plan(30, 7, crew=crew) == plan(30, 7, crew=crew) != plan(30, 8, crew=crew)


def test_callers_abandon_after_several_times() -> None:
    assert len({c.caller.stay_ms for c in plan(60) if c.kind is Kind.ABANDONED}) > 2


def test_the_one_place_in_the_full_queue_is_taken_by_one_act_at_a_time() -> None:
    waits = sorted(
        call.caller.offset_ms
        for call in plan(100)
        if call.caller.did == TILLS.did and call.kind is Kind.ABANDONED
    )
    assert all(later - earlier > FULL_FOR_MS for earlier, later in pairwise(waits))
