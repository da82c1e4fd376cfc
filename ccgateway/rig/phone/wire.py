"""A UDP socket for SIP: what is lost is sent again (RFC 3261, 17), doublets are told once."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from ccgateway.rig.errors import RigError
from ccgateway.rig.phone import sip
from ccgateway.rig.phone.sip import Headers, NotSip, SipMessage
from ccgateway.rig.phone.story import now

AGAIN = 0.5  # seconds (T1 of RFC 3261), doubled each time
GIVE_UP = 8.0  # seconds; long for loopback
OK, FAILURE = 200, 300  # the first final status, the first that is no yes
_KEPT = 2000  # transactions that are remembered: requests come again within seconds

OnRequest = Callable[[SipMessage, datetime], None]
OnResponse = Callable[[SipMessage, datetime], None]
Peer = tuple[str, int]


class Wire(asyncio.DatagramProtocol):
    """A socket at ``host``:``port``, bound now, that talks with one peer. ``on_request`` (to be
    set before ``open``) is called for each request once, with the time it came."""

    on_request: OnRequest

    def __init__(self, host: str, port: int, peer: Peer) -> None:
        self.host, self.port, self.peer = host, port, peer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._socket.setblocking(False)
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[tuple[str, str], tuple[SipMessage, OnResponse]] = {}
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._served: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def open(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._waiting.clear()
        if self._transport:
            self._transport.close()
        else:
            self._socket.close()

    def via(self) -> tuple[str, str]:
        """The Via of a new transaction."""
        branch = f"z9hG4bK{uuid.uuid4().hex}"
        return "Via", f"SIP/2.0/UDP {self.host}:{self.port};branch={branch};rport"

    def request(self, message: SipMessage, heard: OnResponse) -> None:
        """Send a request (with its Via). ``heard`` is called for every response, also when a 200
        comes again; a 408 of our own comes where nothing else does. An INVITE's failure is
        acknowledged here, its 200 by the caller (RFC 3261, 13.2.2.4 and 17.1.1.3)."""
        key = (message.branch, message.cseq[1])
        self._waiting[key] = (message, heard)
        self._send(message)
        silent = SipMessage("SIP/2.0 408 Nothing came", message.headers)
        self._repeat(key, message, AGAIN, GIVE_UP, lambda: heard(silent, now()))

    async def ask(self, message: SipMessage) -> SipMessage:
        """Send a request that is no INVITE, and wait for its final response. Raises RigError."""
        done: asyncio.Future[SipMessage] = asyncio.get_running_loop().create_future()

        def heard(response: SipMessage, _at: datetime) -> None:
            if response.status >= OK and not done.done():
                done.set_result(response)

        self.request(message, heard)
        try:
            async with asyncio.timeout(2 * GIVE_UP):
                return await done
        except TimeoutError:
            raise RigError(f"{message.start}: no final answer") from None
        finally:
            self._waiting.pop((message.branch, message.cseq[1]), None)

    def send(self, message: SipMessage) -> None:
        """Send a message that has no answer (ACK)."""
        self._send(message)

    def reply(
        self,
        request: SipMessage,
        status: int,
        phrase: str,
        *,
        tag: str = "",
        more: Headers = (),
        body: str = "",
    ) -> None:
        """Answer a request. A final answer to an INVITE goes out until the ACK comes."""
        message = sip.response(request, (status, phrase), tag, more, body)
        key = (request.branch, request.cseq[1])
        self._served[key] = message.encode()
        self._send(message)
        if request.method == "INVITE" and status >= OK:
            self._repeat(_ack(request), message, AGAIN, GIVE_UP, lambda: None)

    def datagram_received(self, data: bytes, _addr: object) -> None:
        at = now()
        try:
            message = sip.parse(data)
        except NotSip:  # a keep-alive, or noise
            return
        if message.status:
            self._hear(message, at)
        else:
            self._take(message, at)

    def _hear(self, response: SipMessage, at: datetime) -> None:
        key = (response.branch, response.cseq[1])
        timer = self._timers.pop(key, None)
        if timer:  # an INVITE's provisional ends the repeating too; others get theirs at once
            timer.cancel()
        if key not in self._waiting:
            return
        request, heard = self._waiting[key]
        if request.method == "INVITE" and response.status >= FAILURE:
            self._send(_acknowledged(request, response))
        heard(response, at)

    def _take(self, request: SipMessage, at: datetime) -> None:
        if request.method == "ACK":
            timer = self._timers.pop(_ack(request), None)
            if timer:
                timer.cancel()
                self.on_request(request, at)
            return
        key = (request.branch, request.method)
        if key in self._served:
            if self._served[key]:
                self._write(self._served[key])
            return
        self._served[key] = b""
        while len(self._served) > _KEPT:
            self._served.popitem(last=False)
        self.on_request(request, at)

    def _repeat(
        self,
        key: tuple[str, str],
        message: SipMessage,
        delay: float,
        left: float,
        give_up: Callable[[], None],
    ) -> None:
        """Send a message again, later and later, until its timer is cancelled."""

        def again() -> None:
            if left < delay:
                self._timers.pop(key, None)
                give_up()
                return
            self._send(message)
            self._repeat(key, message, 2 * delay, left - delay, give_up)

        self._timers[key] = asyncio.get_running_loop().call_later(min(delay, left), again)

    def _send(self, message: SipMessage) -> None:
        self._write(message.encode())

    def _write(self, data: bytes) -> None:
        if not self._transport or self._transport.is_closing():
            raise RigError("the phone is closed")
        self._transport.sendto(data, self.peer)


def _ack(request: SipMessage) -> tuple[str, str]:
    """What an INVITE's final response and its ACK have in common."""
    return request.call_id, f"ACK {request.cseq[0]}"


def _acknowledged(invite: SipMessage, failure: SipMessage) -> SipMessage:
    """The ACK of a failure: of the same transaction."""
    headers = (
        ("Via", invite.first("via")),
        ("Max-Forwards", "70"),
        ("From", invite.first("from")),
        ("To", failure.first("to")),
        ("Call-ID", invite.call_id),
        ("CSeq", f"{invite.cseq[0]} ACK"),
    )
    return SipMessage(f"ACK {invite.uri} SIP/2.0", headers)
