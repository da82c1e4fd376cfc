"""One answer, whoever told it: AMI, a snapshot after a gap, Asterisk's journals, or parts of each.

Each property is held by some hundred calls in every run, and by ten thousand in the long one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings

from ccgateway.calls.call import Call, Hold, Known
from ccgateway.calls.merge import merged
from ccgateway.calls.reduce import Story, fold
from ccgateway.calls.voices import JOURNALS
from ccgateway.telephony.facts import Fact, Kind, Source
from tests.unit.calls.alike import CLOCKS, differences
from tests.unit.calls.exchange import in_order
from tests.unit.calls.gap import with_gap
from tests.unit.calls.histories import Plan, Play, plans, play
from tests.unit.calls.listener import heard, numbered, read
from tests.unit.calls.told import NODE

HEARD_ONLY = ("facts", "known", "ringing_at", "offers", "holds", "caller_name")
"""What the journals have not: ringing, holds, names."""

ROUGH = ("joined_at", "left_at")
"""What is told in whole seconds by queue_log, and (a stay's end) by AMI alone."""


def by_board(here: Play) -> list[Fact]:
    """What the journals tell, as the journal board has it."""
    stories = read(in_order(here.cel, here.queue_log))
    return [fact for story in stories.values() for fact in story.facts]


def of_call(story: Story, facts: Iterable[Fact]) -> list[Fact]:
    """Those of a call's channels."""
    channels = {fact.subject for fact in story.facts}
    return [fact for fact in facts if fact.subject in channels]


def in_any_order(call_id: UUID, facts: list[Fact], seed: int) -> Call:
    """The call that facts make, however they are shuffled and doubled."""
    once = fold(call_id, NODE, facts)
    random = Random(seed)
    mixed = [*facts, *random.sample(facts, len(facts) // 2)]
    random.shuffle(mixed)
    assert fold(call_id, NODE, mixed) == once
    return once


def rows(facts: Iterable[Fact]) -> Counter[tuple[Kind, str, str]]:
    """How often each thing was told. Whose phone rang in vain queue_log does not know."""
    return Counter(
        (f.kind, f.subject, "" if f.kind is Kind.BLIND_TRANSFERRED else f.place)
        for f in facts
        if f.kind is not Kind.AGENT_RANG_OUT and f.source is not Source.SNAPSHOT
    )


def is_told_by_somebody(story: Story, facts: list[Fact]) -> None:
    """Nothing is told that nobody told, nor oftener than it happened (``story``)."""
    kept = Story(story.call_id, NODE)
    for fact in facts:
        kept.take(fact)
    live = [fact for fact in kept.facts if fact.source not in JOURNALS]
    journals = [fact for fact in kept.facts if fact.source in JOURNALS]
    telling = rows(merged(live, journals).facts)
    assert telling <= rows(facts)
    happened = rows([*story.facts, *(f for f in journals if f.kind is Kind.QUEUE_RESULT)])
    assert {row: n for row, n in telling.items() if n > max(happened[row], 1)} == {}


# -- the properties


def told_by_all(plan: Plan) -> None:
    """It is what AMI alone tells, with the journals' times."""
    here = play(plan)
    journals = by_board(here)
    ends = {fact.at for fact in here.cel if fact.kind is Kind.CHANNEL_ENDED}
    for call_id, story in heard(here.ami).items():
        facts = [*story.facts, *of_call(story, journals)]
        call = in_any_order(call_id, facts, plan.seed)
        assert story.call() == fold(call_id, NODE, reversed(story.facts))
        assert differences(story.call(), call) == []
        assert (story.call().known, call.known) == (Known.LIVE, Known.LIVE)
        assert {leg.ended_at for leg in call.legs} <= ends
        is_told_by_somebody(story, facts)


def told_by_journals(plan: Plan) -> None:
    """Nobody was on the line: it is the same, but for what only AMI tells."""
    here = play(plan)
    journals = by_board(here)
    for call_id, story in heard(here.ami).items():
        ours = [f for f in story.facts if f.source is Source.SELF and f.kind is not Kind.MIXED]
        call = in_any_order(call_id, [*ours, *of_call(story, journals)], plan.seed)
        if "conference" not in plan.after:
            assert differences(story.call(), call, HEARD_ONLY, ROUGH) == []
        assert call.known is Known.REPAIRED
        holders = {hold.uniqueid for hold in story.call().holds}
        assert {hold.uniqueid for hold in call.holds} <= holders


def told_by_parts(plan: Plan) -> None:
    """Each thing by some of those who can tell it: together it is all, and nothing twice."""
    here = play(plan, jitter=False)
    random = Random(plan.seed)
    ami, cel = list(here.ami), list(here.cel)
    for one, other in here.twins:
        match random.randrange(3):
            case 0:
                ami.remove(one)
            case 1:
                cel.remove(other)
    parts = numbered(ami, cel, here.queue_log)
    for call_id, story in heard(here.ami).items():
        facts = of_call(story, parts)
        call = in_any_order(call_id, facts, plan.seed)
        is_told_by_somebody(story, facts)
        if "conference" not in plan.after:
            assert differences(story.call(), call, HEARD_ONLY, ROUGH) == []
            assert call.known is not Known.PARTIAL


def told_after_a_gap(plan: Plan) -> None:
    """AMI was cut for a while, and a snapshot came after it."""
    here = play(plan)
    random = Random(plan.seed)
    long = here.now - here.ami[0].at
    cut = here.ami[0].at + long * random.uniform(-0.1, 1)
    back = cut + long * random.uniform(0, 0.7)
    journals = by_board(here)
    after = [fact for story in with_gap(here, cut, back).values() for fact in story.facts]
    for call_id, story in heard(here.ami).items():
        live = of_call(story, after)
        if live:
            alone = in_any_order(call_id, live, plan.seed)
            assert alone.known in {Known.LIVE, Known.PARTIAL}
        facts = [*live, *of_call(story, journals)]
        call = in_any_order(call_id, facts, plan.seed)
        assert call.known is not Known.PARTIAL
        is_told_by_somebody(story, facts)
        whole = story.call()
        if "conference" not in plan.after:
            assert differences(whole, call, HEARD_ONLY, ROUGH) == []
        for hold in call.holds:
            assert hold.known is Known.PARTIAL or any(is_same(hold, one) for one in whole.holds)


def is_same(one: Hold, other: Hold) -> bool:
    """Whether two are one hold, and end at one time."""
    if one.uniqueid != other.uniqueid or one.ended_at is None or other.ended_at is None:
        return False
    return abs(one.ended_at - other.ended_at) <= CLOCKS


def told_by_cut_journals(plan: Plan) -> None:
    """The journals begin late or end early, and AMI was cut, too: told as far as it is known."""
    here = play(plan)
    random = Random(plan.seed)
    long = here.now - here.ami[0].at
    one, two = (here.ami[0].at + long * random.uniform(-0.2, 1.2) for _ in range(2))
    cel = [f for f in here.cel if (f.at < one) is (plan.hangs_up == "agent")]
    queue_log = [f for f in here.queue_log if f.at < two]
    journals = numbered(cel, queue_log)
    after = with_gap(here, min(one, two), max(one, two))
    live = [fact for story in after.values() for fact in story.facts]
    for call_id, story in heard(here.ami).items():
        facts = [*of_call(story, live), *of_call(story, journals)]
        if facts:
            in_any_order(call_id, facts, plan.seed)
            is_told_by_somebody(story, facts)
        facts = [*story.facts, *of_call(story, journals)]
        call = in_any_order(call_id, facts, plan.seed)
        assert differences(story.call(), call, (), ROUGH) == []
        assert call.known is Known.LIVE


def told_by_another_clock(plan: Plan) -> None:
    """The gateway's clock is off, and AMI's events have no time of their own."""
    here = play(plan)
    off = timedelta(seconds=Random(plan.seed).uniform(-30, 30))
    late = [f if f.source is Source.SELF else replace(f, at=f.at + off) for f in here.ami]
    journals = by_board(here)
    skewed: Mapping[UUID, Story] = heard(late)
    for call_id, story in heard(here.ami).items():
        facts = [*skewed[call_id].facts, *of_call(story, journals)]
        call = in_any_order(call_id, facts, plan.seed)
        assert differences(story.call(), call, ("decisions",)) == []
        assert call.known is Known.LIVE


PROPERTIES = [
    told_by_all,
    told_by_journals,
    told_by_parts,
    told_after_a_gap,
    told_by_cut_journals,
    told_by_another_clock,
]


FOUND = [
    # queue_log alone tells of the second stay's result, after one that AMI alone tells.
    Plan(
        *(0, "inbound", "gateway", ("no_answer", "no_answer", "no_answer"), "answered"),
        *("optimised", ("warm_back", "warm_nobody"), "caller"),
    ),
    # A stay ends and the next one in the same queue begins within one second of queue_log.
    Plan(
        *(1559809, "inbound", "dialplan", ("no_answer", "no_answer", "busy"), "answered"),
        *("phone", ("cold_nobody", "blind"), "agent"),
    ),
]
"""What broke a property once."""


def hold_for(held: Callable[[Plan], None], examples: int) -> None:
    """Hold a property by so many calls."""
    slow = [HealthCheck.too_slow]
    holding = given(plans)(held)
    for plan in FOUND:
        holding = example(plan)(holding)
    settings(max_examples=examples, deadline=None, suppress_health_check=slow)(holding)()


@pytest.mark.parametrize("held", PROPERTIES)
def test_one_answer(held: Callable[[Plan], None]) -> None:
    hold_for(held, 60)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("held", PROPERTIES)
def test_one_answer_for_ten_thousand(held: Callable[[Plan], None]) -> None:
    hold_for(held, 10_000)
