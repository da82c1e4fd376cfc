"""Asterisk's journals against what AMI said of the same calls: the same facts, at the same time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

import pytest

from ccgateway.ami.decode import event_of, fact_of
from ccgateway.calls.recorded import Ami, Cel, QueueLog
from ccgateway.journal.cel import read_cel
from ccgateway.journal.lines import Read
from ccgateway.journal.queue_log import read_queue_log
from ccgateway.replay.files import read
from ccgateway.telephony.dialplan import EVENTS
from ccgateway.telephony.facts import Fact, Kind, Source
from tests.scenarios.test_recordings import NAMES, RECORDINGS

NEAR = timedelta(milliseconds=50)
CHANNELS = {
    Kind.CHANNEL_CREATED,
    Kind.CHANNEL_ANSWERED,
    Kind.CHANNEL_ENDED,
    Kind.BRIDGE_ENTERED,
    Kind.BRIDGE_LEFT,
}
OF_CEL = CHANNELS | {
    Kind.LOCAL_OPTIMISED,
    Kind.BLIND_TRANSFERRED,
    Kind.ATTENDED_TRANSFERRED,
    *(told.kind for told in EVENTS.values()),
}
OF_QUEUE_LOG = {Kind.QUEUE_JOINED, Kind.QUEUE_ABANDONED, Kind.AGENT_CONNECTED}
"""Those that AMI and queue_log tell of one channel, and in one way. (AMI says "abandoned" of a
caller who has waited too long, too; the journal does not.)"""

Row = tuple[Kind, str, str]


def rows(facts: Iterable[Fact], kinds: Iterable[Kind]) -> dict[Row, list[Fact]]:
    """By identity, the nth at its place."""
    told: dict[Row, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.kind in kinds:
            told[fact.kind, fact.subject, fact.place].append(fact)
    return told


def ami(name: str) -> list[Fact]:
    heard = [(each.received, each.value) for each in read(RECORDINGS / f"{name}.jsonl").heard]
    events = (event_of("pbx1", list(v.headers), at) for at, v in heard if isinstance(v, Ami))
    return [fact for event in events if (fact := fact_of(event))]


def journal(name: str, kind: type[Cel] | type[QueueLog]) -> Read:
    values = [each.value for each in read(RECORDINGS / f"{name}.jsonl").heard]
    data = "".join(f"{value.text}\n" for value in values if isinstance(value, kind)).encode()
    told = read_cel("pbx1", data) if kind is Cel else read_queue_log("pbx1", data)
    assert (told.used, told.odd) == (len(data), 0)
    return told


WITH_JOURNALS = [
    name for name in NAMES if "CHAN_START" in (RECORDINGS / f"{name}.jsonl").read_text()
]


def test_all_that_are_recorded_today_have_their_journals() -> None:
    assert len(WITH_JOURNALS) == 33


@pytest.mark.parametrize("name", WITH_JOURNALS)
def test_cel_tells_what_ami_tells_at_the_same_time(name: str) -> None:
    ours, theirs = rows(journal(name, Cel).facts, OF_CEL), rows(ami(name), OF_CEL)
    assert ours.keys() == theirs.keys()
    for row, facts in ours.items():
        assert len(facts) == len(theirs[row])
        for fact, other in zip(facts, theirs[row], strict=True):
            assert fact.source is Source.CEL
            assert abs(fact.at - other.at) < NEAR
            left_out = (
                {"caller_number"} if fact.kind is Kind.ENTERED else set()
            )  # AMI tells it else
            assert {k: other.detail[k] for k in fact.detail.keys() - left_out} == {
                k: v for k, v in fact.detail.items() if k not in left_out
            }


@pytest.mark.parametrize("name", WITH_JOURNALS)
def test_queue_log_tells_what_ami_tells_in_the_same_second(name: str) -> None:
    ours = rows(journal(name, QueueLog).facts, OF_QUEUE_LOG)
    theirs = rows(ami(name), OF_QUEUE_LOG)
    for row in theirs.keys() - ours.keys():
        assert row[0] is Kind.QUEUE_ABANDONED
    for row, facts in ours.items():
        assert len(facts) == len(theirs[row])
        for fact, other in zip(facts, theirs[row], strict=True):
            assert fact.source is Source.QUEUE_LOG
            assert timedelta(0) <= other.at - fact.at < timedelta(seconds=1) + NEAR
            assert fact.detail.items() <= other.detail.items()


def test_all_that_the_dialplan_tells_is_in_a_recording() -> None:
    kinds = {f.kind for name in WITH_JOURNALS for f in journal(name, Cel).facts}
    assert {told.kind for told in EVENTS.values()} <= kinds
