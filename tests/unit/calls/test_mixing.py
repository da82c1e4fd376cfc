"""Which calls a phone mixes by itself, and what then is one call."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest

from ccgateway.calls.call import Call, EscalationEnd, Mode
from ccgateway.calls.mixing import Mixing
from ccgateway.calls.timeline import timeline
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.lines import ANNAS_OWN, CARL, SECOND, consulting, enter, leave
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
    assert mixed([*conference(15), *carl_leaves(24)]) == [(ANNAS_OWN, ANNA, 15)]


def test_it_is_found_by_the_clock_too_and_told_once() -> None:
    mixing = Mixing(PHONES)
    for told in conference(15):
        assert mixing.take(told) == ()
    assert mixing.due(NODE, at(19.9)) == ()
    assert mixing.due("another", at(60)) == ()
    [told] = mixing.due(NODE, at(21))
    assert (told.subject, told.place, told.at) == (ANNAS_OWN, ANNA, at(15))
    assert mixing.due(NODE, at(24)) == ()
    assert all(mixing.take(told) == () for told in carl_leaves(27))


@pytest.mark.parametrize("held", [ANNA, ANNAS_OWN])
def test_a_phone_that_changes_lines_mixes_none(held: str) -> None:
    told = [*conference(15), fact(19.9, Kind.HOLD_BEGAN, held), *carl_leaves(60)]
    assert mixed(told) == []
    assert set(played(found([*told, *caller_leaves(63)]))) == {THIS, CONSULTATION}


def test_a_conference_that_was_held_meanwhile_is_told_again() -> None:
    told = [
        *conference(15),
        fact(24, Kind.HOLD_BEGAN, ANNAS_OWN),
        fact(30, Kind.HOLD_ENDED, ANNAS_OWN),
        *carl_leaves(39),
    ]
    assert mixed(told) == [(ANNAS_OWN, ANNA, 15), (ANNAS_OWN, ANNA, 30)]
    call = one([*told, *caller_leaves(45)])
    assert [(t.agent, t.began_at, t.ended_at) for t in call.talks] == [
        ("101", at(2.01), at(45)),
        ("211", at(15), at(24)),
        ("211", at(30), at(39)),
    ]
    assert [e.mode for e in call.escalations] == [Mode.CONFERENCE]


def test_calls_of_phones_that_are_no_agents_are_left_alone() -> None:
    told = [*conference(15), *carl_leaves(24)]
    mixing = Mixing({NODE: set()})
    assert [each for f in told for each in mixing.take(f)] == []


def test_strangers_in_a_conference_room_of_the_pbx_are_not_tied() -> None:
    there = fact(10, Kind.BRIDGE_ENTERED, ANNAS_OWN, "room", bridge_type="conference")
    told = [f for f in conference(15) if f.place != SECOND]
    assert mixed([*told, there, *end(30, ANNAS_OWN)]) == []


def test_nothing_is_found_where_nobody_listened() -> None:
    """A hold that was sent while the link was down is not known."""
    mixing = Mixing(PHONES)
    for told in conference(15):
        mixing.take(told)
    mixing.lose(NODE)
    assert mixing.due(NODE, at(60)) == ()
    mixing.take(fact(63, Kind.HOLD_ENDED, ANNA))
    mixing.take(fact(63, Kind.HOLD_ENDED, ANNAS_OWN))
    assert [told.at for told in mixing.due(NODE, at(69))] == [at(63)]


def test_after_a_restart_the_lines_are_known_but_not_who_is_held() -> None:
    mixing = Mixing(PHONES)
    mixing.restore(conference(15))
    assert mixing.due(NODE, at(60)) == ()
    for line in (ANNA, ANNAS_OWN):
        mixing.take(fact(63, Kind.HOLD_BEGAN, line))
        mixing.take(fact(66, Kind.HOLD_ENDED, line))
    assert [told.at for told in mixing.due(NODE, at(72))] == [at(66)]


def test_three_lines_are_mixed_pair_by_pair() -> None:
    told = [
        *conference(15),
        fact(18, Kind.CHANNEL_CREATED, THIRD_LINE, channel="PJSIP/101-00000015"),
        fact(18, Kind.CHANNEL_CREATED, DORA, channel="PJSIP/102-00000016", linkedid=THIRD_LINE),
        *enter(19.5, "b-9", THIRD_LINE, DORA),
        *leave(30, "b-9", THIRD_LINE, DORA),
        *end(30, THIRD_LINE, DORA),
        *carl_leaves(33),
    ]
    assert set(mixed(told)) == {
        (ANNAS_OWN, ANNA, 15),
        (THIRD_LINE, ANNA, 19.5),
        (THIRD_LINE, ANNAS_OWN, 19.5),
    }
    call = one([*told, *caller_leaves(36)])
    assert [(t.agent, t.began_at, t.ended_at) for t in call.talks] == [
        ("101", at(2.01), at(36)),
        ("211", at(15), at(33)),
        ("102", at(19.5), at(30)),
    ]
    assert [(e.agent, e.end, e.ended_at) for e in call.escalations] == [
        ("211", EscalationEnd.TAKEN_BACK, at(33)),
        ("102", EscalationEnd.TAKEN_BACK, at(30)),
    ]


def test_the_colleague_leaves_first() -> None:
    call = one([*conference(15), *carl_leaves(24), *caller_leaves(30)])
    assert [(t.agent, t.began_at, t.ended_at) for t in call.talks] == [
        ("101", at(2.01), at(30)),
        ("211", at(15), at(24)),
    ]
    [passed] = call.escalations
    assert (passed.mode, passed.by, passed.agent) == (Mode.CONFERENCE, "101", "211")
    assert (passed.at, passed.accepted_at, passed.ended_at) == (at(9), at(10), at(24))
    assert passed.end is EscalationEnd.TAKEN_BACK
    said = [(m.at, m.who, m.what) for m in timeline(call)]
    button = "adds 211 to the talk, by the phone's conference button"
    assert (at(9), "agent 101", button) in said
    assert (at(24), "caller", "is with agent 101 alone again") in said


def test_the_caller_leaves_first_and_the_agents_talk_on() -> None:
    told = [*conference(15), *caller_leaves(24)]
    during = one(told)
    assert during.ended_at is None
    call = one([*told, *carl_leaves(30)])
    assert [(t.agent, t.ended_at) for t in call.talks] == [("101", at(24)), ("211", at(24))]
    assert [(e.end, e.ended_at) for e in call.escalations] == [(EscalationEnd.ACCEPTED, at(15))]
    assert call.ended_at == at(30)


def test_two_lines_in_one_bridge_are_mixed_by_asterisk() -> None:
    told = [f for f in conference(15) if f.subject != ANNAS_OWN or f.kind is Kind.CHANNEL_CREATED]
    assert mixed([*told, *enter(12, BRIDGE, ANNAS_OWN), *carl_leaves(24)]) == []


def test_a_key_on_a_line_that_the_phone_holds_takes_it_off_hold_for_asterisk_only() -> None:
    """Pressed by API: while Asterisk carries it out it tells a hold of its own, and its end."""
    hook = [fact(15, Kind.HOLD_BEGAN, ANNA), fact(15.001, Kind.HOLD_ENDED, ANNA)]
    assert mixed([*second_line(), *hook, *carl_leaves(60)]) == []


def test_one_who_hangs_up_on_both_lines_has_two_byes_to_send() -> None:
    """Whichever comes first."""
    by_line = (carl_leaves(30), caller_leaves(30.01))
    other = (caller_leaves(30), carl_leaves(30.01))
    ends = [
        [e.end for e in one([*conference(15), *first, *then]).escalations]
        for first, then in (by_line, other)
    ]
    assert ends == [[EscalationEnd.ACCEPTED], [EscalationEnd.ACCEPTED]]


def test_a_conference_that_was_held_meanwhile_is_left_by_a_transfer() -> None:
    told = [
        *conference(15),
        fact(24, Kind.HOLD_BEGAN, ANNAS_OWN),
        fact(30, Kind.HOLD_ENDED, ANNAS_OWN),
        *leave(60, SECOND, ANNAS_OWN),
        *leave(60, BRIDGE, CALLER),
        *enter(60.001, SECOND, CALLER),
        fact(
            60.002, Kind.ATTENDED_TRANSFERRED, ANNA, ANNAS_OWN,
            transferee=CALLER, target=CARL, result="Success",
        ),
        *end(60.01, ANNA, ANNAS_OWN),
        *end(90, CALLER, CARL),
    ]  # fmt: skip
    [passed] = one(told).escalations
    assert (passed.mode, passed.agent, passed.end) == (
        Mode.CONFERENCE, "211", EscalationEnd.ACCEPTED,
    )  # fmt: skip


def test_a_conference_beside_a_consultation_is_none_of_the_callers() -> None:
    """He waits for the end of the consultation, while the phone mixes its line with a third."""
    name = "PJSIP/101-00000015"
    call = one(
        [
            *consulting(),
            fact(13, Kind.CHANNEL_CREATED, THIRD_LINE, channel=name, linkedid=THIRD_LINE),
            *enter(14, "b-9", THIRD_LINE, DORA),
            fact(30, Kind.CHANNEL_CALLER_ID, ANNA),
        ]
    )
    [passed] = call.escalations
    assert (passed.mode, passed.end) == (Mode.WARM, EscalationEnd.RUNNING)


def test_who_called_the_agent_is_added_with_the_button() -> None:
    """Carl calls Anna while she talks: she did not ask him before she pressed it."""
    created, called, dialled, *rest = second_line()[-6:]
    swap = {ANNAS_OWN: CARL, CARL: ANNAS_OWN}
    turned = Fact(NODE, Kind.DIAL_BEGAN, ANNAS_OWN, dialled.at, swap[dialled.place])
    told = [*second_line()[:-6], created, called, turned, *rest, fact(15, Kind.HOLD_ENDED, ANNA)]
    call = one([*told, *carl_leaves(24), *caller_leaves(30)])
    [passed] = call.escalations
    assert (passed.by, passed.agent, passed.at) == ("101", "211", at(15))
    assert not [m for m in timeline(call) if "consults" in m.what]


def test_who_was_rung_by_click_is_the_one_who_dialled() -> None:
    """Asterisk tells the beginning of a Dial to the agent's phone too, without who dials."""
    told = second_line()
    told.append(fact(9.05, Kind.DIAL_BEGAN, ANNAS_OWN))
    told.append(fact(15, Kind.HOLD_ENDED, ANNA))
    in_order = sorted(told, key=lambda f: f.at)
    [passed] = one([*in_order, *carl_leaves(24), *caller_leaves(30)]).escalations
    assert (passed.at, passed.accepted_at) == (at(9), at(10))


@pytest.mark.parametrize("seed", range(30))
def test_whatever_comes_first_it_is_the_same_call(seed: int) -> None:
    told = found([*conference(15), *carl_leaves(24), *caller_leaves(30)])
    call = played(told)[THIS]
    anyhow = [*told, *told[seed % 3 :: 3]]
    Random(seed).shuffle(anyhow)
    assert played(anyhow) == {THIS: call}
