"""Whose channel it was that did not answer: queue_log names the agent, and the caller's channel,
but not the one that rang (RINGNOANSWER)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from ccgateway.calls.align import REACH, align, apart, around
from ccgateway.calls.voices import better, strictly
from ccgateway.telephony.facts import Fact, Kind

_DIGITS = 9  # of a number of milliseconds or seconds
_HALF = timedelta(seconds=0.5)
_NAMING = frozenset({Kind.AGENT_CALLED, Kind.CHANNEL_CREATED})


def names_no_channel(fact: Fact) -> bool:
    """Whether an AGENT_RANG_OUT has the caller's channel in the place of the agent's."""
    return fact.kind is Kind.AGENT_RANG_OUT and fact.detail.get("caller") == fact.subject


def rang_for(fact: Fact) -> timedelta:
    """How long it rang, as queue_log says it: milliseconds where nobody answered, else seconds."""
    text = fact.detail.get("ringtime", "")
    number = int(text) if text.isdecimal() and len(text) <= _DIGITS else 0
    if fact.kind is Kind.AGENT_RANG_OUT:
        return timedelta(milliseconds=number)
    return timedelta(seconds=number)


def rings_named(queue_log: Iterable[Fact], others: Iterable[Fact]) -> list[Fact]:
    """queue_log's facts, each ringing under the channel of the agent that began when it did, where
    another voice tells of one."""
    facts = list(queue_log)
    births = _births(others)
    by_agent: dict[str, list[int]] = defaultdict(list)
    for place, fact in enumerate(facts):
        if names_no_channel(fact):
            by_agent[fact.detail.get("agent", "")].append(place)
    for agent, places in by_agent.items():
        for place, channel in _paired(facts, places, births.get(agent, [])):
            facts[place] = replace(facts[place], subject=channel)
    return facts


def _births(others: Iterable[Fact]) -> dict[str, list[Fact]]:
    """The birth of each channel that is known to be an agent's, by agent; in order."""
    births: dict[tuple[str, str], Fact] = {}
    for fact in others:
        agent = fact.detail.get("agent")
        if agent and fact.kind in _NAMING:
            known = births.setdefault((agent, fact.subject), fact)
            if better(fact, known):
                births[agent, fact.subject] = fact
    by_agent: dict[str, list[Fact]] = defaultdict(list)
    for (agent, _), fact in sorted(births.items(), key=lambda item: strictly(item[1])):
        by_agent[agent].append(fact)
    return by_agent


def _paired(
    facts: Sequence[Fact], places: Iterable[int], births: Sequence[Fact]
) -> Iterator[tuple[int, str]]:
    """The places of ringings, and whose they were. A line has whole seconds, cut off."""
    begun = [(replace(facts[p], at=facts[p].at - rang_for(facts[p]) + _HALF), p) for p in places]
    begun.sort(key=lambda ring: strictly(ring[0]))
    for ring, birth in align([f for f, _ in begun], births, apart, REACH, around):
        if ring is not None and birth is not None:
            yield begun[ring][1], births[birth].subject
