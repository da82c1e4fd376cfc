"""The demo's plan of calls."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from ccgateway.rig.hotline import TILLS
from ccgateway.rig.plan import FULL_FOR_MS, Kind, plan


@pytest.mark.parametrize("count", [0, 1, 2, 5, 6, 7, 8, 30, 100])
def test_there_are_exactly_so_many_calls(count: int) -> None:
    assert len(plan(count)) == count


def test_nine_calls_hold_every_kind() -> None:
    assert {call.kind for call in plan(9)} == set(Kind)


def test_every_caller_has_a_number_of_his_own_but_the_one_who_calls_again() -> None:
    numbers = Counter(call.caller.number for call in plan(60))
    again = {call.caller.number for call in plan(60) if call.kind is Kind.AGAIN}
    assert again
    assert all(times == (2 if number in again else 1) for number, times in numbers.items())


def test_the_same_seed_gives_the_same_calls() -> None:
    assert plan(30, seed=7) == plan(30, seed=7) != plan(30, seed=8)


def test_callers_abandon_after_several_times() -> None:
    assert len({c.caller.stay_ms for c in plan(60) if c.kind is Kind.ABANDONED}) > 2


def test_the_one_place_in_the_full_queue_is_taken_by_one_act_at_a_time() -> None:
    waits = sorted(
        call.caller.offset_ms
        for call in plan(100)
        if call.caller.did == TILLS.did and call.kind is Kind.ABANDONED
    )
    assert all(later - earlier > FULL_FOR_MS for earlier, later in pairwise(waits))
