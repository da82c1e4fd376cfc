"""A caller's number with line breaks in it, as Asterisk 22.10.1 writes it into its events."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.ami.forgery import CLOSE, MAX_FORGED, NAMES, PLACE, Sieve
from ccgateway.ami.framing import BANNER, Framer, Headers
from ccgateway.calls.recorded import Ami
from ccgateway.replay.files import read

RECORDINGS = Path(__file__).parents[2] / "scenarios" / "recordings"
MOST = 80  # bytes that Asterisk keeps of a number (AST_MAX_EXTENSION)


def newchannel(number: str, uniqueid: str = "1795329591.4") -> str:
    lines = [
        "Event: Newchannel",
        "Privilege: call,all",
        "Timestamp: 1795329591.731897",
        "Channel: PJSIP/trunk-00000000",
        "ChannelState: 4",
        "ChannelStateDesc: Ring",
        f"CallerIDNum: {number}",
        "CallerIDName: <unknown>",
        "ConnectedLineNum: <unknown>",
        "ConnectedLineName: <unknown>",
        "Language: en",
        "AccountCode: ",
        "Context: from-trunk",
        "Exten: 1000",
        "Priority: 1",
        f"Uniqueid: {uniqueid}",
        f"Linkedid: {uniqueid}",
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


HANGUP = (
    newchannel("12").replace("Newchannel", "Hangup").replace("\r\n\r\n", "\r\nCause: 16\r\n\r\n")
)


def hear(*wire: str) -> list[Headers]:
    framer, sieve = Framer(), Sieve()
    stream = BANNER + b"11.0.0\r\n" + "".join(wire).encode()
    return [kept for headers in framer.feed(stream) if (kept := sieve.take(headers)) is not None]


@pytest.mark.parametrize(
    "number",
    [
        "1\r\nAction: Logoff",
        "1\r\nUniqueid: 1795329591.1\r\nLinkedid: 1795329591.1",
        "1\r\n\r\nEvent: Hangup\r\nUniqueid: 1795329591.1\r\nCause: 16\r\n\r\n",
        "1\r\n\r\nEvent: Hangup\r\nChannelState: 6\r\nUniqueid: 1795329591.1",
        "1\r\n\r\nResponse: Success\r\nActionID: x\r\n\r\nEvent: Shutdown",
        "1\r\nCallerIDName: Bank\r\nConnectedLineNum: 9\r\nExten: 9",
        "1\r\n\r\n\r\n\r\n\r\n\r\n",
    ],
)
def test_one_event_of_asterisk_stays_one_and_says_what_asterisk_said(number: str) -> None:
    assert len(number) <= MOST
    created, ended = hear(newchannel(number), HANGUP)
    said = dict(created)
    assert (said["Event"], said["Uniqueid"], said["Linkedid"]) == (
        "Newchannel",
        "1795329591.4",
        "1795329591.4",
    )
    assert (said["Exten"], said["CallerIDNum"]) == ("1000", "1")
    assert [key for key, _ in created].count("Uniqueid") == 1
    assert ("Cause", "16") in ended


def test_the_second_channel_of_an_event_is_held_to_the_same() -> None:
    first, second = newchannel("12").strip(), newchannel("1\r\n\r\nEvent: Shutdown\r\n\r\n").strip()
    dest = "\r\n".join(f"Dest{line}" for line in second.split("\r\n")[3:7])
    rest = second.split("\r\n\r\n")[-1].split("\r\n")
    tail = "\r\n".join(f"Dest{line}" for line in rest)
    wire = f"{first}\r\n{dest}\r\n\r\nEvent: Shutdown\r\n\r\n{tail}\r\nDialString: 101\r\n\r\n"
    [dial, _] = hear(wire.replace("Newchannel", "DialBegin"), HANGUP)
    said = dict(dial)
    assert (said["Event"], said["DestCallerIDNum"], said["DialString"]) == ("DialBegin", "1", "101")
    assert said["DestLinkedid"] == "1795329591.4"


@given(st.text(alphabet="\r\n:EventUniqd Lkg1", max_size=MOST))
def test_whatever_the_number_what_comes_next_is_heard(number: str) -> None:
    *_, created, ended = hear(newchannel("5"), newchannel(number), HANGUP)
    assert dict(created)["Linkedid"] == "1795329591.4"
    assert dict(ended)["Event"] == "Hangup"


def test_what_follows_a_number_is_longer_than_a_number_can_be() -> None:
    assert len("".join(f"{key}: \r\n" for key in (*NAMES, *PLACE, *CLOSE))) > MOST


@pytest.mark.parametrize(
    "dialled",
    [
        "1000\r\nUniqueid: 1795329591.1",
        "1000\r\n\r\nEvent: Hangup\r\nUniqueid: 1795329591.1\r\n\r\n",
        "1000\r\nPriority: 7\r\nUniqueid: 1795329591.1\r\nLinkedid: 1795329591.1",
    ],
)
def test_a_dialled_number_with_line_breaks(dialled: str) -> None:
    assert len(dialled) <= MOST
    created, _ = hear(newchannel("12").replace("Exten: 1000", f"Exten: {dialled}"), HANGUP)
    said = dict(created)
    assert (said["Event"], said["Exten"], said["Uniqueid"], said["Linkedid"]) == (
        "Newchannel",
        "1000",
        "1795329591.4",
        "1795329591.4",
    )


def test_recordings_of_a_real_asterisk_pass_as_they_are() -> None:
    heard = [each.value for path in RECORDINGS.rglob("*.jsonl") for each in read(path).heard]
    sieve = Sieve()
    for each in heard:
        if isinstance(each, Ami):
            assert sieve.take(list(each.headers)) == list(each.headers)
    assert sieve.mended == 0


def test_an_asterisk_that_writes_events_in_another_form_is_not_silenced() -> None:
    other = newchannel("12").replace("AccountCode: \r\n", "")
    heard = hear(*[other] * (MAX_FORGED + 5))
    assert len(heard) >= 5
