"""When a voice is heard: packets of tones, as phones send them."""

from __future__ import annotations

from datetime import UTC, datetime

from ccgateway.rig.phone.tones import CHOICE, packet
from ccgateway.rig.voices import hears, spans

HIS, HERS = CHOICE[0], CHOICE[7]
SILENCE = b"\xff" * 160


def packets(*parts: tuple[bytes, float, float]) -> list[tuple[float, bytes]]:
    """A payload from one second to another, every 20 ms."""
    return [
        (since + n * 0.02, payload)
        for payload, since, until in parts
        for n in range(round((until - since) / 0.02))
    ]


def seconds(found: list[tuple[datetime, datetime]]) -> list[tuple[float, float]]:
    assert all(one.tzinfo is UTC for span in found for one in span)
    return [(round(a.timestamp(), 2), round(b.timestamp(), 2)) for a, b in found]


def test_a_voice_is_told_from_others_and_from_silence() -> None:
    heard = packets((SILENCE, 0, 1), (packet(HIS), 1, 3), (packet(HERS), 3, 5))
    assert seconds(spans(heard, HIS)) == [(1, 3)]
    assert seconds(spans(heard, HERS)) == [(3, 5)]


def test_a_voice_that_comes_back_is_heard_twice() -> None:
    heard = packets((packet(HIS), 1, 2), (SILENCE, 2, 4), (packet(HIS), 4, 5))
    assert seconds(spans(heard, HIS)) == [(1, 2), (4, 5)]


def test_some_lost_packets_end_nothing() -> None:
    heard = packets((packet(HIS), 1, 2), (packet(HIS), 2.2, 3))
    assert seconds(spans(heard, HIS)) == [(1, 3)]


def test_a_packet_from_a_buffer_is_nobody_who_speaks() -> None:
    assert spans(packets((packet(HIS), 1, 1.02)), HIS) == []


def test_a_packet_of_another_size_is_no_voice() -> None:
    assert spans([(1.0, packet(HIS)[:80]), (1.02, b"")], HIS) == []


def test_now_counts_what_came_lately() -> None:
    heard = packets((packet(HIS), 1, 2), (packet(HERS), 2, 3))
    assert hears(heard, HERS, 3)
    assert not hears(heard, HIS, 3)
    assert not hears(heard, HERS, 2.05)
    assert not hears(heard, HERS, 5)
