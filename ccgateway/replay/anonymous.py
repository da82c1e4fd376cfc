"""A recording without persons, that tells the same calls.

Numbers, names, addresses, notes, and whatever a centre calls its own things (queues, services,
agents, phones) are replaced, each by the same thing everywhere. The secret that decides which by
which is drawn here and kept nowhere. Times and Asterisk's ids stay: the reducer lives by them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import orjson

from ccgateway.ami.decode import carried, event_of
from ccgateway.calls.board import Ours
from ccgateway.calls.recorded import Ami, Cel, Head, Heard, QueueLog, Value
from ccgateway.journal.cel import COLUMNS
from ccgateway.journal.lines import cel_rows
from ccgateway.replay.files import Recording
from ccgateway.replay.mask import Mask
from ccgateway.replay.vocabulary import QUEUE_EVENTS
from ccgateway.telephony.dialplan import EVENTS
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller

Masking: TypeAlias = Callable[[Mask, str], str]

DETAIL: Mapping[str, Masking] = {
    **dict.fromkeys(("channel", "other_channel", "interface"), Mask.channel),
    **dict.fromkeys(
        ("subject", "place", "linkedid", "swapped", "caller", "agent_uniqueid", "customer"), Mask.id
    ),
    **dict.fromkeys(("transferee", "target"), Mask.id),
    **dict.fromkeys(("position", "count", "holdtime", "ringtime", "talktime"), Mask.count),
    **dict.fromkeys(("cause", "tier", "priority"), Mask.count),
    **dict.fromkeys(("status", "reason", "mode", "to", "result", "dest", "response"), Mask.word),
    **dict.fromkeys(("bridge_type", "presentation", "message", "goal", "withheld"), Mask.word),
    "by": Mask.word,
    "exten": Mask.extension,
    "cause_text": Mask.cause,
    "sip": Mask.sip,
    "reasons": Mask.reasons,
    "dialled": Mask.channel,
    **dict.fromkeys(("context", "caller_number", "caller_name", "did"), Mask.text),
    **dict.fromkeys(("agent", "note", "service", "client", "queue", "case", "language"), Mask.text),
    **dict.fromkeys(("phone", "caller_id", "number"), Mask.text),
}
"""How the value of each key of a fact's detail is masked; one that is not here is left out."""

_STAYS = ("Event", "UserEvent")
"""Headers that say which event it is. Where it tells a fact they are Asterisk's words, or ours."""

_BESIDE: Mapping[str, Masking] = {"Timestamp": Mask.stamp, "ChannelState": Mask.count}
"""Headers that the decoder reads to know when, and which event it is."""

_TIER = "To"
"""The name of a tier, also where it is a place: some of them are words of ours (first, back)."""

_COLUMNS: Mapping[str, Masking] = {
    **{name: DETAIL.get(name, Mask.text) for name in COLUMNS},
    "eventtime": Mask.stamp,
    "uniqueid": Mask.id,
    "peer": Mask.channel,
}

_EXTRA: Mapping[str, Masking] = {
    "hangupcause": Mask.count,
    "hangupsource": Mask.channel,
    "dialstatus": Mask.word,
    "bridge_id": Mask.id,
    "bridge_technology": Mask.word,
    "local_two": Mask.channel,
    "local_two_uniqueid": Mask.id,
    "context": Mask.text,
    "extension": Mask.extension,
    "transferee_channel_name": Mask.channel,
    "transferee_channel_uniqueid": Mask.id,
    "transfer_target_channel_name": Mask.channel,
    "transfer_target_channel_uniqueid": Mask.id,
    "channel2_name": Mask.channel,
    "channel2_uniqueid": Mask.id,
    "bridge1_id": Mask.id,
    "bridge2_id": Mask.id,
}
"""Of CEL's eventextra; other keys are left out."""

_CEL_EVENTS = frozenset(
    {
        *("CHAN_START", "CHAN_END", "ANSWER", "HANGUP", "BRIDGE_ENTER", "BRIDGE_EXIT", "PICKUP"),
        *("BLINDTRANSFER", "ATTENDEDTRANSFER", "FORWARD", "LOCAL_OPTIMIZE", "LINKEDID_END"),
        *EVENTS,
    }
)


