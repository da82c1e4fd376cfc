"""An attempt's progress, from the facts that Asterisk 22 gives in each case, in any order."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccgateway.outbound.attempt import Attempt, End, Stage
from ccgateway.outbound.progress import progress
from ccgateway.telephony.facts import Fact, Kind, Source

ID = "ccg-1795421000.123456789"
OUT = "1795421003.7"
BACK = "1795421020.9"
T0 = datetime.fromtimestamp(1795421000, UTC)

SENT = Attempt(
    id=ID,
    key="",
    node="pbx1",
    client="oilco",
    service="hotline",
    agent="101",
    number="+358401234567",
    caller_id="+358942454000",
    by="api",
    requested_at=T0,
    stage=Stage.SENT,
)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def fact(seconds: float, kind: Kind, subject: str = ID, place: str = "", **detail: str) -> Fact:
    return Fact("pbx1", kind, subject, at(seconds), place=place, detail=detail)


ASKED = [
    replace(fact(0, Kind.ATTEMPTED, dialled="+358401234567"), source=Source.SELF),
    fact(0.01, Kind.CHANNEL_CREATED, channel="PJSIP/101-00000001", linkedid=ID, agent="101"),
    fact(0.02, Kind.DIAL_BEGAN, channel="PJSIP/101-00000001"),
]
RINGING = [*ASKED, fact(0.2, Kind.CHANNEL_RINGING)]
PICKED_UP = [
    *RINGING,
    fact(2, Kind.CHANNEL_ANSWERED),
    fact(2.01, Kind.DIAL_ENDED, status="ANSWER"),
    fact(2.02, Kind.ORIGINATED, response="Success", reason="4"),
]
DIALLED = [
    *PICKED_UP,
    fact(2.1, Kind.CHANNEL_CREATED, OUT, channel="PJSIP/trunk-00000002", linkedid=ID),
    fact(2.2, Kind.DIAL_BEGAN, OUT, ID, channel="PJSIP/trunk-00000002", dialled="..."),
]
RUNG = [*DIALLED, fact(3, Kind.CHANNEL_RINGING, OUT)]
ANSWERED = [
    *RUNG,
    fact(5, Kind.CHANNEL_ANSWERED, OUT),
    fact(5.01, Kind.DIAL_ENDED, OUT, ID, status="ANSWER"),
    fact(5.02, Kind.BRIDGE_ENTERED, OUT, "b-1"),
    fact(5.03, Kind.BRIDGE_ENTERED, ID, "b-1"),
]
TALKED = [
    *ANSWERED,
    fact(9, Kind.CHANNEL_ENDED, OUT, cause="16"),
    fact(9.01, Kind.DIAL_OUTCOME, status="ANSWER", cause="16"),
    fact(9.02, Kind.CHANNEL_ENDED, cause="16"),
]
PASSED_ON = [
    *ANSWERED,
    fact(9, Kind.CHANNEL_ENDED, cause="16"),  # the agent's leg; the customer is in a queue
]


def not_answered(status: str, cause: str, sip: str = "", rung: list[Fact] = RUNG) -> list[Fact]:
    """The customer's leg fails: DialEnd, its Hangup, our dialplan's word, the agent's Hangup."""
    return [
        *rung,
        fact(6, Kind.DIAL_ENDED, OUT, ID, status=status),
        fact(6.001, Kind.CHANNEL_ENDED, OUT, cause=cause),
        fact(6.002, Kind.DIAL_OUTCOME, status=status, cause=cause, sip=sip),
        fact(6.5, Kind.CHANNEL_ENDED, cause=cause),
    ]


def failed(reason: str, cause: str, since: list[Fact] = RINGING) -> list[Fact]:
    """The agent's leg fails: Hangup, OriginateResponse, and no DialEnd that could be relied on."""
    return [
        *since,
        fact(3, Kind.CHANNEL_ENDED, cause=cause),
        fact(3.01, Kind.ORIGINATED, response="Failure", reason=reason),
    ]


