"""The traps of the byte stream, on our protocol and on bare panoramisk 1.4."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from panoramisk import Manager  # type: ignore[import-untyped]  # it has no types
from panoramisk.message import Message  # type: ignore[import-untyped]  # it has no types

from ccgateway.ami.framing import MAX_MESSAGE_BYTES
from ccgateway.errors import PbxUnavailable, UnsafeText
from tests.adapters.ami_bench import BareStream, OurStream, eventually, trap

on_both = trap(OurStream, BareStream)
NEW = b"Event: Newchannel\r\nUniqueid: 1.1\r\n\r\n"
END = b"Event: Hangup\r\nUniqueid: 1.1\r\n\r\n"

Make = Callable[[], OurStream]


def mark_of(stream: OurStream) -> str:
    """The ActionID of the action that was sent last."""
    return stream.wire.sent.decode().rpartition("ActionID: ")[2].split("\r\n")[0]


@on_both
async def test_a_character_split_by_a_chunk_is_whole(make: Make) -> None:
    stream = make()
    raw = "Event: Newchannel\r\nCallerIDName: Ääkkönen 😀\r\nX: y\r\n\r\n".encode()
    stream.feed(*(raw[start:end] for start, end in pairwise([0, 34, 44, 46, len(raw)])))
    stream.close()
    assert [event.calleridname for event in stream.events] == ["Ääkkönen 😀"]


@on_both
async def test_byte_by_byte(make: Make) -> None:
    stream = make()
    raw = "Event: Newchannel\r\nCallerIDName: Ä: ö\r\nX: \r\n\r\n".encode()
    stream.feed(*(bytes([byte]) for byte in raw))
    stream.close()
    assert [dict(event) for event in stream.events] == [
        {"content": "", "Event": "Newchannel", "CallerIDName": "Ä: ö", "X": ""}
    ]


@on_both
async def test_an_empty_last_header_is_there(make: Make) -> None:
    stream = make()
    stream.feed(b"Event: Hold\r\nUniqueid: 1.1\r\nMusicClass: \r\n\r\n")
    stream.close()
    assert "MusicClass" in stream.events[0]


@on_both
async def test_what_is_no_utf8_is_visible(make: Make) -> None:
    stream = make()
    stream.feed(b"Event: Newchannel\r\nCallerIDName: J\xe4rvi\r\nX: y\r\n\r\n")
    stream.close()
    assert stream.events[0].calleridname == "J\ufffdrvi"


async def test_repeated_headers_are_all_kept() -> None:
    stream = OurStream()
    stream.feed(
        b"Event: UserEvent\r\nChanVariable: a=1\r\nChanVariable: b=2\r\nChanVariable: \r\n"
        b"Event: forged\r\n\r\n"
    )
    stream.close()
    assert stream.events[0].chanvariable == ["a=1", "b=2", ""]
    assert stream.events[0].event == "UserEvent"


class _RaisesOnce:
    """A callback with a defect."""

    def __init__(self, stream: OurStream) -> None:
        self.heard: list[str] = []
        stream.hear = self  # type: ignore[method-assign]  # the defect is put there
        stream.manager.callbacks["*"][:] = [lambda _, event: self(event)]

    def __call__(self, event: Message) -> None:
        self.heard.append(event.event)
        assert event.event != "Newchannel"


@on_both
async def test_a_callback_that_raises_does_not_end_the_connection(make: Make) -> None:
    stream = make()
    callback = _RaisesOnce(stream)
    try:
        stream.feed(NEW + END)
    finally:
        stream.close()
    assert callback.heard == ["Newchannel", "Hangup"]


@on_both
async def test_an_error_reply_ends_a_list_action(make: Make) -> None:
    stream = make()
    future = stream.send(Action="QueueStatus")
    stream.feed(f"Response: Error\r\nActionID: {mark_of(stream)}\r\nMessage: No\r\n\r\n".encode())
    done = future.done()
    stream.close()
    assert done


async def test_a_list_ends_with_complete_and_events_go_between() -> None:
    stream = OurStream()
    future = stream.send(Action="QueueStatus")
    mark = f"ActionID: {mark_of(stream)}\r\n".encode()
    stream.feed(
        b"Response: Success\r\n" + mark + b"EventList: start\r\n\r\n",
        NEW,
        b"Event: QueueMember\r\nName: 101\r\n" + mark + b"\r\n",
        END,
        b"Event: QueueStatusComplete\r\n" + mark + b"EventList: Complete\r\n\r\n",
    )
    assert [message.event for message in await future] == ["", "QueueMember", "QueueStatusComplete"]
    assert [event.event for event in stream.events] == ["Newchannel", "Hangup"]
    stream.close()


@on_both
async def test_originateresponse_is_an_event_though_it_has_a_response(make: Make) -> None:
    stream = make()
    future = stream.send(Action="Originate", Channel="PJSIP/101", Async="true")
    mark = f"ActionID: {mark_of(stream)}\r\n".encode()
    late = b"Event: OriginateResponse\r\nResponse: Failure\r\n" + mark + b"Uniqueid: 1.1\r\n\r\n"
    stream.feed(
        b"Response: Success\r\n" + mark + b"Message: Originate successfully queued\r\n\r\n", late
    )
    done = future.done()
    stream.close()
    assert [event.event for event in stream.events] == ["OriginateResponse"]
    assert done


async def test_originateresponse_before_its_response_is_still_an_event() -> None:
    stream = OurStream()
    future = stream.send(Action="Originate", Channel="PJSIP/101", Async="true")
    mark = f"ActionID: {mark_of(stream)}\r\n".encode()
    stream.feed(
        b"Event: OriginateResponse\r\nResponse: Failure\r\n" + mark + b"\r\n",
        b"Response: Success\r\n" + mark + b"Message: Originate successfully queued\r\n\r\n",
    )
    assert [message.response for message in await future] == ["Success"]
    assert [event.event for event in stream.events] == ["OriginateResponse"]
    stream.close()


async def test_replies_are_matched_by_their_actionid_alone() -> None:
    stream = OurStream()
    first = stream.send(Action="Setvar", Variable="A", Value="1")
    first_mark = mark_of(stream)
    second = stream.send(Action="Setvar", Variable="B", Value="2")
    second_mark = mark_of(stream)
    stream.feed(
        b"Response: Error\r\nActionID: somebody-else\r\n\r\nResponse: Error\r\n\r\n",
        f"Response: Success\r\nActionID: {second_mark}\r\nMessage: two\r\n\r\n".encode(),
        f"Response: Success\r\nActionID: {first_mark}\r\nMessage: one\r\n\r\n".encode(),
    )
    assert [(await future)[0].message for future in (first, second)] == ["one", "two"]
    assert stream.stats.odd == 2
    stream.close()


@on_both
@pytest.mark.parametrize("value", ["x\r\nAction: Originate", "x\nY: z", "a\rb", "a\0b"])
async def test_a_value_cannot_become_a_header(make: Make, value: str) -> None:
    stream = make()
    refused = False
    try:
        stream.send(Action="Setvar", Variable="A", Value=value)
    except UnsafeText:
        refused = True
    sent = stream.wire.sent
    stream.close()
    assert refused
    assert sent == b""


@on_both
async def test_a_message_without_end_does_not_fill_the_memory(make: Make) -> None:
    stream = make()
    stream.feed(b"Event: X\r\nName: ")
    for _ in range(2 * MAX_MESSAGE_BYTES // 65536):
        stream.feed(b"x" * 65536)
    closed = stream.wire.closed
    stream.close()
    assert closed


async def test_a_server_that_is_no_asterisk_is_left_at_once() -> None:
    stream = OurStream()
    stream.protocol = type(stream.protocol)(stream.stats)
    stream.protocol.connection_made(stream.wire)
    stream.feed(b"HTTP/1.1 400 Bad Request\r\n")
    assert "not Asterisk" in stream.protocol.lost.result()
    assert stream.wire.closed


async def test_everything_pending_fails_when_the_connection_is_lost() -> None:
    stream = OurStream()
    futures = [stream.send(Action="QueueStatus"), stream.send(Action="Ping")]
    stream.protocol.connection_lost(None)
    for future in futures:
        with pytest.raises(PbxUnavailable, match="Asterisk closed"):
            await future
    with pytest.raises(PbxUnavailable):
        stream.send(Action="Ping")


async def test_bare_panoramisk_lets_a_hangup_overtake() -> None:
    """Why our callbacks are plain functions: it runs coroutines as loose tasks."""
    stream, order = BareStream(), list[str]()
    gate = asyncio.Event()

    async def record(_manager: Manager, event: Message) -> None:
        if event.event == "Newchannel":
            await gate.wait()  # such as one query to a database
        order.append(event.event)

    stream.manager.register_event("*", record)
    stream.feed(NEW + END)
    assert await eventually(lambda: order)
    gate.set()
    assert await eventually(lambda: len(order) == 2)
    stream.close()
    assert order == ["Hangup", "Newchannel"]


async def test_events_come_in_the_order_of_the_stream() -> None:
    stream = OurStream()
    raw = b"".join(
        f"Event: Newchannel\r\nUniqueid: {n}\r\n\r\nEvent: Hangup\r\nUniqueid: {n}\r\n\r\n".encode()
        for n in range(500)
    )
    stream.feed(*(raw[start : start + 777] for start in range(0, len(raw), 777)))
    stream.close()
    assert [(event.event, event.uniqueid) for event in stream.events] == [
        (name, str(n)) for n in range(500) for name in ("Newchannel", "Hangup")
    ]
