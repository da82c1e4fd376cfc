"""How far somebody reaches: which agents and calls they may see, and act on.

Who may not see an agent or a call gets the answer for one that does not exist. The guard checks
what a path names; what a body names, the route's handler checks by ``request[REACH]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from ccgateway.access.who import Role, Who
from ccgateway.engine.ports import Decide
from ccgateway.errors import Forbidden, Refused, UnknownAgent, UnknownCall
from ccgateway.outbound.attempt import Attempt
from ccgateway.web.routes import Handler, Route

AFTERWARDS = "note"
"""The route by which agents act on calls that they have left: the note is often written then."""


class Reach:
    """Of one asker. ``decide`` tells the agents and calls as they are now."""

    def __init__(self, who: Who, decide: Decide) -> None:
        self._who = who
        self._decide = decide

    def agent(self, agent: str, *, acts: bool) -> None:
        """Check an agent's id. Raises UnknownAgent, Forbidden."""
        who = self._who
        if who.role is Role.ADMINISTRATOR:
            return
        unknown = UnknownAgent(f"no agent {agent!r} in the configuration")
        try:
            row = self._decide.agent_state(agent)
        except UnknownAgent:
            raise unknown from None
        if not who.scope.sees_agent(row):
            raise unknown
        if acts and who.role is Role.AGENT and agent != who.agent:
            raise Forbidden(
                f"your token stands for agent {who.agent}, who acts for nobody else; that needs a "
                "supervisor's token"
            )

    def call(self, call: str, route: str) -> str:
        """Check a live call that somebody acts on, named by id, beginning of it, or #case; its id,
        for a name may stand for another call a moment later. Raises UnknownCall, Forbidden."""
        who = self._who
        if who.role is Role.ADMINISTRATOR:
            return call
        unknown = UnknownCall(f"no live call is named {call!r} alone; GET /api/state shows them")
        try:
            row = self._decide.call(call)
        except UnknownCall:
            raise unknown from None
        except Refused:  # several, which may be nothing to this asker
            raise unknown from None
        if not who.scope.sees_call(row):
            raise unknown
        if who.role is Role.AGENT and not self._is_in(row, route):
            raise Forbidden(
                f"your token stands for agent {who.agent}, who is not in this call; that needs a "
                "supervisor's token"
            )
        return str(row["call_id"])

    def attempt(self, attempt: Attempt) -> bool:
        """Whether a call by click may be seen. It was in no queue, so its agent's count: who may
        place calls for an agent sees how far they are."""
        try:
            queues = self._decide.agent_state(attempt.agent)["queues"]
        except UnknownAgent:
            queues = []
        row = {"client": attempt.client, "service": attempt.service, "queues": queues}
        return self._who.scope.sees_call({**row, "agents": [attempt.agent]})

    def service(self, service: str, agent: str) -> str:
        """The service that a call is placed for; ``service`` is '' for the only one of ``agent``
        that can call out: one that the asker sees, as the gate chooses and refuses among all.
        Raises UnknownAgent, Refused."""
        scope = self._who.scope
        if scope.is_all:
            return service
        seen: list[Mapping[str, Any]] = [
            row for row in self._decide.services() if scope.sees_service(row)
        ]
        row: Mapping[str, Any] = self._decide.agent_state(agent)
        theirs = [one for one in seen if set(row["queues"]) & set(one["queues"])]
        if not service:
            return self._only(theirs, agent)
        if all(one["id"] != service for one in seen):
            raise Refused(f"no service {service!r}; yours are: {_names(seen)}")
        if all(one["id"] != service for one in theirs):
            named = _names(theirs) or "none"
            raise Refused(f"agent {agent} is in no queue of service {service}; theirs: {named}")
        return service

    @staticmethod
    def _only(theirs: Iterable[Mapping[str, Any]], agent: str) -> str:
        own = [one for one in theirs if one["own_numbers"]]
        names = _names(own)
        if not own:
            raise Refused(f"no service of agent {agent} has own_numbers to call with")
        if len(own) > 1:
            raise Refused(f"which service? agent {agent} can call for {names}")
        return names

    def acting(self, agent: str) -> str:
        """For which agent a body's ``agent`` ('' for none) acts: an agent's token for its own.
        Raises UnknownAgent, Forbidden."""
        if agent:
            self.agent(agent, acts=True)
        return agent or (self._who.agent if self._who.role is Role.AGENT else "")

    def _is_in(self, call: Mapping[str, Any], route: str) -> bool:
        own = self._who.agent
        if own == call["agent"] or (route == AFTERWARDS and own in call["agents"]):
            return True
        try:
            return bool(self._decide.agent_state(own)["call_id"] == call["call_id"])
        except UnknownAgent:
            return False


def _names(services: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(str(one["id"]) for one in services)


REACH = web.RequestKey("reach", Reach)
"""How far the asker reaches: set on every request of a route that is not open to all."""


def check_path(request: web.Request, route: Route) -> None:
    """Check what the path names: what follows /api/agents/ and /api/calls/. Raises as ``agent`` and
    ``call``. Who reads of a call may mean one that is long gone: the route's handler finds it, for
    the scope. What heeds an Idempotency-Key checks by ``in_call``."""
    resource = request.match_info.route.resource
    parts = resource.canonical.split("/") if resource else []
    match parts:
        case ["", "api", "agents", name, *_] if name.startswith("{"):
            request[REACH].agent(request.match_info[name.strip("{}")], acts=route.acts)
        case ["", "api", "calls", name, *_] if name.startswith("{") and route.acts:
            if not route.once:
                _check_call(request, name.strip("{}"), route.name)


def in_call(handler: Handler, route: str) -> Handler:
    """``handler`` of the ``route`` that acts in ``{call}``, for who may: to stand inside what
    answers repeats, for who passed a call on is no longer in it when the answer got lost."""

    async def checked(request: web.Request) -> web.StreamResponse:
        _check_call(request, "call", route)
        return await handler(request)

    return checked


def _check_call(request: web.Request, name: str, route: str) -> None:
    request.match_info[name] = request[REACH].call(request.match_info[name], route)
