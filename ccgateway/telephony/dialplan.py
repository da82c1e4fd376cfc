"""What our dialplan tells by its own events, and of which fact.

It tells each twice, in the same words: as a UserEvent over AMI, and as a CELGenUserEvent in
Asterisk's journal. Both are ``Key: value`` pairs after the event's name (dialplan/README.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ccgateway.telephony.facts import Kind


@dataclass(frozen=True, slots=True)
class Told:
    """The fact of one event: its subject is the channel that tells it. ``detail``: our key -> the
    event's; ``place``: the key of the place, '' where it has none."""

    kind: Kind
    detail: Mapping[str, str]
    place: str = ""


_SERVICE = {"service": "Service"}
"""By the dialplan's globals: of calls that the gateway did not route, or whose route is lost."""

EVENTS: Mapping[str, Told] = {
    "CCGInbound": Told(Kind.ENTERED, _SERVICE | {"did": "DID", "presentation": "Presentation"}),
    "CCGFallback": Told(Kind.FELL_BACK, _SERVICE | {"reason": "Reason", "queue": "Queue"}),
    "CCGMessage": Told(Kind.MESSAGE_PLAYED, {"message": "Message"}),
    "CCGQueueResult": Told(Kind.QUEUE_RESULT, {"status": "Status"}, place="Queue"),
    "CCGEscalate": Told(
        Kind.ESCALATED,
        _SERVICE
        | {"mode": "Mode", "target": "Target", "to": "To", "tier": "Tier", "customer": "Customer"},
    ),
    "CCGJoin": Told(Kind.JOINED, {}),
    "CCGTier": Told(Kind.TIER_ENTERED, _SERVICE | {"tier": "Tier", "mode": "Mode"}, place="To"),
    "CCGHeld": Told(Kind.HELD, {}),
    "CCGReturn": Told(Kind.RETURNED, {"to": "To", "reason": "Reason"}),
    "CCGOutbound": Told(Kind.SERVICE_CHOSEN, {"service": "Service", "dialled": "Number"}),
    "CCGDialled": Told(Kind.DIAL_OUTCOME, {"status": "Status", "cause": "Cause", "sip": "Sip"}),
}
