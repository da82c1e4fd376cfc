"""The lines of a recording: what is written is read back, and what is none is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.calls.board import Ours
from ccgateway.calls.homes import Home
from ccgateway.calls.recorded import (
    Ami,
    BadRecording,
    Cel,
    Head,
    Heard,
    Of,
    QueueLog,
    head_line,
    head_of,
    heard_line,
    heard_of,
)
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller

NOW = datetime(2026, 10, 25, 0, 30, 0, 123456, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8"))
HEAD = Head(
    {"pbx1": Ours({"stations"}, {"from-phones"}, {"PJSIP/101": "101"})},
    {"hotline": Home("oilco", "FI"), "shop": Home("paint")},
    Of.STORED,
    "ccgateway 0.1.0",
)


def test_a_head_comes_back() -> None:
    assert head_of(head_line(HEAD)) == HEAD


@given(
    st.one_of(
        st.builds(Cel, TEXT),
        st.builds(QueueLog, TEXT),
        st.builds(
            Fact,
            st.just("pbx1"),
            st.sampled_from(Kind),
            TEXT,
            st.just(NOW),
            TEXT,
            st.integers(0, 9),
            st.sampled_from(Source),
            st.dictionaries(TEXT, TEXT),
        ),
        st.builds(
            lambda text: Snapshot(
                "pbx1",
                NOW,
                [SeenChannel(text, text, text, text, text, text, text, text, text, NOW)],
                [WaitingCaller(text, text, 1, NOW)],
                [],
            ),
            TEXT,
        ),
    )
)
def test_what_was_heard_comes_back(value: Cel | QueueLog | Fact | Snapshot) -> None:
    heard = Heard("pbx1", NOW, value)
    assert heard_of(heard_line(heard), {"pbx1"}) == heard


def test_a_snapshot_of_twenty_thousand_channels_comes_back() -> None:
    words = ("pbx1-1795334400.123456", "PJSIP/provider-0000abcd", "from-provider", "+358401112228")
    channels = [SeenChannel(*(2 * words), f"{number}", NOW) for number in range(20_000)]
    heard = Heard("pbx1", NOW, Snapshot("pbx1", NOW, channels, [], []))
    assert heard_of(heard_line(heard), {"pbx1"}) == heard


def test_repeated_headers_come_back_beside_one_another() -> None:
    said = [("Event", "UserEvent"), ("Variable", "a"), ("Uniqueid", "1.1"), ("Variable", "b")]
    value = heard_of(heard_line(Heard("pbx1", NOW, Ami(said))), {"pbx1"}).value
    assert isinstance(value, Ami)
    assert value.headers == [said[0], said[1], said[3], said[2]]


def test_a_bare_event_is_of_the_only_node() -> None:
    heard = heard_of(b'{"Event": "Hangup", "Uniqueid": "1.1", "Cause": "16"}', {"far": 1})
    assert heard.node == "far"
    assert heard.value == Ami([("Event", "Hangup"), ("Uniqueid", "1.1"), ("Cause", "16")])


def test_times_are_read_in_utc_whatever_their_offset() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=3)))
    line = f'{{"node": "pbx1", "received": "{there.isoformat()}", "cel": ""}}'.encode()
    assert heard_of(line, {"pbx1"}).received == NOW


EDGES = [
    *("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"),
    *("3000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"),
]
SEEN = dict.fromkeys(
    ("uniqueid", "linkedid", "channel", "context", "exten", "caller_number", "caller_name"), ""
) | {"state": "", "bridge": ""}


@pytest.mark.parametrize("at", EDGES)
def test_a_time_that_is_none_is_refused_wherever_it_stands(at: str) -> None:
    now = NOW.isoformat()
    waits = {"uniqueid": "", "queue": "", "position": 1, "since": at}
    values: list[dict[str, object]] = [
        {"cel": "", "received": at},
        {"fact": {"kind": "entered", "subject": "1.1", "at": at, "source": "self"}},
        {"snapshot": {"at": at, "channels": [], "waiting": []}},
        {"snapshot": {"at": now, "channels": [SEEN | {"since": at}], "waiting": []}},
        {"snapshot": {"at": now, "channels": [], "waiting": [waits]}},
    ]
    for value in values:
        with pytest.raises(BadRecording, match="before 1970"):
            heard_of(orjson.dumps({"node": "pbx1", "received": now} | value), {"pbx1"})


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"Event": 5}',
        b'{"Event": "Hangup", "Cause": 16}',
        b'{"node": "pbx1", "received": "2026-10-25T00:30:00Z"}',
        b'{"node": "pbx1", "received": "2026-10-25T00:30:00", "cel": ""}',
        b'{"node": "pbx1", "received": "2026-10-25T00:30:00Z", "cel": "", "queue_log": ""}',
        b'{"node": "pbx1", "received": "2026-10-25T00:30:00Z", "fact": {"kind": "none"}}',
        b'{"node": "pbx1", "received": "2026-10-25T00:30:00Z", "new": ""}',
        b'{"node": "pbx2", "received": "2026-10-25T00:30:00Z", "cel": ""}',
        b"[" * 100_000,
        b'{"node": "' + b"x" * 3_000_000 + b'"}',
    ],
)
def test_what_is_no_line_is_refused_and_not_repeated(line: bytes) -> None:
    with pytest.raises(BadRecording) as raised:
        heard_of(line, {"pbx1"})
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"Event": "Hangup"}', "head"),
        (b'{"recording": 1, "nodes": {}}', "head"),
        (b'{"recording": 2, "nodes": {"pbx1": {}}}', "newer ccgateway"),
    ],
)
def test_what_is_no_head_is_refused(line: bytes, said: str) -> None:
    with pytest.raises(BadRecording, match=said):
        head_of(line)
