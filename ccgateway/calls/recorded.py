"""A recording: what a gateway heard, one JSON object a line, for replay, bug reports and tests.

The first line is the head: ``{"recording": 1, "nodes": {...}, ...}``, what is needed beside to tell
calls. The others are what was heard, in the order of receipt: ``{"node": "pbx1", "received":
"2026-11-22T08:00:00.123456+00:00", "ami": {...}}``, or in the place of ``ami`` (an event's headers)
``cel`` (a record of the CSV), ``queue_log`` (a line), ``snapshot`` or ``fact`` (what we decide or
are told ourselves; of a past call all that is stored). A line that is an AMI event itself
(``{"Event": ...}``) is one of the only node, received when it says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeAlias

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ccgateway.calls.board import Ours
from ccgateway.calls.homes import Home
from ccgateway.errors import CcgError
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller

VERSION = 1
"""Of the format; one that is higher has lines that we do not know."""

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes. A snapshot's channel has some 300: 50 000 channels. The longest AMI message has 256 kB
(ami.framing); JSON writes some characters in six."""

LONGEST_SAID = 100
"""Characters of where a fault is, and of what it is."""

EPOCH, LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 3000))
"""What is beyond them is no time at which something was heard."""


class BadRecording(CcgError):
    """This is no line of a recording."""


class Of(StrEnum):
    """What the recording is of."""

    LIVE = "live"  # what was heard, with facts as they were told: nobody has counted them
    STORED = "stored"  # facts out of the store, each with its ordinal


@dataclass(frozen=True, slots=True)
class Ami:
    """An AMI event: its headers in order, repeated ones too."""

    headers: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cel:
    """A record of Asterisk's CEL file, without its line end."""

    text: str


@dataclass(frozen=True, slots=True)
class QueueLog:
    """A line of Asterisk's queue_log, without its line end."""

    text: str


Value: TypeAlias = Ami | Cel | QueueLog | Snapshot | Fact


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that was heard. ``received`` is aware UTC."""

    node: str
    received: datetime
    value: Value


@dataclass(frozen=True, slots=True)
class Head:
    """``ours``: by node, what makes a call our business; ``services``: by id."""

    ours: Mapping[str, Ours]
    services: Mapping[str, Home] = field(default_factory=dict)
    of: Of = Of.LIVE
    made_by: str = ""


# -- writing


def head_line(head: Head) -> bytes:
    """The first line, without its line end."""
    nodes = {
        node: {
            "queues": sorted(ours.queues),
            "contexts": sorted(ours.contexts),
            "phones": dict(sorted(ours.phones.items())),
        }
        for node, ours in head.ours.items()
    }
    told = {"recording": VERSION, "of": head.of.value, "made_by": head.made_by, "nodes": nodes}
    clients = {service: home.client for service, home in head.services.items()}
    countries = {service: home.country for service, home in head.services.items() if home.country}
    return orjson.dumps({**told, "services": clients, "countries": countries})


def heard_line(heard: Heard) -> bytes:
    """One of the other lines, without its line end."""
    told = {"node": heard.node, "received": heard.received}
    return orjson.dumps({**told, **_written(heard.value)}, option=orjson.OPT_UTC_Z)


def _written(value: Value) -> dict[str, object]:
    match value:
        case Ami():
            return {"ami": _joined(value.headers)}
        case Cel():
            return {"cel": value.text}
        case QueueLog():
            return {"queue_log": value.text}
        case Snapshot():
            # Members are no part of a call.
            channels, waiting = map(asdict, value.channels), map(asdict, value.waiting)
            seen = {"at": value.at, "channels": list(channels), "waiting": list(waiting)}
            return {"snapshot": seen}
        case Fact():
            told = {"kind": value.kind, "subject": value.subject, "at": value.at}
            more = {"place": value.place, "ordinal": value.ordinal, "source": value.source}
            return {"fact": {**told, **more, "detail": dict(value.detail)}}


def _joined(headers: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    joined: dict[str, str | list[str]] = {**dict(headers)}
    if len(joined) == len(headers):  # nearly always, and each event comes by here
        return joined
    joined.clear()
    for key, value in headers:
        before = joined.get(key)
        if before is None:
            joined[key] = value
        else:
            joined[key] = [*before, value] if isinstance(before, list) else [before, value]
    return joined


# -- reading


def _utc(at: datetime) -> datetime:
    if not EPOCH <= at < LATEST:
        raise ValueError("a time before 1970, or after 2999")
    return at.astimezone(UTC)


_Moment = Annotated[AwareDatetime, AfterValidator(_utc)]


class _Part(BaseModel):
    """What may stand in a line: nothing else, for it would be lost without a word."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Headers = dict[str, str | list[str]]


