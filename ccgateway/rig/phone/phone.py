"""A phone of an agent: it registers with a password, is rung, dials, and keeps a log."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.closing import Closing
from ccgateway.rig.errors import RigError
from ccgateway.rig.phone import tones
from ccgateway.rig.phone.call import SOON
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.line import Line
from ccgateway.rig.phone.manner import BUSY, RINGS, Manner, answers
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.sip import Headers, SipMessage
from ccgateway.rig.phone.story import Moment, What, now
from ccgateway.rig.phone.wire import Wire
from ccgateway.rig.ports import LOOPBACK
from ccgateway.rig.waiting import until

EXPIRES = 3600  # seconds; the tests are over long before
OK = 200


class Phone(Closing):
    """``manner`` says what it does when it is rung; ``do_not_disturb`` refuses at once (486), and
    ``auto_answer`` obeys an INVITE that asks for it."""

    def __init__(self, line: Line, *, shown: str, more: Headers = ()) -> None:
        self.line = line
        self.manner: Manner = RINGS
        self.do_not_disturb = False
        self.auto_answer = False
        self.calls: list[IncomingCall | OutgoingCall] = []
        self._shown, self._more = shown, more
        self._told = 0  # how many incoming calls ``rings`` has returned

    @classmethod
    async def register(
        cls, asterisk: RigAsterisk, number: int | str, *, password: str | None = None
    ) -> Self:
        """A registered phone. Raises RigError where the PBX refuses."""
        phone = cls._at(asterisk, str(number), password)
        try:
            await phone.line.wire.open()
            await phone.register_again()
        except BaseException:
            await phone.close()
            raise
        return phone

    @classmethod
    def _at(cls, asterisk: RigAsterisk, number: str, password: str | None) -> Self:
        block, at = asterisk.block, asterisk.addresses
        server = (LOOPBACK, at.sip_port)
        wire = Wire(LOOPBACK, block.talking(), server)
        secret = at.phone_secret if password is None else password
        line = Line(
            wire, number, f"{LOOPBACK}:{at.sip_port}", block.talking, tones.take(number), secret
        )
        phone = cls(line, shown=f'"Phone {number}" <sip:{number}@{LOOPBACK}>')
        wire.on_request = phone.on_request
        return phone

    @property
    def name(self) -> str:
        """The number: by it others tell whom they hear."""
        return self.line.user

    @property
    def log(self) -> list[Moment]:
        """All that happened, by its time on the wire."""
        return self.line.log

    async def register_again(self) -> None:
        """Register, also when it is registered already. Raises RigError."""
        await self._register(EXPIRES, What.REGISTERED)

    async def unregister(self) -> None:
        """Leave: the PBX cannot reach it any more. Raises RigError."""
        await self._register(0, What.UNREGISTERED)

    async def rings(self, *, within: float = SOON) -> IncomingCall:
        """The next call that comes in, also one that came before this was asked; each is told
        once. Raises RigError where none comes."""

        def untold() -> list[IncomingCall]:
            incoming = [call for call in self.calls if isinstance(call, IncomingCall)]
            return incoming[self._told :]

        calls = await until(untold, f"{self.name} is rung", seconds=within)
        self._told += 1
        return calls[0]

    async def dial(self, number: str, *, headers: Headers = (), shown: str = "") -> OutgoingCall:
        """Place a call; ``shown``: another From than its own. Returns when the INVITE is sent."""
        call = OutgoingCall(self.line, number, shown or self._shown, (*self._more, *headers))
        self.calls.append(call)
        await call.dial()
        return call

    def leave(self) -> None:
        """Hang up all, and give the tone back."""
        for call in self.calls:
            call.close()
        tones.release(self.line.hertz)

    async def close(self) -> None:
        """Leave nothing behind. It does not unregister: whose cable is pulled does not either."""
        self.leave()
        self.line.wire.close()

    def on_request(self, request: SipMessage, at: datetime) -> None:
        """A request from the wire: of a call that is there, or one that begins."""
        call = next((one for one in self.calls if one.dialog.call_id == request.call_id), None)
        if call:
            call.on_request(request, at)
        elif request.method == "INVITE":
            self.begin(request, at)
        elif request.method in {"OPTIONS", "NOTIFY"}:  # qualify; messages waiting
            self.line.wire.reply(request, OK, "OK", tag=uuid.uuid4().hex)
        elif request.method != "ACK":
            self.line.wire.reply(request, 481, "Gone", tag=uuid.uuid4().hex)

    def begin(self, invite: SipMessage, at: datetime) -> None:
        """A new call comes in."""
        call = IncomingCall(self.line, invite, at)
        self.calls.append(call)
        manner = BUSY if self.do_not_disturb else self.manner
        if self.auto_answer and call.wants_auto_answer and not self.do_not_disturb:
            manner = answers()
        call.behave(manner)

    async def _register(self, expires: int, what: What) -> None:
        line = self.line
        uri = f"sip:{line.server}"
        challenge = await line.wire.ask(self._registration(uri, 1, expires, ()))
        answer = challenge
        authorization = line.answer_to(challenge, "REGISTER", uri)
        if authorization:
            answer = await line.wire.ask(self._registration(uri, 2, expires, authorization))
        if answer.status != OK:
            raise RigError(f"{self.name}: REGISTER is answered by {answer.start}")
        line.note(now(), what)

    def _registration(self, uri: str, number: int, expires: int, more: Headers) -> SipMessage:
        line = self.line
        own = f"<sip:{line.user}@{line.server}>"
        headers = (
            line.wire.via(), ("Max-Forwards", "70"), ("From", f"{own};tag={uuid.uuid4().hex[:12]}"),
            ("To", own), ("Call-ID", uuid.uuid4().hex), ("CSeq", f"{number} REGISTER"),
            line.contact, ("Expires", str(expires)), *more,
        )  # fmt: skip
        return SipMessage(f"REGISTER {uri} SIP/2.0", headers)