@dataclass(frozen=True, slots=True)
class Anonymous:
    """The recording, and how many lines were left out: they tell nothing that a record keeps, or
    are in no order."""

    recording: Recording
    left_out: int


def anonymous(recording: Recording, country: str) -> Anonymous:
    """The same without persons. ``country``: where numbers without + are dialled (``FI``)."""
    mask = Mask(secrets.token_bytes(32), country)
    head = recording.head
    _head(mask, head)
    for each in recording.heard:
        _value(mask, each)
    mask.begin()
    nodes = {name: f"pbx{number}" for number, name in enumerate(sorted(head.ours), 1)}
    told = ((each, _value(mask, each)) for each in recording.heard)
    heard = [
        replace(each, node=nodes[each.node], value=_moved(value, nodes[each.node]))
        for each, value in told
        if value is not None
    ]
    ours = {nodes[name]: one for name, one in _head(mask, head).ours.items()}
    said = replace(_head(mask, head), ours=ours)
    return Anonymous(Recording(said, heard), len(recording.heard) - len(heard))


def _moved(value: Value, node: str) -> Value:
    return replace(value, node=node) if isinstance(value, Fact | Snapshot) else value


def _head(mask: Mask, head: Head) -> Head:
    def texts(those: Iterable[str]) -> frozenset[str]:
        return frozenset(map(mask.text, those))

    ours = {
        node: Ours(
            texts(one.queues),
            texts(one.contexts),
            {mask.channel(device): mask.text(agent) for device, agent in one.phones.items()},
        )
        for node, one in head.ours.items()
    }
    services = {
        mask.text(name): replace(home, client=mask.text(home.client))
        for name, home in head.services.items()
    }
    return replace(head, ours=ours, services=services)


def _value(mask: Mask, heard: Heard) -> Value | None:
    """What was heard without persons; None where it is left out."""
    match heard.value:
        case Ami():
            return _ami(mask, heard, heard.value)
        case Cel():
            return _cel(mask, heard.value.text)
        case QueueLog():
            return _queue_log(mask, heard.value.text)
        case Snapshot():
            return _snapshot(mask, heard.value)
        case Fact():
            return _fact(mask, heard.value)


def _ami(mask: Mask, heard: Heard, said: Ami) -> Ami | None:
    """Only what its fact is made of, and the first of each header: so the decoder reads it."""
    event = event_of(heard.node, list(said.headers), heard.received)
    wanted = carried(event)
    if not wanted:
        return None
    headers: list[tuple[str, str]] = []
    for key, value in event.headers.items():
        if key in _STAYS:
            headers.append((key, value))
        elif key in _BESIDE:
            headers.append((key, _BESIDE[key](mask, value)))
        elif key in wanted:
            headers.append((key, _detail(mask, "to" if key == _TIER else wanted[key], value)))
    return Ami(headers)


def _detail(mask: Mask, key: str, value: str) -> str:
    """``<unknown>`` is Asterisk's word for nothing."""
    how = DETAIL.get(key)
    return "" if how is None or value == "<unknown>" else how(mask, value)


def _fact(mask: Mask, fact: Fact) -> Fact:
    detail = {key: _detail(mask, key, value) for key, value in fact.detail.items() if key in DETAIL}
    place = mask.word if fact.kind is Kind.TIER_ENTERED else mask.id
    return replace(fact, subject=mask.id(fact.subject), place=place(fact.place), detail=detail)


def _snapshot(mask: Mask, snapshot: Snapshot) -> Snapshot:
    return replace(
        snapshot,
        channels=[_channel(mask, one) for one in snapshot.channels],
        waiting=[_waiting(mask, one) for one in snapshot.waiting],
        members=[],
    )


def _channel(mask: Mask, seen: SeenChannel) -> SeenChannel:
    return replace(
        seen,
        uniqueid=mask.id(seen.uniqueid),
        linkedid=mask.id(seen.linkedid),
        channel=mask.channel(seen.channel),
        context=mask.text(seen.context),
        exten=mask.extension(seen.exten),
        caller_number=mask.text(seen.caller_number),
        caller_name=mask.text(seen.caller_name),
        state=mask.word(seen.state),
        bridge=mask.id(seen.bridge),
    )


