"""Recordings of a real Asterisk, 22 or 16 (one AMI event a line) -> the record of each call.

To add one: ``record.py``, or ``ccgateway capture`` beside a gateway. Each that lies there is a test
(``test_replay.py``); what is worth saying in words of those of ``record.py`` is expected here and,
of second and third line, in ``test_lines.py``.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from ccgateway.ami.decode import event_of, fact_of
from ccgateway.calls.board import Board, Ours
from ccgateway.calls.call import Call, Disposition, Known
from ccgateway.calls.mixing import Mixing
from ccgateway.calls.recorded import Ami
from ccgateway.calls.reduce import Story, fold
from ccgateway.replay.files import read
from ccgateway.telephony.facts import Fact

RECORDINGS = Path(__file__).parent / "recordings"
PHONES = {f"PJSIP/{number}": str(number) for number in (*range(101, 110), *range(201, 230))}
QUEUES = {"stations", "everyone", "first", "second-pumps", "second-tills", "third", "ccg-fallback"}

# file: (disposition, caller, [(queue, end, [(agent, how the ringing ended)])], [talks: agent, s])
EXPECTED: dict[str, list[tuple[str, str, list[object], list[tuple[str, float]]]]] = {
    "queue_call": [
        (
            "answered",
            "358401110001",
            [("stations", "answered", [("101", "answered")])],
            [("101", 1.7)],
        )
    ],
    "agent_hangs_up": [
        (
            "answered",
            "358401110002",
            [("stations", "answered", [("101", "answered")])],
            [("101", 1.5)],
        )
    ],
    "abandoned": [
        ("abandoned", "358401110003", [("stations", "abandoned", [("101", "lost")])], [])
    ],
    "ring_no_answer": [
        (
            "answered",
            "358401110004",
            [("stations", "answered", [("101", "no_answer"), ("102", "answered")])],
            [("102", 1.7)],
        )
    ],
    "ringall": [
        (
            "answered",
            "358401110005",
            [("everyone", "answered", [("101", "lost"), ("102", "answered")])],
            [("102", 1.9)],
        )
    ],
    "local_member": [
        (
            "answered",
            "358401110006",
            [("stations", "answered", [("102", "answered")])],
            [("102", 1.7)],
        )
    ],
    "local_member_optimised": [
        (
            "answered",
            "358401110007",
            [("stations", "answered", [("102", "answered")])],
            [("102", 2.2)],
        )
    ],
    "hold": [
        (
            "answered",
            "358401110008",
            [("stations", "answered", [("101", "answered")])],
            [("101", 2.7)],
        )
    ],
    "queue_timeout": [
        ("timed_out", "358401110009", [("stations", "timed_out", [("101", "no_answer")])], [])
    ],
    "busy_then_other": [
        (
            "answered",
            "358401110011",
            [("stations", "answered", [("101", "busy"), ("102", "answered")])],
            [("102", 1.7)],
        )
    ],
    "two_callers_one_agent": [
        (
            "answered",
            "358401110012",
            [("stations", "answered", [("101", "answered")])],
            [("101", 1.2)],
        ),
        (
            "answered",
            "358401110013",
            [("stations", "answered", [("101", "answered")])],
            [("101", 1.2)],
        ),
    ],
    "direct_call": [("answered", "101", [], [("102", 1.5)])],
}


def facts_in(name: str) -> list[Fact]:
    heard = read(RECORDINGS / f"{name}.jsonl").heard
    values = ((each.received, each.value) for each in heard)
    events = (event_of("pbx1", list(v.headers), at) for at, v in values if isinstance(v, Ami))
    told = (fact for event in events if (fact := fact_of(event)))
    mixing = Mixing({"pbx1": PHONES})
    return [each for fact in told for each in (*mixing.take(fact), fact)]


def play(name: str) -> tuple[dict[str, Call], dict[str, list[Fact]]]:
    """The calls that a recording makes, and the facts of each, as the board numbered them."""
    stories, odd = told(facts_in(name))
    assert odd == 0
    calls = {key: story.call() for key, story in stories.items()}
    return calls, {key: story.facts for key, story in stories.items()}


def told(facts: list[Fact]) -> tuple[dict[str, Story], int]:
    """The stories that are left at the end, by call id, and how many facts were odd."""
    board = Board({"pbx1": Ours(QUEUES, {"from-phones"}, PHONES)})
    stories: dict[str, Story] = {}
    for fact in facts:
        change = board.take(fact)
        if change is not None:
            for old in change.absorbed:
                stories.pop(str(old), None)
            stories[str(change.story.call_id)] = change.story
    assert list(board.live_calls()) == []
    assert board.others == 0
    return stories, board.odd


def summary(call: Call) -> tuple[str, str, list[object], list[tuple[str, float]]]:
    visits: list[object] = [
        (v.queue, v.end.value, [(o.agent, o.end.value) for o in v.offers]) for v in call.visits
    ]
    talks = [
        (t.agent, round((t.ended_at - t.began_at).total_seconds(), 1))
        for t in call.talks
        if t.ended_at
    ]
    return (call.disposition.value, call.caller_number, visits, talks)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recording_is_folded_to_the_record(name: str) -> None:
    calls, _ = play(name)
    assert [summary(call) for call in calls.values()] == EXPECTED[name]
    for call in calls.values():
        assert call.known is Known.LIVE
        assert call.ended_at is not None


FILES = sorted(RECORDINGS.rglob("*.jsonl"))
NAMES = [
    file.relative_to(RECORDINGS).with_suffix("").as_posix()
    for file in FILES
    if read(file).head.made_by == "tests.scenarios.record"
]
"""Those of Asterisk 16 are debian11/NAME."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_shuffled_doubled_and_in_order_are_the_same_record(name: str, seed: int) -> None:
    calls, facts = play(name)
    for key, call in calls.items():
        mixed = [*facts[key], *facts[key][::2]]
        Random(seed).shuffle(mixed)
        assert fold(call.call_id, call.node, mixed) == call


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_events_shuffled_and_doubled_make_the_same_set_of_calls(name: str, seed: int) -> None:
    """Which channels are one call is found out whatever comes first."""
    calls, _ = play(name)
    mixed = [*facts_in(name), *facts_in(name)[seed % 2 :: 2]]
    Random(seed).shuffle(mixed)
    stories, _ = told(mixed)
    assert {key: story.call() for key, story in stories.items()} == calls


def test_hold_is_told_with_its_side_and_times() -> None:
    [call] = play("hold")[0].values()
    [hold] = call.holds
    assert hold.by.value == "agent"
    assert hold.ended_at is not None
    assert 0.6 < (hold.ended_at - hold.began_at).total_seconds() < 0.8


@pytest.mark.parametrize("cut", [10, 20, 30])
def test_a_stream_cut_in_the_middle_makes_the_call_partial_not_wrong(cut: int) -> None:
    """What was heard before the cut is lost; the rest must neither raise nor invent an answer."""
    board = Board({"pbx1": Ours({"stations"}, set(), PHONES)})
    last = [c for fact in facts_in("abandoned")[cut:] if (c := board.take(fact))]
    for change in last[-1:]:
        assert change.call.known is Known.PARTIAL
        assert change.call.disposition is not Disposition.ANSWERED
