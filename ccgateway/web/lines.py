"""``/api/calls/{call}/...``: a running call is passed on to another line, a consultation is ended,
or a note is made."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from ccgateway.access.who import Role
from ccgateway.engine.ports import Decide
from ccgateway.web.body import LONGEST_TEXT, Body, asker, body_of
from ccgateway.web.feed import as_json
from ccgateway.web.models import Consulted, Escalated, Noted
from ccgateway.web.once import Once
from ccgateway.web.params import LONGEST_ID, CallPath, Name
from ccgateway.web.problems import ACTING
from ccgateway.web.reach import REACH, in_call
from ccgateway.web.routes import Handler, Route


class PassOn(Body):
    """Where a call goes on, and how."""

    to: Name
    """The name of a target of the call's service; next (the next line up), or back."""
    mode: Literal["cold", "warm"] = "cold"
    """Cold: the agent is free at once. Warm: the agent speaks with the next one first."""
    agent: Annotated[str, Field(max_length=LONGEST_ID)] = ""
    """Who passes the call on, where several talk in it."""


class Ending(Body):
    """How a consultation ends."""

    do: Literal["take", "join", "complete"]
    """Have the caller back; let all three talk; leave the caller with the other one."""


class NewNote(Body):
    """What whoever has the call next should know."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    by: Annotated[str, Field(max_length=LONGEST_ID, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    """Who says it, as an agent's id."""


class Lines:
    """The routes; ``decide`` answers. A call is named by its id, the beginning of it, or #case."""

    def __init__(self, decide: Decide, once: Once) -> None:
        self._decide = decide
        self._once = once

    def routes(self) -> list[Route]:
        """The routes."""
        call = "/api/calls/{call}"
        refusals = {
            **ACTING,
            HTTPStatus.NOT_FOUND: "No such call is live or has just ended.",
            HTTPStatus.CONFLICT: "This cannot be done in this call now.",
        }
        return [
            Route(
                "POST", f"{call}/escalate", "escalate", self._guarded(self._escalate, "escalate"),
                Role.AGENT,
                "Pass a call on to another line.", body=PassOn, params=CallPath,
                answer=Escalated, acts=True, once=True, refusals=refusals,
                example={"to": "pumps", "mode": "warm"},
            ),
            Route(
                "POST", f"{call}/consultation", "consult", self._guarded(self._consult, "consult"),
                Role.AGENT,
                "End a consultation: take the caller back, join in a talk of three, or complete.",
                body=Ending, params=CallPath, answer=Consulted, acts=True, once=True,
                refusals=refusals, example={"do": "take"},
            ),
            Route(
                "POST", f"{call}/notes", "note", self._guarded(self._note, "note"),
                Role.AGENT,
                "Note something down in a call.", body=NewNote, params=CallPath, answer=Noted,
                acts=True, once=True, refusals=refusals, example={"text": "pump 3 leaks"},
            ),
        ]  # fmt: skip

    def _guarded(self, handler: Handler, route: str) -> Handler:
        return self._once.guard(in_call(handler, route))

    async def _escalate(self, request: web.Request) -> web.Response:
        asked = await body_of(request, PassOn, 'Send {"to": "pumps", "mode": "warm"}')
        if isinstance(asked, web.Response):
            return asked
        agent = request[REACH].acting(asked.agent)
        done = await self._decide.escalate(
            request.match_info["call"], asked.to, asked.mode, agent=agent, by=asker(request)
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
        asked = await body_of(request, NewNote, 'Send {"text": "pump 3 leaks"}')
        if isinstance(asked, web.Response):
            return asked
        by = request[REACH].acting(asked.by) or asker(request)
        call_id = self._decide.note(request.match_info["call"], asked.text, by=by)
        return web.Response(body=as_json({"call_id": call_id}), content_type="application/json")
