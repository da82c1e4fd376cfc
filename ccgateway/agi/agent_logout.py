"""``agi://.../agent-logout``: the agent of this phone goes home."""

from __future__ import annotations

from ccgateway.agi.agent import ask
from ccgateway.agi.exchange import Exchange
from ccgateway.agi.request import Request
from ccgateway.agi.session import Session

ADDRESS = "agent-logout"


async def answer(request: Request, session: Session, exchange: Exchange) -> None:
    """Raises as ``ask``."""
    await ask("logout", request, session, exchange)
