"""Which channels are one call, and what happens when two calls turn out to be one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccgateway.calls.board import Board
from ccgateway.calls.call import Call
from ccgateway.calls.kin import seniority
from ccgateway.calls.reduce import Story
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.ids import call_id_of
from tests.unit.calls.lines import ANNAS_OWN, CARL, attended, board, cold, consulting, enter, warm
from tests.unit.calls.told import ANNA, BERT, CALLER, NODE, arrive, at, end, fact, join

THIS = call_id_of(NODE, CALLER)
CONSULTATION = call_id_of(NODE, ANNAS_OWN)


def played(facts: Iterable[Fact], here: Board | None = None) -> dict[object, Call]:
    """All calls that the board knows at the end, by id; those that were absorbed are gone."""
    here = here or board()
    calls: dict[object, Story] = {}
    for told in facts:
        change = here.take(told)
        if change is not None:
            for old in change.absorbed:
                calls.pop(old, None)
            calls[change.story.call_id] = change.story
    return {call_id: story.call() for call_id, story in calls.items()}


def absorbed(here: Board, facts: Iterable[Fact]) -> list[object]:
    return [old for told in facts if (change := here.take(told)) for old in change.absorbed]


def test_a_consultation_by_the_phone_is_a_call_until_it_is_transferred() -> None:
    told = attended()
    before = [f for f in told if f.at < at(15)]
    assert set(played(before)) == {THIS, CONSULTATION}
    assert set(played(told)) == {THIS}


def test_the_younger_call_goes_into_the_older_and_only_once() -> None:
    here = board()
    assert absorbed(here, attended()) == [CONSULTATION]
    assert list(here.live_calls()) == []
    assert here.has_ended(NODE, CARL)


def test_a_consultation_that_ends_without_a_transfer_stays_a_call_of_its_own() -> None:
    told = [f for f in attended() if f.at < at(15)]
    calls = played([*told, *end(15, ANNAS_OWN, CARL), *end(16, CALLER, ANNA)])
    assert set(calls) == {THIS, CONSULTATION}


@pytest.mark.parametrize("history", [cold, warm, consulting])
def test_in_order_of_arrival_an_id_never_changes(history: object) -> None:
    assert callable(history)
    assert absorbed(board(), history()) == []


def test_a_linkedid_that_changes_ties_two_calls() -> None:
    other = "1795334402.9"
    calls = played(
        [
            *arrive(),
            fact(1, Kind.CHANNEL_CREATED, other, channel="PJSIP/102-1", linkedid=other),
            fact(2, Kind.CHANNEL_ANSWERED, other, linkedid=CALLER),
        ]
    )
    assert set(calls) == {THIS}


@pytest.mark.parametrize(("kind", "count"), [("basic", 1), ("holding", 2), ("conference", 2)])
def test_only_a_basic_bridge_makes_one_call_of_two(kind: str, count: int) -> None:
    mine = fact(1, Kind.CHANNEL_CREATED, BERT, channel="PJSIP/102-1", linkedid=BERT)
    both = [
        fact(2, Kind.BRIDGE_ENTERED, channel, "b-7", bridge_type=kind) for channel in (CALLER, BERT)
    ]
    assert len(played([*arrive(), mine, *both])) == count


def test_a_strangers_call_becomes_ours_with_all_that_was_heard_of_it() -> None:
    boss, other = "1795334300.1", "1795334300.2"
    here = board()
    strange = [
        fact(0, Kind.CHANNEL_CREATED, boss, channel="PJSIP/boss-1", linkedid=boss),
        fact(0.1, Kind.CHANNEL_CREATED, other, channel="PJSIP/office-1", linkedid=boss),
        *enter(1, "b-8", boss, other),
    ]
    assert played(strange, here) == {}
    ours = [*arrive(5), *enter(6, "b-8", CALLER)]
    calls = played(ours, here)
    assert set(calls) == {call_id_of(NODE, boss)}
    [call] = calls.values()
    assert call.facts == len(strange) + len(ours)


def test_what_is_stored_of_two_calls_comes_back_as_one() -> None:
    """The gateway died after the transfer, before the store had heard of it."""
    before = board()
    told = [f for f in attended() if f.at < at(16)]
    stored = [f for t in told if (change := before.take(t)) for f in change.facts]
    after = board()
    moved = after.restore(list(reversed(stored)))
    assert moved == {CONSULTATION: THIS}
    [call] = after.live_calls()
    assert call.call_id == THIS
    [expected] = before.live_calls()
    assert call == expected


def test_a_doubled_event_is_one_fact() -> None:
    here = board()
    for told in [*arrive(), join(1)]:
        here.take(told)
    assert here.take(join(1)) is None
    later = here.take(join(9))
    assert later is not None
    assert [f.ordinal for f in later.facts] == [1]


def test_merged_calls_are_forgotten_as_others_are() -> None:
    here = board()
    played(attended(), here)
    here.take(fact(200, Kind.CHANNEL_CREATED, "1795334600.1", channel="PJSIP/x-1"))
    assert here.size == 1


def test_a_note_to_a_forgotten_call_makes_no_call_of_its_own() -> None:
    assert board().take(fact(500, Kind.NOTED, CALLER, "now", note="x")) is None


def test_an_attempt_is_the_first_channel_of_its_second() -> None:
    attempt, leg = "ccg-1795334400.123456789", "1795334400.5"
    assert sorted([leg, attempt, "x", "1795334399.7"], key=seniority) == [
        "1795334399.7",
        attempt,
        leg,
        "x",
    ]


HISTORIES = [cold(), warm(), attended(), consulting()]


def moved(history: list[Fact], number: int) -> list[Fact]:
    """The same story of other channels and bridges, a little later."""

    def other(name: str) -> str:
        return f"{name}{number}" if name.startswith(("17953", "b-")) else name

    return [
        Fact(
            told.node,
            told.kind,
            other(told.subject),
            told.at + timedelta(milliseconds=250 * number),
            other(told.place),
            detail={key: other(value) for key, value in told.detail.items()},
        )
        for told in history
    ]


@settings(max_examples=40)  # each plays three calls twice
@given(
    st.lists(st.sampled_from(HISTORIES), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
    st.floats(0, 1),
)
def test_any_order_and_doubled_make_the_same_calls(
    chosen: list[list[Fact]], random: Random, doubled: float
) -> None:
    told = [f for number, history in enumerate(chosen) for f in moved(history, number)]
    once = played(sorted(told, key=lambda f: f.at))
    mixed = [*told, *(f for f in told if random.random() < doubled)]
    random.shuffle(mixed)
    assert played(mixed) == once
    assert len(once) == len(chosen)
