"""``/api/calls/{call}/...``: a running call is passed on to another line, a consultation is ended,
or a note is made."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from ccgateway.engine.ports import Decide
from ccgateway.web.body import LONGEST_TEXT, Body, asker, body_of
from ccgateway.web.feed import as_json

Name = Annotated[str, Field(min_length=1, max_length=64)]


class Escalation(Body):
    """``to``: a target's name, next or back; ``mode``: cold or warm; ``agent``: which one passes
    the call on, where several talk in it."""

    to: Name
    mode: Name = "cold"
    agent: Annotated[str, Field(max_length=64)] = ""


class Ending(Body):
    """``do``: take, join or complete."""

    do: Name


class Note(Body):
    """``by``: who says it, as an agent's id."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    by: Annotated[str, Field(max_length=64, pattern=r"\A[A-Za-z0-9_-]*\z")] = ""


class Lines:
    """The routes; ``decide`` answers. A call is named by its id, the beginning of it, or #case."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Mount them."""
        router.add_post("/api/calls/{call}/escalate", self._escalate)
        router.add_post("/api/calls/{call}/consultation", self._consult)
        router.add_post("/api/calls/{call}/notes", self._note)

    async def _escalate(self, request: web.Request) -> web.Response:
        asked = await body_of(request, Escalation, 'Send {"to": "pumps", "mode": "warm"}')
        if isinstance(asked, web.Response):
            return asked
        done = await self._decide.escalate(
            request.match_info["call"], asked.to, asked.mode, agent=asked.agent, by=asker(request)
        )
        return web.Response(body=as_json(done), content_type="application/json")

    async def _consult(self, request: web.Request) -> web.Response:
        asked = await body_of(request, Ending, 'Send {"do": "take"}, or "join", or "complete"')
        if isinstance(asked, web.Response):
            return asked
        call = request.match_info["call"]
        done = await self._decide.consult(call, asked.do, by=asker(request))
        return web.Response(body=as_json(done), content_type="application/json")

    async def _note(self, request: web.Request) -> web.Response:
        asked = await body_of(request, Note, 'Send {"text": "pump 3 leaks"}')
        if isinstance(asked, web.Response):
            return asked
        by = asked.by or asker(request)
        call_id = self._decide.note(request.match_info["call"], asked.text, by=by)
        return web.Response(body=as_json({"call_id": call_id}), content_type="application/json")
