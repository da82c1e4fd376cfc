"""What the four agents' addresses share. Arguments: the secret, the phone, a digit for pause."""

from __future__ import annotations

import structlog

from ccgateway.agi.exchange import Exchange
from ccgateway.agi.request import Request
from ccgateway.agi.session import Session
from ccgateway.errors import PbxUnavailable, Refused

PHONE, DIGIT = 1, 2  # places of the arguments
DONE = "CCG_DONE"
log = structlog.get_logger()


async def ask(
    verb: str, request: Request, session: Session, exchange: Exchange, reason: str = ""
) -> None:
    """Ask ``verb`` for the agent whose phone this is, and tell the dialplan: CCG_DONE is ok or
    refused; it stays unset where Asterisk could not be reached. Raises SessionOver, BadReply."""
    phone = request.argument(PHONE)
    agent = exchange.decide.agent_of_phone(phone)
    if agent is None:
        await refuse(session, "this phone is no agent's", verb=verb, phone=phone)
        return
    try:
        await exchange.decide.agent(verb, agent, reason=reason, by="phone")
    except Refused as error:
        await refuse(session, str(error), verb=verb, phone=phone)
    except PbxUnavailable as error:
        log.warning("feature code not carried out", verb=verb, phone=phone, why=str(error))
    else:
        await session.set_variables([(DONE, "ok")])


async def refuse(session: Session, why: str, *, verb: str, phone: str) -> None:
    """Tell the dialplan that it was refused. ``why`` goes into the log: no numbers of people."""
    log.info("feature code refused", verb=verb, phone=phone, why=why)
    await session.set_variables([(DONE, "refused")])