class _Ours(_Part):
    queues: list[str] = []
    contexts: list[str] = []
    phones: dict[str, str] = {}


class _Head(_Part):
    recording: int
    nodes: Annotated[dict[str, _Ours], Field(min_length=1)]
    of: Of = Of.LIVE
    made_by: str = ""
    services: dict[str, str] = {}
    countries: dict[str, str] = {}


class _Channel(_Part):
    uniqueid: str
    linkedid: str
    channel: str
    context: str
    exten: str
    caller_number: str
    caller_name: str
    state: str
    bridge: str
    since: _Moment


class _Waiting(_Part):
    uniqueid: str
    queue: str
    position: int
    since: _Moment


class _Snapshot(_Part):
    at: _Moment
    channels: list[_Channel]
    waiting: list[_Waiting]


class _Fact(_Part):
    kind: Kind
    subject: str
    at: _Moment
    place: str = ""
    ordinal: int = 0
    source: Source
    detail: dict[str, str] = {}


class _Line(_Part):
    node: str
    received: _Moment
    ami: Headers | None = None
    cel: str | None = None
    queue_log: str | None = None
    snapshot: _Snapshot | None = None
    fact: _Fact | None = None


class _Event(BaseModel):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)
    __pydantic_extra__: dict[str, str | list[str]]
    Event: str


def head_of(line: bytes) -> Head:
    """The head out of the first line. Raises BadRecording."""
    try:
        told = _Head.model_validate_json(line)
    except ValidationError as error:
        raise BadRecording(f"the first line must be a recording's head: {_said(error)}") from None
    if told.recording > VERSION:
        raise BadRecording(
            f"this is a recording of format {told.recording}, and {VERSION} is the newest known "
            "here: take a newer ccgateway"
        )
    ours = {
        node: Ours(frozenset(one.queues), frozenset(one.contexts), one.phones)
        for node, one in told.nodes.items()
    }
    homes = {
        service: Home(client, told.countries.get(service, ""))
        for service, client in told.services.items()
    }
    return Head(ours, homes, told.of, told.made_by)


def heard_of(line: bytes, nodes: Collection[str]) -> Heard:
    """What was heard, out of one of the other lines; ``nodes`` are the head's. Raises
    BadRecording."""
    if len(line) > LONGEST_LINE:
        raise BadRecording(f"it is longer than {LONGEST_LINE} bytes")
    try:
        if line.startswith(b'{"Event"'):
            event = _Event.model_validate_json(line)
            headers = [("Event", event.Event), *_split(event.__pydantic_extra__)]
            return Heard(next(iter(nodes)), EPOCH, Ami(headers))
        told = _Line.model_validate_json(line)
    except ValidationError as error:
        raise BadRecording(_said(error)) from None
    if told.node not in nodes:
        raise BadRecording(f"its node is none of the head's: {', '.join(sorted(nodes))}")
    return Heard(told.node, told.received, _read(told))


def _split(headers: Headers) -> list[tuple[str, str]]:
    return [
        (key, one)
        for key, value in headers.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def _read(line: _Line) -> Value:
    found: list[Value] = []
    if line.ami is not None:
        found.append(Ami(_split(line.ami)))
    if line.cel is not None:
        found.append(Cel(line.cel))
    if line.queue_log is not None:
        found.append(QueueLog(line.queue_log))
    if line.snapshot is not None:
        found.append(_snapshot(line.node, line.snapshot))
    if line.fact is not None:
        found.append(_fact(line.node, line.fact))
    if len(found) != 1:
        raise BadRecording("it must have one of ami, cel, queue_log, snapshot and fact")
    return found[0]


def _snapshot(node: str, told: _Snapshot) -> Snapshot:
    channels = [SeenChannel(**dict(one)) for one in told.channels]
    waiting = [WaitingCaller(**dict(one)) for one in told.waiting]
    return Snapshot(node, told.at, channels, waiting, [])


def _fact(node: str, told: _Fact) -> Fact:
    at, source, detail = told.at, told.source, told.detail
    return Fact(node, told.kind, told.subject, at, told.place, told.ordinal, source, detail)


def _said(error: ValidationError) -> str:
    """The first fault, without what was found: it may be somebody's number."""
    first = error.errors(include_url=False, include_input=False)[0]
    where, what = ".".join(map(str, first["loc"]))[:LONGEST_SAID], str(first["msg"])[:LONGEST_SAID]
    return f"{where}: {what}" if where else what
