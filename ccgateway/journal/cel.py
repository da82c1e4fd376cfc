"""CEL, Asterisk's own journal of its channels, as ``cel_custom`` writes it -> facts. Pure.

Literal tables, and identities as AMI's events have them (``ami.decode``): whoever tells it, the
same thing is one fact. No fact is made of APP_START and APP_END; of PICKUP and FORWARD, whose
channels and bridges tell it all; of CHAN_END and LINKEDID_END, which say again what HANGUP said.
Sources: Asterisk's list of CEL events, and the journals in tests/scenarios/recordings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ccgateway.journal.lines import Read, cel_records, cel_rows, text_of
from ccgateway.telephony.dialplan import EVENTS, Told
from ccgateway.telephony.facts import NOTHING, Fact, Kind, Source

COLUMNS = (
    "eventtime",
    "eventtype",  # of what a dialplan tells its name
    "uniqueid",
    "linkedid",
    "channel",
    "exten",
    "context",
    "appname",
    "peer",
    "caller_number",
    "eventextra",  # JSON, or nothing
)
"""Of the mapping that ``ccgateway init`` writes, in its order; some under our names of them."""

_CHANNEL = ("channel", "linkedid")
_WHERE = (*_CHANNEL, "context", "exten")
_BREAK = re.compile(r"[\r\n]")
"""What a stranger wrote behind it into a number is cut off, as it is of AMI's (``ami.forgery``)."""

_SUCCESS = {"result": "Success"}
"""CEL tells no transfer that failed."""

_BASIC = {"simple_bridge": "basic", "native_rtp": "basic"}
"""bridge_technology -> AMI's BridgeType, of bridges of one call. Three in one mix by softmix, as do
strangers in a conference; but of the three two were in it before."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How an event of Asterisk's becomes a fact. ``columns`` are detail under their own names;
    ``extra`` is out of eventextra (our key -> its), ``place`` the place's key there."""

    kind: Kind
    columns: tuple[str, ...] = _CHANNEL
    extra: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    place: str = ""
    always: Mapping[str, str] = field(default_factory=lambda: NOTHING)


_RULES: Mapping[str, Rule] = {
    "CHAN_START": Rule(Kind.CHANNEL_CREATED, (*_WHERE, "caller_number")),
    "ANSWER": Rule(Kind.CHANNEL_ANSWERED),
    "HANGUP": Rule(Kind.CHANNEL_ENDED, _WHERE, {"cause": "hangupcause"}),
    "BRIDGE_ENTER": Rule(
        Kind.BRIDGE_ENTERED, _CHANNEL, {"bridge_type": "bridge_technology"}, "bridge_id"
    ),
    "BRIDGE_EXIT": Rule(Kind.BRIDGE_LEFT, place="bridge_id"),
    "LOCAL_OPTIMIZE": Rule(
        Kind.LOCAL_OPTIMISED, _CHANNEL, {"other_channel": "local_two"}, "local_two_uniqueid"
    ),
    "BLINDTRANSFER": Rule(
        Kind.BLIND_TRANSFERRED,
        _CHANNEL,
        {"context": "context", "exten": "extension"},
        "transferee_channel_uniqueid",
        _SUCCESS,
    ),
    "ATTENDEDTRANSFER": Rule(
        Kind.ATTENDED_TRANSFERRED,
        _CHANNEL,
        {
            "transferee": "transferee_channel_uniqueid",
            "target": "transfer_target_channel_uniqueid",
        },
        "channel2_uniqueid",
        _SUCCESS,
    ),
}


def read_cel(node: str, data: bytes, *, final: bool = False) -> Read:
    """The facts that ``data`` tells, in its order, with ordinal 0 (the board numbers them);
    ``final`` as for ``cel_records``. Never raises, whatever it holds."""
    split = cel_records(data, final=final)
    facts: list[Fact] = []
    odd = split.odd
    for record in split.records:
        rows, is_clean = cel_rows(record, len(COLUMNS))
        odd += not is_clean
        for row in rows:
            try:
                fact = _fact_of(node, dict(zip(COLUMNS, row, strict=True)))
            except (ValueError, RecursionError):  # the latter: JSON that is nested too deep
                odd += 1
            else:
                facts += [fact] if fact else []
    return Read(facts, split.used, odd)


def time_of(stamp: str) -> datetime:
    """CEL's time: seconds since the epoch where cel.conf has no ``dateformat``; else ISO 8601, by
    this machine's clock where it has no zone, or where Asterisk cut it off behind its sign. Raises
    ValueError."""
    try:
        if "T" in stamp or "-" in stamp:
            return datetime.fromisoformat(stamp.rstrip("+-")).astimezone(UTC)
        seconds, _, micro = stamp.partition(".")
        if not stamp.isascii():  # int() takes the digits of all scripts
            raise ValueError(stamp)
        whole = datetime.fromtimestamp(int(seconds), UTC)
        return whole.replace(microsecond=int(micro.ljust(6, "0")[:6]))
    except (OverflowError, OSError) as error:  # no year that calendars have
        raise ValueError(stamp) from error


def _fact_of(node: str, row: Mapping[str, str]) -> Fact | None:
    """Raises ValueError where a value is none of Asterisk's."""
    if not row["uniqueid"]:
        raise ValueError("a record of no channel")
    if rule := _RULES.get(row["eventtype"]):
        kind, place, said = rule.kind, *_by_rule(rule, row)
    elif told := EVENTS.get(row["eventtype"]):
        kind, place, said = told.kind, *_by_dialplan(told, row)
    else:
        return None
    detail = {key: line for key, value in said.items() if (line := _BREAK.split(value, 1)[0])}
    at = time_of(row["eventtime"])
    return Fact(node, kind, row["uniqueid"], at, place, source=Source.CEL, detail=detail)


def _by_rule(rule: Rule, row: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Place and detail of what Asterisk tells itself."""
    extra = _values(row["eventextra"])
    said = {key: row[key] for key in rule.columns} | dict(rule.always)
    said |= {key: extra.get(its, "") for key, its in rule.extra.items()}
    if rule.kind is Kind.BRIDGE_ENTERED:
        said["bridge_type"] = _BASIC.get(said["bridge_type"], "")
    return extra.get(rule.place, ""), said


def _by_dialplan(told: Told, row: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Place and detail of what our dialplan tells."""
    extra = _pairs(_values(row["eventextra"]).get("extra", ""))
    said = {key: row[key] for key in _CHANNEL}
    said |= {key: extra.get(its, "") for key, its in told.detail.items()}
    if told.kind is Kind.ENTERED:  # CEL does not tell that our door cleaned the caller ID
        said["caller_number"] = row["caller_number"]
    return extra.get(told.place, ""), said


def _values(extra: str) -> Mapping[str, str]:
    """eventextra as flat text. Raises ValueError where it is no JSON object."""
    values = json.loads(extra) if extra else {}
    if not isinstance(values, dict):
        raise ValueError("eventextra is no object")  # noqa: TRY004 - one error for what is no record
    return {key: text_of(str(value).encode("utf-8", "replace")) for key, value in values.items()}


def _pairs(extra: str) -> Mapping[str, str]:
    """What our dialplan tells: ``Key: value`` pairs with commas between, as those of UserEvent. Of
    a key that comes twice the first counts, as there: the second came out of a value."""
    pairs: dict[str, str] = {}
    for pair in extra.split(","):
        key, colon, value = pair.partition(":")
        if colon:
            pairs.setdefault(key, value.removeprefix(" "))
    return pairs
