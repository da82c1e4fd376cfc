"""``/api/state`` and its parts, the services, and the agents' verbs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from ccgateway.access.who import Role
from ccgateway.agents.agent import Verb
from ccgateway.engine.ports import Decide
from ccgateway.web.body import Body, asker, body_of
from ccgateway.web.feed import Feed, as_json
from ccgateway.web.models import AgentDone, Agents, Queues, Services
from ccgateway.web.models import State as StateAnswer
from ccgateway.web.params import AgentPath
from ccgateway.web.problems import ACTING, problem
from ccgateway.web.routes import WHO, Route

VERBS = tuple(verb.value for verb in Verb)

LONGEST_REASON = 64
"""Characters, as the configuration allows them."""


class Why(Body):
    """Why an agent pauses; nothing is needed for the other verbs."""

    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class State:
    """The routes; ``decide`` answers for the agents, ``snapshot`` returns all that is live."""

    def __init__(
        self, decide: Decide, feed: Feed, snapshot: Callable[[], Mapping[str, object]]
    ) -> None:
        self._decide = decide
        self._feed = feed
        self._snapshot = snapshot

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route(
                "GET", "/api/state", "state", self._state, Role.AGENT, "All that is live now.",
                answer=StateAnswer,
            ),
            Route(
                "GET", "/api/agents", "agents", self._part("agents"), Role.AGENT,
                "All agents as they are now.", answer=Agents,
            ),
            Route(
                "GET", "/api/queues", "queues", self._part("queues"), Role.AGENT,
                "All queues as they are now, and their day so far.", answer=Queues,
            ),
            Route(
                "GET", "/api/services", "services", self._services, Role.AGENT,
                "All services.", answer=Services,
            ),
            Route(
                "POST", "/api/agents/{id}/{verb}", "agent", self._agent, Role.AGENT,
                "Log an agent in or out, pause them, make them ready. A repeat does no harm.",
                body=Why, params=AgentPath, answer=AgentDone, acts=True,
                example={"reason": "lunch"}, refusals={
                    **ACTING,
                    HTTPStatus.NOT_FOUND: "There is no such agent, or no such verb.",
                    HTTPStatus.CONFLICT: "The agent cannot do this now.",
                },
            ),
        ]  # fmt: skip

    async def _state(self, request: web.Request) -> web.Response:
        return _json(self._feed.state(self._snapshot, request[WHO].scope))

    def _part(self, name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def part(request: web.Request) -> web.Response:
            state = self._feed.state(self._snapshot, request[WHO].scope)
            return _json({name: state[name]})

        return part

    async def _services(self, request: web.Request) -> web.Response:
        sees = request[WHO].scope.sees_service
        return _json({"services": [one for one in self._decide.services() if sees(one)]})

    async def _agent(self, request: web.Request) -> web.Response:
        agent, verb = request.match_info["id"], request.match_info["verb"]
        if verb not in VERBS:
            return problem(HTTPStatus.NOT_FOUND, f"An agent can {', '.join(VERBS)}.")
        asked = await body_of(request, Why, 'Send no body, or {"reason": "lunch"}', empty=b"{}")
        if isinstance(asked, web.Response):
            return asked
        state = await self._decide.agent(verb, agent, reason=asked.reason, by=asker(request))
        return _json({"agent": agent, "state": state})


def _json(value: object) -> web.Response:
    return web.Response(body=as_json(value), content_type="application/json")