def _waiting(mask: Mask, waits: WaitingCaller) -> WaitingCaller:
    return replace(waits, uniqueid=mask.id(waits.uniqueid), queue=mask.text(waits.queue))


# -- the journals


def _cel(mask: Mask, record: str) -> Cel | None:
    rows, is_whole = cel_rows(record.encode(errors="replace"), len(COLUMNS))
    if not is_whole:
        return None
    row = dict(zip(COLUMNS, rows[0], strict=True))
    event = row["eventtype"]
    if event not in _CEL_EVENTS or not (at := mask.stamp(row["eventtime"])):
        return None
    masked = {key: how(mask, row[key]) for key, how in _COLUMNS.items()}
    masked |= {"eventtime": at, "eventtype": event}
    masked["eventextra"] = _extra(mask, event, row["eventextra"])
    values = (masked[name].replace('"', '""') for name in COLUMNS)
    return Cel(",".join(f'"{value}"' for value in values))


def _extra(mask: Mask, event: str, extra: str) -> str:
    try:
        said = orjson.loads(extra) if extra else {}
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(said, dict) or not said:
        return ""
    told = {key: how(mask, str(said[key])) for key, how in _EXTRA.items() if key in said}
    if event in EVENTS and "extra" in said:
        told["extra"] = _pairs(mask, event, str(said["extra"]))
    return orjson.dumps(told).decode()


def _pairs(mask: Mask, event: str, extra: str) -> str:
    """``Key: value`` of our dialplan, with commas between: no value keeps one."""
    wanted = {its: key for key, its in EVENTS[event].detail.items()}
    if place := EVENTS[event].place:
        wanted[place] = "to" if place == _TIER else "place"
    pairs = (pair.partition(":") for pair in extra.split(","))
    told = {key: value.removeprefix(" ") for key, _, value in reversed(list(pairs))}
    return ",".join(
        f"{key}: {_detail(mask, wanted[key], told[key])}" for key in wanted if key in told
    )


_EVENT = 3  # behind the time

_ENDS: Mapping[str, int] = {
    "ENTERQUEUE": 1,
    "CONNECT": 3,
    **dict.fromkeys(("RINGNOANSWER", "RINGCANCELED"), 1),
    **dict.fromkeys(("ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY", "WITHDRAW"), 3),
    **dict.fromkeys(("COMPLETEAGENT", "COMPLETECALLER"), 3),
    **dict.fromkeys(("BLINDTRANSFER", "ATTENDEDTRANSFER"), 3),
}
"""How many of an event's values, from the end, are counts or a channel's id: what is before them
may be somebody's. A caller ID that holds ``|`` makes more values of one."""

_LEAST: Mapping[str, int] = {"ENTERQUEUE": 3, "BLINDTRANSFER": 5, "ATTENDEDTRANSFER": 5}
"""Of an event that begins with what may be somebody's: with fewer values its end is missing."""


def _queue_log(mask: Mask, line: str) -> QueueLog | None:
    """``epoch|call|queue|member|event|data...``"""
    stamp, *rest = line.split("|")
    if len(rest) <= _EVENT or not mask.stamp(f"{stamp}.0") or rest[_EVENT] not in QUEUE_EVENTS:
        return None
    call, queue, member, event, *data = rest
    nobody = member == "NONE"  # Asterisk's word
    masked = (mask.id(call), mask.text(queue), member if nobody else mask.text(member), event)
    counted = _ENDS.get(event, 0) if len(data) >= _LEAST.get(event, 0) else 0
    cut = max(len(data) - counted, 0)
    said = (*map(mask.text, data[:cut]), *(_datum(mask, one) for one in data[cut:]))
    return QueueLog("|".join((stamp, *masked, *said)))


def _datum(mask: Mask, text: str) -> str:
    """A count, or a channel's id."""
    return mask.count(text) if text.isdecimal() else mask.id(text)
