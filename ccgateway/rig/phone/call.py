"""One call at a phone, from its first ringing to its end: what a person at the phone can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from ccgateway.rig.errors import RigError
from ccgateway.rig.phone import sdp, sip, transfer
from ccgateway.rig.phone.dialog import Dialog
from ccgateway.rig.phone.ear import LATELY
from ccgateway.rig.phone.line import Line
from ccgateway.rig.phone.media import Media
from ccgateway.rig.phone.negotiation import Negotiation
from ccgateway.rig.phone.sdp import Direction
from ccgateway.rig.phone.sip import SipMessage
from ccgateway.rig.phone.story import Heard, Moment, What, now
from ccgateway.rig.waiting import until

SOON = 5.0  # seconds; for what the PBX does at once
GONE = 481  # Call/Transaction Does Not Exist


class Stage(Enum):
    """Where a call is."""

    BEGUN = 1
    RINGING = 2
    TALKING = 3
    OVER = 4


class Named(Protocol):
    """A phone."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Display:
    """Who the phone shows on the other side, from when on (aware UTC)."""

    at: datetime
    name: str
    number: str


class Call:
    """A call of ``line``. Methods that wait raise RigError when their time is over."""

    def __init__(self, line: Line, dialog: Dialog) -> None:
        self.line, self.dialog = line, dialog
        self.stage = Stage.BEGUN
        self.displays: list[Display] = []
        self.begun_at = now()
        self.answered_at: datetime | None = None
        self.over_at: datetime | None = None
        self.ended_by_us = False
        self.status = 0  # the final one of the INVITE: 200, or the failure's
        self.why = ""  # Reason header of the BYE, CANCEL or failure
        self.media = Media(
            line.wire.host,
            line.ports(),
            line.hertz,
            sent=lambda key: self.note(What.KEY_SENT, key),
            received=lambda key: self.note(What.KEY_RECEIVED, key),
        )
        self.negotiation = Negotiation(self.dialog, self.media, self.note)
        self.refer_progress = ""  # the last status line that a NOTIFY told of our REFER

    @property
    def display(self) -> Display:
        """What the phone shows now."""
        return self.displays[-1] if self.displays else Display(self.begun_at, "", "")

    @property
    def log(self) -> list[Moment]:
        """The moments of this call."""
        return [one for one in self.line.log if one.call == self.dialog.call_id]

    @property
    def is_over(self) -> bool:
        return self.stage is Stage.OVER

    def note(self, what: What, detail: str = "", at: datetime | None = None) -> None:
        """Into the phone's log."""
        self.line.note(at or now(), what, self.dialog.call_id, detail)

    # What a person does

    async def hang_up(self) -> None:
        """End it. Nothing happens where it is over already."""
        if self.stage is Stage.TALKING:
            bye = self.dialog.request("BYE")
            self.note(What.BYE_SENT)
            self.end(now(), by_us=True)
            await self.line.wire.ask(bye)

    async def press(self, keys: str) -> None:
        """Press keys (RFC 4733), and wait until the last one is released."""
        self.media.press(keys)
        await until(lambda: self.is_over or not self.media.is_pressing, f"{keys} are pressed")

    async def hold(self, direction: Direction = Direction.SEND) -> None:
        """Put the other side on hold: sendonly, or inactive."""
        await self.negotiation.change(direction)

    async def resume(self) -> None:
        """Take it back."""
        await self.negotiation.change(Direction.BOTH)

    async def refer(self, target: str, *, within: float = 15.0) -> int:
        """Blind transfer to an extension (or SIP URI). Returns the status that the other side's
        last NOTIFY told, or the REFER's own where it was refused; after a 2xx our call is over."""
        return await transfer.blind(self, target, within)

    async def attended(self, other: Call, *, within: float = SOON) -> int:
        """Attended transfer: connect the other side of this call with the one of ``other``.
        Returns as ``refer`` does; after a 2xx both of our calls are over."""
        return await transfer.attended(self, other, within)

    def close(self) -> None:
        """Leave it at once, and nothing behind; what the other side says to it is not waited
        for."""
        if not self.is_over:
            self._let_go()
            self.end(now(), by_us=True)

    def _let_go(self) -> None:
        """Tell the other side."""
        if self.stage is Stage.TALKING:
            self.note(What.BYE_SENT)
            self.line.wire.send(self.dialog.request("BYE"))

    # What a person waits for

    async def over(self, *, within: float = SOON) -> None:
        """It ends, by whomever."""
        await until(lambda: self.is_over, f"{self} is over", seconds=within)

    async def shows(self, *, name: str = "", number: str = "", within: float = SOON) -> Display:
        """The display shows this name and (or) number; parts of them are enough."""

        def fits() -> bool:
            return name in self.display.name and number in self.display.number

        await until(fits, f"{self} shows {name} {number}", seconds=within)
        return self.display

    def hears(self, lately: float = LATELY) -> frozenset[str]:
        """The names of the phones whose tones are heard now, and SOUND for all other sound."""
        return self.media.ear.hears(lately)

    async def hears_only(self, *who: Named | str, within: float = SOON) -> None:
        """Exactly these are heard (nobody: silence); SOUND is music, ringing or a prompt."""
        names = frozenset(one if isinstance(one, str) else one.name for one in who)
        try:
            await until(lambda: self.hears() == names, "", seconds=within)
        except RigError:
            raise RigError(
                f"{self} hears {sorted(self.hears())}, not {sorted(names)}, after {within:g} s"
            ) from None

    def heard(self) -> list[Heard]:
        """Who was heard from when to when until now; a tenth of a second exact."""
        return self.media.ear.heard()

    @property
    def keys(self) -> str:
        """The keys that came as RFC 4733 events; times are in the log."""
        return "".join(one.detail for one in self.log if one.what is What.KEY_RECEIVED)

    def key_tones(self) -> list[tuple[datetime, str]]:
        """Keys that were *heard*: their tones in the received audio, and when they began."""
        return self.media.ear.keys()

    # What the other side does

    def on_request(self, request: SipMessage, at: datetime) -> None:
        """A request within this call's dialog."""
        if request.method == "ACK":
            self.note(What.ACK_RECEIVED, at=at)
        elif request.method == "NOTIFY":  # of our REFER; it may come after the BYE
            self.refer_progress = request.body.strip()
            self.note(What.REFER_PROGRESS, self.refer_progress, at)
            self.line.wire.reply(request, 200, "OK")
        elif self.is_over:
            self.line.wire.reply(request, GONE, "Gone")
        elif request.method == "BYE":
            self.why = request.first("reason")
            self.note(What.BYE_RECEIVED, self.why, at)
            self.line.wire.reply(request, 200, "OK")
            self.end(at)
        elif request.method in {"INVITE", "UPDATE"}:
            self._changed(request, at)
        else:
            self.line.wire.reply(request, 200, "OK")

    def _changed(self, request: SipMessage, at: datetime) -> None:
        kind = What.REINVITE_RECEIVED if request.method == "INVITE" else What.UPDATE_RECEIVED
        offer = sdp.parse(request.body)
        self.note(kind, offer.direction if offer else "", at)
        self.dialog.learn(request, remote_is="from")
        self.showing(request, at)
        self.negotiation.answer(request)

    def showing(self, message: SipMessage, at: datetime) -> None:
        """Take a new display from a message of the other side, where it brings one."""
        asserted = message.first("p-asserted-identity")
        shown = asserted or ("" if self.displays or message.status else message.first("from"))
        if not shown:
            return
        address = sip.parse_address(shown)
        if (self.display.name, self.display.number) == (address.name, address.user):
            return
        if self.displays:
            self.note(What.DISPLAY_CHANGED, f"{address.name} <{address.user}>", at)
        self.displays.append(Display(at, address.name, address.user))

    def talk(self, at: datetime) -> None:
        """It is answered: speak."""
        self.stage, self.status, self.answered_at = Stage.TALKING, 200, at
        self.media.speaks = True

    def end(self, at: datetime, *, by_us: bool = False) -> None:
        """It is over; what was heard can still be asked for."""
        self.stage, self.over_at, self.ended_by_us = Stage.OVER, at, by_us
        self.media.close()

    def __str__(self) -> str:
        return f"the call of {self.line.user} with {self.display.name or self.display.number!r}"