GOES_ON = [
    ("sent", [], Stage.SENT),
    ("asked", ASKED, Stage.SENT),
    ("the agent's phone rings", RINGING, Stage.RINGING_AGENT),
    ("the agent picked up", PICKED_UP, Stage.AGENT_ANSWERED),
    ("the trunk is dialled", DIALLED, Stage.AGENT_ANSWERED),
    ("it rings there", RUNG, Stage.RINGING),
    ("they talk", ANSWERED, Stage.ANSWERED),
    ("the agent passed the customer on", PASSED_ON, Stage.ANSWERED),
    (
        # an id in use is answered by Failure: the living call goes on
        "a second Originate with the same id was refused",
        [*RUNG, fact(4, Kind.ORIGINATED, response="Failure", reason="0")],
        Stage.RINGING,
    ),
    (
        "busy, and the agent still hears so",
        not_answered("BUSY", "17")[:-1],
        Stage.RINGING,
    ),
]
ENDED = [
    ("talked", TALKED, End.TALKED, 16, "", 9),
    (
        "talked on after the agent passed them on",
        [*PASSED_ON, fact(20, Kind.CHANNEL_ENDED, OUT, cause="16")],
        End.TALKED, 16, "", 20,
    ),
    (
        "talked, then the agent dialled somebody else, who was busy",
        [
            *TALKED[:-1],
            fact(20, Kind.DIAL_BEGAN, BACK, ID),
            fact(21, Kind.DIAL_ENDED, BACK, ID, status="BUSY"),
            fact(22, Kind.DIAL_OUTCOME, status="BUSY", cause="17"),
            fact(23, Kind.CHANNEL_ENDED, cause="16"),
        ],
        End.TALKED, 16, "", 9,
    ),
    ("agent does not answer", failed("3", "19"), End.AGENT_NO_ANSWER, 19, "", 3),
    ("agent busy", failed("0", "17", ASKED), End.AGENT_BUSY, 17, "", 3),
    ("agent rejects", failed("0", "21"), End.AGENT_REJECTED, 21, "", 3),
    ("agent's phone is away", failed("0", "20", ASKED), End.AGENT_UNREACHABLE, 20, "", 3),
    ("agent's phone says nothing", failed("3", "18", ASKED), End.AGENT_NO_ANSWER, 18, "", 3),
    (
        "no such phone: no channel at all",
        [ASKED[0], fact(0.1, Kind.ORIGINATED, response="Failure", reason="0")],
        End.AGENT_UNREACHABLE, None, "", 0.1,
    ),
    (
        "customer busy",
        not_answered("BUSY", "17", "486 Busy Here", DIALLED), End.BUSY, 17, "486 Busy Here", 6.5,
    ),
    ("no answer", not_answered("NOANSWER", "0", "200 OK"), End.NO_ANSWER, None, "", 6.5),
    (
        "temporarily away",
        not_answered("CHANUNAVAIL", "19", "480 Temporarily Unavailable"),
        End.NO_ANSWER, 19, "480 Temporarily Unavailable", 6.5,
    ),
    ("rejected", not_answered("NOANSWER", "21", "603 Decline"), End.REJECTED, 21,
     "603 Decline", 6.5),
    ("no such number", not_answered("CHANUNAVAIL", "1", "404 Not Found"), End.UNREACHABLE, 1,
     "404 Not Found", 6.5),
    (
        "no such number, and our dialplan's word was not heard",
        [f for f in not_answered("NOANSWER", "1") if f.kind is not Kind.DIAL_OUTCOME],
        End.UNREACHABLE, 1, "", 6.5,
    ),
    ("congestion", not_answered("CONGESTION", "34", "503 Service Unavailable"),
     End.UNREACHABLE, 34, "503 Service Unavailable", 6.5),
    ("the trunk itself is away, no channel", [
        *PICKED_UP,
        fact(3, Kind.DIAL_OUTCOME, status="CHANUNAVAIL", cause="20"),
        fact(4, Kind.CHANNEL_ENDED, cause="20"),
    ], End.UNREACHABLE, 20, "", 4),
    ("the agent hung up while it rang", not_answered("CANCEL", "0"), End.CANCELLED, None, "", 6.5),
    ("the agent hung up at once", [*PICKED_UP, fact(2.05, Kind.CHANNEL_ENDED, cause="16")],
     End.CANCELLED, 16, "", 2.05),
    ("the PBX lost it while the agent's phone rang", [*RINGING, fact(8, Kind.CHANNEL_MISSING)],
     End.LOST, None, "", 8),
    (
        "the PBX lost it while it rang there",
        [*RUNG, fact(8, Kind.CHANNEL_MISSING), fact(8, Kind.CHANNEL_MISSING, OUT)],
        End.LOST, None, "", 8,
    ),
    (
        "they talked, and the end was not seen",
        [*ANSWERED, fact(8, Kind.CHANNEL_MISSING), fact(8, Kind.CHANNEL_MISSING, OUT)],
        End.TALKED, None, "", 8,
    ),
    (
        "the link was down from the start until they talked",
        [
            ASKED[0],
            fact(0, Kind.CHANNEL_SEEN, channel="PJSIP/101-00000001", linkedid=ID, agent="101"),
            fact(6, Kind.CHANNEL_ANSWERED),
            fact(2, Kind.CHANNEL_SEEN, OUT, channel="PJSIP/trunk-00000002", linkedid=ID),
            fact(6, Kind.CHANNEL_ANSWERED, OUT),
            *TALKED[-3:],
        ],
        End.TALKED, 16, "", 9,
    ),
]  # fmt: skip
AGENT_AT, CUSTOMER_AT = at(2), at(5)


