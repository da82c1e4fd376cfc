"""``/api/calls`` by GET: the list of calls, and the whole story of one, live or long ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BeforeValidator, Field

from ccgateway.access.who import Role, Scope
from ccgateway.calls.call import Direction, Disposition
from ccgateway.calls.listed import Search
from ccgateway.engine.ports import Decide, History
from ccgateway.errors import Refused, UnknownCall
from ccgateway.telephony.numbers import LONGEST
from ccgateway.web.feed import as_json
from ccgateway.web.params import CallPath, Name, Params, params_of, query_of
from ccgateway.web.places import LARGEST_PAGE, PAGE, PLACE, Time, cursor_of, place_of, plus
from ccgateway.web.problems import problem
from ccgateway.web.reach import REACH
from ccgateway.web.routes import WHO, Route
from ccgateway.web.stories import Calls, StoryOrClick

ATTEMPT = "ccg-"
"""How the ids of calls by click begin, which no call's id does."""

LARGEST_CASE = 2**63 - 1
"""What a bigint of PostgreSQL holds."""


class Asked(Params):
    """What the list is narrowed by."""

    since: Annotated[Time | None, Field(alias="from", description="Started then or later.")] = None
    before: Annotated[Time | None, Field(alias="to", description="Started before.")] = None
    client: Annotated[Name | None, Field(description="Its id.")] = None
    service: Annotated[Name | None, Field(description="Its id.")] = None
    queue: Annotated[Name | None, Field(description="That was in this queue.")] = None
    agent: Annotated[Name | None, Field(description="That this agent talked in.")] = None
    disposition: Disposition | None = None
    direction: Direction | None = None
    number: Annotated[
        str | None,
        BeforeValidator(plus),
        Field(
            max_length=LONGEST,
            description="Of who called (of a call to the outside: who was called), as the list "
            "shows it: E.164 where it could be told. Withheld numbers are not found.",
        ),
    ] = None
    case: Annotated[int | None, Field(ge=1, le=LARGEST_CASE)] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="Calls of a page.")] = PAGE
    cursor: Annotated[
        str | None,
        Field(
            pattern=PLACE,
            description="The `next` of the page before, with the same filters.",
        ),
    ] = None


class CallRoutes:
    """The routes; ``decide`` knows the calls that are live or have just ended, ``history`` all."""

    def __init__(self, decide: Decide, history: History) -> None:
        self._decide = decide
        self._history = history

    def routes(self) -> list[Route]:
        """The routes."""
        away = {HTTPStatus.SERVICE_UNAVAILABLE: "PostgreSQL cannot be reached."}
        return [
            Route(
                "GET", "/api/calls", "calls", self._list, Role.AGENT,
                "The list of calls, the newest first.", query=Asked, answer=Calls, refusals=away,
            ),
            Route(
                "GET", "/api/calls/{call}", "call", self._one, Role.AGENT,
                "The whole story of a call, live or ended; of a call by click how far it is.",
                params=CallPath, answer=StoryOrClick,
                refusals={
                    **away,
                    HTTPStatus.NOT_FOUND: "There is no such call.",
                    HTTPStatus.CONFLICT: "Several calls are named so.",
                },
            ),
        ]  # fmt: skip

    async def _list(self, request: web.Request) -> web.Response:
        asked = query_of(request, Asked)
        if isinstance(asked, web.Response):
            return asked
        search = _search(asked, request[WHO].scope)
        found = await self._history.calls(search, asked.limit + 1)
        page = found[: asked.limit]
        body = {"calls": page, "next": _next(page) if len(found) > len(page) else None}
        return web.Response(body=as_json(body), content_type="application/json")

    async def _one(self, request: web.Request) -> web.Response:
        path = params_of(request, CallPath)
        if isinstance(path, web.Response):
            return path
        if path.call.startswith(ATTEMPT):
            return await self._click(request, path.call)
        scope = request[WHO].scope
        story = self._live(path.call, scope) or await self._history.call(path.call, scope)
        return web.Response(body=as_json(story), content_type="application/json")

    def _live(self, call: str, scope: Scope) -> Mapping[str, object] | None:
        """A call that is live or has just ended; None where there is none for this scope, or
        several have this name: some may be nothing to this asker, so the record says which."""
        try:
            story = self._decide.story(call)
        except UnknownCall:
            return None
        except Refused:
            if scope.is_all:
                raise
            return None
        return story if scope.sees_call(story) else None

    async def _click(self, request: web.Request, id_: str) -> web.Response:
        attempt = await self._decide.attempt(id_)
        seen = request[WHO].scope.is_all or (attempt and request[REACH].attempt(attempt))
        if attempt is None or not seen:
            detail = "There is no such call by click; POST /api/calls answers with its id."
            return problem(HTTPStatus.NOT_FOUND, detail)
        return web.Response(body=as_json(attempt), content_type="application/json")


def _search(asked: Asked, scope: Scope) -> Search:
    values = asked.model_dump(exclude={"limit", "cursor"})
    after = None if asked.cursor is None else place_of(asked.cursor)
    return Search(**values, after=after, scope=scope)


def _next(page: Sequence[Mapping[str, object]]) -> str:
    last = page[-1]
    return cursor_of(datetime.fromisoformat(str(last["started_at"])), UUID(str(last["call_id"])))
