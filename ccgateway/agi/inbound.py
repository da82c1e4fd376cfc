"""``agi://.../inbound``: where shall this caller go?

Arguments: the secret, the DID, the node (CCG_NODE).
"""

from __future__ import annotations

from collections.abc import Callable

from ccgateway.agi.exchange import Exchange
from ccgateway.agi.request import Request
from ccgateway.agi.session import Session
from ccgateway.log import bound_contextvars
from ccgateway.routing.route import Inbound, Route
from ccgateway.telephony.ids import call_id_of

ADDRESS = "inbound"
DID, NODE = 1, 2  # places of the arguments
UNKNOWN = "unknown"
"""Asterisk's word for a number or a name that the caller does not have (res_agi.c)."""

ANONYMOUS = "anonymous"
"""The user part of a SIP address that is withheld (RFC 3323, 4.1.1.3)."""

RESTRICTED, RESTRICTION = 0x20, 0x60
"""Bits of agi_callingpres: presentation prohibited, and all that tell of it (callerid.h)."""

VARIABLES: tuple[tuple[str, Callable[[Inbound, Route], str]], ...] = (
    ("CCG_CALL", lambda call, route: str(call_id_of(call.node, call.uniqueid))),
    ("CCG_CASE", lambda call, route: "" if route.case is None else str(route.case)),
    ("CCG_DISPLAY", lambda call, route: route.display),
    ("CCG_SERVICE", lambda call, route: route.service),
    ("CCG_QUEUE", lambda call, route: route.queue),
    ("CCG_PRIORITY", lambda call, route: str(route.priority)),
    ("CCG_LANGUAGE", lambda call, route: route.language),
    ("CCG_GREETING", lambda call, route: route.greeting),
    ("CCG_MESSAGE", lambda call, route: route.message),
    ("CCG_MESSAGE_KIND", lambda call, route: route.message_kind),
    ("CCG_FULL_MESSAGE", lambda call, route: route.full_message),
    ("CCG_NOBODY_MESSAGE", lambda call, route: route.nobody_message),
    ("CCG_OVERFLOW", lambda call, route: route.overflow),
    ("CCG_WAIT_LIMIT", lambda call, route: str(route.wait_limit)),
    ("CCG_ACTION", lambda call, route: route.goal.value),
)
"""What the dialplan is told, in this order: CCG_ACTION last, as the proof that all is there."""


async def answer(request: Request, session: Session, exchange: Exchange) -> None:
    """Ask for the route and tell it. Raises BadRequest, UnsafeText, SessionOver, BadReply."""
    call = inbound(request, exchange)
    with bound_contextvars(node=call.node, call_id=str(call_id_of(call.node, call.uniqueid))):
        await _tell(call, session, exchange)


async def _tell(call: Inbound, session: Session, exchange: Exchange) -> None:
    route = await exchange.decide.inbound(call)
    await session.set_variables([(name, said(call, route)) for name, said in VARIABLES])


def inbound(request: Request, exchange: Exchange) -> Inbound:
    """The call that the request is about. Raises BadRequest."""
    said = request.headers
    number = _known(said.get("agi_callerid", ""))
    return Inbound(
        node=exchange.node(request.argument(NODE)),
        uniqueid=said["agi_uniqueid"],
        channel=said["agi_channel"],
        did=request.argument(DID),
        number=number,
        name=_known(said.get("agi_calleridname", "")),
        withheld=_restricted(said.get("agi_callingpres", "")) or number.lower() == ANONYMOUS,
        at=exchange.clock.now(),
    )


def _known(value: str) -> str:
    return "" if value == UNKNOWN else value


def _restricted(presentation: str) -> bool:
    return presentation.isdecimal() and int(presentation) & RESTRICTION == RESTRICTED
