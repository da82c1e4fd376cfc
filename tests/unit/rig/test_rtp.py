"""RTP and its key events, to the byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.rig.phone import rtp
from ccgateway.rig.phone.rtp import KeyEvent, Packet

packets = st.builds(
    Packet,
    st.integers(0, 127),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=200),
    st.booleans(),
)


@given(packets)
def test_what_is_written_is_read(packet: Packet) -> None:
    assert rtp.decode(packet.encode()) == packet


def test_a_packet_to_the_byte() -> None:
    """RFC 3550, 5.1: version 2, marker and type, sequence, timestamp, source."""
    packet = Packet(101, 0x10002, 0x1_0000_00A0, 7, b"\x01", marker=True)
    assert packet.encode().hex() == "80e50002" + "000000a0" + "00000007" + "01"


@given(st.binary(max_size=40))
def test_noise_does_no_harm(data: bytes) -> None:
    rtp.decode(data)
    rtp.decode_key(data)


@pytest.mark.parametrize("noise", [b"", b"\x80" * 11, b"\x00\x01" + b"\x00" * 18])
def test_noise_is_no_packet(noise: bytes) -> None:
    assert rtp.decode(noise) is None


@pytest.mark.parametrize(
    ("key", "code"), [("0", 0), ("9", 9), ("*", 10), ("#", 11), ("A", 12), ("D", 15)]
)
def test_key_codes_are_those_of_rfc_4733(key: str, code: int) -> None:
    encoded = KeyEvent(key, 800, end=True).encode()
    assert encoded == bytes([code, 0x80 | 10, 0x03, 0x20])
    assert rtp.decode_key(encoded) == KeyEvent(key, 800, end=True)


def test_flash_is_no_key() -> None:
    assert rtp.decode_key(bytes([16, 10, 0, 160])) is None


def test_a_press_grows_and_ends_three_times() -> None:
    press = list(rtp.pressing("#", 5))
    assert [event.duration for event in press] == [160, 320, 480, 640, 800, 800, 800, 800]
    assert [event.end for event in press] == [False] * 5 + [True] * 3
