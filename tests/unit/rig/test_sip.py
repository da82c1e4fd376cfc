"""SIP as the scripted phone reads and writes it; messages as Asterisk 22 sends them."""

from __future__ import annotations

import pytest

from ccgateway.rig.phone import digest, sdp, sip
from ccgateway.rig.phone.sdp import Direction, Sdp
from ccgateway.rig.phone.sip import NotSip, SipMessage

INVITE = (
    "INVITE sip:202@127.0.0.1:10854 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:10000;rport;branch=z9hG4bKPj1\r\n"
    'From: "M\xe4kel\xe4 \\"Maija\\"" <sip:%2B358401@127.0.0.1>;tag=dc-1\r\n'
    "t: <sip:202@127.0.0.1>\r\n"
    "i: abc\r\n"
    "CSeq: 27677 INVITE\r\n"
    "Alert-Info: <http://rig>;info=alert,\r\n"
    "  auto-answer\r\n"
    "X-Case: 1042\r\n"
    "X-Case: second\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 5\r\n"
    "\r\n"
    "v=0\r\n"
)


def test_a_request_is_read() -> None:
    invite = sip.parse(INVITE.encode())
    assert (invite.method, invite.status, invite.cseq) == ("INVITE", 0, (27677, "INVITE"))
    assert (invite.call_id, invite.branch) == ("abc", "z9hG4bKPj1")
    assert invite.first("x-case") == "1042"
    assert invite.all("X-Case") == ["1042", "second"]
    assert invite.first("alert-info").endswith("auto-answer")
    assert invite.first("to") == "<sip:202@127.0.0.1>"
    assert invite.body == "v=0\r\n"


def test_what_is_written_is_read_again() -> None:
    invite = sip.parse(INVITE.encode())
    assert sip.parse(invite.encode()) == invite


def test_a_response_repeats_what_it_must_and_tags_the_other_side() -> None:
    ok = sip.response(sip.parse(INVITE.encode()), (180, "Ringing"), "us")
    assert (ok.status, ok.reason, ok.method) == (180, "Ringing", "")
    assert sip.parameter(ok.first("to"), "tag") == "us"
    assert ok.first("via").endswith("branch=z9hG4bKPj1")
    again = sip.response(SipMessage("BYE x SIP/2.0", ok.headers), (200, "OK"), "other")
    assert sip.parameter(again.first("to"), "tag") == "us"


@pytest.mark.parametrize("noise", [b"", b"\r\n\r\n", b"\x80\x00\x01", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_noise_is_no_message(noise: bytes) -> None:
    with pytest.raises(NotSip):
        sip.parse(noise)


@pytest.mark.parametrize(
    ("text", "name", "user", "tag"),
    [
        ('"M\xe4kel\xe4 \\"M\\"" <sip:%2B358401@h>;tag=1', 'M\xe4kel\xe4 "M"', "+358401", "1"),
        ('"a <sip:x@y>" <sip:201@h:5060;user=phone>', "a <sip:x@y>", "201", ""),
        ("Maija M <sips:201@h>;tag=2", "Maija M", "201", "2"),
        ("<sip:127.0.0.2:10003>", "", "", ""),
        ("sip:201@h;tag=3", "", "201", "3"),
        ("<tel:+358401>", "", "+358401", ""),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', "Anonymous", "anonymous", ""),
    ],
)
def test_addresses(text: str, name: str, user: str, tag: str) -> None:
    address = sip.parse_address(text)
    assert (address.name, address.user) == (name, user)
    assert sip.parameter(text, "tag") == tag


def test_digest_as_in_rfc_2617() -> None:
    """Its example, section 3.5."""
    answer = digest.authorization(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
        ("GET", "/dir/index.html"),
        ("Mufasa", "Circle Of Life"),
        "0a4f113b",
    )
    assert 'response="6629fae49393a05397450978507c4ef1"' in answer
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in answer
    assert "nc=00000001" in answer


def test_digest_without_qop() -> None:
    """RFC 2069's way, which RFC 2617 keeps for old servers; the figure is RFC 2069's (erratum 749),
    for the same example."""
    answer = digest.authorization(
        'Digest realm="testrealm@host.com",nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
        ("GET", "/dir/index.html"),
        ("Mufasa", "CircleOfLife"),
        "unused",
    )
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in answer
    assert "cnonce" not in answer


@pytest.mark.parametrize("direction", list(Direction))
def test_sdp_is_written_and_read(direction: Direction) -> None:
    ours = Sdp("127.0.0.1", 10900, direction, 96)
    assert sdp.parse(ours.text(7)) == ours


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            "v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 4 RTP/AVP 0\r\n",
            Sdp("0.0.0.0", 4, Direction.NONE, 0),  # noqa: S104 -- not bound to: an old hold
        ),
        ("v=0\r\nc=IN IP4 h\r\nm=audio 4 RTP/AVP 0\r\n", Sdp("h", 4, Direction.BOTH, 0)),
        ("v=0\r\nc=IN IP4 h\r\nm=video 4 RTP/AVP 96\r\n", None),
        ("", None),
    ],
)
def test_sdp_of_others(body: str, found: Sdp | None) -> None:
    assert sdp.parse(body) == found


def test_the_answer_to_a_hold() -> None:
    assert Direction.SEND.mirrored is Direction.RECEIVE
    assert Direction.RECEIVE.mirrored is Direction.SEND
    assert Direction.NONE.mirrored is Direction.NONE
