"""A SIP dialog (RFC 3261, 12): who talks with whom, and the next request's number."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from ccgateway.rig.phone import sip
from ccgateway.rig.phone.line import Line
from ccgateway.rig.phone.sip import Headers, SipMessage


@dataclass
class Dialog:
    """``local`` and ``remote`` are whole From/To values with tags (the remote one gets its tag with
    the first answer); ``target``: the URI where requests go."""

    line: Line
    call_id: str
    local: str
    remote: str
    target: str
    number: int = 0

    def request(
        self, method: str, more: Headers = (), body: str = "", number: int | None = None
    ) -> SipMessage:
        """The next request; ``number``: the one of the INVITE that an ACK is for."""
        if number is None:
            self.number += 1
            number = self.number
        headers: Headers = (
            self.line.wire.via(),
            ("Max-Forwards", "70"),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
            *more,
        )
        return SipMessage(f"{method} {self.target} SIP/2.0", headers, body)

    def learn(self, message: SipMessage, *, remote_is: str) -> None:
        """Take the other side's tag and contact from a message of its; ``remote_is``: the header
        (from, to) that it stands in there."""
        self.remote = message.first(remote_is) or self.remote
        contact = message.first("contact")
        if contact:
            self.target = sip.parse_address(contact).uri

    @property
    def replaces(self) -> str:
        """The target with a Replaces header within: whoever is sent there takes our place."""
        local, remote = (sip.parameter(one, "tag") for one in (self.local, self.remote))
        value = quote(f"{self.call_id};to-tag={remote};from-tag={local}", safe="")
        return f"{self.target}?Replaces={value}"
