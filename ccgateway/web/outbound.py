"""``/api/calls``: calls by click, and how far they are; any call as it stands now."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from ccgateway.engine.ports import Decide
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Wanted
from ccgateway.web.body import Body, asker, body_of
from ccgateway.web.feed import as_json
from ccgateway.web.problems import problem

ATTEMPT = "ccg-"
"""How the ids of calls by click begin, which no call's id does."""

LONGEST_KEY = 128
KEY = "Idempotency-Key"
EXAMPLE = (
    'Send {"agent": "101", "to": "+358401112223"}, and "service" where the agent has several, '
    '"show" for one of its own_numbers'
)

Name = Annotated[str, Field(min_length=1, max_length=64)]


class Asked(Body):
    """The body of POST /api/calls. ``to`` as a person writes it."""

    agent: Name
    to: Annotated[str, Field(min_length=1, max_length=40)]
    service: Annotated[str, Field(max_length=64)] = ""
    show: Annotated[str, Field(max_length=40)] = ""


class Outbound:
    """The routes of calls by click; ``decide`` answers. By GET also of any call that is live or has
    just ended, named as in ``Lines``."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Mount them."""
        router.add_post("/api/calls", self._place)
        router.add_get("/api/calls/{id}", self._look)

    async def _place(self, request: web.Request) -> web.Response:
        key = request.headers.get(KEY, "")
        if len(key) > LONGEST_KEY or not key.isprintable():
            detail = f"{KEY} is up to {LONGEST_KEY} printable characters; a new UUID for each call."
            return problem(HTTPStatus.BAD_REQUEST, detail)
        asked = await body_of(request, Asked, EXAMPLE)
        if isinstance(asked, web.Response):
            return asked
        wanted = Wanted(asked.agent, asked.to, asked.service, key, asker(request), asked.show)
        attempt = await self._decide.originate(wanted)
        return _response(attempt, HTTPStatus.ACCEPTED, Location=f"/api/calls/{attempt.id}")

    async def _look(self, request: web.Request) -> web.Response:
        asked = request.match_info["id"]
        if not asked.startswith(ATTEMPT):
            body = as_json(self._decide.call(asked))
            return web.Response(body=body, content_type="application/json")
        attempt = await self._decide.attempt(asked)
        if attempt is None:
            detail = "There is no such call by click; POST /api/calls answers with its id."
            return problem(HTTPStatus.NOT_FOUND, detail)
        return _response(attempt, HTTPStatus.OK)


def _response(attempt: Attempt, status: HTTPStatus, **headers: str) -> web.Response:
    return web.Response(
        status=status, body=as_json(attempt), content_type="application/json", headers=headers
    )
