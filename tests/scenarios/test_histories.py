"""The calls that the properties of the fold are held by (tests/unit/calls/histories.py) against the
recordings of real ones: each channel says the same, over AMI and in both journals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import pytest

from ccgateway.calls.recorded import Cel, QueueLog
from ccgateway.telephony.dialplan import EVENTS
from ccgateway.telephony.facts import Fact, Kind, Source
from tests.scenarios.test_journals import WITH_JOURNALS, ami, journal
from tests.unit.calls.histories import Plan, play

PLANS = {
    "gives_up": Plan(1, end="given_up"),
    "no_gateway": Plan(1, door="dialplan", end="given_up"),
    "waits_too_long": Plan(1, rings=("no_answer",), end="timed_out"),
    "escalate_cold": Plan(1, rings=("busy",), after=("cold",)),
    "escalate_nobody": Plan(1, rings=("busy",), after=("cold_nobody",)),
    "escalate_overflow": Plan(1, after=("cold_overflow",)),
    "warm_completed": Plan(1, rings=("busy",), after=("warm",)),
    "warm_taken_back": Plan(1, rings=("busy",), after=("warm_back",)),
    "warm_three": Plan(1, after=("warm_three",), hangs_up="agent"),
    "warm_nobody": Plan(1, rings=("busy",), after=("warm_nobody",)),
    "blind_to_line": Plan(1, rings=("busy",), after=("blind",)),
    "conference": Plan(1, rings=("busy",), after=("conference",)),
    "click": Plan(1, kind="click"),
    "click_busy": Plan(1, kind="click", end="busy"),
    "click_agent_away": Plan(1, kind="click", end="away"),
    "own_outbound": Plan(1, kind="own"),
    "local_member": Plan(1, member="local"),
    "local_member_optimised": Plan(1, member="optimised"),
    "hold": Plan(1, after=("hold",)),
}
"""Recording -> the plan of the same call."""

BESIDE = {
    Kind.CHANNEL_CALLER_ID,
    Kind.CHANNEL_HANGUP_REQUESTED,
    Kind.CHANNEL_RINGING,
    Kind.AGENT_COMPLETED,
}
"""What the fold does not look at, or only shows. (AMI's AgentComplete may never come.)"""

Said = tuple[tuple[str, int], ...]


def by_channel(facts: Iterable[Fact]) -> Counter[Said]:
    """What the channels said: how often what, each; who rang in vain is left out."""
    said: dict[str, Counter[str]] = {}
    for fact in facts:
        told_by_us = fact.source is Source.SELF
        rung = fact.source is Source.QUEUE_LOG and fact.kind is Kind.AGENT_RANG_OUT
        if fact.kind not in BESIDE and not told_by_us and not rung:
            said.setdefault(fact.subject, Counter())[fact.kind.value] += 1
    return Counter(tuple(sorted(of.items())) for of in said.values() if not in_vain(of))


def in_vain(said: Counter[str]) -> bool:
    """A channel that rang and was not answered: how many did is chance."""
    return not said.keys() - {"channel_created", "channel_ended"} or "agent_rang_out" in said


@pytest.mark.parametrize("name", PLANS)
def test_over_ami_each_channel_says_what_a_real_one_said(name: str) -> None:
    assert by_channel(play(PLANS[name]).ami) == by_channel(ami(name))


@pytest.mark.parametrize("name", sorted(PLANS.keys() & set(WITH_JOURNALS)))
def test_in_the_journals_too(name: str) -> None:
    here = play(PLANS[name])
    assert by_channel(here.cel) == by_channel(journal(name, Cel).facts)
    assert by_channel(here.queue_log) == by_channel(journal(name, QueueLog).facts)


@pytest.fixture(scope="module")
def words() -> dict[tuple[Source, Kind], set[str]]:
    """The details that each kind of fact has in the recordings, or that our dialplan can tell."""
    known: dict[tuple[Source, Kind], set[str]] = defaultdict(set)
    for told in EVENTS.values():
        for source in (Source.AMI, Source.CEL):
            known[source, told.kind].update(told.detail)
    for name in WITH_JOURNALS:
        for fact in (*ami(name), *journal(name, Cel).facts, *journal(name, QueueLog).facts):
            known[fact.source, fact.kind].update(fact.detail)
    return known


@pytest.mark.parametrize("name", PLANS)
def test_in_the_same_words(name: str, words: dict[tuple[Source, Kind], set[str]]) -> None:
    here = play(PLANS[name])
    for fact in (*here.ami, *here.cel, *here.queue_log):
        if fact.source is not Source.SELF:
            assert fact.detail.keys() <= words[fact.source, fact.kind], fact
