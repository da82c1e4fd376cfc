"""A call that a phone places."""

from __future__ import annotations

import uuid
from datetime import datetime

from ccgateway.rig.errors import RigError
from ccgateway.rig.phone.call import SOON, Call, Stage
from ccgateway.rig.phone.dialog import Dialog
from ccgateway.rig.phone.line import Line
from ccgateway.rig.phone.negotiation import SDP
from ccgateway.rig.phone.sip import Headers, SipMessage
from ccgateway.rig.phone.story import What
from ccgateway.rig.waiting import until

RINGING, PROGRESS, OK, FAILURE = 180, 183, 200, 300
CHALLENGES = (401, 407)


class OutgoingCall(Call):
    """Made by ``dial``. ``shown``: the From, ``more``: headers that the first INVITE has beside."""

    def __init__(self, line: Line, number: str, shown: str, more: Headers) -> None:
        call_id = f"{uuid.uuid4().hex}@{line.wire.host}"
        target = f"sip:{number}@{line.server}"
        us = f"{shown};tag={uuid.uuid4().hex[:12]}"
        super().__init__(line, Dialog(line, call_id, us, f"<{target}>", target))
        self.number = number
        self.phrase = ""  # of the failure
        self._uri, self._more = target, more
        self._invite: SipMessage | None = None
        self._is_heard = self._is_authorized = self._gives_up = False

    async def dial(self) -> None:
        """Send the INVITE."""
        await self.media.open()
        self.note(What.INVITE_SENT, self._uri)
        self._send(())

    async def rings(self, *, within: float = SOON) -> None:
        """The other side told that it rings (180), or has been answered since."""

        def rings() -> bool:
            if self.is_over:
                raise RigError(f"{self} is over: {self.status} {self.phrase}")
            return self.stage in {Stage.RINGING, Stage.TALKING}

        await until(rings, f"{self} rings", seconds=within)

    async def answered(self, *, within: float = SOON) -> None:
        """It is answered. Raises RigError with the status where it was refused."""

        def answered() -> bool:
            if self.is_over and not self.answered_at:
                raise RigError(f"{self} was not answered: {self.status} {self.phrase} {self.why}")
            return self.answered_at is not None

        await until(answered, f"{self} is answered", seconds=within)

    async def refused(self, *, within: float = SOON) -> int:
        """It fails. Returns the status; the phrase is in ``phrase``, the Reason in ``why``."""

        def refused() -> int:
            if self.answered_at:
                raise RigError(f"{self} was answered")
            return self.status if self.is_over else 0

        return await until(refused, f"{self} is refused", seconds=within)

    async def hang_up(self) -> None:
        """End it: one that is not answered yet is cancelled."""
        if self.stage in {Stage.BEGUN, Stage.RINGING}:
            self._gives_up = True
            # before a first answer no CANCEL may be sent (RFC 3261, 9.1)
            await until(lambda: self._is_heard or self.is_over, f"{self} is answered by anything")
            if self.stage in {Stage.BEGUN, Stage.RINGING}:
                await self.line.wire.ask(self._cancel())
            # a 200 may have crossed the CANCEL
            await until(lambda: self.stage in {Stage.TALKING, Stage.OVER}, f"{self} is cancelled")
        await super().hang_up()

    def _let_go(self) -> None:
        if self.stage in {Stage.BEGUN, Stage.RINGING}:
            self.line.wire.send(self._cancel())
        super()._let_go()

    def _send(self, authorization: Headers) -> None:
        headers = (*self._more, *self.line.common, *authorization, *SDP)
        self._invite = self.dialog.request("INVITE", headers, self.negotiation.offer())
        self.line.wire.request(self._invite, self._heard)

    def _heard(self, response: SipMessage, at: datetime) -> None:
        if response.cseq[0] != (self._invite.cseq[0] if self._invite else 0):
            return  # the challenge of the first INVITE, again
        self._is_heard = True
        if response.status >= FAILURE:
            self._failed(response, at)
        elif response.status >= OK:
            self._accepted(response, at)
        elif response.status > 100:  # noqa: PLR2004 -- 100 is the next hop's, not the other side's
            self._progress(response, at)

    def _progress(self, response: SipMessage, at: datetime) -> None:
        self.note(What.PROGRESS_RECEIVED, str(response.status), at)
        self.showing(response, at)
        self.negotiation.accept(response)
        if response.status == RINGING and self.stage is Stage.BEGUN:
            self.stage = Stage.RINGING

    def _accepted(self, response: SipMessage, at: datetime) -> None:
        self.dialog.learn(response, remote_is="to")
        number = response.cseq[0]
        self.line.wire.send(self.dialog.request("ACK", number=number))
        if self.answered_at or self.is_over:  # the 200 again
            return
        self.note(What.ANSWER_RECEIVED, at=at)
        self.showing(response, at)
        self.negotiation.accept(response)
        self.talk(at)

    def _failed(self, response: SipMessage, at: datetime) -> None:
        if response.status in CHALLENGES and not self._is_authorized and not self._gives_up:
            answer = self.line.answer_to(response, "INVITE", self._uri)
            if answer:
                self._is_authorized, self._is_heard = True, False
                self._send(answer)
                return
        if self.is_over:
            return
        self.status, self.phrase = response.status, response.reason
        self.why = response.first("reason")
        self.note(What.REFUSAL_RECEIVED, f"{response.status} {response.reason}", at)
        self.end(at, by_us=self._gives_up)

    def _cancel(self) -> SipMessage:
        """A CANCEL: of the INVITE's transaction, so with its Via."""
        if not self._invite:
            raise RigError(f"{self} was never dialled")
        same = ("Via", "Max-Forwards", "From", "To", "Call-ID")
        headers = tuple(pair for pair in self._invite.headers if pair[0] in same)
        number = ("CSeq", f"{self._invite.cseq[0]} CANCEL")
        self.note(What.CANCEL_SENT)
        return SipMessage(f"CANCEL {self._invite.uri} SIP/2.0", (*headers, number))
