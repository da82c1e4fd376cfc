"""Bytes -> messages, however TCP cuts them."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.ami.framing import (
    MAX_BANNER_BYTES,
    MAX_HEADERS,
    MAX_MESSAGE_BYTES,
    Framer,
    FramingError,
    Headers,
)

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = (
    BANNER
    + "Event: Newchannel\r\nCallerIDName: Ääkkönen 😀\r\nAccountCode: \r\n\r\n".encode()
    + b"Response: Success\r\nMessage: a: b: c\r\n\r\n"
    + b"Event: X\r\nChanVariable: a=1\r\nChanVariable: b=2\r\nLast: \r\n\r\n"
)
MESSAGES: list[Headers] = [
    [("Event", "Newchannel"), ("CallerIDName", "Ääkkönen 😀"), ("AccountCode", "")],
    [("Response", "Success"), ("Message", "a: b: c")],
    [("Event", "X"), ("ChanVariable", "a=1"), ("ChanVariable", "b=2"), ("Last", "")],
]


def framed(*chunks: bytes) -> list[Headers]:
    framer = Framer()
    return [message for chunk in chunks for message in framer.feed(chunk)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_cut_of_the_stream_gives_the_same_messages(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[start:end] for start, end in pairwise(edges)]
    assert framed(*chunks) == MESSAGES


def test_byte_by_byte() -> None:
    assert framed(*(bytes([byte]) for byte in STREAM)) == MESSAGES


def test_what_is_no_utf8_and_nul_reads_as_the_replacement_character() -> None:
    message = framed(BANNER + b"Event: X\r\nName: A\xe4B\0C\r\n\r\n")[0]
    assert message == [("Event", "X"), ("Name", "A\ufffdB\ufffdC")]


def test_the_end_of_a_message_may_be_anything_but_two_line_ends() -> None:
    assert framed(BANNER + b"Event: X\r\nName: a\nb\rc\r\n\r\n")[0][1] == ("Name", "a\nb\rc")


def test_stray_lines_between_messages_are_passed_over() -> None:
    assert framed(BANNER + b"\r\n\r\n\r\nnoise\r\n\r\nEvent: X\r\n\r\n") == [[("Event", "X")]]


def test_the_version_is_known_after_the_banner() -> None:
    framer = Framer()
    assert list(framer.feed(BANNER)) == []
    assert framer.version == "11.0.0"


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01", b"A" * 500],
)
def test_another_server_is_recognised_at_its_first_bytes(start: bytes) -> None:
    with pytest.raises(FramingError, match="not Asterisk"):
        framed(start)


def test_a_banner_without_end_is_refused() -> None:
    framer = Framer()
    assert list(framer.feed(b"Asterisk Call Manager/".ljust(MAX_BANNER_BYTES, b"1"))) == []
    with pytest.raises(FramingError, match="not Asterisk"):
        list(framer.feed(b"1"))


def test_a_message_without_end_is_refused_before_it_fills_the_memory() -> None:
    framer = Framer()
    list(framer.feed(BANNER + b"Event: X\r\nName: "))
    chunk = b"x" * 4096
    while framer.pending + len(chunk) <= MAX_MESSAGE_BYTES:
        list(framer.feed(chunk))
    with pytest.raises(FramingError, match="longer than"):
        list(framer.feed(chunk))


def test_a_message_of_too_many_headers_is_refused() -> None:
    with pytest.raises(FramingError, match="headers"):
        framed(BANNER + b"a: b\r\n" * (MAX_HEADERS + 1) + b"\r\n")


def test_a_dripping_stream_costs_no_more_than_its_length() -> None:
    """Were each byte searched from the start again, four times the bytes would cost sixteen times
    as much."""

    def cost(size: int) -> float:
        framer = Framer()
        list(framer.feed(BANNER))
        began = time.process_time()
        for _ in range(size):
            list(framer.feed(b"x"))
        return time.process_time() - began

    assert min(cost(200_000) for _ in range(2)) < 9 * min(cost(50_000) for _ in range(3))
