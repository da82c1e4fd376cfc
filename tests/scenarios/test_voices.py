"""Real calls, told by AMI, by CEL and queue_log, and by all: one answer."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest

from ccgateway.calls.board import Board, Ours
from ccgateway.calls.call import Call, Known
from ccgateway.calls.recorded import Cel, QueueLog
from ccgateway.calls.reduce import Story, fold
from ccgateway.telephony.facts import Fact
from tests.scenarios.test_journals import WITH_JOURNALS, journal
from tests.scenarios.test_lines import scenario
from tests.scenarios.test_recordings import PHONES, QUEUES, facts_in
from tests.unit.calls.alike import differences

HEARD_ONLY = ("facts", "known", "ringing_at", "offers", "caller_name")
ROUGH = ("joined_at", "left_at")
CONFERENCES = {"conference", "conference_left"}
"""A phone that mixes tells Asterisk nothing: it is found out by holds, which CEL has not."""

CLICKS = {"click", "click_busy", "click_agent_away"}
"""We know what we originated, and whom it should go to, by a fact of our own."""


def calls_of(facts: Iterable[Fact]) -> dict[str, Story]:
    board = Board({"pbx1": Ours(QUEUES, {"from-phones"}, PHONES)})
    stories: dict[str, Story] = {}
    for fact in facts:
        if change := board.take(fact):
            for old in change.absorbed:
                stories.pop(str(old), None)
            stories[str(change.story.call_id)] = change.story
    return stories


def journals(name: str) -> dict[str, Story]:
    facts = [*journal(name, Cel).facts, *journal(name, QueueLog).facts]
    return calls_of(sorted(facts, key=lambda fact: fact.at))


def in_any_order(story: Story, facts: list[Fact]) -> Call:
    once = fold(story.call_id, story.node, facts)
    for seed in range(5):
        mixed = [*facts, *facts[seed::2]]
        Random(seed).shuffle(mixed)
        assert fold(story.call_id, story.node, mixed) == once
    return once


@pytest.mark.parametrize("name", WITH_JOURNALS)
def test_with_the_journals_it_is_the_same_call(name: str) -> None:
    told = [fact for story in journals(name).values() for fact in story.facts]
    for story in calls_of(facts_in(name)).values():
        channels = {fact.subject for fact in story.facts}
        facts = [*story.facts, *(fact for fact in told if fact.subject in channels)]
        call = in_any_order(story, facts)
        assert differences(story.call(), call, ("facts",)) == []
        assert call.known is Known.LIVE


@pytest.mark.parametrize(
    "name", [name for name in WITH_JOURNALS if scenario(name) not in CONFERENCES | CLICKS]
)
def test_the_journals_alone_tell_it(name: str) -> None:
    told = journals(name)
    for key, story in calls_of(facts_in(name)).items():
        call = in_any_order(story, told[key].facts)
        assert differences(story.call(), call, (*HEARD_ONLY, "holds"), ROUGH) == []
        assert call.known is Known.REPAIRED
        assert offers_of(call) == [o for o in offers_of(story.call()) if o[1] != "lost"]


def offers_of(call: Call) -> list[tuple[str, str]]:
    """Who was rung for each stay, and how it ended."""
    return [(o.agent, o.end.value) for visit in call.visits for o in visit.offers]
