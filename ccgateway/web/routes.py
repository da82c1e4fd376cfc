"""The table of routes: what the server answers, who may ask, and how it is documented. The server,
the access check, the OpenAPI document and the tests all read it, so a route that is not in it does
not exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from ccgateway.access.who import Role, Who

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

WHO = web.RequestKey("who", Who)
"""Who asks: set on every request of a route that is not open to all."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route. ``path`` as aiohttp has it; ``name`` is the OpenAPI operationId; ``least`` is the
    least role that may ask, None where it is open to all. ``body``, ``query`` and ``answer`` are
    the models of what comes and goes (None: no body, no query, no JSON), ``media`` the type of
    what goes, ``params`` that of the path's own parameters; ``acts`` where it changes something,
    which is audited then; ``once`` where an Idempotency-Key is heeded; not ``checked`` where the
    gateway checks what a web process passes on. ``refusals``: the problem statuses beside 400, 401,
    403, 408, 413 and 429, with the reason of each; ``example``: a body to try. What is not
    ``documented`` is for the browser, and not in the OpenAPI document. ``also``: a role below
    ``least`` that may ask all the same."""

    method: str
    path: str
    name: str
    handler: Handler
    least: Role | None
    summary: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    params: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    media: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK
    acts: bool = False
    once: bool = False
    checked: bool = True
    example: Mapping[str, object] | None = None
    documented: bool = True
    also: Role | None = None
    refusals: Mapping[HTTPStatus, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More of the OpenAPI operation, as it is."""

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Mount it."""
        router.add_route(self.method, self.path, self.handler, name=self.name)
