"""Offers and answers of a call's media: who listens where, and who sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from ccgateway.rig.errors import RigError
from ccgateway.rig.phone import sdp
from ccgateway.rig.phone.dialog import Dialog
from ccgateway.rig.phone.media import Media
from ccgateway.rig.phone.sdp import Direction, Sdp
from ccgateway.rig.phone.sip import Headers, SipMessage
from ccgateway.rig.phone.story import What
from ccgateway.rig.phone.wire import GIVE_UP

SDP: Headers = (("Content-Type", "application/sdp"),)
PENDING = 491  # both sides asked for a change at the same time
PENDING_WAIT, PENDING_TRIES = 0.4, 5  # seconds; RFC 3261 14.1 has up to 4 s
OK = 200


class Negotiation:
    """Of one dialog and its audio."""

    def __init__(self, dialog: Dialog, media: Media, note: Callable[[What, str], None]) -> None:
        self._dialog, self._media, self._note = dialog, media, note
        self._version = 0
        self.ours = Direction.BOTH  # what we want, also when the other side asks anew
        self._asking = False

    def offer(self) -> str:
        """An SDP of ours."""
        self._version += 1
        local = self._media.local
        return Sdp(local.host, local.port, self.ours, local.events).text(self._version)

    def answer_to(self, offer: Sdp) -> str:
        """Take the other side's offer; the SDP that answers it."""
        self._media.agree(offer)
        self._version += 1
        said = offer.direction.mirrored if self.ours is Direction.BOTH else self.ours
        local = self._media.local
        return Sdp(local.host, local.port, said, offer.events or local.events).text(self._version)

    def accept(self, answer: SipMessage) -> None:
        """Take the other side's answer (or its early media), where it has one."""
        remote = sdp.parse(answer.body)
        if remote:
            self._media.agree(remote)

    def answer(self, request: SipMessage) -> None:
        """Answer a re-INVITE or UPDATE."""
        wire = self._dialog.line.wire
        if self._asking and request.method == "INVITE":
            wire.reply(request, PENDING, "Request Pending")
            return
        offer = sdp.parse(request.body)
        body = self.answer_to(offer) if offer else ""
        if not offer and request.method == "INVITE":  # it asks for our offer
            body = self.offer()
        more = self._dialog.line.common + (SDP if body else ())
        wire.reply(request, OK, "OK", more=more, body=body)

    async def change(self, direction: Direction) -> None:
        """Ask for another direction by re-INVITE. Raises RigError where it is refused."""
        before, self.ours = self.ours, direction
        hold = direction is not Direction.BOTH
        self._media.speaks = not hold
        for _ in range(PENDING_TRIES):
            self._note(What.HOLD_SENT if hold else What.RESUME_SENT, direction)
            answer = await self._reinvite()
            if answer.status != PENDING:
                break
            await asyncio.sleep(PENDING_WAIT)
        if answer.status != OK:
            self.ours = before
            raise RigError(f"re-INVITE {direction}: {answer.start}")
        self.accept(answer)

    async def _reinvite(self) -> SipMessage:
        """Send it, and return its final response, acknowledged. Raises RigError."""
        line = self._dialog.line
        invite = self._dialog.request("INVITE", (*line.common, *SDP), self.offer())
        number = invite.cseq[0]
        done: asyncio.Future[SipMessage] = asyncio.get_running_loop().create_future()

        def heard(response: SipMessage, _at: datetime) -> None:
            if response.status < OK:
                return
            if response.status == OK:
                line.wire.send(self._dialog.request("ACK", number=number))
            if not done.done():
                done.set_result(response)

        self._asking = True
        try:
            line.wire.request(invite, heard)
            async with asyncio.timeout(2 * GIVE_UP):
                return await done
        except TimeoutError:
            raise RigError(f"{invite.start}: no final answer") from None
        finally:
            self._asking = False
