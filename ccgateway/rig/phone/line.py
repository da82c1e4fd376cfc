"""What a phone's calls share: its socket, name, password, tone and log."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ccgateway.rig.phone import digest
from ccgateway.rig.phone.sip import Headers, SipMessage
from ccgateway.rig.phone.story import Moment, What
from ccgateway.rig.phone.wire import Wire

ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, UPDATE, INFO"


@dataclass
class Line:
    """``user``: the number; ``server``: host:port of the PBX; ``ports``: gives a free even port
    for RTP; ``hertz``: the tone; ``password``: '' for one who is not asked for it."""

    wire: Wire
    user: str
    server: str
    ports: Callable[[], int]
    hertz: int
    password: str = ""
    log: list[Moment] = field(default_factory=list)

    @property
    def contact(self) -> tuple[str, str]:
        return "Contact", f"<sip:{self.user}@{self.wire.host}:{self.wire.port}>"

    @property
    def common(self) -> Headers:
        """Headers of requests and of answers that set a call up or change it."""
        return self.contact, ("Allow", ALLOWED), ("User-Agent", "ccgateway-rig-phone")

    def note(self, at: datetime, what: What, call: str = "", detail: str = "") -> None:
        """Into the log."""
        self.log.append(Moment(at, what, call, detail))

    def answer_to(self, challenge: SipMessage, method: str, uri: str) -> Headers:
        """The header that answers a 401 or 407; nothing where there is no password."""
        proxy = challenge.status == 407  # noqa: PLR2004 -- Proxy Authentication Required
        asked = challenge.first("Proxy-Authenticate" if proxy else "WWW-Authenticate")
        if not asked or not self.password:
            return ()
        cnonce = uuid.uuid4().hex
        text = digest.authorization(asked, (method, uri), (self.user, self.password), cnonce)
        return (("Proxy-Authorization" if proxy else "Authorization", text),)
