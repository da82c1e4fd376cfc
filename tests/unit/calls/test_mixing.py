"""Which calls a phone mixes by itself, and what then is one call."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest

from ccgateway.calls.call import Call, EscalationEnd, Mode
from ccgateway.calls.mixing import Mixing
from ccgateway.calls.timeline import timeline
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.lines import ANNAS_OWN, CARL, SECOND, enter, leave
from tests.unit.calls.test_merging import CONSULTATION, THIS, played
from tests.unit.calls.told import (
    ANNA,
    BRIDGE,
    CALLER,
    NODE,
    answer,
    arrive,
    at,
    end,
    fact,
    join,
    ring,
)

PHONES = {NODE: {"PJSIP/101", "PJSIP/102", "PJSIP/211"}}
THIRD_LINE, DORA = "1795334412.21", "1795334412.22"


def found(facts: Iterable[Fact]) -> list[Fact]:
    """The facts, as they are told with what the phones mix."""
    mixing = Mixing(PHONES)
    return [each for told in facts for each in (*mixing.take(told), told)]


def mixed(facts: Iterable[Fact]) -> list[tuple[str, str, float]]:
    """The younger line, the older one, since when."""
    return [
        (f.subject, f.place, round((f.at - at(0)).total_seconds(), 3))
        for f in found(facts)
        if f.kind is Kind.MIXED
    ]


def talking() -> list[Fact]:
    """The caller and Anna, from 2.01 s on."""
    told = [*arrive(), join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101")]
    inside = (Kind.BRIDGE_ENTERED,)
    return [*(f for f in told if f.kind not in inside), *enter(2.01, BRIDGE, CALLER, ANNA)]


def second_line() -> list[Fact]:
    """She holds him at 8 s, dials Carl on her second line at 9 s, and he answers at 10 s."""
    name = "PJSIP/101-00000013"
    return [
        *talking(),
        fact(8, Kind.HOLD_BEGAN, ANNA),
        fact(9, Kind.CHANNEL_CREATED, ANNAS_OWN, channel=name, linkedid=ANNAS_OWN),
        fact(9.1, Kind.CHANNEL_CREATED, CARL, channel="PJSIP/211-00000014", linkedid=ANNAS_OWN),
        fact(9.1, Kind.DIAL_BEGAN, CARL, ANNAS_OWN, dialled="211"),
        fact(10, Kind.CHANNEL_ANSWERED, CARL),
        *enter(10, SECOND, CARL, ANNAS_OWN),
    ]


def conference(resumed: float = 15) -> list[Fact]:
    return [*second_line(), fact(resumed, Kind.HOLD_ENDED, ANNA)]


def carl_leaves(seconds: float) -> list[Fact]:
    return [*leave(seconds, SECOND, CARL, ANNAS_OWN), *end(seconds, CARL, ANNAS_OWN)]


def caller_leaves(seconds: float) -> list[Fact]:
    return [*leave(seconds, BRIDGE, CALLER, ANNA), *end(seconds, CALLER, ANNA)]


def one(facts: Iterable[Fact]) -> Call:
    calls = played(found(facts))
    assert set(calls) == {THIS}
    return calls[THIS]


def test_two_lines_off_hold_are_mixed_since_the_second_of_them_was() -> None:
    assert mixed([*conference(15), *carl_leaves(18)]) == [(ANNAS_OWN, ANNA, 15)]


def test_it_is_found_by_the_clock_too_and_told_once() -> None:
    mixing = Mixing(PHONES)
    for told in conference(15):
        assert mixing.take(told) == ()
    assert mixing.due(NODE, at(16.9)) == ()
    assert mixing.due("another", at(30)) == ()
    [told] = mixing.due(NODE, at(17))
    assert (told.subject, told.place, told.at) == (ANNAS_OWN, ANNA, at(15))
    assert mixing.due(NODE, at(18)) == ()
    assert all(mixing.take(told) == () for told in carl_leaves(19))


@pytest.mark.parametrize("held", [ANNA, ANNAS_OWN])
def test_a_phone_that_changes_lines_mixes_none(held: str) -> None:
    told = [*conference(15), fact(16.9, Kind.HOLD_BEGAN, held), *carl_leaves(30)]
    assert mixed(told) == []
    assert set(played(found([*told, *caller_leaves(31)]))) == {THIS, CONSULTATION}


def test_a_conference_that_was_held_meanwhile_is_told_again() -> None:
    told = [
        *conference(15),
        fact(18, Kind.HOLD_BEGAN, ANNAS_OWN),
        fact(20, Kind.HOLD_ENDED, ANNAS_OWN),
        *carl_leaves(23),
    ]
    assert mixed(told) == [(ANNAS_OWN, ANNA, 15), (ANNAS_OWN, ANNA, 20)]
    call = one([*told, *caller_leaves(25)])
    assert [(t.agent, t.began_at, t.ended_at) for t in call.talks] == [
        ("101", at(2.01), at(25)),
        ("211", at(15), at(18)),
        ("211", at(20), at(23)),
    ]
    assert [e.mode for e in call.escalations] == [Mode.CONFERENCE]


def test_calls_of_phones_that_are_no_agents_are_left_alone() -> None:
    told = [*conference(15), *carl_leaves(18)]
    mixing = Mixing({NODE: set()})
    assert [each for f in told for each in mixing.take(f)] == []


def test_strangers_in_a_conference_room_of_the_pbx_are_not_tied() -> None:
    there = fact(10, Kind.BRIDGE_ENTERED, ANNAS_OWN, "room", bridge_type="conference")
    told = [f for f in conference(15) if f.place != SECOND]
    assert mixed([*told, there, *end(20, ANNAS_OWN)]) == []


def test_nothing_is_found_where_nobody_listened() -> None:
    """A hold that was sent while the link was down is not known."""
    mixing = Mixing(PHONES)
    for told in conference(15):
        mixing.take(told)
    mixing.lose(NODE)
    assert mixing.due(NODE, at(30)) == ()
    mixing.take(fact(31, Kind.HOLD_ENDED, ANNA))
    mixing.take(fact(31, Kind.HOLD_ENDED, ANNAS_OWN))
    assert [told.at for told in mixing.due(NODE, at(33))] == [at(31)]


def test_after_a_restart_the_lines_are_known_but_not_who_is_held() -> None:
    mixing = Mixing(PHONES)
    mixing.restore(conference(15))
    assert mixing.due(NODE, at(30)) == ()
    for line in (ANNA, ANNAS_OWN):
        mixing.take(fact(31, Kind.HOLD_BEGAN, line))
        mixing.take(fact(32, Kind.HOLD_ENDED, line))
    assert [told.at for told in mixing.due(NODE, at(34))] == [at(32)]


def test_three_lines_are_mixed_pair_by_pair() -> None:
    told = [
        *conference(15),
        fact(16, Kind.CHANNEL_CREATED, THIRD_LINE, channel="PJSIP/101-00000015"),
        fact(16, Kind.CHANNEL_CREATED, DORA, channel="PJSIP/102-00000016", linkedid=THIRD_LINE),
        *enter(16.5, "b-9", THIRD_LINE, DORA),
        *leave(20, "b-9", THIRD_LINE, DORA),
        *end(20, THIRD_LINE, DORA),
        *carl_leaves(21),
    ]
    assert set(mixed(told)) == {
        (ANNAS_OWN, ANNA, 15),
        (THIRD_LINE, ANNA, 16.5),
        (THIRD_LINE, ANNAS_OWN, 16.5),
    }
    call = one([*told, *caller_leaves(22)])
    assert [(t.agent, t.began_at, t.ended_at) for t in call.talks] == [
        ("101", at(2.01), at(22)),
        ("211", at(15), at(21)),
        ("102", at(16.5), at(20)),
    ]


def test_the_colleague_leaves_first() -> None:
    call = one([*conference(15), *carl_leaves(18), *caller_leaves(20)])
    assert [(t.agent, t.began_at, t.ended_at) for t in call.talks] == [
        ("101", at(2.01), at(20)),
        ("211", at(15), at(18)),
    ]
    [passed] = call.escalations
    assert (passed.mode, passed.by, passed.agent) == (Mode.CONFERENCE, "101", "211")
    assert (passed.at, passed.accepted_at, passed.ended_at) == (at(9), at(10), at(18))
    assert passed.end is EscalationEnd.TAKEN_BACK
    said = [(m.at, m.who, m.what) for m in timeline(call)]
    button = "adds 211 to the talk, by the phone's conference button"
    assert (at(9), "agent 101", button) in said
    assert (at(18), "caller", "is with agent 101 alone again") in said


def test_the_caller_leaves_first_and_the_agents_talk_on() -> None:
    told = [*conference(15), *caller_leaves(18)]
    during = one(told)
    assert during.ended_at is None
    call = one([*told, *carl_leaves(20)])
    assert [(t.agent, t.ended_at) for t in call.talks] == [("101", at(18)), ("211", at(18))]
    assert [(e.end, e.ended_at) for e in call.escalations] == [(EscalationEnd.ACCEPTED, at(15))]
    assert call.ended_at == at(20)


def test_who_called_the_agent_is_added_with_the_button() -> None:
    """Carl calls Anna while she talks: she did not ask him before she pressed it."""
    created, called, dialled, *rest = second_line()[-6:]
    swap = {ANNAS_OWN: CARL, CARL: ANNAS_OWN}
    turned = Fact(NODE, Kind.DIAL_BEGAN, ANNAS_OWN, dialled.at, swap[dialled.place])
    told = [*second_line()[:-6], created, called, turned, *rest, fact(15, Kind.HOLD_ENDED, ANNA)]
    call = one([*told, *carl_leaves(18), *caller_leaves(20)])
    [passed] = call.escalations
    assert (passed.by, passed.agent, passed.at) == ("101", "211", at(15))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_first_it_is_the_same_call(seed: int) -> None:
    told = found([*conference(15), *carl_leaves(18), *caller_leaves(20)])
    call = played(told)[THIS]
    anyhow = [*told, *told[seed % 3 :: 3]]
    Random(seed).shuffle(anyhow)
    assert played(anyhow) == {THIS: call}
