"""AMI events -> facts. Literal tables: which event says what, and which headers it carries.

An event is folded from what it carries itself; Asterisk is never asked again. Sources: the
documentation of each event (``manager show event NAME``) and the recordings in tests/scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from ccgateway.ami.framing import Headers
from ccgateway.telephony.dialplan import EVENTS
from ccgateway.telephony.facts import Fact, Kind

UNKNOWN = frozenset({"", "<unknown>"})
"""What Asterisk writes where it knows nothing."""

_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AmiEvent:
    """One event of one node. ``headers`` holds the first value of each key, as Asterisk spells it:
    its own headers come before those that a dialplan adds to a UserEvent. ``repeated`` holds all
    values of the keys that come more than once. ``at`` is aware UTC."""

    node: str
    name: str
    at: datetime
    headers: Mapping[str, str]
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NONE)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one event becomes a fact: which headers are subject, place, and detail."""

    kind: Kind
    detail: Mapping[str, str]
    subject: str = "Uniqueid"
    place: str = ""


_CHANNEL = {"channel": "Channel", "linkedid": "Linkedid"}
_CALLER = {"caller_number": "CallerIDNum", "caller_name": "CallerIDName"}
_WHERE = {"context": "Context", "exten": "Exten"}
_DIALLED = {"channel": "DestChannel", "linkedid": "DestLinkedid", "dialled": "DialString"}
_MEMBER = {"agent": "MemberName", "interface": "Interface"}
_OFFERED = _MEMBER | {
    "channel": "DestChannel",
    "linkedid": "DestLinkedid",
    "caller": "Uniqueid",
}
_TAKEN = _CHANNEL | _MEMBER | {"agent_uniqueid": "DestUniqueid", "holdtime": "HoldTime"}  # seconds
_CAUSE = {"cause": "Cause"}
_PLACE_IN_QUEUE = {"position": "Position", "count": "Count"}
_LOCAL = {
    "channel": "LocalOneChannel",
    "linkedid": "LocalOneLinkedid",
    "other_channel": "LocalTwoChannel",
}

_RULES: Mapping[str, Rule] = {
    "Newchannel": Rule(Kind.CHANNEL_CREATED, _CHANNEL | _WHERE | _CALLER),
    "NewCallerid": Rule(Kind.CHANNEL_CALLER_ID, _CHANNEL | _CALLER),
    "Hangup": Rule(Kind.CHANNEL_ENDED, _CHANNEL | _WHERE | _CAUSE | {"cause_text": "Cause-txt"}),
    "HangupRequest": Rule(Kind.CHANNEL_HANGUP_REQUESTED, _CHANNEL | _CAUSE),
    "SoftHangupRequest": Rule(Kind.CHANNEL_HANGUP_REQUESTED, _CHANNEL | _CAUSE),
    "DialBegin": Rule(Kind.DIAL_BEGAN, _DIALLED, "DestUniqueid", "Uniqueid"),
    "DialEnd": Rule(
        Kind.DIAL_ENDED, _DIALLED | {"status": "DialStatus"}, "DestUniqueid", "Uniqueid"
    ),
    "BridgeEnter": Rule(  # swapped: whose place it takes (an optimised Local channel's)
        Kind.BRIDGE_ENTERED,
        _CHANNEL | {"swapped": "SwapUniqueid", "bridge_type": "BridgeType"},
        place="BridgeUniqueid",
    ),
    "BridgeLeave": Rule(Kind.BRIDGE_LEFT, _CHANNEL, place="BridgeUniqueid"),
    "Hold": Rule(Kind.HOLD_BEGAN, _CHANNEL),
    "Unhold": Rule(Kind.HOLD_ENDED, _CHANNEL),
    "LocalBridge": Rule(Kind.LOCAL_JOINED, _LOCAL | _WHERE, "LocalOneUniqueid", "LocalTwoUniqueid"),
    # Its Success header is no help: 22.10.1 says No where the channels were optimised away.
    "LocalOptimizationEnd": Rule(
        Kind.LOCAL_OPTIMISED, _LOCAL, "LocalOneUniqueid", "LocalTwoUniqueid"
    ),
    "QueueCallerJoin": Rule(Kind.QUEUE_JOINED, _CHANNEL | _PLACE_IN_QUEUE, place="Queue"),
    "QueueCallerLeave": Rule(Kind.QUEUE_LEFT, _CHANNEL | _PLACE_IN_QUEUE, place="Queue"),
    "QueueCallerAbandon": Rule(
        Kind.QUEUE_ABANDONED,
        _CHANNEL | {"position": "Position", "holdtime": "HoldTime"},
        place="Queue",
    ),
    "AgentCalled": Rule(Kind.AGENT_CALLED, _OFFERED, "DestUniqueid", "Queue"),
    "AgentRingNoAnswer": Rule(
        Kind.AGENT_RANG_OUT, _OFFERED | {"ringtime": "RingTime"}, "DestUniqueid", "Queue"
    ),
    "AgentConnect": Rule(Kind.AGENT_CONNECTED, _TAKEN | {"ringtime": "RingTime"}, place="Queue"),
    "AgentComplete": Rule(
        Kind.AGENT_COMPLETED, _TAKEN | {"talktime": "TalkTime", "reason": "Reason"}, place="Queue"
    ),
    # It names no transferee where more than one other is in the bridge.
    "BlindTransfer": Rule(
        Kind.BLIND_TRANSFERRED,
        {
            "channel": "TransfererChannel",
            "linkedid": "TransfererLinkedid",
            "result": "Result",
            "context": "Context",
            "exten": "Extension",
        },
        "TransfererUniqueid",
        "TransfereeUniqueid",
    ),
    "AttendedTransfer": Rule(
        Kind.ATTENDED_TRANSFERRED,
        {
            "channel": "OrigTransfererChannel",
            "linkedid": "OrigTransfererLinkedid",
            "transferee": "TransfereeUniqueid",
            "target": "TransferTargetUniqueid",
            "result": "Result",
            "dest": "DestType",
        },
        "OrigTransfererUniqueid",
        "SecondTransfererUniqueid",
    ),
}

