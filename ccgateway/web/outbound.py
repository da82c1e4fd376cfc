"""``/api/calls`` by POST: calls by click. How far they are, ``history`` tells."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from ccgateway.access.who import Role
from ccgateway.engine.ports import Decide
from ccgateway.outbound.gate import Wanted
from ccgateway.telephony.numbers import LONGEST
from ccgateway.web.body import Body, asker, body_of
from ccgateway.web.feed import as_json
from ccgateway.web.identify import CONFIGURED
from ccgateway.web.models import Attempt as Placed
from ccgateway.web.once import key_of
from ccgateway.web.params import LONGEST_ID, Name
from ccgateway.web.problems import ACTING
from ccgateway.web.reach import REACH
from ccgateway.web.routes import WHO, Route

EXAMPLE = (
    'Send {"agent": "101", "to": "+358401112223"}, and "service" where the agent has several, '
    '"show" for one of its own_numbers'
)


class NewCall(Body):
    """The body of POST /api/calls."""

    agent: Name
    """Whose phone rings first."""
    to: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    """The number, as a person writes it."""
    service: Annotated[str, Field(max_length=LONGEST_ID)] = ""
    """For which service; may be left out where only one of the agent's has own_numbers."""
    show: Annotated[str, Field(max_length=LONGEST)] = ""
    """Which of the service's own_numbers is shown; the first by itself."""


class Outbound:
    """The route of calls by click; ``decide`` answers."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route(
                "POST", "/api/calls", "originate", self._place, Role.AGENT,
                "Call somebody for an agent. The answer tells where to look how it goes.",
                body=NewCall, answer=Placed, status=HTTPStatus.ACCEPTED, acts=True, once=True,
                example={"agent": "101", "to": "+358401112223"}, refusals={
                    **ACTING,
                    HTTPStatus.NOT_FOUND: "There is no such agent.",
                    HTTPStatus.CONFLICT: "The agent is not free, or the number may not be called.",
                },
            ),
        ]  # fmt: skip

    async def _place(self, request: web.Request) -> web.Response:
        key = key_of(request)
        if isinstance(key, web.Response):
            return key
        asked = await body_of(request, NewCall, EXAMPLE)
        if isinstance(asked, web.Response):
            return asked
        request[REACH].agent(asked.agent, acts=True)
        service = request[REACH].service(asked.service, asked.agent)
        key = _own(key, request[WHO].token)
        wanted = Wanted(asked.agent, asked.to, service, key, asker(request), asked.show)
        attempt = await self._decide.originate(wanted)
        return web.Response(
            status=HTTPStatus.ACCEPTED,
            body=as_json(attempt),
            content_type="application/json",
            headers={"Location": f"/api/calls/{attempt.id}"},
        )


def _own(key: str, token: str) -> str:
    """The key as it is stored: nobody gets another token's call by its key."""
    return f"{token}:{key}" if key and token != CONFIGURED else key
