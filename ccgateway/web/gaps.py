"""``/api/gaps``: when not all that happened was seen."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from ccgateway.access.who import Role
from ccgateway.calls.gap import Gap as Seen
from ccgateway.calls.gap import Unseen
from ccgateway.engine.ports import History
from ccgateway.errors import Forbidden
from ccgateway.web.feed import as_json
from ccgateway.web.models import Answer, Moment
from ccgateway.web.params import Params, query_of
from ccgateway.web.places import LARGEST_PAGE, PAGE, PLACE, Time, cursor_of, place_of
from ccgateway.web.routes import WHO, Route

WHOLE = "Gaps are of the whole gateway: ask with a token that has no scope."


class Gap(Answer):
    """A time in which not all that happened was seen."""

    id: UUID
    node: str
    """The Asterisk whose calls it concerns."""
    began_at: Moment
    ended_at: Moment | None
    """null while it goes on."""
    cause: str
    source: Unseen
    """What was lost: what Asterisk tells live (ami), something in one of its journals, or what had
    no room while PostgreSQL was away (spool)."""
    repaired_at: Moment | None
    """From then on the calls of that time are as Asterisk's journals tell them; null where nothing
    has made them whole."""


class Gaps(Answer):
    """A page of the list of gaps, the newest first."""

    gaps: list[Gap]
    next: str | None
    """The cursor of the next page; null on the last."""


class Asked(Params):
    """What the list is narrowed by."""

    since: Annotated[Time | None, Field(alias="from", description="That went on then.")] = None
    before: Annotated[Time | None, Field(alias="to", description="That began before.")] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="Gaps of a page.")] = PAGE
    cursor: Annotated[
        str | None,
        Field(pattern=PLACE, description="The `next` of the page before, with the same filters."),
    ] = None


class GapRoutes:
    """The route."""

    def __init__(self, history: History) -> None:
        self._history = history

    def routes(self) -> list[Route]:
        """The route."""
        return [
            Route(
                "GET", "/api/gaps", "gaps", self._list, Role.SUPERVISOR,
                "When not all that happened was seen, the newest first.", query=Asked, answer=Gaps,
                refusals={
                    HTTPStatus.FORBIDDEN: "the token has a scope",
                    HTTPStatus.SERVICE_UNAVAILABLE: "PostgreSQL cannot be reached.",
                },
            ),
        ]  # fmt: skip

    async def _list(self, request: web.Request) -> web.Response:
        asked = query_of(request, Asked)
        if isinstance(asked, web.Response):
            return asked
        if not request[WHO].scope.is_all:
            raise Forbidden(WHOLE)
        after = None if asked.cursor is None else place_of(asked.cursor)
        found = await self._history.gaps(asked.since, asked.before, asked.limit + 1, after)
        page = found[: asked.limit]
        more = cursor_of(page[-1].began_at, page[-1].id) if len(found) > len(page) else None
        body = {"gaps": [view(gap) for gap in page], "next": more}
        return web.Response(body=as_json(body), content_type="application/json")


def view(gap: Seen) -> dict[str, object]:
    """A gap as flat JSON values."""
    return {
        "id": str(gap.id),
        "node": gap.node,
        "began_at": gap.began_at.isoformat(),
        "ended_at": _text(gap.ended_at),
        "cause": gap.cause,
        "source": gap.source.value,
        "repaired_at": _text(gap.repaired_at),
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
