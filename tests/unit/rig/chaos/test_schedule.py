"""When which fault is injected."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from ccgateway.rig.chaos.conductor import FAULTS
from ccgateway.rig.chaos.schedule import (
    CALM_BEFORE_S,
    LEAST_ROUNDS,
    Kind,
    Track,
    once,
    schedule,
    under_load,
)

SHORT, LONG = 180.0, 1800.0


def test_every_kind_can_be_injected() -> None:
    assert set(FAULTS) == set(Kind)


@pytest.mark.parametrize("seed", range(20))
def test_a_short_run_has_each_fault_twice_and_time_for_it(seed: int) -> None:
    due = schedule(SHORT, seed)
    assert set(Counter(one.kind for one in due).values()) == {LEAST_ROUNDS}
    assert min(one.at for one in due) >= CALM_BEFORE_S
    assert max(one.at for one in due) < SHORT


def test_a_long_run_has_forty_faults_at_least() -> None:
    assert len(schedule(LONG, 1)) >= 40


@pytest.mark.parametrize("seed", range(20))
def test_faults_of_a_track_have_time_for_themselves(seed: int) -> None:
    due = schedule(LONG, seed)
    for track in Track:
        own = [one for one in due if one.kind.track is track]
        assert all(a.at + a.kind.takes <= b.at + 0.1 for a, b in pairwise(own)), track


def test_the_same_seed_gives_the_same_faults() -> None:
    assert schedule(SHORT, 7) == schedule(SHORT, 7) != schedule(SHORT, 8)


def test_only_the_kinds_that_are_wanted() -> None:
    assert {one.kind for one in schedule(SHORT, 1, [Kind.CUT])} == {Kind.CUT}


def test_an_outage_is_one_fault_that_lasts() -> None:
    [one] = once(Kind.IMMEDIATE, 300)
    assert (one.kind, one.lasts) == (Kind.IMMEDIATE, 300)


def test_calls_are_placed_all_through_an_outage_and_beyond_it() -> None:
    assert under_load(SHORT, 300) >= CALM_BEFORE_S + 300 + 60
    assert under_load(LONG, 300) == LONG
    assert under_load(SHORT, None) == SHORT
