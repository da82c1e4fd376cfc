"""``agi://.../agent-ready``: the agent of this phone takes calls again."""

from __future__ import annotations

from ccgateway.agi.agent import ask
from ccgateway.agi.exchange import Exchange
from ccgateway.agi.request import Request
from ccgateway.agi.session import Session

ADDRESS = "agent-ready"


async def answer(request: Request, session: Session, exchange: Exchange) -> None:
    """Raises as ``ask``."""
    await ask("ready", request, session, exchange)
