"""The agents' states, and the members that follow from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from ccgateway.agents.activity import activities
from ccgateway.agents.agent import TRANSITIONS, Activity, Agent, Duty, Verb
from ccgateway.agents.membership import leftovers, on_change, reconcile, static_in_managed
from ccgateway.errors import Refused
from ccgateway.telephony.actions import (
    AddMember,
    Member,
    PauseMember,
    RemoveMember,
    SetPenalty,
)
from tests.unit.calls.told import answered_call, board

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LATER = NOW + timedelta(seconds=5)
ANNA = Agent("101", "Anna", "PJSIP/101", ("stations", "pumps"), NOW)


@pytest.mark.parametrize(("duty", "verb"), list(product(Duty, Verb)))
def test_every_verb_in_every_duty_is_in_the_table_or_refused(duty: Duty, verb: Verb) -> None:
    agent = replace(ANNA, duty=duty)
    if (duty, verb) in TRANSITIONS:
        assert agent.ask(verb, LATER, "lunch").duty is TRANSITIONS[duty, verb]
    else:
        with pytest.raises(Refused, match="log in first"):
            agent.ask(verb, LATER)


def test_who_is_off_can_only_log_in() -> None:
    allowed = {verb for duty, verb in TRANSITIONS if duty is Duty.OFF}
    assert allowed == {Verb.LOGIN}


def test_asking_for_what_is_changes_nothing_not_even_the_clock() -> None:
    ready = ANNA.ask(Verb.LOGIN, NOW)
    assert ready.ask(Verb.READY, LATER) is ready
    paused = ready.ask(Verb.PAUSE, NOW, "lunch")
    assert paused.ask(Verb.PAUSE, LATER, "lunch") is paused
    assert paused.ask(Verb.PAUSE, LATER, "break").since == LATER


def test_a_pause_asked_for_while_talking_shows_after_the_talk() -> None:
    talking = ANNA.ask(Verb.LOGIN, NOW).turn(Activity.TALKING, NOW, "c1")
    asked = talking.ask(Verb.PAUSE, LATER, "lunch")
    assert (asked.state, asked.duty) == ("talking", Duty.PAUSED)
    after = asked.turn(Activity.IDLE, LATER)
    assert (after.state, after.reason, after.since) == ("paused", "lunch", LATER)


def test_log_in_pause_ready_and_out_as_members() -> None:
    ready = ANNA.ask(Verb.LOGIN, NOW)
    assert on_change(ANNA, ready) == [
        AddMember("stations", "PJSIP/101", "101"),
        AddMember("pumps", "PJSIP/101", "101"),
    ]
    paused = ready.ask(Verb.PAUSE, NOW, "lunch")
    assert on_change(ready, paused)[0] == PauseMember("stations", "PJSIP/101", True, "lunch")
    assert on_change(paused, ready)[1] == PauseMember("pumps", "PJSIP/101", False, "")
    assert on_change(ready, ANNA)[0] == RemoveMember("stations", "PJSIP/101")


def member(queue: str, phone: str, name: str, **more: bool | str) -> Member:
    return Member(queue, phone, name, dynamic=True, paused=False, **more)  # type: ignore[arg-type]  # names of Member


def test_reconcile_adds_removes_and_pauses_and_leaves_others_alone() -> None:
    anna = replace(ANNA.ask(Verb.LOGIN, NOW), queues=("stations",))
    bert = replace(ANNA, id="102", phone="PJSIP/102", queues=("stations",), duty=Duty.PAUSED)
    bert = replace(bert, reason="lunch")
    there = [
        member("stations", "PJSIP/102", "102"),
        member("stations", "PJSIP/999", "999"),
        member("ccg-fallback", "PJSIP/101", "x"),
    ]
    assert reconcile([anna, bert], there, {"stations"}) == [
        RemoveMember("stations", "PJSIP/999"),
        AddMember("stations", "PJSIP/101", "101"),
        PauseMember("stations", "PJSIP/102", True, "lunch"),
    ]


def test_reconcile_of_what_is_right_does_nothing() -> None:
    anna = replace(ANNA.ask(Verb.LOGIN, NOW), queues=("stations",))
    assert reconcile([anna], [member("stations", "PJSIP/101", "101")], {"stations"}) == []


def test_a_penalty_that_was_changed_is_told() -> None:
    anna = replace(ANNA.ask(Verb.LOGIN, NOW), queues=("stations",), penalty=3)
    assert reconcile([anna], [member("stations", "PJSIP/101", "101")], {"stations"}) == [
        SetPenalty("stations", "PJSIP/101", 3)
    ]


def test_a_queue_that_we_manage_no_more_is_left_without_members_of_ours() -> None:
    static = Member("pumps", "PJSIP/1", "1", dynamic=False, paused=False)
    there = [member("stations", "PJSIP/101", "101"), member("pumps", "PJSIP/101", "101"), static]
    assert leftovers(there, {"pumps"}) == [RemoveMember("pumps", "PJSIP/101")]


def test_a_hot_desk_left_behind_by_another_is_replaced() -> None:
    anna = replace(ANNA.ask(Verb.LOGIN, NOW), queues=("stations",))
    assert reconcile([anna], [member("stations", "PJSIP/101", "999")], {"stations"}) == [
        RemoveMember("stations", "PJSIP/101"),
        AddMember("stations", "PJSIP/101", "101"),
    ]


def test_static_members_of_managed_queues_are_named() -> None:
    static = Member("stations", "PJSIP/1", "1", dynamic=False, paused=False)
    assert static_in_managed([static], {"stations"}) == [static]
    assert reconcile([], [static], {"stations"}) == []


def test_what_a_call_makes_of_its_agent_step_by_step() -> None:
    here = board()
    seen = [activities(c.call).get("101") for f in answered_call() if (c := here.take(f))]
    steps = [a for i, a in enumerate(seen) if i == 0 or a is not seen[i - 1]]
    assert steps == [None, Activity.RINGING, Activity.TALKING, Activity.IDLE]
