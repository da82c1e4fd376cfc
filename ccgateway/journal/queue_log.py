"""queue_log, the journal of Asterisk's queues -> facts. Pure.

A line is ``epoch|call|queue|member|event|data...``; the call is the waiting channel's uniqueid.
Its times are whole seconds (Asterisk has microseconds for a queue_log in a database only): the
moment of what it tells is another's to say, CEL's or AMI's. Sources: Asterisk's list of queue_log
events, and those in tests/scenarios/recordings.

Unlike CEL's, its texts are in no quotes. A caller ID that holds ``|`` makes more values of one:
what stands behind it is counted from the end. One with a line break could begin a line of its own:
our door takes those out before there is a queue (dialplan/ccg-inbound.conf).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ccgateway.journal.lines import Read, queue_log_records, text_of
from ccgateway.telephony.facts import Fact, Kind, Source

_HEAD = 5  # epoch, call, queue, member, event


@dataclass(frozen=True, slots=True)
class Rule:
    """How a line becomes a fact. ``data``: our key -> where its value stands behind the event;
    ``status`` and ``reason``: what AMI's event or our dialplan would say."""

    kind: Kind
    data: Mapping[str, int] = field(default_factory=dict)
    status: str = ""
    reason: str = ""


_TALKED = {"holdtime": 0, "talktime": 1}
_PASSED_ON = {"holdtime": -3, "talktime": -2}

_RULES: Mapping[str, Rule] = {
    "ENTERQUEUE": Rule(Kind.QUEUE_JOINED, {"position": -1}),
    "CONNECT": Rule(Kind.AGENT_CONNECTED, {"holdtime": 0, "agent_uniqueid": 1, "ringtime": 2}),
    # Which channel rang is not told: the subject is the caller's, and the fold finds the other.
    "RINGNOANSWER": Rule(Kind.AGENT_RANG_OUT, {"ringtime": 0}),
    "ABANDON": Rule(Kind.QUEUE_ABANDONED, {"position": 0, "holdtime": 2}),
    "EXITWITHTIMEOUT": Rule(Kind.QUEUE_RESULT, status="TIMEOUT"),
    "EXITEMPTY": Rule(Kind.QUEUE_RESULT, status="LEAVEEMPTY"),
    "EXITWITHKEY": Rule(Kind.QUEUE_RESULT, status="KEY"),
    "WITHDRAW": Rule(Kind.QUEUE_RESULT, status="WITHDRAW"),
    "COMPLETEAGENT": Rule(Kind.AGENT_COMPLETED, _TALKED, reason="agent"),
    "COMPLETECALLER": Rule(Kind.AGENT_COMPLETED, _TALKED, reason="caller"),
    "BLINDTRANSFER": Rule(Kind.AGENT_COMPLETED, _PASSED_ON, reason="transfer"),
    "ATTENDEDTRANSFER": Rule(Kind.AGENT_COMPLETED, _PASSED_ON, reason="transfer"),
}
"""Values are in seconds, as AMI's events have them, but RINGNOANSWER's: those are milliseconds."""

_OF_MEMBERS = frozenset({Kind.AGENT_CONNECTED, Kind.AGENT_RANG_OUT, Kind.AGENT_COMPLETED})


def read_queue_log(node: str, data: bytes, *, final: bool = False) -> Read:
    """The facts that ``data`` tells, in its order, with ordinal 0 (the board numbers them);
    ``final`` as for ``cel_records``. Never raises, whatever it holds."""
    split = queue_log_records(data, final=final)
    facts: list[Fact] = []
    odd = split.odd
    for record in split.records:
        try:
            fact = _fact_of(node, text_of(record).split("|"))
        except ValueError:
            odd += 1
            continue
        if fact is not None:
            facts.append(fact)
    return Read(facts, split.used, odd)


def _fact_of(node: str, fields: Sequence[str]) -> Fact | None:
    """Raises ValueError where this is no line of Asterisk's, or an end of one is missing."""
    if len(fields) < _HEAD:
        raise ValueError("too few values")
    stamp, call, queue, member, event = fields[:_HEAD]
    if not stamp.isascii():  # int() takes the digits of all scripts
        raise ValueError(stamp)
    try:
        at = datetime.fromtimestamp(int(stamp), UTC)
    except (OverflowError, OSError) as error:  # no year that calendars have
        raise ValueError(stamp) from error
    rule = _RULES.get(event)
    if rule is None:
        return None
    if not call:
        raise ValueError("a line of no call")
    data = fields[_HEAD:]
    try:
        said = {key: data[where] for key, where in rule.data.items()}
    except IndexError as error:
        raise ValueError("too few values") from error
    said |= {"status": rule.status, "reason": rule.reason}
    if rule.kind in _OF_MEMBERS:
        said["agent"] = member
    if rule.kind is Kind.AGENT_RANG_OUT:
        said["caller"] = call
    detail = {key: value for key, value in said.items() if value}
    return Fact(node, rule.kind, call, at, queue, source=Source.QUEUE_LOG, detail=detail)
