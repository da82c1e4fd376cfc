"""Facts of second and third line, told briefly, as our dialplan and Asterisk tell them."""

from __future__ import annotations

from ccgateway.calls.board import Board, Ours
from ccgateway.calls.call import Call
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.told import ANNA, BRIDGE, CALLER, NODE, answer, arrive, end, fact, join, ring

CARL = "1795334410.20"
"""The second line's channel. Anna (101) and Bert (102) are first line, Carl (211) is second."""

ANNAS_OWN = "1795334409.19"
"""Anna's second channel, on which her phone consults."""

ENGINEER = "1795334411.30"
SECOND = "b-2"
THIRD = "b-3"


def board() -> Board:
    phones = {f"PJSIP/{number}": str(number) for number in (101, 102, 211)}
    return Board({NODE: Ours({"stations", "pumps"}, {"from-phones"}, phones)})


def tell(*facts: Fact) -> Call:
    """What the board makes of facts in this order; all of them must be of one call at the end."""
    here = board()
    changes = [change for f in facts if (change := here.take(f))]
    return changes[-1].call


def enter(seconds: float, bridge: str, *channels: str) -> list[Fact]:
    return [
        fact(seconds, Kind.BRIDGE_ENTERED, channel, bridge, bridge_type="basic")
        for channel in channels
    ]


def leave(seconds: float, bridge: str, *channels: str) -> list[Fact]:
    return [fact(seconds, Kind.BRIDGE_LEFT, channel, bridge) for channel in channels]


def talking() -> list[Fact]:
    """The caller talks with Anna from 2.01 s on."""
    return [*arrive(), join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101")]


def escalate(seconds: float, mode: str, to: str = "pumps", tier: str = "2") -> list[Fact]:
    """Anna presses a code; Asterisk carries it out. She is out of the bridge, and so is he."""
    return [
        fact(seconds, Kind.ESCALATED, ANNA, mode=mode, to=to, tier=tier, customer=CALLER),
        fact(seconds + 0.001, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Success"),
        *leave(seconds + 0.002, BRIDGE, ANNA, CALLER),
    ]


def seek(seconds: float, who: str, mode: str, to: str = "pumps", tier: str = "2") -> list[Fact]:
    """A channel enters a line's queue."""
    return [
        fact(seconds, Kind.TIER_ENTERED, who, to, tier=tier, mode=mode),
        fact(seconds + 0.01, Kind.QUEUE_JOINED, who, "pumps", position="1"),
    ]


def carl_answers(seconds: float, who: str) -> list[Fact]:
    """Carl is rung for ``who`` and answers 1 s later."""
    name = "PJSIP/211-00000014"
    later = seconds + 1
    return [
        fact(seconds, Kind.CHANNEL_CREATED, CARL, channel=name, linkedid=CALLER),
        fact(seconds, Kind.AGENT_CALLED, CARL, "pumps", agent="211", caller=who),
        fact(seconds + 0.1, Kind.CHANNEL_RINGING, CARL),
        fact(later, Kind.CHANNEL_ANSWERED, CARL),
        fact(later, Kind.DIAL_ENDED, CARL, who, status="ANSWER"),
        fact(later, Kind.QUEUE_LEFT, who, "pumps"),
        fact(later, Kind.AGENT_CONNECTED, who, "pumps", agent="211", agent_uniqueid=CARL),
        *enter(later, SECOND, who, CARL),
    ]


def cold() -> list[Fact]:
    """Anna passes the caller to pumps at 10 s, Carl takes him at 12 s, all is over at 20 s."""
    return [
        *talking(),
        *escalate(10, "cold"),
        *end(10.01, ANNA),
        *seek(10.02, CALLER, "cold"),
        *carl_answers(11, CALLER),
        *end(20, CALLER, CARL),
    ]


def consulting() -> list[Fact]:
    """Anna consults Carl from 12 s on; the caller hears music since 10.01 s."""
    return [
        *talking(),
        *escalate(10, "warm"),
        fact(10.01, Kind.HELD, CALLER),
        *seek(10.02, ANNA, "warm"),
        *carl_answers(11, ANNA),
    ]


def warm() -> list[Fact]:
    """Anna hangs up at 15 s: Carl has the caller from 15.1 s on."""
    return [
        *consulting(),
        *leave(15, SECOND, ANNA, CARL),
        *end(15, ANNA),
        *enter(15.1, THIRD, CARL, CALLER),
        *end(20, CALLER, CARL),
    ]


def attended() -> list[Fact]:
    """By the phone's buttons: hold at 8 s, Anna dials Carl on her second line at 9 s, he answers
    at 10 s, she joins the two at 15 s. Carl's and Anna's second channel are a call of their own
    until then."""
    name = "PJSIP/101-00000013"
    return [
        *talking(),
        fact(8, Kind.HOLD_BEGAN, ANNA),
        fact(9, Kind.CHANNEL_CREATED, ANNAS_OWN, channel=name, linkedid=ANNAS_OWN),
        fact(9.1, Kind.CHANNEL_CREATED, CARL, channel="PJSIP/211-00000014", linkedid=ANNAS_OWN),
        fact(9.1, Kind.DIAL_BEGAN, CARL, ANNAS_OWN, dialled="211"),
        fact(10, Kind.CHANNEL_ANSWERED, CARL),
        fact(10, Kind.CHANNEL_ANSWERED, ANNAS_OWN),
        *enter(10, SECOND, CARL, ANNAS_OWN),
        *leave(15, BRIDGE, CALLER),
        *leave(14.999, SECOND, ANNAS_OWN),
        *enter(15, SECOND, CALLER),
        fact(
            15.002,
            Kind.ATTENDED_TRANSFERRED,
            ANNA,
            ANNAS_OWN,
            transferee=CALLER,
            target=CARL,
            result="Success",
        ),
        *leave(15.003, BRIDGE, ANNA),
        *end(15.01, ANNA, ANNAS_OWN),
        *end(20, CALLER, CARL),
    ]
