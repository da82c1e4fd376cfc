"""``/api/openapi.json`` and ``/api/docs``: the OpenAPI document, and a page to read and try it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from http import HTTPStatus
from importlib.resources import files

from aiohttp import web

from ccgateway.web.feed import as_json
from ccgateway.web.openapi import document
from ccgateway.web.problems import problem
from ccgateway.web.routes import Route

DOCUMENT = "/api/openapi.json"
DOCS = "/api/docs"

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page asks this gateway only, and runs nothing but its own script."""

PAGE = {
    "index.html": "text/html",
    "viewer.css": "text/css",
    "viewer.js": "text/javascript",
}
"""The page's files, in ``viewer/``."""


class Docs:
    """The routes of the document and of the page; both are open: they tell nothing of a centre."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("GET", DOCUMENT, "openapi", self._document, None, "This document."),
            Route(
                "GET", DOCS, "docs", self._page, None, "The page to try it.", documented=False
            ),
            Route(
                "GET", f"{DOCS}/{{file}}", "docsFile", self._page, None,
                "The page's style and script.", documented=False,
            ),
        ]  # fmt: skip

    @cached_property
    def _text(self) -> bytes:
        return as_json(document([*self._routes, *self.routes()]))

    async def _document(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._text, content_type="application/json")

    async def _page(self, request: web.Request) -> web.Response:
        name = request.match_info.get("file", "index.html")
        if name not in PAGE:
            return problem(HTTPStatus.NOT_FOUND, f"The page is at {DOCS}.")
        return web.Response(
            body=(files(__package__) / "viewer" / name).read_bytes(),
            content_type=PAGE[name],
            charset="utf-8",
            headers={"Content-Security-Policy": CSP, "Referrer-Policy": "no-referrer"},
        )
