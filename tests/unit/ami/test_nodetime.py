"""Asterisk's clock as the replies to pings tell it, and the time of a node's facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ccgateway.ami.nodetime import NodeTime

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
spans = st.timedeltas(timedelta(0), timedelta(seconds=10))
skews = st.timedeltas(timedelta(days=-1), timedelta(days=1))


class StoppedClock:
    """engine.ports.Clock."""

    def now(self) -> datetime:
        return NOW


@pytest.fixture
def times() -> NodeTime:
    return NodeTime("pbx1", StoppedClock())


def ping(times: NodeTime, ahead: float, there: float = 0.001, back: float = 0.001) -> None:
    """A ping whose way there and back takes so long (seconds), to a clock so far ahead."""
    told = NOW + timedelta(seconds=there + ahead)
    times.compare(told, NOW, NOW + timedelta(seconds=there + back))


def seconds(times: NodeTime) -> float:
    return times.offset.total_seconds()


@given(skews, spans, spans)
def test_the_error_is_half_the_round_trip_at_most(
    ahead: timedelta, there: timedelta, back: timedelta
) -> None:
    times = NodeTime("pbx1", StoppedClock())
    ping(times, ahead.total_seconds(), there.total_seconds(), back.total_seconds())
    half = (there + back) / 2 if times.offset else there + back
    assert abs(times.offset - ahead) <= half + timedelta(microseconds=3)


def test_a_slow_reply_does_not_spoil_what_is_known(times: NodeTime) -> None:
    ping(times, 60)
    ping(times, 60, there=0.001, back=7)
    assert seconds(times) == pytest.approx(60, abs=0.01)


def test_a_slow_reply_that_proves_a_clock_was_set_is_believed(times: NodeTime) -> None:
    ping(times, 60, there=2, back=3)
    assert seconds(times) == pytest.approx(60, abs=2.5)


def test_a_clock_that_is_set_is_followed(times: NodeTime) -> None:
    for ahead in (0.3, 60, -60, 0.02):
        ping(times, ahead)
        assert seconds(times) == pytest.approx(ahead, abs=0.01)


def test_a_ping_during_which_our_own_clock_was_set_back_tells_nothing(times: NodeTime) -> None:
    times.compare(NOW, sent=NOW, received=NOW - timedelta(seconds=60))
    assert times.offset == timedelta(0)


def test_a_difference_is_told_once_for_each_change(times: NodeTime) -> None:
    with capture_logs() as logs:
        for ahead in (0.9, 60, 60.1, 60.2, 60, -5, -5, 0.1, 0.9, 0.1):
            ping(times, ahead)
    assert [(log["event"], log["offset"]) for log in logs] == [
        ("clocks_differ", 60.0),
        ("clocks_differ", -5.0),
        ("clocks_agree", 0.1),
    ]
    assert "60.0 s ahead of the gateway's: let NTP" in logs[0]["advice"]
    assert "5.0 s behind the gateway's: let NTP" in logs[1]["advice"]


def test_a_node_that_stamps_its_events_has_its_own_time(times: NodeTime) -> None:
    ping(times, 60, there=0, back=0)
    times.hear("Newchannel", stamped=True)
    times.hear("FullyBooted", stamped=False)  # as after each login
    assert times.now() == NOW + timedelta(seconds=60)
    assert times.ahead == timedelta(0)


def test_a_node_that_stamps_nothing_has_our_time(times: NodeTime) -> None:
    ping(times, 60, there=0, back=0)
    times.hear("Newchannel", stamped=False)
    assert times.now() == NOW
    assert times.ahead == times.offset == timedelta(seconds=60)
    times.hear("Newchannel", stamped=True)  # the administrator has switched it on
    assert times.now() == NOW + timedelta(seconds=60)
