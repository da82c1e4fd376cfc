"""``agi://.../agent-pause``: the agent of this phone takes a break, for a reason of our list."""

from __future__ import annotations

from collections.abc import Sequence

from ccgateway.agi.agent import DIGIT, PHONE, ask, refuse
from ccgateway.agi.exchange import Exchange
from ccgateway.agi.request import Request
from ccgateway.agi.session import Session

ADDRESS = "agent-pause"


async def answer(request: Request, session: Session, exchange: Exchange) -> None:
    """Raises as ``ask``."""
    digit = request.argument(DIGIT)
    reason = reason_of(digit, exchange.reasons)
    if reason is None:
        why = f"there is no pause reason {digit!r}"
        await refuse(session, why, verb="pause", phone=request.argument(PHONE))
        return
    await ask("pause", request, session, exchange, reason)


def reason_of(digit: str, reasons: Sequence[str]) -> str | None:
    """The reason at this digit, 1 and up; the first for no digit; None where there is none."""
    place = int(digit) if digit.isdecimal() else int(not digit)
    return reasons[place - 1] if 1 <= place <= len(reasons) else None
