"""``/api/reload``: the configuration is read again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from ccgateway.access.who import Role
from ccgateway.config.changes import Change
from ccgateway.errors import ConfigError
from ccgateway.web.feed import as_json
from ccgateway.web.problems import problem
from ccgateway.web.routes import Route


class Changed(BaseModel):
    """One thing that the file changed. Values of secrets are not told."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    where: str
    """[agi] port; [[agent]] 104"""
    what: str
    """added; removed; changed; 600 -> 300"""
    restart: bool
    """Whether it needs a restart; until then the old goes on."""


class Reloaded(BaseModel):
    """The answer of POST /api/reload."""

    changes: list[Changed]


class Reload:
    """The route; ``reload`` does it, and raises ConfigError."""

    def __init__(self, reload: Callable[[], Awaitable[Sequence[Change]]]) -> None:
        self._reload = reload

    def routes(self) -> list[Route]:
        """The route."""
        faulty = {HTTPStatus.UNPROCESSABLE_ENTITY: "the file is faulty; the old one stays"}
        return [
            Route(
                "POST", "/api/reload", "reload", self._answer, Role.ADMINISTRATOR,
                "Read the configuration again, as SIGHUP does; no call is dropped.",
                answer=Reloaded, acts=True, refusals=faulty,
            ),
        ]  # fmt: skip

    async def _answer(self, _request: web.Request) -> web.Response:
        try:
            found = await self._reload()
        except ConfigError as error:
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        changes = [Changed(where=c.where, what=c.what, restart=c.restart) for c in found]
        body = as_json(Reloaded(changes=changes).model_dump())
        return web.Response(body=body, content_type="application/json")
