"""Actions -> bytes: nothing becomes a header that we did not write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.ami.encode import headers_of, wire
from ccgateway.errors import UnsafeText
from ccgateway.telephony.actions import (
    Action,
    AddMember,
    HangUp,
    PauseMember,
    PressKey,
    RemoveMember,
    SetGlobal,
    SetPenalty,
)

EXPECTED: list[tuple[Action, bytes]] = [
    (
        SetGlobal("CCG_HEARTBEAT", "1795327000"),
        b"Action: Setvar\r\nVariable: CCG_HEARTBEAT\r\nValue: 1795327000\r\n\r\n",
    ),
    (
        AddMember("stations", "PJSIP/101", "101", penalty=2),
        (
            b"Action: QueueAdd\r\nQueue: stations\r\nInterface: PJSIP/101\r\nMemberName: 101\r\n"
            b"Penalty: 2\r\nPaused: false\r\n\r\n"
        ),
    ),
    (
        AddMember("stations", "PJSIP/101", "101", paused=True, reason="lunch"),
        (
            b"Action: QueueAdd\r\nQueue: stations\r\nInterface: PJSIP/101\r\nMemberName: 101\r\n"
            b"Penalty: 0\r\nPaused: true\r\nReason: lunch\r\n\r\n"
        ),
    ),
    (
        RemoveMember("stations", "PJSIP/101"),
        b"Action: QueueRemove\r\nQueue: stations\r\nInterface: PJSIP/101\r\n\r\n",
    ),
    (
        PauseMember("stations", "PJSIP/101", paused=True, reason="Pause äö"),
        "Action: QueuePause\r\nQueue: stations\r\nInterface: PJSIP/101\r\nPaused: true\r\n"
        "Reason: Pause äö\r\n\r\n".encode(),
    ),
    (
        SetPenalty("stations", "PJSIP/101", 3),
        b"Action: QueuePenalty\r\nQueue: stations\r\nInterface: PJSIP/101\r\nPenalty: 3\r\n\r\n",
    ),
    (
        SetGlobal("CCG_FIRST_hot-line", "stations|20"),
        b"Action: Setvar\r\nVariable: CCG_FIRST_hot-line\r\nValue: stations|20\r\n\r\n",
    ),
    (
        PressKey("PJSIP/101-0000002a", "*"),
        (b"Action: PlayDTMF\r\nChannel: PJSIP/101-0000002a\r\nDigit: *\r\nReceive: true\r\n\r\n"),
    ),
    (
        HangUp("PJSIP/101-0000002a"),
        b"Action: Hangup\r\nChannel: PJSIP/101-0000002a\r\nCause: 16\r\n\r\n",
    ),
]

HOSTILE = [
    "x\r\nAction: Originate",
    "x\nAction: Originate",
    "x\r",
    "a\0b",
    "bell\a",
    "escape\x1b[31m",
    "next line\x85",
    "line separator\u2028",
    "paragraph separator\u2029",
    "half an emoji \ud83d",
    "4 kB " + "x" * 4096,
]


@pytest.mark.parametrize(("action", "expected"), EXPECTED)
def test_actions(action: Action, expected: bytes) -> None:
    assert wire(headers_of(action)) == expected


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_refused_in_every_place(value: str) -> None:
    for action in (
        SetGlobal("CCG_X", value),
        SetGlobal(value, "x"),
        AddMember(value, "PJSIP/101", "101"),
        AddMember("stations", value, "101"),
        AddMember("stations", "PJSIP/101", value),
        AddMember("stations", "PJSIP/101", "101", paused=True, reason=value),
        RemoveMember("stations", value),
        PauseMember("stations", "PJSIP/101", paused=True, reason=value),
        PressKey(value, "1"),
        HangUp(value),
        PressKey("PJSIP/101-0000002a", value),
    ):
        with pytest.raises(UnsafeText) as refusal:
            wire(headers_of(action))
        assert value not in str(refusal.value)


@pytest.mark.parametrize("key", ["", "A b", "A:b", "A\r\nB", "Ä", "A\n"])
def test_hostile_keys_are_refused(key: str) -> None:
    with pytest.raises(UnsafeText):
        wire([("Action", "Ping"), (key, "x")])


@pytest.mark.parametrize("name", ["SHELL(reboot)", "GLOBAL(X)", "A B", "", "A,B", "1A", "A\n"])
def test_a_global_is_a_plain_variable_never_a_function(name: str) -> None:
    with pytest.raises(UnsafeText):
        headers_of(SetGlobal(name, "x"))


@pytest.mark.parametrize("key", ["", "12", "a", "1 ", "1\n", "\u0661"])
def test_a_key_of_a_phone_is_one_of_its_twelve(key: str) -> None:
    with pytest.raises(UnsafeText):
        headers_of(PressKey("PJSIP/101-0000002a", key))


@pytest.mark.parametrize("value", ["${SHELL(reboot)}", '"]]>', "😀", "a, b: c;d"])
def test_plain_text_passes_as_it_is(value: str) -> None:
    assert f"MemberName: {value}\r\n".encode() in wire(headers_of(AddMember("q", "P/1", value)))


def test_too_many_headers_are_refused() -> None:
    with pytest.raises(UnsafeText):
        wire([("A", "b")] * 101)


@given(st.text(max_size=300))
def test_whatever_passes_is_one_line(value: str) -> None:
    try:
        payload = wire([("Action", "Ping"), ("Value", value)])
    except UnsafeText:
        return
    assert payload.decode().splitlines() == ["Action: Ping", f"Value: {value}", ""]
