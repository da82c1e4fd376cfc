"""What callers put into SIP headers, as Asterisk tells of it over AMI: text, and nothing else.

Each recorded call of a real Asterisk is told again with a hostile text in one kind of header, on
the wire as Asterisk would write it. tests/acceptance/test_hostile_callers.py dials with such."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccgateway.ami.decode import event_of, fact_of
from ccgateway.ami.forgery import Sieve
from ccgateway.ami.framing import BANNER, Framer, Headers
from ccgateway.calls.board import Board, Ours
from ccgateway.calls.call import Call
from ccgateway.calls.timeline import timeline
from ccgateway.engine.view import call_view
from ccgateway.web.change import as_json
from tests.hostile.texts import INJECTIONS
from tests.scenarios.test_recordings import PHONES, QUEUES, RECORDINGS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALLERS_OWN = ("CallerIDNum", "CallerIDName")
"""The user and the display name of a From; what a stranger writes freely."""

MOST = 80
"""Bytes that Asterisk keeps of a number (AST_MAX_EXTENSION)."""

TEXTS = INJECTIONS | {
    "long": "n" * 4096,
    "header": "1\r\nUniqueid: 1.1",
    "event": "2\r\n\r\nEvent: Hangup\r\nUniqueid: 1.1\r\nCause: 16\r\n\r\n",
    "user event": "3\r\n\r\nEvent: UserEvent\r\nUserEvent: CCGFallback\r\n\r\n",
    "nul": "a\0b",
    "lone": "\udcff",  # a byte that is no UTF-8
}


def tape(name: str) -> list[dict[str, str | list[str]]]:
    """A recording: AMI's events with their headers, in order."""
    lines = (RECORDINGS / f"{name}.jsonl").read_text().splitlines()
    return [event for line in lines if "Event" in (event := json.loads(line))]


def wire(events: list[dict[str, str | list[str]]], key: str, text: str) -> bytes:
    """The recording as Asterisk writes it, where the caller's channel says ``text`` under ``key``.
    A number is cut as Asterisk cuts it; a name has no line breaks, which PJSIP refuses."""
    text = text[:MOST] if key == "CallerIDNum" else text.replace("\r", "").replace("\n", "")
    out = [BANNER + b"11.0.0\r\n"]
    for event in events:
        trunk = "trunk" in str(event.get("Channel", ""))
        for name, value in event.items():
            for one in value if isinstance(value, list) else [value]:
                said = text if trunk and name == key else one
                out.append(f"{name}: {said}\r\n".encode("utf-8", "surrogateescape"))
        out.append(b"\r\n")
    return b"".join(out)


def heard(stream: bytes) -> Iterator[Headers]:
    """The events that reach the decoder."""
    framer, sieve = Framer(), Sieve()
    for headers in framer.feed(stream):
        if (whole := sieve.take(headers)) is not None:
            yield whole


def record_of(stream: bytes) -> list[Call]:
    """The calls that come of it."""
    board, calls = Board({"pbx1": Ours(QUEUES, {"from-phones"}, PHONES)}), {}
    for headers in heard(stream):
        fact = fact_of(event_of("pbx1", headers, NOW))
        if fact is not None and (change := board.take(fact)) is not None:
            calls[change.call.call_id] = change.call
    return list(calls.values())


def shape(calls: list[Call]) -> list[tuple[object, ...]]:
    """What no text of a caller may change."""
    return [
        (c.call_id, c.disposition, c.did, [v.queue for v in c.visits], len(c.talks), len(c.legs))
        for c in calls
    ]


@pytest.mark.parametrize("key", CALLERS_OWN)
@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("name", ["queue_call", "abandoned"])
def test_a_callers_text_changes_nothing_but_itself(name: str, kind: str, key: str) -> None:
    events = tape(name)
    calls = record_of(wire(events, key, TEXTS[kind]))
    assert shape(calls) == shape(record_of(wire(events, key, "358401110001")))
    for call in calls:
        view = orjson.loads(as_json(call_view(call)))
        assert "\0" not in view["caller_name"] + view["caller"]
        assert timeline(call)
        if key == "CallerIDName" and TEXTS[kind].isprintable():
            assert view["caller_name"] == TEXTS[kind]


@settings(max_examples=60, derandomize=True, database=None)
@given(
    st.sampled_from(CALLERS_OWN),
    st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("\r\n: %"), max_size=20),
)
def test_whatever_a_caller_is_called(key: str, text: str) -> None:
    events = tape("queue_call")
    told = [dict(headers)["Event"] for headers in heard(wire(events, key, text))]
    assert told == [event["Event"] for event in events]
    assert shape(record_of(wire(events, key, text))) == shape(record_of(wire(events, key, "1")))
