"""What two ends agree to send: PCMU and telephone-event, one audio stream (RFC 3264, 4566)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

OUR_EVENTS = 101  # the payload type that we offer for telephone-event, as nearly everybody does


class Direction(StrEnum):
    """Who sends, as the one who says it sees it."""

    BOTH = "sendrecv"
    SEND = "sendonly"  # the usual hold
    RECEIVE = "recvonly"
    NONE = "inactive"

    @property
    def mirrored(self) -> Direction:
        """The answer of one who takes what is offered."""
        return {Direction.SEND: Direction.RECEIVE, Direction.RECEIVE: Direction.SEND}.get(
            self, self
        )


@dataclass(frozen=True, slots=True)
class Sdp:
    """An offer or an answer. ``events``: the payload type of telephone-event, 0 for none."""

    host: str
    port: int
    direction: Direction = Direction.BOTH
    events: int = OUR_EVENTS

    def text(self, version: int) -> str:
        """As a body; ``version`` grows with every change."""
        lines = [
            "v=0", f"o=- 1 {version} IN IP4 {self.host}", "s=-", f"c=IN IP4 {self.host}", "t=0 0",
            f"m=audio {self.port} RTP/AVP 0 {self.events}", "a=rtpmap:0 PCMU/8000",
            f"a=rtpmap:{self.events} telephone-event/8000", f"a=fmtp:{self.events} 0-15",
            "a=ptime:20", f"a={self.direction}", "",
        ]  # fmt: skip
        return "\r\n".join(lines)


def parse(body: str) -> Sdp | None:
    """The audio of a body; None where it has none."""
    audio = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    if not audio or not host:
        return None
    events = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", body, re.MULTILINE)
    direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", body, re.MULTILINE)
    if host[1] == "0.0.0.0":  # noqa: S104 -- not bound to: the hold of RFC 2543
        said = Direction.NONE
    else:
        said = Direction(direction[1]) if direction else Direction.BOTH
    return Sdp(host[1], int(audio[1]), said, int(events[1]) if events else 0)
