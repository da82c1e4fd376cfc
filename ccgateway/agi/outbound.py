"""``agi://.../outbound``: an agent dials ``*5``, a service's prefix and a number.

Arguments: the secret, the phone, the prefix of two digits, the number. Sets CCG_NUMBER, CCG_OWN,
CCG_SERVICE, CCG_CALL, CCG_CASE and CCG_DISPLAY, then CCG_DONE: ok or refused. Emergency numbers are
never refused to who dials them.
"""

from __future__ import annotations

from ccgateway.agi.agent import DONE, PHONE, refuse
from ccgateway.agi.exchange import Exchange
from ccgateway.agi.request import Request
from ccgateway.agi.session import Session
from ccgateway.errors import NumberRefused, Refused

ADDRESS = "outbound"
PREFIX, NUMBER = 2, 3  # places of the arguments


async def answer(request: Request, session: Session, exchange: Exchange) -> None:
    """Raises UnsafeText, SessionOver, BadReply."""
    phone = request.argument(PHONE)
    prefix, dialled = request.argument(PREFIX), request.argument(NUMBER)
    try:
        allowed = await exchange.decide.outbound(
            request.headers["agi_uniqueid"], phone, prefix, dialled
        )
    except Refused as error:
        why = error.why if isinstance(error, NumberRefused) else str(error)
        await refuse(session, why, verb="outbound", phone=phone)
        return
    await session.set_variables(
        [
            ("CCG_NUMBER", allowed.number),
            ("CCG_OWN", allowed.caller_id),
            ("CCG_SERVICE", allowed.service),
            ("CCG_CALL", allowed.call),
            ("CCG_CASE", "" if allowed.case is None else str(allowed.case)),
            ("CCG_DISPLAY", allowed.display),
            (DONE, "ok"),  # last: it proves that all is there
        ]
    )
