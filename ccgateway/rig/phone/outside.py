"""The outside world behind the trunk: customers who call, engineers who are called."""

from __future__ import annotations

import uuid
from datetime import datetime

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.closing import Closing
from ccgateway.rig.phone import sip, tones
from ccgateway.rig.phone.line import Line
from ccgateway.rig.phone.manner import RINGS, Manner
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.phone.sip import Headers, SipMessage
from ccgateway.rig.phone.wire import Wire
from ccgateway.rig.ports import LOOPBACK, WORLD


class Outside(Closing):
    """One SIP peer that stands for every number of the world: each number is a Phone of its own.
    An async context manager."""

    def __init__(self, asterisk: RigAsterisk, *, manner: Manner = RINGS) -> None:
        """``manner``: of numbers that nobody has asked ``phone`` for."""
        at = asterisk.addresses
        self._ports = asterisk.block.talking
        self._server = f"{LOOPBACK}:{at.sip_port}"
        self._manner = manner
        self._wire = Wire(WORLD, at.trunk_port, (LOOPBACK, at.sip_port))
        self._wire.on_request = self._on_request
        self._phones: dict[str, Phone] = {}
        self._unasked: set[str] = set()  # numbers that were dialled, and that nobody knows

    def phone(
        self, number: str, *, name: str = "", withheld: bool = False, manner: Manner | None = None
    ) -> Phone:
        """The phone with this number, as the trunk dials it and as it shows itself: E.164 or as
        the network has it. ``name``, ``withheld`` and ``manner`` count when it is first asked
        for."""
        self._unasked.discard(number)
        if number not in self._phones:
            self._forget_unasked()
            line = Line(self._wire, number, self._server, self._ports, tones.take(number))
            identity = f'"{name}" <sip:{number}@{WORLD}>' if name else f"<sip:{number}@{WORLD}>"
            hidden = '"Anonymous" <sip:anonymous@anonymous.invalid>'
            more: Headers = (("P-Asserted-Identity", identity),)
            if withheld:
                more += (("Privacy", "id"),)
            phone = Phone(line, shown=hidden if withheld else identity, more=more)
            phone.manner = manner or self._manner
            self._phones[number] = phone
        return self._phones[number]

    def forget(self, number: str) -> None:
        """A number that is done with: its calls end, and its tone is free for another."""
        self._phones.pop(number).leave()

    def _forget_unasked(self) -> None:
        for number in list(self._unasked):
            if all(call.is_over for call in self._phones[number].calls):
                self._unasked.remove(number)
                self.forget(number)

    async def _open(self) -> None:
        await self._wire.open()

    async def close(self) -> None:
        """Hang up all, and leave nothing behind."""
        for phone in self._phones.values():
            phone.leave()
        self._wire.close()

    def _on_request(self, request: SipMessage, at: datetime) -> None:
        owners = (
            phone
            for phone in self._phones.values()
            for call in phone.calls
            if call.dialog.call_id == request.call_id
        )
        owner = next(owners, None)
        if owner:
            owner.on_request(request, at)
        elif request.method == "INVITE":
            dialled = sip.parse_address(f"<{request.uri}>").user
            is_known = dialled in self._phones
            self.phone(dialled).begin(request, at)
            if not is_known:
                self._unasked.add(dialled)
        elif request.method == "OPTIONS":
            self._wire.reply(request, 200, "OK", tag=uuid.uuid4().hex)
        elif request.method != "ACK":
            self._wire.reply(request, 481, "Gone", tag=uuid.uuid4().hex)
