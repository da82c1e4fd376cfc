"""``/healthz`` and ``/readyz``: whether we are alive, and whether all that we need is there.

Both are open to all, for load balancers and supervisors have no token; so they name no node, no
host and no cause. The log and /metrics do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from ccgateway.web.feed import as_json
from ccgateway.web.routes import Route


class Alive(BaseModel):
    """The answer of /healthz."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: str
    """up"""


class Readiness(BaseModel):
    """The answer of /readyz."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ready: bool
    """Whether every part is."""
    parts: Mapping[str, bool]
    """ami: every node's link is up; postgresql: it answers; journals: Asterisk's own are there, can
    be read and go on (left out where no node's folder is seen from here); record: what waits for
    PostgreSQL, in memory or on disk, is not alarming; loop: the event loop is not late."""


class Health:
    """The routes. ``parts`` tells which parts of us are ready."""

    def __init__(self, parts: Callable[[], Awaitable[Mapping[str, bool]]]) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route(
                "GET", "/healthz", "healthz", self._alive, None,
                "Whether we are alive.", answer=Alive,
            ),
            Route(
                "GET", "/readyz", "readyz", self._ready, None,
                "Whether all that we need is there.", answer=Readiness,
                extra={"responses": {"503": {
                    "description": "Something is missing; calls go on without it where they can.",
                    "content": {"application/json": {
                        "schema": {"$ref": "#/components/schemas/Readiness"}
                    }},
                }}},
            ),
        ]  # fmt: skip

    async def _alive(self, _request: web.Request) -> web.Response:
        return _json(Alive(status="up"), HTTPStatus.OK)

    async def _ready(self, _request: web.Request) -> web.Response:
        parts = await self._parts()
        ready = all(parts.values())
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return _json(Readiness(ready=ready, parts=parts), status)


def _json(answer: BaseModel, status: HTTPStatus) -> web.Response:
    body = as_json(answer.model_dump())
    return web.Response(status=status, body=body, content_type="application/json")
