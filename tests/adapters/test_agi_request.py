"""The readers of requests and replies take any bytes, in any pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.agi.limits import MAX_HEADERS, MAX_LINE, MAX_REPLY_LINE, MAX_REQUEST, MAX_USAGE_LINES
from ccgateway.agi.reply import BadReply, Reply, ReplyReader
from ccgateway.agi.request import BadRequest, Request, RequestReader
from ccgateway.agi.session import safe
from ccgateway.errors import UnsafeText
from tests.adapters.agi_asterisk import HEADERS, SECRET, request, set_by, words_of

PIECES = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([b"\n", b"\r\n", b"agi_", b": ", b"agi_channel: x\n", request()]),
    ),
    max_size=30,
)
REPLIES = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from([b"200 result=1\n", b"HANGUP\n", b"520-Usage\n", b"520 End\n", b"\n"]),
    ),
    max_size=30,
)


def read(*pieces: bytes) -> Request | None:
    reader = RequestReader()
    for piece in pieces:
        if found := reader.feed(piece):
            return found
    return None


def test_a_request_of_asterisks() -> None:
    found = read(request())
    assert found
    assert found.address == "inbound"
    assert found.arguments == (SECRET, "+358942454000", "")
    assert {name: found.headers[name] for name in HEADERS} == HEADERS
    assert found.argument(7) == ""


@given(st.integers(1, len(request()) - 1))
def test_where_a_request_is_split_does_not_matter(place: int) -> None:
    assert read(request()[:place], request()[place:]) == read(request())


def test_byte_by_byte_and_with_carriage_returns() -> None:
    assert read(*(bytes([byte]) for byte in request())) == read(request())
    assert read(request().replace(b"\n", b"\r\n")) == read(request())


@given(PIECES)
def test_random_bytes_raise_nothing_but_bad_request(pieces: list[bytes]) -> None:
    reader = RequestReader()
    try:
        for piece in pieces:
            found = reader.feed(piece)
            if found:
                break
    except BadRequest:
        pass


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"\n", "is missing"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "no AGI header"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", "no AGI header"),
        (b"agi_network_script: inbound\n\n", "agi_channel is missing"),
        (b"agi_channel: \nagi_uniqueid: 1\nagi_network_script: inbound\n\n", "agi_channel is"),
        (request()[:-1] + b"agi_channel: PJSIP/other-1\n\n", "agi_channel stands twice"),
        (request()[:-1] + b"Evil: yes\n\n", "no AGI header"),
        (request(headers={"agi_calleridname": "a\x00b"}), "agi_calleridname holds control"),
        (request(headers={"agi_callerid": "358\nagi_arg_1: x"}), "agi_arg_1 stands twice"),
        (request(headers={"agi_callerid": "358\n"}), "before it was asked"),
        (request() + b"200 result=1\n", "before it was asked"),
        (b"agi_x: " + b"x" * MAX_LINE + b"\n", "a line is too long"),
        (b"agi_x: " + b"x" * MAX_LINE, "a line is too long"),
        (b"".join(b"agi_%d: x\n" % number for number in range(MAX_HEADERS + 1)), "too many"),
        ((b"agi_x: " + b"x" * 4000 + b"\n") * (MAX_REQUEST // 4000 + 1), "the request is too"),
    ],
)
def test_what_is_refused(said: bytes, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        read(said)


@pytest.mark.parametrize(
    "said", ["x" * (MAX_REPLY_LINE + 1), "520-Usage\n" + "again\n" * MAX_USAGE_LINES]
)
def test_a_reply_without_end_is_refused(said: str) -> None:
    """At the first byte too many: what is not refused fills the memory."""
    reader = ReplyReader()
    reader.feed(said[:-1].encode())
    with pytest.raises(BadReply, match=r"too long|does not end"):
        reader.feed(said[-1:].encode())


def test_bytes_that_are_no_utf8_are_kept_as_such() -> None:
    found = read(request(headers={"agi_calleridname": "X"}).replace(b": X", b": \xff\xfeX"))
    assert found
    assert found.headers["agi_calleridname"] == "��X"


@pytest.mark.parametrize(
    ("said", "replies", "hung_up"),
    [
        (b"200 result=1\n", [Reply(200, 1)], False),
        (b"200 result=-1\r\n", [Reply(200, -1)], False),
        (b"200 result=1 (hangup)\n", [Reply(200, 1)], False),
        (b"HANGUP\n200 result=1\n", [Reply(200, 1)], True),
        (b"200 result=1\nHANGUP\n", [Reply(200, 1)], True),
        (b"510 Invalid or unknown command\n", [Reply(510)], False),
        (b"511 result=-1 Command Not Permitted\n", [Reply(511, -1)], False),
        (b"520-Usage\nHANGUP\n200 result=1\n520 End\n200 result=1\n", None, False),
    ],
)
def test_replies(said: bytes, replies: list[Reply] | None, hung_up: bool) -> None:
    for size in (1, 7, len(said)):
        reader = ReplyReader()
        parts = [said[at : at + size] for at in range(0, len(said), size)]
        found = [reply for part in parts for reply in reader.feed(part)]
        assert found == ([Reply(520), Reply(200, 1)] if replies is None else replies)
        assert reader.hung_up is hung_up


@given(REPLIES)
def test_random_replies_raise_nothing_but_bad_reply(pieces: list[bytes]) -> None:
    reader = ReplyReader()
    try:
        for piece in pieces:
            reader.feed(piece)
    except BadReply:
        pass


@given(st.text())
def test_what_is_safe_is_one_plain_word_for_asterisk(value: str) -> None:
    try:
        command = f'EXEC MSet "A={safe("A", value)},B="\n'
    except UnsafeText:
        return
    assert set_by(words_of(command)) == {"A": value, "B": ""}


@given(st.text(), st.sampled_from('\r\n\x00\x7f\x1b,"$\\(){}[]'), st.text())
def test_what_means_something_is_never_sent(before: str, bad: str, after: str) -> None:
    with pytest.raises(UnsafeText):
        safe("A", before + bad + after)
