"""Facts for tests, told briefly: (seconds, kind, subject, place, details)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ccgateway.calls.board import Board, Ours
from ccgateway.calls.call import Call
from ccgateway.telephony.facts import Fact, Kind, Source

NODE = "pbx1"
T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CALLER = "1795334400.1"
ANNA = "1795334401.2"
BERT = "1795334401.3"
BRIDGE = "b-1"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def fact(seconds: float, kind: Kind, subject: str, place: str = "", **detail: str) -> Fact:
    return Fact(NODE, kind, subject, at(seconds), place=place, detail=detail)


def board() -> Board:
    phones = {"PJSIP/101": "101", "PJSIP/102": "102"}
    ours = Ours({"stations", "ccg-fallback"}, {"from-phones"}, phones)
    return Board({NODE: ours})


def tell(*facts: Fact) -> Call:
    """What the board makes of facts in this order."""
    here = board()
    changes = [change for f in facts if (change := here.take(f))]
    return changes[-1].call


def arrive(seconds: float = 0, number: str = "+358401234567") -> list[Fact]:
    """A caller comes in by the trunk and reaches our door."""
    return [
        fact(
            seconds,
            Kind.CHANNEL_CREATED,
            CALLER,
            channel="PJSIP/trunk-00000001",
            linkedid=CALLER,
            context="from-trunk",
            exten="1000",
            caller_number=number,
        ),
        fact(seconds + 0.01, Kind.CHANNEL_ANSWERED, CALLER),
        fact(seconds + 0.02, Kind.ENTERED, CALLER, did="1000", presentation="allowed"),
    ]


def join(seconds: float, queue: str = "stations") -> Fact:
    return fact(seconds, Kind.QUEUE_JOINED, CALLER, queue, position="1", count="1")


def ring(seconds: float, channel: str, agent: str) -> list[Fact]:
    """app_queue rings one agent."""
    name = f"PJSIP/{agent}-0000000{channel[-1]}"
    return [
        fact(seconds, Kind.CHANNEL_CREATED, channel, channel=name, linkedid=CALLER),
        fact(seconds + 0.001, Kind.AGENT_CALLED, channel, "stations", agent=agent, caller=CALLER),
        fact(seconds + 0.01, Kind.CHANNEL_RINGING, channel),
    ]


def answer(seconds: float, channel: str, agent: str) -> list[Fact]:
    """The agent picks up; caller and agent are bridged 10 ms later."""
    return [
        fact(seconds, Kind.CHANNEL_ANSWERED, channel),
        fact(seconds + 0.001, Kind.DIAL_ENDED, channel, CALLER, status="ANSWER"),
        fact(seconds + 0.005, Kind.QUEUE_LEFT, CALLER, "stations"),
        fact(
            seconds + 0.006,
            Kind.AGENT_CONNECTED,
            CALLER,
            "stations",
            agent=agent,
            agent_uniqueid=channel,
        ),
        fact(seconds + 0.01, Kind.BRIDGE_ENTERED, CALLER, BRIDGE),
        fact(seconds + 0.01, Kind.BRIDGE_ENTERED, channel, BRIDGE),
    ]


def end(seconds: float, *channels: str, cause: str = "16") -> list[Fact]:
    return [fact(seconds, Kind.CHANNEL_ENDED, channel, cause=cause) for channel in channels]


def answered_call() -> list[Fact]:
    """The plain story: waits 2 s, rings 1 s, talks 10 s."""
    return [
        *arrive(),
        join(0.1),
        *ring(1, ANNA, "101"),
        *answer(2, ANNA, "101"),
        fact(12, Kind.BRIDGE_LEFT, CALLER, BRIDGE),
        fact(12.001, Kind.BRIDGE_LEFT, ANNA, BRIDGE),
        *end(12.01, CALLER, ANNA),
    ]


def by_journal(told: Fact, later: float) -> Fact:
    """The same fact as Asterisk's CEL tells it, with another time."""
    moved = told.at + timedelta(seconds=later)
    return Fact(told.node, told.kind, told.subject, moved, told.place, told.ordinal, Source.CEL)
