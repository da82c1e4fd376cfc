"""The law of the reducer: the same set of facts is the same call."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ccgateway.calls.call import Mode
from ccgateway.calls.reduce import fold
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.ids import call_id_of
from tests.unit.calls.told import (
    ANNA,
    BERT,
    BRIDGE,
    CALLER,
    NODE,
    answered_call,
    at,
    board,
    by_journal,
)

PLAIN = answered_call()
CALL_ID = call_id_of(NODE, CALLER)

CHANNELS = [CALLER, ANNA, BERT]
SAID = {
    "agent": ["101"],
    "status": ["ANSWER", "TIMEOUT"],
    "result": ["Success", "Success", "Fail"],
    "mode": [*Mode, "overflow", "return"],
    "to": ["pumps", "first", "agent"],
    "tier": ["1", "2", "x"],
    "customer": CHANNELS,
    "transferee": CHANNELS,
    "bridge_type": ["basic", "holding"],
}
PASSING = [
    Kind.ESCALATED,
    Kind.TIER_ENTERED,
    Kind.BLIND_TRANSFERRED,
    Kind.ATTENDED_TRANSFERRED,
    Kind.RETURNED,
    Kind.HELD,
    Kind.BRIDGE_ENTERED,
    Kind.BRIDGE_LEFT,
]
"""How a call is passed on: told oftener than the rest, so that one meets the other."""

facts = st.builds(
    Fact,
    node=st.just(NODE),
    kind=st.sampled_from([k for k in Kind if not k.value.startswith(("link", "agent_l"))])
    | st.sampled_from(PASSING),
    subject=st.sampled_from(CHANNELS),
    at=st.integers(0, 30).map(at),
    place=st.sampled_from(["", "stations", BRIDGE, *CHANNELS]),
    ordinal=st.integers(0, 2),
    detail=st.fixed_dictionaries(
        {}, optional={key: st.sampled_from(values) for key, values in SAID.items()}
    ),
)


@given(st.permutations(PLAIN), st.lists(st.sampled_from(PLAIN)))
def test_shuffled_and_doubled(shuffled: list[Fact], doubles: list[Fact]) -> None:
    assert fold(CALL_ID, NODE, [*shuffled, *doubles]) == fold(CALL_ID, NODE, PLAIN)


@given(st.permutations(PLAIN), st.sets(st.sampled_from(range(len(PLAIN)))))
def test_two_sources_in_any_order(shuffled: list[Fact], journalled: set[int]) -> None:
    journal = [by_journal(PLAIN[i], 0.002) for i in journalled]
    once = fold(CALL_ID, NODE, [*PLAIN, *journal])
    assert fold(CALL_ID, NODE, [*journal, *shuffled]) == once


@given(st.lists(facts, min_size=1, max_size=25, unique_by=lambda f: f.identity), st.randoms())
def test_nonsense_never_raises_and_folds_alike(told: list[Fact], random: Random) -> None:
    shuffled = list(told)
    random.shuffle(shuffled)
    assert fold(CALL_ID, NODE, shuffled) == fold(CALL_ID, NODE, told)


@given(st.lists(facts, min_size=1, max_size=25, unique_by=lambda f: f.identity))
def test_nonsense_never_makes_an_escalation_end_before_it_began(told: list[Fact]) -> None:
    for passed in fold(CALL_ID, NODE, told).escalations:
        times = [at for at in (passed.at, passed.accepted_at, passed.ended_at) if at]
        assert times == sorted(times)


@given(st.sets(st.sampled_from(range(len(PLAIN)))))
def test_a_hole_that_is_refilled_leaves_no_trace(dropped: set[int]) -> None:
    there = [f for i, f in enumerate(PLAIN) if i not in dropped]
    refilled = [*there, *(PLAIN[i] for i in sorted(dropped))]
    assert fold(CALL_ID, NODE, refilled) == fold(CALL_ID, NODE, PLAIN)


def test_fact_by_fact_and_at_once_are_the_same() -> None:
    here = board()
    changes = [change for f in PLAIN if (change := here.take(f))]
    kept = [f for change in changes for f in change.facts]
    assert changes[-1].call == fold(CALL_ID, NODE, reversed(kept))