@pytest.mark.parametrize(("what", "facts", "stage"), GOES_ON, ids=[row[0] for row in GOES_ON])
def test_it_goes_on(what: str, facts: list[Fact], stage: Stage) -> None:
    found = progress(SENT, facts)
    assert (found.stage, found.end, found.ended_at) == (stage, End.NONE, None)
    assert found.agent_answered_at == (AGENT_AT if PICKED_UP[-3] in facts else None)
    assert found.answered_at == (CUSTOMER_AT if ANSWERED[-4] in facts else None)


@pytest.mark.parametrize(
    ("what", "facts", "end", "cause", "sip", "seconds"), ENDED, ids=[row[0] for row in ENDED]
)
def test_how_it_ended(
    what: str, facts: list[Fact], end: End, cause: int | None, sip: str, seconds: float
) -> None:
    found = progress(SENT, facts)
    assert (found.stage, found.end) == (Stage.ENDED, end)
    assert (found.cause, found.sip, found.ended_at) == (cause, sip, at(seconds))


@pytest.mark.parametrize("facts", [row[1] for row in [*GOES_ON, *ENDED]])
def test_any_order_and_doubled_gives_the_same(facts: list[Fact]) -> None:
    told = progress(SENT, facts)
    for seed in range(20):
        mixed = [*facts, *facts[::2]]
        random.Random(seed).shuffle(mixed)
        assert progress(SENT, mixed) == told


@pytest.mark.parametrize("facts", [row[1] for row in ENDED])
def test_it_never_goes_back(facts: list[Fact]) -> None:
    stages = [progress(SENT, facts[:n]).stage for n in range(len(facts) + 1)]
    assert stages == sorted(stages, key=list(Stage).index)


def test_what_was_stored_is_not_forgotten_where_facts_are_gone() -> None:
    stored = progress(SENT, ANSWERED)
    found = progress(stored, [fact(9, Kind.CHANNEL_MISSING)])
    assert (found.stage, found.answered_at) == (Stage.ANSWERED, CUSTOMER_AT)
