"""A call that rings at a phone."""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime

from ccgateway.rig.phone import sdp, sip
from ccgateway.rig.phone.call import Call, Stage
from ccgateway.rig.phone.dialog import Dialog
from ccgateway.rig.phone.line import Line
from ccgateway.rig.phone.manner import AWAY, PHRASES, Manner
from ccgateway.rig.phone.negotiation import SDP
from ccgateway.rig.phone.sip import Headers, SipMessage
from ccgateway.rig.phone.story import What, now

TERMINATED = 487


class IncomingCall(Call):
    """``invite`` is there to be read: its headers are what the phone was told."""

    def __init__(self, line: Line, invite: SipMessage, at: datetime) -> None:
        self.invite = invite
        self._tag = uuid.uuid4().hex[:12]
        us = f"{invite.first('to')};tag={self._tag}"
        them = invite.first("from")
        target = sip.parse_address(invite.first("contact")).uri
        super().__init__(line, Dialog(line, invite.call_id, us, them, target))
        self.begun_at = at
        self.note(What.INVITE_RECEIVED, invite.uri, at)
        self.showing(invite, at)
        self._doing: asyncio.Task[None] | None = None

    def header(self, name: str) -> str:
        """A header of the INVITE (From, Alert-Info, Call-Info, X-...); '' where it has none."""
        return self.invite.first(name)

    @property
    def wants_auto_answer(self) -> bool:
        """Whether the INVITE asks the phone to answer by itself, in one of the ways of the trade
        (RFC 5373, Snom and Yealink, Grandstream, Polycom and Cisco)."""
        alert = self.header("alert-info").lower()
        info = self.header("call-info").lower().replace(" ", "")
        return (
            self.header("answer-mode").lower().startswith("auto")
            or "answer-after=0" in info
            or "auto-answer" in alert
            or "auto answer" in alert
        )

    async def ring(self) -> None:
        """180."""
        self.stage = Stage.RINGING
        self.note(What.RINGING_SENT)
        self._reply(180, "Ringing")

    async def answer(self) -> None:
        """200; nothing happens where it does not ring any more."""
        if self.stage not in {Stage.BEGUN, Stage.RINGING}:
            return
        self.stage = Stage.TALKING  # from here on a CANCEL comes too late
        await self.media.open()
        offer = sdp.parse(self.invite.body)
        body = self.negotiation.answer_to(offer) if offer else self.negotiation.offer()
        self._reply(200, "OK", body)
        at = now()
        self.note(What.ANSWER_SENT, at=at)
        self.talk(at)

    async def refuse(self, status: int = 486, forward_to: str = "") -> None:
        """Refuse it; nothing happens where it does not ring any more. ``forward_to``: the number
        that a 302 names."""
        if self.stage in {Stage.BEGUN, Stage.RINGING}:
            at = now()
            self.status = status
            self.note(What.REFUSAL_SENT, str(status), at)
            contact = (("Contact", f"<sip:{forward_to}@{self.line.server}>"),) if forward_to else ()
            self._reply(status, PHRASES.get(status, "Refused"), more=contact)
            self.end(at, by_us=True)

    async def hang_up(self) -> None:
        """End it: a ringing one is declined."""
        await self.refuse(603)
        await super().hang_up()

    def behave(self, manner: Manner) -> None:
        """Do by itself what the manner says."""
        self._doing = asyncio.create_task(self._behave(manner))

    def on_request(self, request: SipMessage, at: datetime) -> None:
        if request.method == "CANCEL":
            self._cancelled(request, at)
            return
        if request.method == "ACK" and not self.media.remote:
            self.negotiation.accept(request)  # our offer was in the 200
        super().on_request(request, at)

    def end(self, at: datetime, *, by_us: bool = False) -> None:
        super().end(at, by_us=by_us)
        if self._doing and self._doing is not asyncio.current_task():
            self._doing.cancel()

    def _let_go(self) -> None:
        if self.stage in {Stage.BEGUN, Stage.RINGING}:
            self._reply(AWAY.refuses, PHRASES[AWAY.refuses])
        super()._let_go()

    async def _behave(self, manner: Manner) -> None:
        if manner.silent:
            return
        if manner.refuses:
            await self.refuse(manner.refuses, manner.forwards_to)
            return
        await self.ring()
        if manner.answers_after is None:
            return
        await asyncio.sleep(manner.answers_after)
        await self.answer()
        if manner.hangs_up_after is not None:
            await asyncio.sleep(manner.hangs_up_after)
            await self.hang_up()

    def _cancelled(self, request: SipMessage, at: datetime) -> None:
        self.line.wire.reply(request, 200, "OK", tag=self._tag)
        if self.stage not in {Stage.BEGUN, Stage.RINGING}:
            return
        self.why, self.status = request.first("reason"), TERMINATED
        self.note(What.CANCEL_RECEIVED, self.why, at)
        self._reply(TERMINATED, PHRASES[TERMINATED])
        self.end(at)

    def _reply(self, status: int, phrase: str, body: str = "", more: Headers = ()) -> None:
        more = more or self.line.common + (SDP if body else ())
        self.line.wire.reply(self.invite, status, phrase, tag=self._tag, more=more, body=body)