_STATES: Mapping[str, Kind] = {"5": Kind.CHANNEL_RINGING, "6": Kind.CHANNEL_ANSWERED}
"""ChannelState (AST_STATE_*) of a Newstate; the others tell nothing that a record needs."""

_USER_EVENTS: Mapping[str, Rule] = {
    name: Rule(told.kind, {**_CHANNEL, **told.detail}, place=told.place)
    for name, told in EVENTS.items()
}

_ORIGINATED = Rule(
    Kind.ORIGINATED, {"response": "Response", "reason": "Reason"}, subject="ActionID"
)
"""Its Uniqueid is no help: where the ChannelId is in use, it is that of the call that lives."""

ATTEMPT = "ccg-"
"""How the ids of our attempts begin; other originates are not ours."""

ALWAYS = frozenset(_RULES)
"""Events that always become a fact; one of them without its subject is odd."""

SOMETIMES = frozenset({"Newstate", "UserEvent", "OriginateResponse"})
"""Events that become a fact for some of their values."""


def event_of(node: str, headers: Headers, received: datetime) -> AmiEvent:
    """An event from the headers of a message that has ``Event``. Its time is Asterisk's own
    (manager.conf ``timestampevents = yes``), else the time of receipt."""
    first: dict[str, str] = {}
    again: dict[str, tuple[str, ...]] = {}
    for key, value in headers:
        if key in first:
            again[key] = (*again.get(key, (first[key],)), value)
        else:
            first[key] = value
    at = time_of(first.get("Timestamp", "")) or received
    return AmiEvent(node, first.get("Event", ""), at, first, again or _NONE)


def time_of(stamp: str) -> datetime | None:
    """A ``Timestamp`` (seconds since the epoch, with microseconds); None where it is none."""
    seconds, _, micro = stamp.partition(".")
    try:
        whole = datetime.fromtimestamp(int(seconds), UTC)
        return whole.replace(microsecond=int(micro.ljust(6, "0")[:6]))
    except (ValueError, OverflowError, OSError):
        return None


def fact_of(event: AmiEvent) -> Fact | None:
    """The fact that an event tells, with ordinal 0 (the board numbers them); None where it tells
    nothing we keep. Never raises, whatever the headers hold."""
    rule = _rule_for(event)
    if rule is None:
        return None
    subject = event.headers.get(rule.subject, "")
    if not subject:
        return None
    return Fact(
        node=event.node,
        kind=rule.kind,
        subject=subject,
        at=event.at,
        place=event.headers.get(rule.place, "") if rule.place else "",
        detail=_detail(rule.detail, event.headers),
    )


def carried(event: AmiEvent) -> Mapping[str, str]:
    """The headers that the event's fact is made of: header -> ``subject``, ``place``, or the key in
    its detail. Empty where it tells nothing we keep."""
    rule = _rule_for(event)
    if rule is None:
        return {}
    named = {header: key for key, header in rule.detail.items()}
    return named | ({rule.place: "place"} if rule.place else {}) | {rule.subject: "subject"}


def _rule_for(event: AmiEvent) -> Rule | None:
    if event.name == "Newstate":
        kind = _STATES.get(event.headers.get("ChannelState", ""))
        return Rule(kind, _CHANNEL) if kind else None
    if event.name == "UserEvent":
        return _USER_EVENTS.get(event.headers.get("UserEvent", ""))
    if event.name == "OriginateResponse":
        ours = event.headers.get("ActionID", "").startswith(ATTEMPT)
        return _ORIGINATED if ours else None
    return _RULES.get(event.name)


def _detail(wanted: Mapping[str, str], headers: Mapping[str, str]) -> Mapping[str, str]:
    """Only what is known: an empty or unknown value is left out."""
    return {
        key: value
        for key, header in wanted.items()
        if (value := headers.get(header, "")) not in UNKNOWN
    }
