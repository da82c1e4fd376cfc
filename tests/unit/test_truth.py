"""SIPp's message logs become the truth. The logs are cut from real ones."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ccgateway.rig.messages import parse
from ccgateway.rig.truth import calls


def message(at: str, way: str, start: str, *headers: str) -> str:
    """One entry of a log, as SIPp 3.6 writes it."""
    size = "[405] bytes" if way == "received" else "(405 bytes)"
    lines = "\n".join((start, *headers))
    return (
        f"----------------------------------------------- 2026-11-22 06:06:{at}\n"
        f"UDP message {way} {size}:\n\n{lines}\n\n"
    )


MAIJA = 'P-Asserted-Identity: "Maija" <sip:+358401000000@127.0.0.2>'
CALLER = ("Call-ID: 1-16351@127.0.0.2", "CSeq: 1 INVITE")
CALLER_LOG = (
    message("22.053921", "sent", "INVITE sip:1000@127.0.0.1:10000 SIP/2.0", *CALLER,
            'From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', MAIJA, "Privacy: id")
    + message("22.054900", "received", "SIP/2.0 100 Trying", *CALLER)
    + message("22.055727", "received", "SIP/2.0 200 OK", *CALLER)
    + message("28.062056", "sent", "BYE sip:127.0.0.1:10000 SIP/2.0", CALLER[0], "CSeq: 2 BYE")
    + message("28.063000", "received", "SIP/2.0 200 OK", CALLER[0], "CSeq: 2 BYE")
)  # fmt: skip


def ring(call_id: str, phone: str, number: str, at: int, *rest: str) -> str:
    return (
        message(f"{at}.056650", "received", f"INVITE sip:{phone}@127.0.0.1:10004 SIP/2.0",
                f"Call-ID: {call_id}", "CSeq: 27677 INVITE",
                f'From: "Maija" <sip:{number}@127.0.0.1>;tag=2')
        + "".join(rest)
    )  # fmt: skip


def answer(call_id: str, at: str, cseq: str = "27677 INVITE", way: str = "sent") -> str:
    return message(at, way, "SIP/2.0 200 OK", f"Call-ID: {call_id}", f"CSeq: {cseq}")


def bye(call_id: str, at: str) -> str:
    start = "BYE sip:101@127.0.0.1:10004 SIP/2.0"
    return message(at, "received", start, f"Call-ID: {call_id}", "CSeq: 27678 BYE")


NUMBER = "+358401000000"


def second(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-22T06:06:{text}").replace(tzinfo=UTC)


def test_a_withheld_call_that_rang_out_once_and_was_then_answered() -> None:
    cancel = message(
        "24.1", "received", "CANCEL sip:161@127.0.0.1 SIP/2.0", "Call-ID: a", "CSeq: 27677 CANCEL"
    ).replace("24.1", "24.100000")
    phones = ring("a", "161", NUMBER, 22, cancel) + ring(
        "b", "101", NUMBER, 25, answer("b", "25.462232"), bye("b", "28.063483")
    )

    [call] = calls(parse(CALLER_LOG), parse(phones))

    assert (call.number, call.did, call.withheld) == (NUMBER, "1000", True)
    assert call.placed_at == second("22.053921")
    assert call.network_answered_at == second("22.055727")
    assert (call.ended_at, call.caller_ended) == (second("28.062056"), True)
    assert [one.phone for one in call.rings] == ["161", "101"]
    [talk] = call.talks
    assert (talk.phone, talk.answered_at) == ("101", second("25.462232"))
    assert talk.ended_at == second("28.063483")


def test_the_yes_to_a_phones_own_hold_is_no_answer() -> None:
    held = answer("b", "25.462232") + answer("b", "26.000000", "2 INVITE", "received")
    [call] = calls(parse(CALLER_LOG), parse(ring("b", "151", NUMBER, 22, held)))
    assert call.talks[0].answered_at == second("25.462232")


def test_a_phone_that_rang_before_the_caller_wrote_that_he_called() -> None:
    """SIPp waited for the processor between sending the INVITE and asking for the time."""
    late = CALLER_LOG.replace("22.053921", "22.070000").replace("22.055727", "22.071000")
    again = CALLER_LOG.replace("1-16351", "2-16351").replace(":22.", ":24.")
    phones = ring("b", "101", NUMBER, 22, answer("b", "22.462232"), bye("b", "28.063483"))

    first, second_one = calls(parse(late + again), parse(phones))

    assert [one.phone for one in first.rings] == ["101"]
    assert not second_one.rings


def test_a_ring_for_somebody_else_is_not_his() -> None:
    [call] = calls(parse(CALLER_LOG), parse(ring("b", "101", "+358409999999", 23)))
    assert call.rings == ()


def test_a_call_that_the_network_ended() -> None:
    log = CALLER_LOG.replace(
        "06:06:28.062056\nUDP message sent", "06:06:28.062056\nUDP message received"
    )
    [call] = calls(parse(log), [])
    assert not call.caller_ended


def test_the_log_of_sipp_3_7_says_the_same() -> None:
    newer = re.sub(r"2026-11-22 (\S+)", r"2026-11-22T\1Z", CALLER_LOG)
    assert newer != CALLER_LOG
    assert calls(parse(newer), []) == calls(parse(CALLER_LOG), [])


def test_empty_logs_hold_no_calls() -> None:
    assert calls(parse(""), parse("")) == []


def test_a_message_that_is_being_written_does_no_harm() -> None:
    whole = calls(parse(CALLER_LOG), [])
    assert calls(parse(CALLER_LOG + "-----------------------------------"), []) == whole
